"""Dual numbers against Taylor series of the same expression, over every arithmetic that they are used with."""

from functools import partial

import numpy as np
import pytest

from crosscheck.formats import FORMATS
from crosscheck.numbers import dual
from crosscheck.numbers.ball import BITS, Ball, floats, precision
from crosscheck.numbers.dual import Dual
from crosscheck.numbers.rounding import Model, Rounded
from crosscheck.numbers.symbol import Symbol, derivative, is_zero
from crosscheck.numbers.taylor import Taylor
from reference import equations as eq


@pytest.fixture(autouse=True)
def _bits():
    with precision(BITS):
        yield


def _meet(a, b):
    """Both enclosures overlap and hold 30 digits (100 bits)."""
    assert a.shape == b.shape
    for one, other in zip(a.data.ravel(), b.data.ravel(), strict=True):
        assert one.overlaps(other), (one, other)
        assert one.rel_accuracy_bits() > 100 or one == 0


def _draw(shape, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=shape), rng.normal(size=shape)


C = np.arange(1.0, 5.0)
EXPRESSIONS = {
    "x + c": lambda x: x + C,
    "c − x": lambda x: C - x,
    "x − 1": lambda x: x - 1,
    "−x": lambda x: -x,
    "x x": lambda x: x * x,
    "c x": lambda x: C * x,
    "x / c": lambda x: x / C,
    "1 / x": lambda x: 1 / x,
    "x / (1 + x²)": lambda x: x / (1 + x * x),
    "e^x": np.exp,
    "log(1 + x²)": lambda x: np.log(1 + x * x),
    "x xᵀ": lambda x: x @ x.T,
    "x c": lambda x: x @ C[:, None],
    "c x, matrices": lambda x: C[None, :3] @ x,
    "Σ": lambda x: x.sum(),
    "Σ over rows": lambda x: x.sum(axis=0, keepdims=True) * x,
    "x broadcast": lambda x: x[:1] + np.ones((3, 1)),
    "x broadcast twice": lambda x: (x[0] + np.ones((3, 1))) * x,
    "one entry": lambda x: x[1, 2],
    "σ": eq.sigmoid,
    "softmax": eq.softmax,
    "log softmax": eq.log_softmax,
    "lse": eq.logsumexp,
    "softplus": lambda x: np.maximum(x, 0) + np.log(np.exp(-np.maximum(x, 0)) + np.exp(x - np.maximum(0, x))),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_the_tangent_is_the_coefficient_of_the_series(name):
    x, v = _draw((3, 4))
    result = EXPRESSIONS[name](Dual(Ball.of(x), Ball.of(v)))
    series = EXPRESSIONS[name](Taylor.line(x, v))
    _meet(result.value, series.value)
    _meet(result.tangent, series.derivative)
    assert result.shape == series.shape
    assert result.ndim == series.ndim


@pytest.mark.parametrize("rule", dual._RULES, ids=lambda ufunc: ufunc.__name__)
def test_a_rule_without_a_part_of_the_derivative_is_caught(rule, monkeypatch):
    """A planted fault: each rule gives half the slope. Some expression above is wrong then."""
    right = dual._RULES[rule]
    monkeypatch.setitem(dual._RULES, rule, lambda *args: right(*args) * 0.5)
    wrong = []
    for name in EXPRESSIONS:
        try:
            test_the_tangent_is_the_coefficient_of_the_series(name)
        except AssertionError:
            wrong.append(name)
    assert wrong


@pytest.mark.parametrize(
    "arithmetic",
    [Ball.of, Symbol.of, np.asarray, lambda x: Rounded.exactly(x, Model.of(FORMATS["float32"]))],
    ids=["ball", "symbol", "ndarray", "rounded"],
)
def test_constants_of_the_same_arithmetic_stand_on_either_side(arithmetic):
    """A ball took a dual number for a scalar of its own and failed."""
    c, x = arithmetic(np.full((2, 2), 2.0)), Dual(arithmetic(np.full((2, 2), 3.0)), arithmetic(np.eye(2)))
    for result in (c + x, x + c, c - x, x - c, c * x, x * c, c / x, x / c, c @ x, x @ c):
        assert isinstance(result, Dual)
        assert type(result.tangent) is type(c)


def test_over_numbers_it_is_the_derivative():
    x = Dual(np.array([0.5, -2.0]), np.array([1.0, 3.0]))
    assert (x * x).tangent.tolist() == [1.0, -12.0]
    assert (1 / x).tangent.tolist() == [-4.0, -0.75]


def test_over_symbols_it_is_the_derivative():
    x, v = Symbol.named("x", (2,)), Symbol.named("v", (2,))
    result = eq.sigmoid(Dual(x, v))
    for value, tangent, symbol, slope in zip(result.value.data, result.tangent.data, x.data, v.data, strict=True):
        assert is_zero(derivative(value, symbol) * slope - tangent)


def test_maxima_are_constants():
    x = Dual(*_draw((3, 4)))
    assert isinstance(x.max(axis=-1), np.ndarray)
    assert x.max(axis=-1).tolist() == x.value.max(axis=-1).tolist()
    assert x.max(axis=-1, keepdims=True).shape == (3, 1)
    assert isinstance(np.maximum(x, 0), np.ndarray)
    assert isinstance(np.maximum(0, x), np.ndarray)


def test_a_tangent_costs_what_the_same_expression_costs_when_it_is_written_out():
    """Ẋ W + ḃ may start from ḃ, as X W + b from b: a tangent is still the product of matrices that it was."""
    model = Model.of(FORMATS["float32"])
    X, V, W, b, w = (Rounded.exactly(a, model) for a in (*_draw((3, 4)), np.ones((4, 2)), *_draw((3, 2), 1)))
    tangent = (Dual(X, V) @ W + Dual(b, w)).tangent
    assert tangent.bound.tolist() == (V @ W + w).bound.tolist()


@pytest.mark.parametrize("name", ["float32", "bfloat16"])
def test_an_honest_evaluation_in_forward_mode_is_within_the_bound(name):
    """The rules carried out in the format itself, NumPy rounding every step, against the series."""
    format = FORMATS[name]
    model = Model.of(format)
    for expression in ("σ", "softmax", "log softmax", "x / (1 + x²)", "log(1 + x²)"):
        function = EXPRESSIONS[expression]
        x, v = (format.round(a) for a in _draw((3, 4), 3))
        bound = function(Dual(Rounded.exactly(x, model), Rounded.exactly(v, model))).tangent
        exact = floats(function(Taylor.line(x.astype(float), v.astype(float))).derivative.data)
        error = np.abs(function(Dual(x, v)).tangent.astype(np.float64) - exact)
        assert (error <= bound.bound).all(), expression
        assert (np.abs(exact) / 2 > bound.bound).any(), expression


def test_what_it_lacks_is_an_error():
    x = Dual(np.ones(2), np.ones(2))
    for lacking in (np.tanh, np.sqrt, np.add.reduce, np.minimum):
        with pytest.raises(TypeError):
            lacking(x, x) if lacking is np.minimum else lacking(x)
    for lacking in (np.add.outer, partial(np.add, dtype=float), partial(np.add, where=[True])):
        with pytest.raises(TypeError):
            lacking(x, x)
    with pytest.raises(ValueError, match=r"tangent: got shape \(3,\), expected \(2,\)"):
        Dual(np.ones(2), np.ones(3))
