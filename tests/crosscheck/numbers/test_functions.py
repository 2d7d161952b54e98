"""NumPy's functions mean in every exact arithmetic what they mean in NumPy, or are refused by name."""

import numpy as np
import pytest
from flint import arb

from crosscheck.numbers.ball import Ball, MaximumBall, floats, precision
from crosscheck.numbers.functions import COMPOSED, FUNCTIONS
from crosscheck.numbers.symbol import Symbol, derivative, is_zero
from crosscheck.numbers.taylor import Taylor

X = np.array([[0.5, 1.25, 3.0], [2.0, 0.75, 1.5]])
V = np.array([[1.0, -0.5, 2.0], [0.25, 1.0, -1.0]])
Y = np.array([3.0, 0.5, 2.0])

READ = {
    "sum": lambda x: np.sum(x, axis=-1, keepdims=True),
    "sum of all": lambda x: np.sum(x),
    "sum over two": lambda x: np.sum(x, axis=(0, 1)),
    ".sum(1)": lambda x: x.sum(1),
    "mean": lambda x: np.mean(x, axis=0),
    "mean over two": lambda x: np.mean(x, axis=(0, 1)),
    ".mean()": lambda x: x.mean(),
    ".mean(1, True)": lambda x: x.mean(1, keepdims=True),
    "max": lambda x: np.max(x, axis=1, keepdims=True),
    "max of all, keepdims": lambda x: np.max(x, keepdims=True),
    ".max()": lambda x: x.max(),
    ".max(0)": lambda x: x.max(0),
    "amax of all": lambda x: np.amax(x),
    "min": lambda x: np.min(x, 0),
    ".min()": lambda x: x.min(),
    ".min(1, True)": lambda x: x.min(1, keepdims=True),
    "minimum": lambda x: np.minimum(x, 1),
    "dot": lambda x: np.dot(x, Y),
    ".dot": lambda x: x.dot(x.T),
    "dot of vectors": lambda x: np.dot(x[0], Y),
    "dot of a number": lambda x: np.dot(3, x),
    "dot with a number": lambda x: np.dot(x, 3),
    "vector @ matrix": lambda x: np.array([1.0, 2.0]) @ x,
    "matrix @ vector": lambda x: x @ Y,
    "vector @ vector": lambda x: Y @ x[1],
    "inner": lambda x: np.inner(x, x),
    "vdot": lambda x: np.vdot(x, x),
    "outer": lambda x: np.outer(x[0], Y),
    "einsum": lambda x: np.einsum("ij,kj->ik", x, x),
    "trace": lambda x: np.trace(x @ x.T),
    "diag": lambda x: np.diag(x[0]) @ Y,
    "transpose": lambda x: np.transpose(x),
    ".transpose(1, 0)": lambda x: x.transpose(1, 0),
    "reshape": lambda x: np.reshape(x, (3, 2)),
    ".reshape": lambda x: x.reshape(3, -1),
    "expand_dims": lambda x: np.expand_dims(x, 1) * x,
    "squeeze": lambda x: np.squeeze(x[:1]),
    "ravel": lambda x: x.ravel() * 2,
    "stack": lambda x: np.stack([x[0], Y]),
    "concatenate": lambda x: np.concatenate([x, x * 2], axis=1),
    "concatenate, 1": lambda x: np.concatenate([x, x * 2], 1),
    "roll": lambda x: np.roll(x, 1, axis=1),
    "broadcast_to": lambda x: np.broadcast_to(x[0], (4, 3)),
    "ones_like": lambda x: np.ones_like(x) * x,
    "ones_like alone": lambda x: np.ones_like(x),
    "zeros_like": lambda x: x + np.zeros_like(x),
    "shape, size, ndim, len": lambda x: x * (np.shape(x)[0] + np.size(x) + np.ndim(x) + len(x)),
    "iteration": lambda x: sum(row * row for row in x),
    "square": np.square,
    "** 2": lambda x: x**2,
    "** 3": lambda x: x**3,
    "** 0": lambda x: x**0,
    "** 1": lambda x: x**1,
    "** 6": lambda x: x**6,
    "** −2": lambda x: x**-2,
    "** 0.5": lambda x: x**0.5,
    "** −1.5": lambda x: x**-1.5,
    "sqrt": np.sqrt,
    "reciprocal": np.reciprocal,
    "+x": lambda x: +x,
    "expm1": np.expm1,
    "log1p": np.log1p,
    "tanh": np.tanh,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "logaddexp": lambda x: np.logaddexp(x, 1),
    "/=": lambda x: _in_place(x),
    "p[i, j] −= 1": lambda x: _set_entries(x),
    "a view": lambda x: _set_a_view(x),
}
"""No maximum here is a tie, so each has a derivative."""


def _in_place(x):
    e = np.exp(x)
    e /= e.sum(axis=1, keepdims=True)
    return e


def _set_entries(x):
    p = x * 2
    p[range(2), [2, 0]] -= 1
    return p


def _set_a_view(x):
    p = x * 2
    row = p[1]
    row *= 3
    row[0] = 7
    return p + p.T.T


