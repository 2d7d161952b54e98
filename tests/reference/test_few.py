"""Rows of up to 16 classes: with the sum of all others beside each nothing cancels, whichever is ahead."""

import numpy as np
import pytest

from crosscheck.accuracy import LIMIT
from crosscheck.enclosure import Enclosure, ulps
from crosscheck.formats import format_of
from crosscheck.graph import evaluate
from crosscheck.numbers.ball import Ball
from reference import _few, cross_entropy, equations
from reference._blocks import FRESH
from reference._few import CLASSES, few, of_few
from reference.cross_entropy import cross_entropy as cost
from reference.cross_entropy import cross_entropy_gradient, cross_entropy_with_gradient
from reference.softmax import log_softmax, softmax

ONCE = 0.5 + 2.0**-7
"""Ulp of float32: what is computed in float64 is rounded once."""

AT_MOST = {"float32": ONCE, "float64": LIMIT}

OFFSETS = [0, -43, 30, 60, -90, 290, 800, -2000]
DTYPES = ["float32", "float64"]


def ahead(offset, dtype):
    """One of six logits ahead by 1 to 40, the larger the further down; the others up to 3 apart."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-3, 0, (80, 6)) + offset
    x[np.arange(80), rng.integers(0, 6, 80)] = offset + np.linspace(1, 40, 80)
    return x.astype(dtype)


def ties(classes, dtype):
    """All logits equal, and one ahead of equal ones, whose roundings all point the same way."""
    rng = np.random.default_rng(classes)
    x = np.repeat(rng.normal(0, 3, (80, 1)), classes, axis=1)
    x[40:, 0] += rng.uniform(0.1, 8, 40)
    return x.astype(dtype)


def labels_of(x):
    """The likeliest class in even rows, another one in odd rows."""
    return (x.argmax(axis=1) + np.arange(len(x)) % 2) % x.shape[1]


def worst(found, quantity, x, labels):
    """The largest error in ulp, over all rows."""
    given = {"x": Ball.of(x), "y": Ball.of(np.eye(x.shape[1])[labels])}
    truth = Enclosure(lambda: evaluate({quantity: getattr(equations, quantity)}, given, quantity))
    format = format_of(x.dtype)
    return ulps(found, *truth.split(format), format).max()


@np.errstate(all="ignore")
def errors(x):
    """Quantity → its worst error, with labels and with the same targets as floats."""
    labels = labels_of(x)
    found = {("log_softmax", ""): log_softmax(x), ("softmax", ""): softmax(x)}
    for kind, y in (("labels", labels), ("targets", np.eye(x.shape[1], dtype=x.dtype)[labels])):
        found["cross_entropy", kind], found["cross_entropy_gradient", kind] = cross_entropy_with_gradient(x, y)
    return {key: worst(value, key[0], x, labels) for key, value in found.items()}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("offset", OFFSETS)
def test_every_row_keeps_its_digits(offset, dtype):
    assert max(errors(ahead(offset, dtype)).values()) <= AT_MOST[dtype]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("classes", range(1, CLASSES + 2))
def test_roundings_that_point_the_same_way_are_small(classes, dtype):
    assert max(errors(ties(classes, dtype)).values()) <= AT_MOST[dtype]


def test_few_are_up_to_sixteen_classes_and_no_block_of_many_rows():
    assert few(np.zeros((3, CLASSES)))
    assert not few(np.zeros((3, CLASSES + 1)))
    assert few(np.zeros((FRESH // 8, 8)))
    assert not few(np.zeros((FRESH // 8 + 1, 8)))


def test_both_ways_are_taken():
    """Rows out of range, and in float64 those whose logits are far apart, are computed as any others."""
    assert of_few(ahead(0, "float32"))[3] is None
    assert of_few(ahead(0, "float64"))[3].tolist() == [*range(51, 80)]
    assert of_few(ahead(280, "float32"))[3].tolist() == [*range(39, 80)]


def test_without_the_rows_apart_whose_logits_are_far_apart_digits_are_lost(monkeypatch):
    """One ahead of 15 equal ones by so much that sums with it are not exact, and round the same way."""
    x = ties(CLASSES, "float64")
    x[40:, 0] = x[40:, 1] + np.linspace(28, 34, 40)
    assert max(errors(x).values()) <= LIMIT
    monkeypatch.setattr(_few, "_SPREAD", np.inf)
    assert max(errors(x).values()) > LIMIT


def test_without_the_rows_apart_that_are_out_of_range_numbers_are_lost(monkeypatch):
    monkeypatch.setattr(_few, "_RANGE", np.inf)
    assert max(errors(ahead(800, "float32")).values()) == np.inf


def test_sums_in_one_part_are_not_enough_for_float64(monkeypatch):
    """Why they are taken in two parts: equal terms are rounded the same way."""
    monkeypatch.setattr(_few, "_HEAD", ~np.int64(0))
    assert max(errors(ties(CLASSES, "float64")).values()) > LIMIT


@pytest.mark.parametrize("dtype", ["float32", "float16", "float64"])
@pytest.mark.parametrize("soft", [False, True])
def test_costs_and_gradients_alone_have_the_bits_that_they_have_together(dtype, soft):
    x = ahead(0, dtype)
    y = np.random.default_rng(1).dirichlet(np.ones(6), 80).astype(dtype) if soft else labels_of(x)
    both = cross_entropy_with_gradient(x, y)
    np.testing.assert_array_equal(cost(x, y), both[0])
    np.testing.assert_array_equal(cross_entropy_gradient(x, y), both[1])


@pytest.mark.parametrize("offset", [0, 290])
def test_labels_and_one_hot_targets_give_the_same_bits(offset):
    x = ahead(offset, "float64")
    labels = labels_of(x)
    for one, other in zip(
        cross_entropy_with_gradient(x, labels),
        cross_entropy_with_gradient(x, np.eye(6)[labels]),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


def test_a_row_has_the_bits_that_it_has_alone():
    x = ahead(0, "float64")
    labels = labels_of(x)
    costs, slopes = cross_entropy_with_gradient(x, labels)
    for i in range(len(x)):
        alone = cross_entropy_with_gradient(x[i : i + 1], labels[i : i + 1])
        assert alone[0] == costs[i]
        np.testing.assert_array_equal(alone[1][0], slopes[i])


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_target_that_is_not_finite_makes_its_own_row_so(dtype):
    """As with many classes, in the cost and in the gradient."""
    x = np.array([[0.0, 1.0, 2.0]] * 4, dtype)
    y = np.array([[0.0, 1.0, 0.0], [np.nan, 0.0, 1.0], [0.0, np.inf, 1.0], [0.0, 0.5, 0.5]], dtype)
    found, slope = cross_entropy_with_gradient(x, y)
    many = np.full((4, 14), -np.inf, dtype)
    expected, expected_slope = cross_entropy_with_gradient(
        np.concatenate([x, many], axis=1), np.concatenate([y, np.zeros_like(many)], axis=1)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    np.testing.assert_allclose(slope, expected_slope[:, :3], rtol=1e-6)
    np.testing.assert_array_equal(np.isfinite(found), [True, False, False, True])


def test_without_the_other_form_for_a_likely_class_digits_are_lost(monkeypatch):
    monkeypatch.setattr(cross_entropy, "most", lambda array: 0.0)
    assert errors(ahead(0, "float64"))["cross_entropy_gradient", "targets"] > LIMIT


@pytest.mark.parametrize(("classes", "offset", "seed"), [(15, 0, 1), (15, 800, 12), (13, 0, 9)])
def test_log_softmax_of_one_ahead_of_equal_ones(classes, offset, seed):
    """4.3 to 5.1 ulp when 16 terms or less were added by NumPy alone; the table's regime has 100 classes."""
    rng = np.random.default_rng([classes, seed])
    x = np.repeat(rng.normal(0, 3, (2000, 1)), classes, axis=1) + offset
    x[:, 0] += rng.uniform(0.1, 12, 2000)
    with np.errstate(all="ignore"):
        assert worst(log_softmax(x), "log_softmax", x, labels_of(x)) <= LIMIT


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_one_class_gives_is_zero_and_not_minus_zero(dtype):
    x = np.array([[3.0]], dtype)
    by_label = cross_entropy_with_gradient(x, np.array([0]))
    for found in (log_softmax(x), *by_label, *cross_entropy_with_gradient(x, np.ones_like(x))):
        assert found == 0
        assert not np.signbit(found).any()
