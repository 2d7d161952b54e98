"""softplus, log σ and their products: accuracy, dtypes, layouts, special values, bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from crosscheck.enclosure import Enclosure
from crosscheck.formats import FORMATS
from crosscheck.numbers.ball import Ball
from reference import equations
from reference.softplus import (
    log_sigmoid,
    log_sigmoid_jvp,
    log_sigmoid_vjp,
    softplus,
    softplus_jvp,
    softplus_vjp,
)

VALUES = {f.__name__: f for f in (softplus, log_sigmoid)}
PRODUCTS = {f.__name__: f for f in (softplus_jvp, softplus_vjp, log_sigmoid_jvp, log_sigmoid_vjp)}
X = np.random.default_rng(0).normal(0, 30, (3, 4, 5))
V = np.random.default_rng(1).normal(0, 1, X.shape)
INF, NAN = np.inf, np.nan
finite = arrays(np.float64, 4, elements=st.floats(allow_nan=False, allow_infinity=False))


@pytest.mark.parametrize("name", VALUES)
@given(x=finite)
def test_any_finite_float_within_four_ulp(name, x):
    with np.errstate(all="raise"):
        got = VALUES[name](x)
    assert Enclosure(lambda: getattr(equations, name)(Ball.of(x))).ulp_error(got).max() <= 4


@pytest.mark.parametrize("name", PRODUCTS)
@given(x=finite)
def test_products_within_four_ulp_of_a_direction_of_ones(name, x):
    one = np.ones(4)
    truth = Enclosure(lambda: getattr(equations, name)(Ball.of(x), Ball.of(one)))
    assert truth.ulp_error(PRODUCTS[name](x, one)).max() <= 4


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
@pytest.mark.parametrize("name", VALUES)
def test_narrow_formats_are_rounded_once(name, dtype):
    """Half an ulp and 2⁻¹⁷: bfloat16 is cast by way of float32, whose half ulp is 2⁻¹⁷ of a bfloat16's."""
    x = FORMATS[dtype].round(np.linspace(-110, 110, 2001))
    actual = VALUES[name](x)
    assert actual.dtype == x.dtype
    truth = Enclosure(lambda: getattr(equations, name)(Ball.of(x)))
    assert truth.ulp_error(actual).max() <= 0.5 + 2.0**-16


@pytest.mark.parametrize(
    ("x", "value", "slope", "log", "log_slope"),
    [(INF, INF, 1, 0, 0), (-INF, 0, 0, -INF, 1), (NAN, NAN, NAN, NAN, NAN), (800.0, 800, 1, 0, 0)],
)
@pytest.mark.parametrize("dtype", FORMATS)
def test_special_values(x, value, slope, log, log_slope, dtype):
    x = np.array([x, 1.0]).astype(FORMATS[dtype].dtype)
    one = np.ones_like(x)
    calls = (softplus(x), softplus_vjp(x, one), log_sigmoid(x), log_sigmoid_jvp(x, one))
    for got, expected in zip(calls, (value, slope, log, log_slope), strict=True):
        np.testing.assert_array_equal(got[0].astype(np.float64), expected)
        assert np.isfinite(got[1].astype(np.float64)), "the neighbour is untouched"


@pytest.mark.parametrize("name", [*VALUES, *PRODUCTS])
@pytest.mark.parametrize("shape", ["reversed", "0 dimensions", "empty"])
def test_layouts_read_only_and_not_modified(name, shape):
    view = {"reversed": np.s_[::-1, ::2], "0 dimensions": np.s_[1, 2, 3], "empty": np.s_[:0]}[shape]
    args = [np.asarray(a[view]) for a in ((X,) if name in VALUES else (X, V))]
    copies = [a.copy() for a in args]
    for a in args:
        a.setflags(write=False)
    function = (VALUES | PRODUCTS)[name]
    np.testing.assert_array_equal(function(*args), function(*copies))
    for a, copy in zip(args, copies, strict=True):
        np.testing.assert_array_equal(a, copy)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: softplus([1, 2]), TypeError, "x: got dtype int64, expected one of float64"),
        (lambda: log_sigmoid("a"), TypeError, "x: got dtype str"),
        (lambda: softplus_jvp(X, X[0]), ValueError, r"tangent: got shape \(4, 5\), expected \(3, 4, 5\)"),
        (lambda: log_sigmoid_vjp(X, X.astype(np.float32)), TypeError, "cotangent: got dtype float32, expected"),
    ],
)
def test_bad_input_is_refused_by_name(call, error, message):
    with pytest.raises(error, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