@pytest.mark.parametrize("name", READ)
def test_balls_hold_what_numpy_says(name):
    wanted = READ[name](X.copy())
    for of in (Ball.of, MaximumBall.of, Taylor.of):
        with precision(128):
            read = READ[name](of(X))
            found = read.value if isinstance(read, Taylor) else Ball.of(read)
        assert found.shape == np.shape(wanted)
        np.testing.assert_allclose(floats(found.data), wanted, rtol=1e-14)
        assert all(item.rel_accuracy_bits() > 100 for item in found.data.ravel() if item != 0)


@pytest.mark.parametrize("name", READ)
def test_series_have_the_derivative_of_the_quotient(name):
    """A central difference with h = 2⁻¹⁶ errs by h² and by 2⁻⁵³/h, some 10⁻¹⁰ and 10⁻¹¹."""
    h = 2.0**-16
    quotient = (READ[name](X + h * V) - READ[name](X - h * V)) / (2 * h)
    slope = floats(Taylor.of(READ[name](Taylor.line(X, V))).derivative.data)
    np.testing.assert_allclose(slope, quotient, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", [name for name in READ if not name.lstrip(".a").startswith(("max", "min"))])
def test_symbols_have_the_value_and_the_derivative_at_numbers(name):
    symbols = Symbol.named("x", X.shape)
    at = dict(zip(symbols.data.ravel(), X.ravel(), strict=True))
    found = Symbol.of(READ[name](symbols)).data
    numbers = [float(entry.subs(at)) for entry in found.ravel()]
    np.testing.assert_allclose(numbers, np.ravel(READ[name](X.copy())), rtol=1e-12)
    slopes = [
        sum(float(derivative(entry, s).subs(at)) * v for s, v in zip(at, V.ravel(), strict=True))
        for entry in found.ravel()
    ]
    wanted = floats(Taylor.of(READ[name](Taylor.line(X, V))).derivative.data)
    np.testing.assert_allclose(slopes, wanted.ravel(), rtol=1e-9, atol=1e-12)


def test_identities_of_what_is_put_together_are_proved():
    x = Symbol.named("x", (1,))
    assert is_zero((np.tanh(x) - (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))).data[0])
    assert is_zero((np.cosh(x) ** 2 - np.sinh(x) ** 2 - 1).data[0])
    assert is_zero((np.sqrt(x) ** 2 - x).data[0])
    assert is_zero((np.expm1(np.log1p(np.exp(x))) - np.exp(x)).data[0])
    assert not is_zero((np.tanh(x) - np.sinh(x)).data[0])


def test_every_function_of_the_tables_is_numpys():
    for function in (*COMPOSED, *FUNCTIONS):
        assert getattr(np, function.__name__) is function


REFUSED = {
    "np.sort cannot": lambda x: np.sort(x),
    "np.where cannot": lambda x: np.where(X > 0, x, 0),
    "np.clip cannot": lambda x: np.clip(x, 0, 1),
    "np.greater cannot": lambda x: x > 0,
    "np.equal cannot": lambda x: x == 0,
    "np.absolute cannot": lambda x: abs(x),
    "np.sin cannot": lambda x: np.sin(x),
    "^norm cannot": lambda x: np.linalg.norm(x),
    "np.add.reduce cannot": lambda x: np.add.reduce(x),
    "np.exp with dtype cannot": lambda x: np.exp(x, dtype=np.float32),
    "np.exp with (dtype, where|where, dtype) cannot": lambda x: np.exp(x, dtype=np.float32, where=X > 0),
    "np.sum cannot .* these arguments: .*'dtype'": lambda x: np.sum(x, dtype=np.float32),
    "exponent 0.3": lambda x: x**0.3,
    "exponent array": lambda x: x ** np.array([1, 2, 3]),
    r"^\*\*: got an array as the exponent, expected a whole number; e\^\(x log a\) can$": lambda x: 2**x,
    "^a list of arrays cannot be read in exact arithmetic; np.stack of it can$": lambda x: np.add(x, [x[0], x[1]]),
    "^np.array or np.asarray of an array that depends on the inputs cannot": lambda x: np.asarray(x),
    "^np.array or np.asarray .* cannot": lambda x: np.array([x, x]),
    "^the truth of an array cannot": lambda x: 1 if x else 0,
}


@pytest.mark.parametrize("message", REFUSED)
@pytest.mark.parametrize("of", [Ball.of, Taylor.of, Symbol.of], ids=["ball", "taylor", "symbol"])
def test_what_is_not_read_is_refused_by_name_and_never_rounded(of, message):
    with pytest.raises(TypeError, match=message):
        REFUSED[message](of(X))


def test_two_arithmetics_do_not_mix():
    with pytest.raises(TypeError, match=r"no implementation found for 'numpy.stack'"):
        np.stack([Ball.of(X), Symbol.of(X)])
    with pytest.raises(TypeError, match=r"no implementation found for 'numpy.dot'"):
        np.dot(Symbol.of(X), Taylor.of(Y))


def test_an_unread_attribute_is_named():
    with pytest.raises(AttributeError, match="'astype' cannot be read in exact arithmetic"):
        Ball.of(X).astype(float)


def test_a_copy_shares_nothing():
    x = Ball.of(X)
    x.copy()[0] = 9
    assert x.data[0, 0] == arb(0.5)
