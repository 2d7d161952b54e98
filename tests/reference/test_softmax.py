"""softmax, log-softmax, logsumexp and their products: axes, layouts, dtypes, special values, bad input."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from crosscheck.enclosure import Enclosure
from crosscheck.formats import FORMATS
from crosscheck.numbers.ball import Ball
from crosscheck.truth import enclose, rounded
from reference import _rows, equations
from reference._rows import row_sum, subtraction_error
from reference.softmax import (
    log_softmax,
    log_softmax_jvp,
    log_softmax_vjp,
    logsumexp,
    logsumexp_jvp,
    logsumexp_vjp,
    softmax,
    softmax_jvp,
    softmax_vjp,
)

VALUES = {f.__name__: f for f in (softmax, log_softmax, logsumexp)}
PRODUCTS = {
    f.__name__: f
    for f in (softmax_jvp, softmax_vjp, log_softmax_jvp, log_softmax_vjp, logsumexp_jvp, logsumexp_vjp)
}
ALL = VALUES | PRODUCTS
RNG = np.random.default_rng(0)
X = RNG.normal(0, 3, (3, 4, 5))
V = RNG.normal(0, 1, (3, 4, 5))
INF, NAN = np.inf, np.nan


def arguments(name, x=X, v=V, axis=-1):
    """x, and for a product its direction: of x's shape, or for the reverse mode of logsumexp one axis less."""
    if name in VALUES:
        return (x,)
    return (x, v.take(0, axis=axis)) if name == "logsumexp_vjp" else (x, v)


def put_back(result, name, axis):
    return result if name in ("logsumexp", "logsumexp_jvp") else np.moveaxis(result, -1, axis)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
@pytest.mark.parametrize("name", ALL)
def test_every_axis_gives_the_same_bits(name, axis):
    moved = arguments(name, np.moveaxis(X, axis, -1).copy(), np.moveaxis(V, axis, -1).copy())
    expected = put_back(ALL[name](*moved), name, axis)
    got = ALL[name](*arguments(name, axis=axis), axis=axis)
    assert got.flags.c_contiguous
    np.testing.assert_array_equal(got, expected)


LAYOUTS = {
    "reversed": lambda a: a[::-1, ::-1, ::-1],
    "strided": lambda a: np.repeat(a, 2, axis=2)[:, :, ::2],
    "Fortran order": np.asfortranarray,
    "other byte order": lambda a: a.astype(a.dtype.newbyteorder()),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ALL)
def test_layouts_read_only_and_not_modified(name, layout):
    views = [LAYOUTS[layout](a) for a in arguments(name) if a.ndim == 3]
    views += [a for a in arguments(name) if a.ndim < 3]
    copies = [np.array(a, dtype=np.float64, order="C") for a in views]
    for view in views:
        view.setflags(write=False)
    try:
        got = ALL[name](*views, axis=1) if name != "logsumexp_vjp" else ALL[name](*views)
        expected = ALL[name](*copies, axis=1) if name != "logsumexp_vjp" else ALL[name](*copies)
    finally:
        X.setflags(write=True)
    np.testing.assert_array_equal(got, expected)
    assert got.dtype.isnative
    for view, copy in zip(views, copies, strict=True):
        np.testing.assert_array_equal(view, copy)
        assert not np.shares_memory(got, view)


