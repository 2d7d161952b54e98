"""The float64 enclosure against balls: every equation at every case, and each rule where it is hardest."""

import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from crosscheck.cases import CaseUnavailableError
from crosscheck.formats import FORMATS
from crosscheck.numbers import fast
from crosscheck.numbers.ball import Ball, precision
from crosscheck.numbers.fast import Fast
from crosscheck.operations import operations
from crosscheck.truth import enclose, enclose_fast
from reference import equations as eq

FLOAT64 = FORMATS["float64"]
RULES = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "exp of the difference": lambda a, b: np.exp(a - b),
    "exp of the product": lambda a, b: np.exp(a * b),
    "log of the quotient": lambda a, b: np.log(a / b),
    "1 / (1 + e^−ab)": lambda a, b: 1 / (1 + np.exp(-(a * b))),
    "sum": lambda a, b: (a * b).sum(axis=-1),
    "sum of all": lambda a, b: (a / b).sum(),
    "product": lambda a, b: (a / b) @ np.exp(b * a * 1e-3),
    "softmax of the product": lambda a, b: eq.softmax(a * b),
    "softplus, whose shift is a maximum": lambda a, b: eq.softplus(a - b),
}


def _is_outside(got, balls):
    """Where the exact value is for sure further away from the value than the bound says."""
    value, bound = np.broadcast_arrays(got.value, got.bound)
    outside = np.zeros(value.shape, bool)
    with precision(1200):
        for i in np.ndindex(value.shape):
            ball, v, d = balls[i], float(value[i]), float(bound[i])
            if np.isinf(v) and d == 0:
                outside[i] = float(ball) != v
            elif np.isfinite(d):
                off = abs(ball - Ball.scalar(v))
                outside[i] = not np.isfinite(v) or off.is_nan() or off > Ball.scalar(d)
    return outside


def _check(expression, *inputs):
    got = expression(*map(Fast.of, inputs))
    with precision(1200):
        exact = expression(*map(Ball.of, inputs))
    assert got.value.shape == exact.shape
    assert not _is_outside(got, exact.data).any()


numbers = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True, allow_subnormal=True),
    st.floats(-4, 4),
    st.sampled_from([0.0, -0.0, 1.0, 5e-324, -5e-324, 2.0**-1022, 1e-308, 1e-160, 1e160, 1.7e308, 709.7, -745.0]),
)
square = arrays(np.float64, (3, 3), elements=numbers)


@pytest.mark.parametrize("name", RULES)
@settings(max_examples=60, deadline=None)
@given(a=square, b=square)
def test_every_rule_encloses_the_ball(name, a, b):
    _check(RULES[name], a, b)


@pytest.mark.parametrize("name", operations())
def test_every_quantity_of_every_operation_encloses_its_ball(name):
    one = operations()[name]
    known = 0
    for label, case in one.cases.items():
        try:
            inputs = case.inputs(name, FORMATS["float32"], seed=1)
        except CaseUnavailableError:
            continue
        if case.family == "widths" or sum(a.size for a in inputs.values()) > 600:
            continue
        for quantity in one.quantities:
            given_ = {leaf: inputs[leaf] for leaf in one.leaves(quantity)}
            got = enclose_fast(one.graph, quantity, given_)
            balls = enclose(one.graph, quantity, given_).balls()
            assert not _is_outside(got, balls).any(), (label, quantity)
            known += np.isfinite(got.full).all()
    assert known >= len(one.quantities)


def test_the_bounds_are_a_few_roundings_wide():
    x = np.random.default_rng(0).normal(size=(20, 30)) * 3
    for equation in (eq.softmax, eq.sigmoid, eq.logsumexp):
        got = equation(Fast.of(x))
        assert (got.full <= 99 * FLOAT64.ulp(got.value)).all(), equation


def test_a_masked_logit_is_minus_infinity_and_its_probability_zero():
    x = np.array([[0.0, -np.inf, 1.0]])
    got = eq.softmax(Fast.of(x))
    assert got.value[0, 1] == 0
    assert (got.bound < 1e-14).all()
    log = eq.log_softmax(Fast.of(x))
    assert (log.value[0, 1], log.bound[0, 1]) == (-np.inf, 0)
    cost = eq.cross_entropy(Fast.of(x), Fast.of(np.array([[1.0, 0.0, 0.0]])))
    assert np.isfinite(cost.bound).all()


@pytest.mark.parametrize("x", [[1000.0, np.nan, 0.0], [np.inf, np.inf, 0.0]], ids=["NaN", "inf"])
def test_what_is_no_number_is_unknown_in_its_row_only(x):
    got = eq.softmax(Fast.of(np.array([x, [1.0, 2.0, 3.0]])))
    assert not (got.full[0] < np.inf).any()
    assert (got.full[1] < 1e-14).all()


def test_what_is_beyond_float64_is_unknown():
    for got in (np.exp(Fast.of(np.array([710.0]))), Fast.of(np.array([1e200])) * 1e200):
        assert not (got.full < np.inf).any()
    assert not ((1 / np.exp(Fast.of(np.array([710.0])))).full < np.inf).any()


def test_other_ufuncs_and_arithmetics_are_refused():
    with pytest.raises(TypeError):
        np.sin(Fast.of(np.ones(2)))
    with pytest.raises(TypeError):
        Fast.of(np.ones(2)) + Ball.of(np.ones(2))


def _without(name, factor):
    """A rule whose bound is too small."""
    right = fast._RULES[name]

    def rule(*operands):
        value, bound = right(*operands)
        return value, bound * factor

    return rule


@pytest.mark.parametrize("ufunc", [np.add, np.multiply, np.divide], ids=lambda f: f.__name__)
def test_a_bound_of_less_than_a_rounding_is_caught(monkeypatch, ufunc):
    """A planted fault: 0.9 of the bound where the operands are exact, which 2000 random ones exceed."""
    rng = np.random.default_rng(0)
    a, b = rng.uniform(1, 2, 2000), rng.uniform(1, 2, 2000)
    _check(ufunc, a, b)
    monkeypatch.setattr(fast, "_RULES", {**fast._RULES, ufunc: _without(ufunc, 0.9)})
    with pytest.raises(AssertionError):
        _check(ufunc, a, b)


def test_an_operand_whose_error_is_forgotten_is_caught(monkeypatch):
    """A planted fault: the error of the argument of exp, 30 ulps after a difference of large numbers."""
    a, b = np.array([2.0**20 + 0.1]), np.array([2.0**20 - 0.3])

    def expression(a, b):
        return np.exp(a * 3 - b * 3)

    _check(expression, a, b)
    right = fast._RULES[np.exp]
    planted = {**fast._RULES, np.exp: lambda a: right(Fast.of(a.value))}
    monkeypatch.setattr(fast, "_RULES", planted)
    with pytest.raises(AssertionError):
        _check(expression, a, b)


def test_all_gradients_of_a_network_go_through_each_product_once(monkeypatch):
    one = operations()["two_layer"]
    inputs = one.cases["square"].inputs("two_layer", FORMATS["float32"], seed=77)
    products, right = [], fast._RULES[np.matmul]
    counted = {**fast._RULES, np.matmul: lambda a, b: products.append(a.shape) or right(a, b)}
    monkeypatch.setattr(fast, "_RULES", counted)
    for quantity in one.quantities:
        enclose_fast(one.graph, quantity, {leaf: inputs[leaf] for leaf in one.leaves(quantity)})
    assert len(products) == 6  # φ, θ, ∂J/∂h, ∂J/∂x, ∂J/∂W₁, ∂J/∂W₂
