"""σ, σ' and their products: layouts, dtypes, special values, bad input (4 ulp: crosscheck/test_accuracy.py)."""

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import reference.sigmoid
from crosscheck.accuracy import LIMIT
from crosscheck.enclosure import Enclosure
from crosscheck.formats import FORMATS
from crosscheck.numbers.ball import Ball
from crosscheck.truth import enclose, rounded
from reference import equations
from reference.sigmoid import (
    sigmoid,
    sigmoid_and_slope_into,
    sigmoid_gradient,
    sigmoid_jvp,
    sigmoid_vjp,
    times_slope,
)

ELEMENTWISE = {"sigmoid": sigmoid, "sigmoid_gradient": sigmoid_gradient}
PRODUCTS = {"sigmoid_jvp": (sigmoid_jvp, "tangent"), "sigmoid_vjp": (sigmoid_vjp, "cotangent")}
X = np.random.default_rng(0).normal(0, 3, (3, 4, 5))


@pytest.mark.parametrize("name", ELEMENTWISE)
@given(x=arrays(np.float64, 4, elements=st.floats(allow_nan=False)))
def test_any_float_within_four_ulp(name, x):
    truth = Enclosure(lambda: getattr(equations, name)(Ball.of(x)))
    assert truth.ulp_error(ELEMENTWISE[name](x)).max() <= 4


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("name", PRODUCTS)
def test_products_are_within_the_derived_bound(name, dtype):
    format = FORMATS[dtype]
    function, argument = PRODUCTS[name]
    rng = np.random.default_rng(1)
    args = {"x": format.round(X), argument: format.round(rng.normal(0, 1, X.shape))}
    graph = {name: getattr(equations, name)}
    bound = rounded(graph, name, args, format, frozenset({"x"})).bound
    truth = enclose(graph, name, args).mid
    actual = function(**args)
    assert actual.dtype == format.dtype
    assert (np.abs(actual.astype(np.float64) - truth) <= bound).all()
    assert (np.abs(truth) > bound).mean() > 0.9, "zeros must not pass"


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_narrow_formats_are_rounded_once(name, dtype):
    """Half an ulp and 2⁻¹⁷: bfloat16 is cast by way of float32, whose half ulp is 2⁻¹⁷ of a bfloat16's."""
    x = FORMATS[dtype].round(np.linspace(-30, 30, 2001))
    actual = ELEMENTWISE[name](x)
    assert actual.dtype == x.dtype
    truth = Enclosure(lambda: getattr(equations, name)(Ball.of(x)))
    # σ in float32 is computed in float32.
    assert truth.ulp_error(actual).max() <= (4 if (name, dtype) == ("sigmoid", "float32") else 0.5 + 2.0**-16)


@pytest.mark.parametrize(
    ("x", "value", "slope"),
    [(np.inf, 1, 0), (-np.inf, 0, 0), (0.0, 0.5, 0.25), (-0.0, 0.5, 0.25), (np.nan, np.nan, np.nan)],
)
@pytest.mark.parametrize("dtype", FORMATS)
def test_special_values(x, value, slope, dtype):
    x = np.array([x, 1.0]).astype(FORMATS[dtype].dtype)
    with np.errstate(all="raise"):
        got, gradient = sigmoid(x).astype(np.float64), sigmoid_gradient(x).astype(np.float64)
    np.testing.assert_array_equal(got[0], value)
    np.testing.assert_array_equal(gradient[0], slope)
    assert 0.7 < got[1] < 0.75, "the neighbour is untouched: σ(1) = 0.731…"


VIEWS = {
    "contiguous": X,
    "strided, reversed": X[::-1, ::2],
    "transposed": X.T,
    "Fortran order": np.asfortranarray(X),
    "0 dimensions": np.array(X[1, 2, 3]),
    "empty": X[:0],
}


@pytest.mark.parametrize("view", VIEWS)
def test_layouts(view):
    view = VIEWS[view]
    frozen = view.copy()
    frozen.setflags(write=False)
    np.testing.assert_array_equal(sigmoid(view), sigmoid(frozen))
    assert sigmoid(frozen).shape == view.shape
    np.testing.assert_array_equal(frozen, view)


