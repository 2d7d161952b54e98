"""Cross-entropy of softmax and its derivatives: targets, axes, layouts, dtypes, special values, bad input."""

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
from reference.cross_entropy import (
    cross_entropy,
    cross_entropy_gradient,
    cross_entropy_jvp,
    cross_entropy_vjp,
)

ALL = {f.__name__: f for f in (cross_entropy, cross_entropy_gradient, cross_entropy_jvp, cross_entropy_vjp)}
RNG = np.random.default_rng(0)
X = RNG.normal(0, 3, (3, 4, 5))
LABELS = RNG.integers(0, 5, (3, 4))
ONE_HOT = np.eye(5)[LABELS]
TARGETS = {
    "one-hot": ONE_HOT,
    "soft": RNG.dirichlet(np.ones(5), (3, 4)),
    "smoothed": 0.9 * ONE_HOT + 0.02,
    "unnormalised": RNG.uniform(0, 1, X.shape),
}
DIRECTIONS = {
    "cross_entropy": {},
    "cross_entropy_gradient": {},
    "cross_entropy_jvp": {"tangent": RNG.normal(0, 1, X.shape)},
    "cross_entropy_vjp": {"cotangent": RNG.normal(0, 1, X.shape[:-1])},
}
INF, NAN = np.inf, np.nan


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("targets", TARGETS)
@pytest.mark.parametrize("name", ALL)
def test_within_the_derived_bound(name, targets, dtype):
    format = FORMATS[dtype]
    given_ = {"x": X, "y": TARGETS[targets], **DIRECTIONS[name]}
    given_ = {n: format.round(a) for n, a in given_.items()}
    graph = {name: getattr(equations, name)}
    bound = rounded(graph, name, given_, format, frozenset({"x"})).bound
    truth = enclose(graph, name, given_).mid
    actual = ALL[name](**given_)
    assert actual.dtype == format.dtype
    assert (np.abs(actual.astype(np.float64) - truth) <= bound).all()
    assert (np.abs(truth) > bound).mean() > 0.75, "zeros must not pass"


@pytest.mark.parametrize("labels", [np.int8, np.uint8, np.int64, np.uint64])
@pytest.mark.parametrize("name", ALL)
def test_labels_and_one_hot_targets_give_the_same_bits(name, labels):
    from_labels = ALL[name](X, LABELS.astype(labels), **DIRECTIONS[name])
    np.testing.assert_array_equal(from_labels, ALL[name](X, ONE_HOT, **DIRECTIONS[name]))


@pytest.mark.parametrize("axis", [0, 1, -3])
@pytest.mark.parametrize("targets", ["labels", "soft"])
@pytest.mark.parametrize("name", ALL)
def test_every_axis_gives_the_same_bits(name, targets, axis):
    def move(a):
        return np.moveaxis(a, -1, axis) if a.ndim == 3 else a

    y = LABELS if targets == "labels" else TARGETS["soft"]
    directions = {n: move(a) for n, a in DIRECTIONS[name].items()}
    got = ALL[name](move(X), move(y), **directions, axis=axis)
    np.testing.assert_array_equal(got, move(ALL[name](X, y, **DIRECTIONS[name])))


@pytest.mark.parametrize("name", ALL)
def test_read_only_reversed_views_and_nothing_modified(name):
    args = {"x": X, "y": TARGETS["soft"], **DIRECTIONS[name]}
    views = {n: a[::-1, ::-1] for n, a in args.items()}
    before = {n: a.copy() for n, a in views.items()}
    for view in views.values():
        view.setflags(write=False)
    expected = ALL[name](**args)[::-1, ::-1]
    np.testing.assert_array_equal(ALL[name](**views), expected)
    owned = {n: a.copy() for n, a in args.items()}
    ALL[name](**owned)
    for n in args:
        np.testing.assert_array_equal(views[n], before[n])
        np.testing.assert_array_equal(owned[n], args[n])


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(x=arrays(np.float64, 4, elements=finite), label=st.integers(0, 3))
def test_any_finite_row_within_four_ulp(x, label):
    y = np.eye(4)[label]
    for name in ("cross_entropy", "cross_entropy_gradient"):
        with np.errstate(all="raise"):
            got = ALL[name](x, label)
        truth = Enclosure(lambda name=name: getattr(equations, name)(Ball.of(x), Ball.of(y)))
        assert truth.ulp_error(got).max() <= 4


@given(
    x=arrays(np.float64, 4, elements=st.floats(-800, 800)),
    y=arrays(np.float64, 4, elements=st.floats(0, 1).filter(lambda v: v == 0 or v > 1e-100)),
)
def test_soft_targets_do_not_cancel(x, y):
    """All terms are ≥ 0: 4 products and 4 sums in sequence and the log, each at most an ulp of the whole."""
    truth = Enclosure(lambda: equations.cross_entropy(Ball.of(x), Ball.of(y)))
    assert truth.ulp_error(cross_entropy(x, y)).max() <= 10


