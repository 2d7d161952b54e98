"""Directional derivatives against those known in closed form, symbols and a difference quotient."""

import itertools

import numpy as np
import pytest
import sympy
from flint import arb

from crosscheck.numbers.array import mapped
from crosscheck.numbers.ball import BITS, Ball, floats, precision
from crosscheck.numbers.symbol import Symbol
from crosscheck.numbers.taylor import Taylor
from reference import equations as eq

DIGITS = 30


@pytest.fixture(autouse=True)
def _bits():
    with precision(BITS):
        yield


def _meet(a, b, digits=DIGITS):
    """Both enclosures overlap and are as narrow as that."""
    for one, other in zip(a.data.ravel(), b.data.ravel(), strict=True):
        assert one.overlaps(other), (one, other)
        assert one.rel_accuracy_bits() > digits * 3.33 or abs(one) < 10.0**-digits
    assert a.shape == b.shape


def _line(shape, seed=0):
    rng = np.random.default_rng(seed)
    x, v = rng.normal(size=shape), rng.normal(size=shape)
    return x, v, Taylor.line(x, v)


KNOWN = {
    # (function, its derivative)
    "constant": (lambda x: 0 * x + 3, lambda x: 0 * x),
    "−x": (lambda x: -x, lambda x: 0 * x - 1),
    "x²": (lambda x: x * x, lambda x: 2 * x),
    "1/x": (lambda x: 1 / x, lambda x: -1 / (x * x)),
    "x/(1 + x²)": (lambda x: x / (1 + x * x), lambda x: (1 - x * x) / ((1 + x * x) * (1 + x * x))),
    "exp": (np.exp, np.exp),
    "log(1 + x²)": (lambda x: np.log(1 + x * x), lambda x: 2 * x / (1 + x * x)),
    "e^(−x²)": (lambda x: np.exp(-x * x), lambda x: -2 * x * np.exp(-x * x)),
    "2 − x": (lambda x: 2 - x, lambda x: 0 * x - 1),
    "σ": (eq.sigmoid, eq.sigmoid_gradient),
}


@pytest.mark.parametrize("function", KNOWN)
def test_derivatives_known_in_closed_form(function):
    f, derivative = KNOWN[function]
    x, v, line = _line((5,))
    _meet(f(line).value, f(Ball.of(x)))
    _meet(f(line).derivative, derivative(Ball.of(x)) * v)


EQUATIONS = {
    # definition → its derivative along a tangent, as printed in the assignment's terms
    "softmax": (eq.softmax, eq.softmax_jvp),
    "log_softmax": (eq.log_softmax, eq.log_softmax_jvp),
    "logsumexp": (eq.logsumexp, eq.logsumexp_jvp),
    "sigmoid": (eq.sigmoid, eq.sigmoid_jvp),
}


@pytest.mark.parametrize("equation", EQUATIONS)
@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 1, 5), (1,), (3, 1)], ids=str)
def test_definitions_have_the_printed_derivatives(equation, shape):
    definition, jvp = EQUATIONS[equation]
    x, v, line = _line(shape)
    _meet(definition(line).derivative, jvp(Ball.of(x), Ball.of(v)))


def test_a_wrong_derivative_is_caught():
    """A planted fault: σ' without its second factor."""
    x, v, line = _line((5,))
    with pytest.raises(AssertionError):
        _meet(eq.sigmoid(line).derivative, eq.sigmoid(Ball.of(x)) * v)


def test_a_maximum_has_its_slope_and_softmax_is_the_same_for_any_shift():
    """§1.1: any shift gives the same value and the same derivative."""
    x, v, line = _line((3, 4))
    for shift in (0, 1.5, line[:, :1]):
        e = np.exp(line - shift)
        free = e / e.sum(axis=-1, keepdims=True)
        _meet(free.derivative, eq.softmax(line).derivative)
    largest = line.max(axis=-1)
    assert floats(largest.derivative.data).tolist() == v[np.arange(3), x.argmax(axis=-1)].tolist()
    assert floats(largest.value.data).tolist() == x.max(axis=-1).tolist()
    assert floats(line.max().derivative.data).tolist() == v.ravel()[x.argmax()]
    for axis in (0, 1, -1):
        for keepdims in (False, True):
            found = line.max(axis=axis, keepdims=keepdims).value
            assert floats(found.data).tolist() == x.max(axis=axis, keepdims=keepdims).tolist()
    assert line[:, :1].max(axis=0).shape == (1,)


