"""Cross-entropy with class indices: weights, smoothing, ignored rows, reductions, axes, bad input."""

import numpy as np
import pytest

from crosscheck.formats import FORMATS
from crosscheck.truth import enclose, rounded
from reference import label_equations
from reference.cross_entropy import cross_entropy, cross_entropy_vjp
from reference.label_cross_entropy import (
    REDUCTIONS,
    label_cross_entropy,
    label_cross_entropy_jvp,
    label_cross_entropy_vjp,
)

RNG = np.random.default_rng(0)
X = RNG.normal(0, 3, (3, 4, 5))
LABELS = RNG.integers(0, 5, (3, 4))
LABELS[0, 1] = LABELS[2] = -100
WEIGHT = np.array([0.5, 2.0, 0.0, 1.0, 3.0])
TANGENT, ROWS, NUMBER = RNG.normal(0, 1, X.shape), RNG.normal(0, 1, (3, 4)), np.array(-1.5)
INF, NAN = np.inf, np.nan
FUNCTIONS = {"": label_cross_entropy, "_jvp": label_cross_entropy_jvp, "_vjp": label_cross_entropy_vjp}


def direction(end, reduction):
    if end == "":
        return {}
    return {"tangent": TANGENT} if end == "_jvp" else {"cotangent": ROWS if reduction == "none" else NUMBER}


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("end", FUNCTIONS)
def test_within_the_derived_bound(end, reduction, smoothing, dtype):
    format = FORMATS[dtype]
    name = "label_cross_entropy" + ("" if reduction == "none" else f"_{reduction}") + end
    arrays = {"x": X, "weight": WEIGHT, "smoothing": np.array(smoothing), **direction(end, reduction)}
    given = {**{n: format.round(a) for n, a in arrays.items()}, "labels": LABELS}
    graph = {name: getattr(label_equations, name)}
    bound = rounded(graph, name, given, format, frozenset({"x"})).bound
    truth = enclose(graph, name, given).mid
    actual = FUNCTIONS[end](**{**given, "smoothing": float(given["smoothing"])}, reduction=reduction)
    assert actual.dtype == format.dtype
    assert actual.shape == truth.shape
    assert (np.abs(actual.astype(np.float64) - truth) <= bound).all()
    if np.ndim(truth):
        assert (np.abs(truth) > bound).mean() >= 0.4, "zeros must not pass: of 12 rows 5 are ignored"


@pytest.mark.parametrize("labels", [np.int8, np.int32, np.int64])
def test_plain_labels_are_those_of_cross_entropy(labels):
    plain = RNG.integers(0, 5, (3, 4)).astype(labels)
    np.testing.assert_array_equal(label_cross_entropy(X, plain), cross_entropy(X, plain))
    np.testing.assert_array_equal(label_cross_entropy_vjp(X, plain, ROWS), cross_entropy_vjp(X, plain, ROWS))


@pytest.mark.parametrize("axis", [0, 1, -3])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("end", FUNCTIONS)
def test_every_axis_gives_the_same_bits(end, reduction, axis):
    def move(a):
        return np.moveaxis(a, -1, axis) if a.ndim == 3 else a

    how = {"weight": WEIGHT, "smoothing": 0.1, "reduction": reduction}
    moved = {n: move(a) for n, a in direction(end, reduction).items()}
    got = FUNCTIONS[end](move(X), LABELS, **moved, **how, axis=axis)
    np.testing.assert_array_equal(got, move(FUNCTIONS[end](X, LABELS, **direction(end, reduction), **how)))


def test_the_mean_divides_by_the_weights_of_the_labels_whatever_the_smoothing():
    """The sum and the quotient are each within an ulp of float64, and rounded once more."""
    for smoothing in (0.0, 0.1, 1.0):
        how = {"weight": WEIGHT, "smoothing": smoothing}
        total = label_cross_entropy(X, LABELS, **how, reduction="sum")
        mean = label_cross_entropy(X, LABELS, **how, reduction="mean")
        weights = WEIGHT[LABELS[LABELS >= 0]].sum()
        assert abs(mean * weights - total) <= 3 * np.spacing(total)


def test_an_ignored_row_is_as_if_it_were_absent_whatever_it_holds():
    kept = LABELS.ravel() != -100
    spoiled = X.reshape(12, 5).copy()
    spoiled[~kept] = [[NAN] * 5, [INF, 0, 0, 0, 0], [-INF] * 5, [INF, -INF, NAN, 0, 0], [0, 1, 2, 3, 4]]
    labels, v = LABELS.ravel(), TANGENT.reshape(12, 5)
    how = {"weight": WEIGHT, "smoothing": 0.1}
    rows = label_cross_entropy(spoiled, labels, **how)
    np.testing.assert_array_equal(rows[~kept], 0)
    np.testing.assert_array_equal(rows[kept], label_cross_entropy(spoiled[kept], labels[kept], **how))
    gradient = label_cross_entropy_vjp(spoiled, labels, NUMBER, **how, reduction="mean")
    np.testing.assert_array_equal(gradient[~kept], 0)
    alone = label_cross_entropy_vjp(spoiled[kept], labels[kept], NUMBER, **how, reduction="mean")
    np.testing.assert_array_equal(gradient[kept], alone)
    assert np.isfinite(label_cross_entropy_jvp(spoiled, labels, v, **how, reduction="sum"))