@pytest.mark.parametrize("name", ALL)
def test_writable_arguments_are_not_modified(name):
    """The read-only case would raise; an owner that may be written must survive too."""
    args = [a.copy() for a in arguments(name)]
    ALL[name](*args)
    for before, after in zip(arguments(name), args, strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("name", PRODUCTS)
def test_products_are_within_the_derived_bound(name, dtype):
    format = FORMATS[dtype]
    names = ("x", "tangent" if name.endswith("jvp") else "cotangent")
    given_ = {n: format.round(a) for n, a in zip(names, arguments(name), strict=True)}
    graph = {name: getattr(equations, name)}
    bound = rounded(graph, name, given_, format, frozenset({"x"})).bound
    truth = enclose(graph, name, given_).mid
    actual = PRODUCTS[name](**given_)
    assert actual.dtype == format.dtype
    assert (np.abs(actual.astype(np.float64) - truth) <= bound).all()
    assert (np.abs(truth) > bound).mean() > 0.75, "zeros must not pass"


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
@pytest.mark.parametrize("name", VALUES)
def test_narrow_formats_are_rounded_once(name, dtype):
    """Half an ulp and 2⁻¹⁷: bfloat16 is cast by way of float32, whose half ulp is 2⁻¹⁷ of a bfloat16's."""
    x = FORMATS[dtype].round(X)
    actual = VALUES[name](x)
    assert actual.dtype == x.dtype
    truth = Enclosure(lambda: getattr(equations, name)(Ball.of(x)))
    assert truth.ulp_error(actual).max() <= 0.5 + 2.0**-16


@given(x=arrays(np.float64, st.integers(1, 6), elements=st.floats(allow_nan=False, allow_infinity=False)))
def test_any_finite_row_within_four_ulp(x):
    for name in ("softmax", "log_softmax"):
        truth = Enclosure(lambda name=name: getattr(equations, name)(Ball.of(x)))
        with np.errstate(all="raise"):
            got = VALUES[name](x)
        assert truth.ulp_error(got).max() <= 4


def _one_ahead_of_equal_ones(n):
    rng = np.random.default_rng(1)
    x = np.repeat(rng.uniform(-5, 0, (20_000 // n, 1)), n, axis=1)
    x[:, 0] = 0
    truth = Enclosure(lambda: equations.softmax(Ball.of(x)))
    return truth.ulp_error(softmax(x)).max()


@pytest.mark.parametrize("n", [7, 100, 127, 1000])
def test_equal_terms_within_four_ulp(n):
    assert _one_ahead_of_equal_ones(n) <= 4


def test_equal_terms_added_in_sequence_are_not(monkeypatch):
    """Every rounding of NumPy's own sum points the same way, 7.4 ulp in all."""
    monkeypatch.setattr(_rows, "row_sum", lambda a: a.sum(axis=-1, keepdims=True))
    assert _one_ahead_of_equal_ones(127) > 4


def test_halves_lose_less_than_numpy():
    """100 times 0.55: NumPy's sum, which adds runs of terms in sequence, is 3.6 ulp off."""
    terms = np.full((1, 100), 0.55)
    exact = 100 * Fraction(0.55)
    mine, numpys = (
        abs(Fraction(total.item()) - exact) / Fraction(2) ** -47  # an ulp of 55
        for total in (row_sum(terms)[0, 0], terms.sum())
    )
    assert mine < 1 < numpys


@pytest.mark.parametrize("shape", [(400, 100), (40, 1000)])
def test_logits_far_apart_within_three_ulp(shape):
    """Those that lead pass through every addition of a sum by halves; 4.6 ulp if all of it is in float64."""
    x = np.random.default_rng(5).normal(0, 30, shape)
    truth = Enclosure(lambda: equations.softmax(Ball.of(x)))
    assert truth.ulp_error(softmax(x)).max() <= 3


@pytest.mark.parametrize("m", [0.0, 1e3, 2e3, 1e10, 3e38, -1e10])
def test_ties_of_any_size_in_float32(m):
    """log softmax is −log 2 where two lead, however large they are: lse itself would lose it."""
    x = np.array([[m, m, m - abs(m) - 200]], np.float32)
    found = log_softmax(np.concatenate([x, x * 0]))
    np.testing.assert_array_equal(found[0, :2], np.float32(-np.log(2)))
    np.testing.assert_array_equal(found[1], np.float32(-np.log(3)))


@given(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300))
def test_the_error_of_a_subtraction_is_exact(a, b):
    x, m = np.array([a]), np.array([b])
    with np.errstate(all="ignore"):
        d = x - m
        delta = subtraction_error(x, m, d)
    assert Fraction(a) - Fraction(b) == Fraction(d.item()) + Fraction(delta.item())


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("axis", [0, 1])
def test_special_rows(dtype, axis):
    """Row by row: masked, a single class left, all −inf, one and two +inf, NaN, and an ordinary row."""
    rows = np.array(
        [[0, -INF, 0], [-INF, 5, -INF], [-INF] * 3, [INF, 0, 0], [INF, INF, 0], [NAN, INF, 0], [1, 1, 1]]
    )
    x = rows.astype(FORMATS[dtype].dtype)
    x = x if axis == 1 else x.T
    third, half, none = np.float64(1) / 3, 0.5, [NAN] * 3
    probability = [[half, 0, half], [0, 1, 0], none, none, none, none, [third] * 3]
    logs = np.log(np.array([[half, 1, half], [1, 1, 1], *[none] * 4, [third] * 3]))
    logs[0, 1] = logs[1, 0] = logs[1, 2] = -INF
    lse = [np.log(2), 5, -INF, INF, INF, NAN, 1 + np.log(3)]
    with np.errstate(all="raise"):
        found = softmax(x, axis), log_softmax(x, axis), logsumexp(x, axis)
    if axis == 0:
        found = found[0].T, found[1].T, found[2]
    format = FORMATS[dtype]
    for got, expected in zip(found, (probability, logs, lse), strict=True):
        expected = np.asarray(expected, dtype=np.float64)
        got = got.astype(np.float64)
        np.testing.assert_array_equal(np.isnan(got), np.isnan(expected))
        finite = np.isfinite(expected)
        np.testing.assert_array_equal(got[~finite], expected[~finite])
        # Expected and computed values are each within one ulp of the truth.
        assert (np.abs(got[finite] - expected[finite]) <= 2 * format.ulp(expected)[finite]).all()


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_nan_stays_in_its_row(name):
    x = X.copy()
    x[1, 2, 3] = NAN
    touched = np.isnan(PRODUCTS[name](*arguments(name, x)))
    assert touched[1, 2].all()
    assert touched.sum() == touched[1, 2].size


def test_a_difference_beyond_the_largest_float():
    """x − m = −2·1.7e308 overflows; the probability is 0 and its log rounds to −inf. Nothing warns."""
    x = np.array([-1.7e308, 1.7e308])
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(softmax(x), [0, 1])
        np.testing.assert_array_equal(log_softmax(x), [-INF, 0])
        np.testing.assert_array_equal(logsumexp(x), 1.7e308)


@pytest.mark.parametrize("name", ALL)
def test_no_rows_are_no_error(name):
    got = ALL[name](*arguments(name, np.zeros((0, 3)), np.zeros((0, 3))))
    assert got.shape == ((0,) if name in ("logsumexp", "logsumexp_jvp") else (0, 3))


def test_logsumexp_of_one_row_is_an_array():
    assert isinstance(logsumexp(np.zeros(3)), np.ndarray)
    assert logsumexp(np.zeros(3)).shape == ()


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    ("x", "axis", "error", "message"),
    [
        (np.ones((2, 3), int), -1, TypeError, "x: got dtype int64, expected one of float64, float32"),
        (np.float64(1.0), -1, ValueError, "x: got ndim 0, expected at least 1"),
        (X, 3, ValueError, "axis: got 3, expected -3 to 2 for x of shape"),
        (X, -4, ValueError, "axis: got -4, expected -3 to 2"),
        (X, None, TypeError, "axis: got None, expected an integer"),
        (X, 1.0, TypeError, "axis: got 1.0, expected an integer"),
        (np.ones((2, 0)), -1, ValueError, "x: got shape .2, 0., expected at least one entry along axis -1"),
    ],
    ids=["integers", "ndim 0", "axis 3", "axis -4", "axis None", "axis 1.0", "empty axis"],
)
def test_bad_x_or_axis_is_refused_by_name(name, x, axis, error, message):
    with pytest.raises(error, match=message) as caught:
        ALL[name](x, *([V] if name in PRODUCTS else []), axis=axis)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", PRODUCTS)
def test_bad_directions_are_refused_by_name(name):
    argument = "tangent" if name.endswith("jvp") else "cotangent"
    with pytest.raises(ValueError, match=rf"{argument}: got shape \(3, 4, 6\), expected \(3, 4"):
        PRODUCTS[name](X, np.ones((3, 4, 6)))
    with pytest.raises(TypeError, match=f"{argument}: got dtype float32, expected float64, the dtype of x"):
        PRODUCTS[name](X, V.astype(np.float32))
    with pytest.raises(TypeError, match=f"{argument}: got dtype int64"):
        PRODUCTS[name](X, np.ones(X.shape, int))


def test_a_ragged_list_is_refused_by_name():
    """NumPy's own message, which names no argument, came through: all bad inputs of the tests were arrays."""
    with pytest.raises(TypeError, match=r"^x: got list that is not an array of numbers$"):
        softmax([[1.0], [1.0, 2.0]])