def test_a_relu_has_its_derivative():
    """With a constant for its maximum, 0 would be called the derivative of max(x, 0)."""
    x, v, line = _line((3, 4))
    assert ((x > 0).any(), (x < 0).any()) == (True, True)
    assert floats(np.maximum(line, 0).derivative.data).tolist() == ((x > 0) * v).tolist()


@pytest.mark.parametrize(("a", "b"), [(-2.0, 1.0), (1.0, 3.0), (3.0, -2.0), (0.0, -0.5), (-3.0, -4.0)])
def test_the_larger_is_told_by_the_values_whatever_the_slopes(a, b):
    for v, w in itertools.product([-5.0, -0.25, 0.0, 2.0, 7.0], repeat=2):
        larger = np.maximum(Taylor.line(np.array(a), np.array(v)), Taylor.line(np.array(b), np.array(w)))
        assert floats(larger.value.data) == max(a, b)
        assert floats(larger.derivative.data) == (v if a > b else w)


def test_where_balls_cannot_tell_the_larger_both_are_enclosed_and_no_more():
    unsure = Taylor.line(Ball(np.array([arb(1, 0.5)])), np.array([3.0]))  # between 1/2 and 3/2
    sure = Taylor.line(np.array([1.25]), np.array([-2.0]))
    for larger in (np.maximum(unsure, sure), np.maximum(sure, unsure)):
        (value,), (slope,) = larger.value.data, larger.derivative.data
        assert [value.contains(x) for x in (1, 1.25, 1.5, 1.75)] == [False, True, True, False]
        assert [slope.contains(x) for x in (-3, -2, 3, 4)] == [False, True, True, False]


def test_at_a_tie_the_slope_encloses_both():
    tie = np.maximum(Taylor.line(np.zeros(1), np.full(1, 3.0)), Taylor.line(np.zeros(1), np.full(1, -2.0)))
    assert tie.derivative.data[0].contains(3)
    assert tie.derivative.data[0].contains(-2)
    line = Taylor.line(np.ones(2), np.array([0.5, -0.25]))
    assert eq.softmax(line).derivative.data[0].overlaps(arb(3) / 16)  # y ∘ (ẋ − Σ y ẋ) at y = 1/2: 3/16


def test_a_shift_by_the_larger_gives_the_same_softplus():
    x, v, line = _line((3, 4))
    shift = np.maximum(line, 0)
    assert floats(shift.value.data).tolist() == np.maximum(x, 0).tolist()
    softplus = shift + np.log(np.exp(-shift) + np.exp(line - shift))
    _meet(softplus.derivative, eq.sigmoid(Ball.of(x)) * v)


def test_a_matrix_product_obeys_the_product_rule():
    x, v, left = _line((3, 4))
    y, w, right = _line((4, 2), 1)
    _meet((left @ right).value, Ball.of(x) @ y)
    _meet((left @ right).derivative, Ball.of(v) @ y + Ball.of(x) @ w)
    _meet((left @ y).derivative, Ball.of(v) @ y)
    _meet((x @ right).derivative, Ball.of(x) @ w)


def test_a_matrix_product_agrees_with_its_sums():
    _, _, left = _line((3, 4))
    _, _, right = _line((4, 2), 1)
    sums = (left[:, :, None] * right[None]).sum(axis=1)
    _meet((left @ right).derivative, sums.derivative)
    _meet((left @ right).value, sums.value)


def _symbolic(function, x, v):
    """d/dt of the function at x + t v, by SymPy, at 60 digits."""
    t = sympy.Symbol("t", real=True)
    exact_x, exact_v = (mapped(sympy.Rational, a.astype(object)) for a in (x, v))
    expressions = function(Symbol(exact_x + t * exact_v)).data
    return Ball(mapped(lambda e: arb(str(sympy.diff(e, t).subs(t, 0).evalf(60))), np.asarray(expressions)))