def test_arguments_are_not_modified():
    x, v = X.copy(), X.copy()
    for function in ELEMENTWISE.values():
        function(x)
    for function, _ in PRODUCTS.values():
        function(x, v)
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(v, X)


def test_the_result_shares_no_memory_with_the_argument():
    x = X.copy()
    assert not np.shares_memory(sigmoid(x), x)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: sigmoid([1, 2]), TypeError, "x: got dtype int64, expected one of float64"),
        (lambda: sigmoid("a"), TypeError, "x: got dtype str"),
        (lambda: sigmoid(np.ones(2, complex)), TypeError, "x: got dtype complex128"),
        (lambda: sigmoid_gradient(np.array([True])), TypeError, "x: got dtype bool"),
        (lambda: sigmoid_jvp(X, X[0]), ValueError, r"tangent: got shape \(4, 5\), expected \(3, 4, 5\)"),
        (lambda: sigmoid_vjp(X, X.astype(np.float32)), TypeError, "cotangent: got dtype float32, expected"),
    ],
)
def test_bad_input_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_byte_order_is_made_native():
    swapped = X.astype(X.dtype.newbyteorder())
    np.testing.assert_array_equal(sigmoid(swapped), sigmoid(X))
    assert sigmoid(swapped).dtype.isnative


def test_bfloat16_is_recognised_by_name():
    assert sigmoid(np.zeros(1, ml_dtypes.bfloat16)).dtype.name == "bfloat16"


def _value_and_slope(x):
    value, slope = np.empty_like(x), np.empty(x.shape, np.float64 if x.itemsize == 8 else np.float32)
    with np.errstate(all="ignore"):
        sigmoid_and_slope_into(x, value, slope)
    return value, slope


@given(x=arrays(np.float64, 4, elements=st.floats(allow_nan=False)))
def test_value_and_slope_of_any_float(x):
    for name, found in zip(ELEMENTWISE, _value_and_slope(x), strict=True):
        assert Enclosure(lambda name=name: getattr(equations, name)(Ball.of(x))).ulp_error(found).max() <= 4


@pytest.mark.parametrize(("dtype", "most"), [("float64", LIMIT), ("float32", 0.5 + 2.0**-16)])
def test_value_and_slope_from_one_exponential_keep_their_digits(dtype, most):
    """As σ(x) / (1 + e^x) the slope of the last one was 4.4 ulp off in float64; above 354 the square overflows."""
    rng = np.random.default_rng(8)
    x = np.concatenate([rng.uniform(-40, 40, 50_000), rng.uniform(-700, 700, 10_000), [-4.838496689549593]])
    x = (x if dtype == "float64" else np.clip(x, -87, 87)).astype(dtype)
    for name, found in zip(ELEMENTWISE, _value_and_slope(x), strict=True):
        assert Enclosure(lambda name=name: getattr(equations, name)(Ball.of(x))).ulp_error(found).max() <= most


@pytest.mark.parametrize("dtype", FORMATS)
def test_value_and_slope_of_special_values(dtype):
    x = np.array([np.inf, -np.inf, np.nan, -0.0, 60_000.0], FORMATS[dtype].dtype)
    value, slope = _value_and_slope(x)
    np.testing.assert_array_equal(value.astype(float), [1, 0, np.nan, 0.5, 1])
    np.testing.assert_array_equal(slope.astype(float), [0, 0, np.nan, 0.25, 0])


def test_a_slope_that_is_subnormal_keeps_its_digits_beside_a_large_cotangent(monkeypatch):
    x = np.linspace(-103, 103, 1001, dtype=np.float32)
    v = np.full_like(x, 1e30)
    exact = sigmoid_vjp(x, v).astype(float)
    assert np.abs(times_slope(x, _value_and_slope(x)[1], v) / exact - 1).max() <= 2.0**-23
    monkeypatch.setattr(reference.sigmoid, "_NORMAL", 0.0)
    assert np.abs(times_slope(x, _value_and_slope(x)[1], v) / exact - 1).max() > 0.1
