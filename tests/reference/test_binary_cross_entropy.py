"""Binary cross-entropy with logits: hard and soft targets, dtypes, special values, bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from crosscheck.enclosure import Enclosure
from crosscheck.formats import FORMATS
from crosscheck.numbers.ball import Ball
from crosscheck.truth import enclose, rounded
from reference import equations
from reference.binary_cross_entropy import (
    binary_cross_entropy,
    binary_cross_entropy_gradient,
    binary_cross_entropy_jvp,
    binary_cross_entropy_vjp,
)
from reference.cross_entropy import cross_entropy

ALL = {
    "binary_cross_entropy": (binary_cross_entropy, ()),
    "binary_cross_entropy_gradient": (binary_cross_entropy_gradient, ()),
    "binary_cross_entropy_jvp": (binary_cross_entropy_jvp, ("tangent",)),
    "binary_cross_entropy_vjp": (binary_cross_entropy_vjp, ("cotangent",)),
}
RNG = np.random.default_rng(0)
X, SOFT, V = RNG.normal(0, 3, (3, 4, 5)), RNG.uniform(0, 1, (3, 4, 5)), RNG.normal(0, 1, (3, 4, 5))
INF, NAN = np.inf, np.nan
numbers = arrays(np.float64, 4, elements=st.floats(allow_nan=False, allow_infinity=False))


def directions(name):
    return dict.fromkeys(ALL[name][1], V)


@pytest.mark.parametrize("name", ["binary_cross_entropy", "binary_cross_entropy_gradient"])
@given(x=numbers, y=arrays(np.float64, 4, elements=st.sampled_from([0.0, 1.0])))
def test_any_finite_logit_and_hard_target_within_four_ulp(name, x, y):
    with np.errstate(all="raise"):
        got = ALL[name][0](x, y)
    assert Enclosure(lambda: getattr(equations, name)(Ball.of(x), Ball.of(y))).ulp_error(got).max() <= 4


@given(
    x=arrays(np.float64, 4, elements=st.floats(-1e300, 1e300)),
    y=arrays(np.float64, 4, elements=st.floats(0, 1).filter(lambda v: v == 0 or v > 1e-200)),
)
def test_soft_targets_do_not_cancel(x, y):
    """Two terms ≥ 0, each of a difference, a softplus (4 ulp) and a product, and their sum."""
    truth = Enclosure(lambda: equations.binary_cross_entropy(Ball.of(x), Ball.of(y)))
    assert truth.ulp_error(binary_cross_entropy(x, y)).max() <= 4 + 0.5 + 0.5 + 0.5


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("name", ALL)
def test_within_the_derived_bound(name, dtype):
    format = FORMATS[dtype]
    given_ = {n: format.round(a) for n, a in {"x": X, "y": SOFT, **directions(name)}.items()}
    graph = {name: getattr(equations, name)}
    bound = rounded(graph, name, given_, format, frozenset({"x"})).bound
    truth = enclose(graph, name, given_).mid
    actual = ALL[name][0](**given_)
    assert actual.dtype == format.dtype
    assert (np.abs(actual.astype(np.float64) - truth) <= bound).all()
    assert (np.abs(truth) > bound).mean() > 0.75, "zeros must not pass"


def test_it_is_the_cross_entropy_of_two_classes():
    """Each side is within 4 ulp of the same number, or within 10 where the targets are soft."""
    logits, targets = np.stack([np.zeros_like(X), X], axis=-1), np.stack([1 - SOFT, SOFT], axis=-1)
    got, two = binary_cross_entropy(X, SOFT), cross_entropy(logits, targets)
    assert (np.abs(got - two) <= 14 * np.spacing(two)).all()


@pytest.mark.parametrize(
    ("x", "y", "cost", "slope"),
    [
        (INF, 1, 0, 0),
        (INF, 0, INF, 1),
        (INF, 0.5, INF, 0.5),
        (-INF, 0, 0, 0),
        (-INF, 1, INF, -1),
        (-INF, 0.5, INF, -0.5),
        (NAN, 1, NAN, NAN),
        (1, NAN, NAN, NAN),
        (0, 0.5, np.log(2), 0),
    ],
)
@pytest.mark.parametrize("dtype", FORMATS)
def test_special_values(x, y, cost, slope, dtype):
    format = FORMATS[dtype]
    x, y = (np.array([a, 1.0]).astype(format.dtype) for a in (x, y))
    with np.errstate(all="raise"):
        got, gradient = binary_cross_entropy(x, y), binary_cross_entropy_gradient(x, y)
    np.testing.assert_array_equal(got[0].astype(float), format.round(np.float64(cost)).astype(float))
    np.testing.assert_array_equal(gradient[0].astype(float), slope)
    assert np.isfinite(got[1].astype(float)), "the neighbour is untouched"


def test_a_confident_target_keeps_its_cost_and_its_gradient():
    """40 − 40 would be 0, and so would σ(40) − 1: both are e^(−40) to 4 ulp, as 1 + e^(−40) is 1 to 2⁻⁵⁷."""
    small = np.exp(-40.0)
    for x, y in ((40.0, 1.0), (-40.0, 0.0)):
        assert abs(binary_cross_entropy(x, y) - small) <= 4 * np.spacing(small)
        assert abs(abs(binary_cross_entropy_gradient(x, y)) - small) <= 4 * np.spacing(small)


@pytest.mark.parametrize("name", ALL)
def test_layouts_read_only_and_bad_input(name):
    function = ALL[name][0]
    args = {"x": X, "y": SOFT, **directions(name)}
    views = {n: a[::-1, ::2] for n, a in args.items()}
    for view in views.values():
        view.setflags(write=False)
    np.testing.assert_array_equal(function(**views), function(**args)[::-1, ::2])
    with pytest.raises(TypeError, match="x: got dtype int64"):
        function(**{**args, "x": np.ones(X.shape, int)})
    for other in [n for n in args if n != "x"]:
        with pytest.raises(ValueError, match=rf"{other}: got shape \(2,\), expected \(3, 4, 5\)"):
            function(**{**args, other: np.ones(2)})
        with pytest.raises(TypeError, match=f"{other}: got dtype float32, expected float64, the dtype of x"):
            function(**{**args, other: np.ones(X.shape, np.float32)})