def test_a_soft_target_far_away_does_not_overflow():
    """m − x = 3.4e308 is beyond float64, a quarter of it is not: 0.25·3.4e308 = 8.5e307, within 2 ulp."""
    x, y = np.array([-1.7e308, 1.7e308]), np.array([0.25, 0.75])
    with np.errstate(all="raise"):
        got = cross_entropy(x, y)
    assert abs(got - 8.5e307) <= 2 * np.spacing(8.5e307)
    assert cross_entropy(x, 0) == INF, "the exact 3.4e308 rounds to infinity"
    np.testing.assert_array_equal(cross_entropy(x, np.array([0.0, 1.0])), 0)


SPECIAL = {
    "zero target on -inf": ([-INF, 0, 0], [0, 1, 0], np.log(2), [0, -0.5, 0.5]),
    "target on -inf": ([-INF, 0, 0], [1, 0, 0], INF, [-1, 0.5, 0.5]),
    "half a target on -inf": ([-INF, 0, 0], [0.5, 0.5, 0], INF, [-0.5, 0, 0.5]),
    "no target": ([-INF, 1, 2], [0, 0, 0], 0, [0, 0, 0]),
    "all -inf": ([-INF] * 3, [1, 0, 0], NAN, [NAN] * 3),
    "+inf": ([INF, 0, 0], [1, 0, 0], NAN, [NAN] * 3),
    "+inf elsewhere": ([INF, 0, 0], [0, 1, 0], NAN, [NAN] * 3),
    "+inf, no target": ([INF, 0, 0], [0, 0, 0], NAN, [NAN] * 3),
    "NaN": ([0, NAN, 0], [1, 0, 0], NAN, [NAN] * 3),
    "NaN target": ([0, 1, 0], [1, NAN, 0], NAN, [NAN] * 3),
}


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("case", SPECIAL)
def test_special_rows(case, dtype):
    format = FORMATS[dtype]
    *row, cost, gradient = SPECIAL[case]
    x, y = (np.array([part, [1.0, 0.0, 0.0]]).astype(format.dtype) for part in row)
    with np.errstate(all="raise"):
        costs, gradients = cross_entropy(x, y), cross_entropy_gradient(x, y)
    costs, gradients = costs.astype(np.float64), gradients.astype(np.float64)
    np.testing.assert_array_equal(costs[0], format.round(np.float64(cost)).astype(np.float64))
    np.testing.assert_array_equal(gradients[0], np.array(gradient, dtype=np.float64))
    assert np.isfinite(costs[1]), "the neighbouring row is untouched"
    assert np.isfinite(gradients[1]).all()
    if set(row[1]) == {0, 1}:
        label = [row[1].index(1), 0]
        np.testing.assert_array_equal(cross_entropy(x, label).astype(np.float64), costs)
        np.testing.assert_array_equal(cross_entropy_gradient(x, label).astype(np.float64), gradients)


def test_a_confident_row_keeps_its_gradient():
    """ŷ − 1 would be 0: the gradient at the label is −e^(−100)·2, to 4 ulp."""
    x = np.array([100.0, 0.0, 0.0])
    exact = -2 * np.exp(-100.0)
    assert abs(cross_entropy_gradient(x, 0)[0] - exact) <= 4 * np.spacing(-exact)
    assert abs(cross_entropy(x, 0) + exact) <= 4 * np.spacing(-exact)


def test_no_rows_are_no_error():
    assert cross_entropy(np.zeros((0, 3)), np.zeros(0, int)).shape == (0,)
    assert cross_entropy_gradient(np.zeros((0, 3)), np.zeros((0, 3))).shape == (0, 3)


BAD_TARGETS = {
    "label 5 of 5": (np.full((3, 4), 5), ValueError, "y: got class labels 5 to 5, expected 0 to 4"),
    "label -1": (np.full((3, 4), -1), ValueError, "y: got class labels -1 to -1, expected 0 to 4"),
    "integer one-hot": (
        ONE_HOT.astype(int),
        ValueError,
        r"y: got shape \(3, 4, 5\) of int64, expected class labels of shape \(3, 4\) or float64 targets of shape",
    ),
    "labels of another batch": (np.zeros(7, int), ValueError, r"y: got shape \(7,\) of int64"),
    "targets of another shape": (ONE_HOT[:2], ValueError, r"y: got shape \(2, 4, 5\), expected \(3, 4, 5\)"),
    "another dtype": (ONE_HOT.astype(np.float32), TypeError, "y: got dtype float32, expected float64"),
    "booleans": (ONE_HOT.astype(bool), TypeError, "y: got dtype bool"),
}


@pytest.mark.parametrize("bad", BAD_TARGETS)
@pytest.mark.parametrize("name", ALL)
def test_bad_targets_are_refused_by_name(name, bad):
    y, error, message = BAD_TARGETS[bad]
    with pytest.raises(error, match=message) as caught:
        ALL[name](X, y, **DIRECTIONS[name])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ALL)
def test_bad_x_and_directions_are_refused_by_name(name):
    with pytest.raises(TypeError, match="x: got dtype int64"):
        ALL[name](np.ones((3, 4, 5), int), LABELS, **DIRECTIONS[name])
    with pytest.raises(ValueError, match=r"x: got shape \(3, 0\), expected at least one entry along axis -1"):
        ALL[name](np.ones((3, 0)), LABELS, **DIRECTIONS[name])
    for argument in DIRECTIONS[name]:
        with pytest.raises(ValueError, match=rf"{argument}: got shape \(2,\), expected \(3, 4"):
            ALL[name](X, LABELS, **{argument: np.ones(2)})
