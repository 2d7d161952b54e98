"""Symbols: known derivatives, proofs that must hold and proofs that must not."""

import numpy as np
import pytest
import sympy

from crosscheck.numbers.ball import Ball
from crosscheck.numbers.symbol import Symbol, by_shifts, derivative, holds_a_maximum, is_zero
from reference import equations as eq

a, b, c = sympy.symbols("a b c", real=True)
e, log = sympy.exp, sympy.log

ZERO = {
    "0": sympy.Integer(0),
    "a − a": a - a,
    "(a + b)² − a² − 2ab − b²": (a + b) ** 2 - a**2 - 2 * a * b - b**2,
    "e^(a + b) − e^a e^b": e(a + b) - e(a) * e(b),
    "e^(2a) − (e^a)²": e(2 * a) - e(a) ** 2,
    "e^a e^(−a) − 1": e(a) * e(-a) - 1,
    "e^(a − b) e^(b − c) − e^(a − c)": e(a - b) * e(b - c) - e(a - c),
    "σ(a) + σ(−a) − 1": 1 / (1 + e(-a)) + 1 / (1 + e(a)) - 1,
    "e^((a + b)(a − b)) − e^(a²)/e^(b²)": e((a + b) * (a - b)) - e(a**2) / e(b**2),
    "a/b − a²/(ab)": a / b - a**2 / (a * b),
    "1/10 − 0.1 exactly": sympy.Rational(1, 10) - sympy.Rational("0.1"),
    "e^(a/2) e^(b/2) − e^((a + b)/2)": e(a / 2) * e(b / 2) - e((a + b) / 2),
    "log e^(a + b) − a − b": log(e(a + b)) - a - b,
    "log(2 e^a b²) − log 2 − a − log b²": log(2 * e(a) * b**2) - log(2) - a - log(b**2),
    "log(a/(1 + b²)) − log a + log(1 + b²)": log(a / (1 + b**2)) - log(a) + log(1 + b**2),
    "log(a/(1 + l²)) − log a + log(1 + l²), l = log(1 + b²)": (
        log(a / (1 + log(1 + b**2) ** 2)) - log(a) + log(1 + log(1 + b**2) ** 2)
    ),
}
NOT_ZERO = {
    "1": sympy.Integer(1),
    "a": a,
    "e^a − e^b": e(a) - e(b),
    "e^(a + b) − e^a − e^b": e(a + b) - e(a) - e(b),
    "e^(2a) − e^a": e(2 * a) - e(a),
    "e^a − 1 − a": e(a) - 1 - a,
    "σ(a) − 1/2": 1 / (1 + e(-a)) - sympy.Rational(1, 2),
    "log a − log b": sympy.log(1 + a**2) - sympy.log(1 + b**2),
    # a logarithm of a product is that of all its factors, and only a positive denominator can be split off
    "log ab − log a": log(a * b) - log(a),
    "log ab − log b": log(a * b) - log(b),
    "log 1/a − log a": log(1 / a) - log(a),
    "log 1/a − log 1/b": log(1 / a) - log(1 / b),
    "e^(a/2) − e^(b/2)": e(a / 2) - e(b / 2),
    "e^(a/2) − e^(a/3)": e(a / 2) - e(a / 3),
    "the float64 0.1 − 1/10": sympy.Rational(0.1) - sympy.Rational(1, 10),
    "10⁻³⁰⁰": sympy.Rational(1, 10**300),
}


@pytest.mark.parametrize("name", ZERO)
def test_identities_are_proved(name):
    assert is_zero(ZERO[name])


@pytest.mark.parametrize("name", NOT_ZERO)
def test_what_is_not_zero_is_not_proved(name):
    assert not is_zero(NOT_ZERO[name])


def _random_rational(rng, depth):
    if depth == 0:
        return [a, b, c, e(a), e(b - c), sympy.Integer(2)][rng.integers(6)]
    left, right = _random_rational(rng, depth - 1), _random_rational(rng, depth - 1)
    return [left + right, left - right, left * right, left / (1 + right**2)][rng.integers(4)]


