"""The steps of the other costs, read as numbers, against values worked out by hand.

Two rows of logits (0, log 3) and (0, 0): ŷ = (1/4, 3/4), (1/2, 1/2). Targets (0, 1) and (1, 2):

    Σ CE = (log 4 − log 3) + 3 log 2,  ∂J/∂θ of the sum = (1/4, −1/4), (3/2 − 1, 3/2 − 2)
    W₁ = (1, −2),  W₂ = (3),  λ = 1/2:  λ/2 (Σ W₁² + Σ W₂²) = (1 + 4 + 9)/4 = 7/2
"""

import numpy as np
import pytest

from crosscheck.graph import inputs_of, needs
from reference import cost_equations as eq
from reference.equations import NETWORK

L2, L3 = np.log(2.0), np.log(3.0)
GIVEN = {
    "theta": np.array([[0, L3], [0, 0]]),
    "y": np.array([[0.0, 1.0], [1.0, 2.0]]),
    "x": np.array([[1.0], [2.0]]),
    "d_phi": np.array([[1.0, 2.0], [3.0, 4.0]]),
    "h": np.array([[0.5], [0.25]]),
    "d_theta": np.array([[4.0], [8.0]]),
    "W1": np.array([[1.0, -2.0]]),
    "W2": np.array([[3.0]]),
    "decay": 0.5,
}
SUM = (2 * L2 - L3) + 3 * L2
VALUES = {
    "J_mean": SUM / 2,
    "d_theta_mean": [[1 / 8, -1 / 8], [1 / 4, -1 / 4]],
    "J_l2": SUM + 7 / 2,
    "d_W1_l2": [[7 + 1 / 2, 10 - 1]],
    "d_W2_l2": [[4 + 3 / 2]],
}

# Some ten roundings of numbers below 16, each at most 4 u relative (exp and log: 4 units are granted).
_SLACK = 10 * 4 * 16 * 2.0**-53


@pytest.mark.parametrize("name", VALUES)
def test_against_the_values_by_hand(name):
    function = getattr(eq, name)
    got = function(*(GIVEN[need] for need in needs(function)))
    assert np.shape(got) == np.shape(VALUES[name])
    assert np.abs(got - np.asarray(VALUES[name])).max() <= _SLACK


def test_every_equation_has_a_value_here():
    assert set(VALUES) == {n for n, f in vars(eq).items() if getattr(f, "__module__", "") == eq.__name__}


@pytest.mark.parametrize(
    ("graph", "changed", "inputs"),
    [
        (eq.NETWORK_MEAN, {"J", "d_theta"}, ()),
        (eq.NETWORK_L2, {"J", "d_W1", "d_W2"}, ("decay",)),
    ],
)
def test_the_graphs_have_the_quantities_of_the_network_in_its_order(graph, changed, inputs):
    assert list(graph) == list(NETWORK)
    assert {name for name in graph if graph[name] is not NETWORK[name]} == changed
    assert set(inputs_of(graph)) == {*inputs_of(NETWORK), *inputs}
    assert all(graph[name].__name__.startswith(name) for name in changed)