COMPOSED = {
    "σ(σ(x))": lambda x: eq.sigmoid(eq.sigmoid(x)),
    "log Σ e^x": lambda x: np.log(np.exp(x).sum(axis=-1)),
    "softmax": lambda x: np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True),
    "xᵀx": lambda x: x.T @ x,
    "x/(x − 7)": lambda x: x / (x - 7),
    "e^(x/3) log(9 + x)": lambda x: np.exp(x / 3) * np.log(9 + x),
}


@pytest.mark.parametrize("function", COMPOSED)
def test_series_and_symbols_agree(function):
    x, v, line = _line((2, 3), 5)
    result, other = COMPOSED[function](line).derivative, _symbolic(COMPOSED[function], x, v)
    for one, number in zip(result.data.ravel(), other.data.ravel(), strict=True):
        assert abs(one - number) < abs(number) * 10.0**-DIGITS


def test_the_derivative_is_the_limit_of_a_difference_quotient():
    """(f(x + h v) − f(x)) / h with h = 2⁻⁶⁰ at 512 bits is off by h f″/2, so the two agree to 15 digits."""
    x, v, line = _line((3, 4))
    with precision(512):
        h = Ball.of(np.float64(2.0**-60))
        moved = eq.log_softmax(Ball.of(x) + h * Ball.of(v))
        quotient = (moved - eq.log_softmax(Ball.of(x))) / h
        exact = eq.log_softmax(line).derivative
        assert (np.abs(floats((quotient - exact).data)) < 1e-15).all()


def test_shapes_and_scalars():
    _x, v, line = _line((2, 3))
    assert line.shape == line.value.shape == line.derivative.shape == (2, 3)
    assert line.T.shape == (3, 2)
    assert line.sum().shape == line[0, 0].shape == ()
    assert line.sum(axis=0, keepdims=True).shape == (1, 3)
    assert (line + np.ones(3)).shape == (2, 3)
    _meet(line.sum().derivative, Ball.of(v).sum())
    scalar = np.exp(Taylor.line(np.float64(2), np.float64(3)))
    _meet(scalar.derivative, 3 * np.exp(Ball.of(np.float64(2))))
    assert Taylor.line(np.ones((2, 0)), np.ones((2, 0))).sum(axis=-1).value.shape == (2,)


def test_constants_have_no_slope():
    assert floats(Taylor.of(np.array([1.0, 2.0])).derivative.data).tolist() == [0, 0]
    line = Taylor.line([1.0, 2.0], [1.0, 1.0])
    for result in (line * 0, line - line):
        assert floats(result.value.data).tolist() == floats(result.derivative.data).tolist() == [0, 0]


def test_series_end_after_the_slope():
    """Nothing beyond a₁ t is computed: series of the default length, 10, cost several times as much."""
    _x, _v, line = _line((2, 3))
    constant = Taylor.of(np.ones(2))
    tie = np.maximum(line, line)
    for result in (line, constant, line.max(axis=0), np.maximum(line, 0), tie, line @ line.T, np.exp(line)):
        assert {series.prec for series in result.data.ravel()} == {2}


def test_series_are_taken_as_they_are():
    _x, _v, line = _line((2, 3))
    _meet(Taylor.of(line.data).derivative, line.derivative)
    _meet((line.data * line).derivative, (line * line).derivative)


def test_balls_keep_their_radius_on_the_line():
    third = Ball.of(np.ones(1)) / 3
    line = Taylor.line(third, np.ones(1))
    assert not line.value.data[0].is_exact()
    assert (line * 3).value.data[0].contains(1)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match=r"x has shape \(2,\), v has shape \(3,\); they must be equal"):
        Taylor.line(np.ones(2), np.ones(3))
    line = Taylor.line(np.ones(2), np.ones(2))
    with pytest.raises(ValueError, match=r"^max of an empty axis$"):
        Taylor.line(np.ones((2, 0)), np.ones((2, 0))).max(axis=-1)
    with pytest.raises(ValueError, match="@ takes matrices"):
        line @ np.ones((2, 2, 2))
    for lacking in (np.sin, np.abs, np.add.reduce):
        with pytest.raises(TypeError):
            lacking(line)
    with pytest.raises(TypeError):
        line + Symbol.named("a", (2,))