@pytest.mark.parametrize("seed", range(15))
def test_proofs_agree_with_numbers(seed):
    """An expression is proved 0 if and only if it is 0 at random points: nothing else vanishes at all of them."""
    rng = np.random.default_rng(seed)
    expression = _random_rational(rng, 3)
    for candidate in (expression, expression - sympy.expand(expression), sympy.together(expression) - expression):
        values = [
            candidate.evalf(50, subs=dict(zip((a, b, c), rng.normal(size=3), strict=True))) for _ in range(3)
        ]
        assert is_zero(candidate) == all(abs(value) < 1e-30 for value in values)


# --- derivatives --------------------------------------------------------------------------------------------

KNOWN = {
    # §2.1 and elementary calculus: function, derivative
    "x²": (lambda x: x * x, lambda x: 2 * x),
    "1/x": (lambda x: 1 / x, lambda x: -1 / (x * x)),
    "exp": (np.exp, np.exp),
    "log(1 + e^x)": (lambda x: np.log(1 + np.exp(x)), eq.sigmoid),
    "σ": (eq.sigmoid, eq.sigmoid_gradient),
    "σ, wrong": (eq.sigmoid, lambda x: eq.sigmoid(x) * (1 + eq.sigmoid(x))),
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_derivatives_are_proved_and_wrong_ones_are_not(name):
    function, its_derivative = KNOWN[name]
    x = Symbol.named("x", (2,))
    for value, slope, symbol in zip(function(x).data, its_derivative(x).data, x.data, strict=True):
        assert is_zero(derivative(value, symbol) - slope) is (name != "σ, wrong")


X, Y = sympy.symbols("x y", real=True)
EXPRESSIONS = {
    "constant": sympy.Integer(3),
    "another variable": Y,
    "product of three": X * sympy.exp(X * Y) * sympy.log(X**2 + 1),
    "one part twice": sympy.exp(X) / (1 + sympy.exp(X)) + sympy.log(1 + sympy.exp(X)) * sympy.exp(X),
    "root": sympy.sqrt(X**2 + Y),
    "powers": (X + Y) ** 3 / (X - Y) ** 2,
    "variable exponent": (X**2 + 1) ** X,
    "no rule of ours": sympy.sin(X * Y),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_derivatives_are_those_of_sympy(name):
    for variable in (X, Y):
        found, expected = derivative(EXPRESSIONS[name], variable), sympy.diff(EXPRESSIONS[name], variable)
        assert sympy.simplify(found - expected) == 0


@pytest.mark.parametrize("shape", [(3,), (2, 2)], ids=str)
def test_the_softmax_vjp_is_the_transposed_jacobian(shape):
    x, cotangent = Symbol.named("x", shape), Symbol.named("c", shape)
    total = (cotangent * eq.softmax(x)).sum().data[()]
    vjp = eq.softmax_vjp(x, cotangent).data
    assert all(is_zero(derivative(total, x.data[i]) - vjp[i]) for i in np.ndindex(shape))


def test_a_softmax_vjp_without_its_sum_is_not_proved():
    x, cotangent = Symbol.named("x", (3,)), Symbol.named("c", (3,))
    total = (cotangent * eq.softmax(x)).sum().data[()]
    assert not is_zero(derivative(total, x.data[0]) - (eq.softmax(x) * cotangent).data[0])


# --- the maximum ----------------------------------------------------------------------------------------------


def test_the_maximum_is_free_and_always_a_new_one():
    x = Symbol.named("x", (2, 3))
    first, second = x.max(axis=-1), x.max(axis=-1)
    assert first.shape == (2,)
    assert x.max(axis=0, keepdims=True).shape == (1, 3)
    symbols = set(first.data) | set(second.data)
    assert len(symbols) == 4
    assert all(symbol.is_real for symbol in symbols)
    assert not symbols & set(x.data.ravel())
    assert not is_zero(first.data[0] - second.data[0])


def test_softmax_is_the_same_for_any_shift():
    x = Symbol.named("x", (1, 3))
    unshifted = np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)
    assert all(is_zero(item) for item in (eq.softmax(x) - unshifted).data.ravel())
    assert not is_zero((np.exp(x - eq.shift(x)) - np.exp(x)).data[0, 0])


def _softplus(x):
    shift = np.maximum(x, 0)
    return shift + np.log(np.exp(-shift) + np.exp(x - shift))


def test_softplus_and_its_derivative_are_the_same_for_any_shift():
    x = Symbol.named("x", (2,))
    for value, symbol in zip(_softplus(x).data, x.data, strict=True):
        assert is_zero(value - sympy.log(1 + e(symbol)))
        assert is_zero(derivative(value, symbol) - 1 / (1 + e(-symbol)))


def test_a_value_that_the_shift_changes_is_not_proved():
    """A planted fault: the 1 of 1 + e^x is not shifted."""
    x = Symbol.named("x", (1,))
    shift = np.maximum(0, x)
    wrong = shift + np.log(1 + np.exp(x - shift))
    assert not is_zero(wrong.data[0] - sympy.log(1 + e(x.data[0])))
    wide = Symbol.named("x", (2,))
    assert np.maximum(wide, np.ones((3, 1))).shape == np.maximum(np.ones((3, 1)), wide).shape == (3, 2)


def test_a_value_that_depends_on_a_maximum_is_told_by_its_derivative_by_it():
    x = Symbol.named("x", (2,))
    assert all(is_zero(slope) for slope in by_shifts(_softplus(x).data[0]))
    assert len(by_shifts(_softplus(x).data[0])) == 1
    assert [is_zero(slope) for slope in by_shifts(np.maximum(x, 0).sum().data.item())] == [False, False]


def test_an_expression_holds_a_maximum_or_not():
    x = Symbol.named("x", (2,))
    assert holds_a_maximum(np.maximum(x, 0).data[0] * e(a))
    assert not holds_a_maximum(x.data[0] * e(a))


def test_max_over_all_and_of_nothing():
    assert Symbol.named("x", (2, 3)).max(keepdims=True).shape == (1, 1)
    assert len(Symbol.named("x", (2, 3)).max().data.item().free_symbols) == 1
    with pytest.raises(ValueError, match=r"^max of an empty axis$"):  # the other arithmetics refuse it too
        Symbol.named("x", (2, 0)).max(axis=-1)


# --- NumPy's protocols ----------------------------------------------------------------------------------------


def test_names_and_shapes():
    x = Symbol.named("x", (2, 3))
    assert [str(s) for s in x.data.ravel()] == ["x_0_0", "x_0_1", "x_0_2", "x_1_0", "x_1_1", "x_1_2"]
    assert str(Symbol.named("t", ()).data[()]) == "t"
    assert all(symbol.is_real for symbol in x.data.ravel())
    assert (x @ x.T).shape == (2, 2)
    assert is_zero((x @ x.T).data[0, 1] - sum(x.data[0, k] * x.data[1, k] for k in range(3)))
    assert (x + np.ones(3)).shape == (2, 3)
    assert x.sum().shape == x[0, 0].shape == ()
    assert x[:, None].shape == (2, 1, 3)


def test_floats_are_taken_exactly():
    tenth = Symbol.of(np.array([0.1])).data[0]
    assert tenth == sympy.Rational(0.1)
    assert tenth != sympy.Rational(1, 10)
    assert Symbol.of(3).data[()] == 3


def test_expressions_are_taken_as_they_are():
    x = Symbol.of(np.array([a + b, e(c), sympy.Rational(1, 3)], object))
    assert x.data.tolist() == [a + b, e(c), sympy.Rational(1, 3)]
    assert (a * x).data.tolist() == [a * (a + b), a * e(c), a / 3]


def test_a_product_over_nothing_is_zero():
    product = Symbol(np.empty((2, 0), object)) @ Symbol(np.empty((0, 3), object))
    assert product.shape == (2, 3)
    assert all(is_zero(item) for item in product.data.ravel())


@pytest.mark.parametrize("function", [np.sin, np.abs, np.add.reduce], ids=["sin", "abs", "reduce"])
def test_what_symbols_lack_is_an_error(function):
    with pytest.raises(TypeError):
        function(Symbol.named("x", (2,)))


def test_symbols_and_balls_do_not_mix():
    with pytest.raises(TypeError):
        Symbol.named("x", (2,)) + Ball.of(np.ones(2))
    with pytest.raises(TypeError):
        Ball.of(np.ones(2)) * Symbol.named("x", (2,))
