"""Each equation with class indices, read as numbers, against values worked out by hand.

Logits log 1 and log 3: ŷ = (1/4, 3/4), (3/4, 1/4), −log ŷ = (log 4, log 4/3) and back. Labels 1, 0 and an
ignored row, weights (2, 4), ε = 1/2, so (1 − ε) w = (1, 2), ε w/n = (1/2, 1):

    t = (1/2, 3), (3/2, 1), (0, 0);  Σ t = 7/2, 5/2;  W = 4 + 2
    ∂CE/∂x = (7/8 − 1/2, 21/8 − 3) = (3/8, −3/8), (15/8 − 3/2, 5/8 − 1) = (3/8, −3/8)
"""

import numpy as np
import pytest

from reference import equations
from reference import label_equations as eq

L3, L4 = np.log(3.0), np.log(4.0)
X = np.array([[0, L3], [L3, 0], [0, 0]])
LABELS = np.array([1, 0, eq.IGNORED])
WEIGHT, SMOOTHING = np.array([2.0, 4.0]), 0.5
V = np.array([[8.0, 0.0], [0.0, 8.0], [1.0, 1.0]])
ROW = np.array([8.0, 16.0, 1.0])
COSTS = [0.5 * L4 + 3 * (L4 - L3), 1.5 * (L4 - L3) + L4, 0]
GRADIENT = np.array([[3, -3], [3, -3], [0, 0]]) / 8
GIVEN = {"x": X, "labels": LABELS, "weight": WEIGHT, "smoothing": SMOOTHING}

VALUES = {
    "chosen": ({}, [[0, 1], [1, 0], [0, 0]]),
    "label_target": ({}, [[1 / 2, 3], [3 / 2, 1], [0, 0]]),
    "label_weight": ({}, 6),
    "label_cross_entropy": ({}, COSTS),
    "label_cross_entropy_gradient": ({}, GRADIENT),
    "label_cross_entropy_jvp": ({"tangent": V}, [3, -3, 0]),
    "label_cross_entropy_vjp": ({"cotangent": ROW}, [[3, -3], [6, -6], [0, 0]]),
    "label_cross_entropy_sum": ({}, sum(COSTS)),
    "label_cross_entropy_sum_jvp": ({"tangent": 2 * V + np.array([1, 0])}, 3 / 8 + 3 / 8),
    "label_cross_entropy_sum_vjp": ({"cotangent": 8.0}, 8 * GRADIENT),
    "label_cross_entropy_mean": ({}, sum(COSTS) / 6),
    "label_cross_entropy_mean_jvp": ({"tangent": V + np.array([1, 0])}, 1 / 8),
    "label_cross_entropy_mean_vjp": ({"cotangent": 48.0}, 8 * GRADIENT),
}

# Some forty roundings of numbers below 16, each at most 4 u relative (exp and log: 4 units are granted).
_SLACK = 40 * 4 * 16 * 2.0**-53


def call(name, **changed):
    """The equation at those of the inputs that it takes."""
    given = {**GIVEN, **changed}
    function = getattr(eq, name)
    return function(*(given[name] for name in function.__code__.co_varnames[: function.__code__.co_argcount]))


@pytest.mark.parametrize("name", VALUES)
def test_against_the_values_by_hand(name):
    directions, expected = VALUES[name]
    got = call(name, **directions)
    assert np.shape(got) == np.shape(expected)
    assert np.abs(got - np.asarray(expected)).max() <= _SLACK


def test_every_equation_has_a_value_here():
    own = {name for name, f in vars(eq).items() if callable(f) and getattr(f, "__module__", "") == eq.__name__}
    assert own == set(VALUES)


def test_without_smoothing_and_weights_it_is_the_cross_entropy_of_the_one_hot_target():
    plain = {"weight": np.ones(2), "smoothing": 0.0}
    one_hot = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 0.0]])
    np.testing.assert_array_equal(call("label_target", **plain), one_hot)
    np.testing.assert_array_equal(call("label_cross_entropy", **plain), equations.cross_entropy(X, one_hot))


def test_where_every_row_is_ignored_the_sum_is_0_and_the_mean_has_no_value():
    ignored = {"labels": np.full(3, eq.IGNORED)}
    assert call("label_cross_entropy_sum", **ignored) == 0
    with np.errstate(invalid="ignore"):
        assert np.isnan(call("label_cross_entropy_mean", **ignored))


def test_an_ignored_row_may_hold_anything_in_the_sum():
    spoiled = X.copy()
    spoiled[2] = np.nan
    assert call("label_cross_entropy_sum", x=spoiled) == call("label_cross_entropy_sum")
