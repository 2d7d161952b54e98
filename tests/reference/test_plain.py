"""Narrow formats take one sum in float64 for a row, unless an entry dominates it or the sum is out of range."""

import numpy as np
import pytest

from crosscheck.enclosure import Enclosure, ulps
from crosscheck.formats import format_of
from crosscheck.graph import evaluate
from crosscheck.numbers.ball import Ball
from reference import _rows, cross_entropy, equations, softmax
from reference.cross_entropy import cross_entropy as cost
from reference.cross_entropy import cross_entropy_gradient, cross_entropy_with_gradient
from reference.softmax import log_softmax

ONCE = 0.5 + 2.0**-7
"""Ulp of float32: what is computed in float64 is rounded once; ``Plain`` loses at most 2⁻⁷ ulp before."""


def rows(offset):
    """One of 20 logits ahead by 1 to 40, the larger the further down; the others up to 3 apart."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-3, 0, (80, 20)) + offset
    x[np.arange(80), rng.integers(0, 20, 80)] = offset + np.linspace(1, 40, 80)
    return x.astype(np.float32)


def labels_of(x):
    """The likeliest class in even rows, another one in odd rows."""
    return (x.argmax(axis=1) + np.arange(len(x)) % 2) % x.shape[1]


def worst(found, quantity, x, labels):
    """The largest error in ulp, over all rows."""
    given = {"x": Ball.of(x), "y": Ball.of(np.eye(x.shape[1])[labels])}
    truth = Enclosure(lambda: evaluate({quantity: getattr(equations, quantity)}, given, quantity))
    return ulps(found, *truth.split(format_of("float32")), format_of("float32")).max()


def errors(x):
    """Quantity → its worst error, with labels and with the same targets as floats."""
    labels = labels_of(x)
    found = {("log_softmax", ""): log_softmax(x)}
    for kind, y in (("labels", labels), ("targets", np.eye(x.shape[1], dtype=x.dtype)[labels])):
        found["cross_entropy", kind], found["cross_entropy_gradient", kind] = cross_entropy_with_gradient(x, y)
    return {key: worst(value, key[0], x, labels) for key, value in found.items()}


@pytest.mark.parametrize("offset", [0, -43, 30, 60, -90, 800, -2000])
def test_every_row_is_rounded_once(offset):
    assert max(errors(rows(offset)).values()) <= ONCE


def test_both_ways_are_taken():
    x = rows(0)
    far = _rows.plain(x).far(log_softmax(x), -_rows.DOMINANT)
    assert 10 < len(far) < 70
    assert _rows.plain(rows(60)).far(log_softmax(rows(60)), -_rows.DOMINANT).tolist() == [*range(80)]


def test_without_the_rows_apart_in_which_an_entry_dominates_digits_are_lost(monkeypatch):
    for module in (softmax, cross_entropy):
        monkeypatch.setattr(module, "DOMINANT", 0.0)
    assert min(errors(rows(0)).values()) > 4


def test_without_the_rows_apart_that_are_out_of_range_numbers_are_lost(monkeypatch):
    monkeypatch.setattr(_rows, "_PLAIN", np.inf)
    with np.errstate(all="ignore"):
        assert max(errors(rows(800)).values()) == np.inf


def test_a_target_of_zero_adds_nothing_on_a_logit_that_is_minus_infinity():
    x = np.full((2, 20), -np.inf, np.float32)
    x[0, :2], x[1] = 0.0, np.linspace(0, 2, 20, dtype=np.float32)
    y = np.zeros_like(x)
    y[0, :2], y[1, 0] = 0.5, 1.0
    found, slope = cross_entropy_with_gradient(x, y)
    np.testing.assert_allclose(found, [np.log(2), np.log(np.exp(x[1]).sum())], rtol=1e-7)
    np.testing.assert_array_equal(slope[0], np.zeros(20))


@pytest.mark.parametrize("dtype", ["float32", "float16", "float64"])
@pytest.mark.parametrize("soft", [False, True])
def test_costs_and_gradients_alone_have_the_bits_that_they_have_together(dtype, soft):
    x = rows(0).astype(dtype)
    y = np.random.default_rng(1).dirichlet(np.ones(20), 80).astype(dtype) if soft else labels_of(x)
    both = cross_entropy_with_gradient(x, y)
    np.testing.assert_array_equal(cost(x, y), both[0])
    np.testing.assert_array_equal(cross_entropy_gradient(x, y), both[1])