@pytest.mark.parametrize("rows", [0, 2])
def test_where_no_row_counts_the_sum_is_0_and_the_mean_is_nan(rows):
    x, labels = np.ones((rows, 3)), np.full(rows, -100)
    with np.errstate(all="raise"):
        assert label_cross_entropy(x, labels, reduction="sum") == 0
        assert np.isnan(label_cross_entropy(x, labels, reduction="mean"))
        np.testing.assert_array_equal(
            label_cross_entropy_vjp(x, labels, 1.0, reduction="sum"), np.zeros((rows, 3))
        )
        assert np.isnan(label_cross_entropy_vjp(x, labels, 1.0, reduction="mean")).all()


def test_masked_classes():
    """A class of t = 0 on a logit −inf adds nothing; the label, or with a smoothing any class, costs +inf."""
    x = np.array([[-INF, 0.0, 0.0]])
    assert label_cross_entropy(x, [1]) == np.log(2)
    assert label_cross_entropy(x, [0]) == INF
    assert label_cross_entropy(x, [1], smoothing=0.1) == INF
    assert label_cross_entropy(x, [1], np.array([0.0, 1.0, 1.0]), 0.0) == np.log(2)
    np.testing.assert_array_equal(label_cross_entropy_vjp(x, [1], [1.0]), [[0, -0.5, 0.5]])


def test_another_label_may_be_the_ignored_one():
    np.testing.assert_array_equal(label_cross_entropy(X, LABELS, ignored=-100), label_cross_entropy(X, LABELS))
    zero = np.where(LABELS == -100, 0, LABELS)
    np.testing.assert_array_equal(label_cross_entropy(X, zero, ignored=0)[zero == 0], 0)


def test_arguments_are_not_modified():
    args = {"x": X.copy(), "labels": LABELS.copy(), "weight": WEIGHT.copy(), "tangent": TANGENT.copy()}
    label_cross_entropy_jvp(**args, smoothing=0.1)
    for name, original in {"x": X, "labels": LABELS, "weight": WEIGHT, "tangent": TANGENT}.items():
        np.testing.assert_array_equal(args[name], original)


BAD = {
    "float labels": ({"labels": LABELS * 1.0}, TypeError, "labels: got dtype float64, expected integers"),
    "label 5": ({"labels": LABELS + 5 * (LABELS == 4)}, ValueError, "labels: got 9, expected 0 to 4, or -100"),
    "label -1": ({"labels": np.full((3, 4), -1)}, ValueError, "labels: got -1, expected 0 to 4, or -100"),
    "shape": ({"labels": LABELS[0]}, ValueError, r"labels: got shape \(4,\), expected \(3, 4\)"),
    "weights": ({"weight": WEIGHT[:2]}, ValueError, r"weight: got shape \(2,\), expected \(5,\)"),
    "dtype": ({"weight": WEIGHT.astype(np.float32)}, TypeError, "weight: got dtype float32, expected float64"),
    "smoothing": ({"smoothing": 1.5}, ValueError, "smoothing: got 1.5, expected 0 to 1"),
    "no number": ({"smoothing": "much"}, TypeError, "smoothing: got str, expected a number"),
    "NaN": ({"smoothing": NAN}, ValueError, "smoothing: got nan, expected 0 to 1"),
    "reduction": ({"reduction": "max"}, ValueError, "reduction: got 'max', expected one of none, sum, mean"),
    "x": ({"x": np.ones((3, 4, 5), int)}, TypeError, "x: got dtype int64"),
    "no classes": (
        {"x": np.ones((3, 4, 0))},
        ValueError,
        "x: got shape .* expected at least one entry along axis",
    ),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("end", FUNCTIONS)
def test_bad_input_is_refused_by_name(end, bad):
    changed, error, message = BAD[bad]
    with pytest.raises(error, match=message) as caught:
        FUNCTIONS[end](**{"x": X, "labels": LABELS, **direction(end, "none"), **changed})
    assert "\n" not in str(caught.value)


def test_a_direction_of_another_shape_is_refused_by_name():
    with pytest.raises(ValueError, match=r"cotangent: got shape \(3, 4\), expected \(\)"):
        label_cross_entropy_vjp(X, LABELS, ROWS, reduction="mean")
    with pytest.raises(ValueError, match=r"tangent: got shape \(3, 4\), expected \(3, 4, 5\)"):
        label_cross_entropy_jvp(X, LABELS, ROWS)
