"""Each equation, read as numbers, against rational values worked out by hand; and the shapes of its docstring.

The points are logarithms of integers, where every exponential is rational. Network: x = (1, 2), D = H = C = 2,

    W₁ = [[log 3, 0], [0, 0]], b₁ = 0  →  φ = (log 3, 0), h = (3/4, 1/2), σ'(φ) = (3/16, 1/4)
    W₂ = [[4 log 3, 0], [0, 0]], b₂ = (−2 log 3, 0)  →  θ = (log 3, 0), ŷ = (3/4, 1/4)
    y = (0, 1)  →  J = log 4, ∂J/∂θ = (3/4, −3/4), ∂J/∂h = (3 log 3, 0), ∂J/∂φ = (9/16 log 3, 0)
"""

from inspect import signature

import numpy as np
import pytest

from crosscheck.graph import evaluate
from reference import equations as eq

L3 = np.log(3.0)
X = np.log([[1.0, 3.0], [1.0, 1.0]])  # softmax: (1/4, 3/4), (1/2, 1/2); log-sum-exp: log 4, log 2
V = np.array([[4.0, 8.0], [2.0, 6.0]])  # Σ softmax(x) v = 7, 4
Y = np.array([[0.0, 1.0], [2.0, 1.0]])  # Σ y = 1, 3
ROW = np.array([4.0, 2.0])

VALUES = {
    "shift": ((X,), [[L3], [0]]),
    "softmax": ((X,), [[1 / 4, 3 / 4], [1 / 2, 1 / 2]]),
    "softmax_jvp": ((X, V), [[-3 / 4, 3 / 4], [-1, 1]]),
    "softmax_vjp": ((X, V), [[-3 / 4, 3 / 4], [-1, 1]]),
    "logsumexp": ((X,), [np.log(4), np.log(2)]),
    "logsumexp_jvp": ((X, V), [7, 4]),
    "logsumexp_vjp": ((X, ROW), [[1, 3], [1, 1]]),
    "log_softmax": ((X,), [[-np.log(4), L3 - np.log(4)], [-np.log(2), -np.log(2)]]),
    "log_softmax_jvp": ((X, V), [[-3, 1], [-2, 2]]),
    "log_softmax_vjp": ((X, V), [[4 - 3, 8 - 9], [2 - 4, 6 - 4]]),
    "sigmoid": ((X,), [[1 / 2, 3 / 4], [1 / 2, 1 / 2]]),
    "sigmoid_gradient_of_value": ((np.array([0.5, 0.25, 1.0]),), [1 / 4, 3 / 16, 0]),
    "sigmoid_gradient": ((X,), [[1 / 4, 3 / 16], [1 / 4, 1 / 4]]),
    "sigmoid_jvp": ((X, V), [[1, 3 / 2], [1 / 2, 3 / 2]]),
    "sigmoid_vjp": ((X, V), [[1, 3 / 2], [1 / 2, 3 / 2]]),
    "cross_entropy": ((X, Y), [np.log(4) - L3, 3 * np.log(2)]),
    "cross_entropy_gradient": ((X, Y), [[1 / 4, -1 / 4], [-1 / 2, 1 / 2]]),
    "cross_entropy_jvp": ((X, Y, V), [-1, 2]),
    "cross_entropy_vjp": ((X, Y, ROW), [[1, -1], [-1, 1]]),
    "softplus": ((X,), [[np.log(2), np.log(4)], [np.log(2), np.log(2)]]),
    "softplus_gradient": ((X,), [[1 / 2, 3 / 4], [1 / 2, 1 / 2]]),
    "softplus_jvp": ((X, V), [[2, 6], [1, 3]]),
    "softplus_vjp": ((X, V), [[2, 6], [1, 3]]),
    "log_sigmoid": ((X,), [[-np.log(2), L3 - np.log(4)], [-np.log(2), -np.log(2)]]),
    "log_sigmoid_jvp": ((X, V), [[2, 2], [1, 3]]),
    "log_sigmoid_vjp": ((X, V), [[2, 2], [1, 3]]),
    "binary_cross_entropy": ((X, Y), [[np.log(2), np.log(4) - L3], [np.log(2), np.log(2)]]),
    "binary_cross_entropy_gradient": ((X, Y), [[1 / 2, -1 / 4], [-3 / 2, -1 / 2]]),
    "binary_cross_entropy_jvp": ((X, Y, V), [[2, -2], [-3, -3]]),
    "binary_cross_entropy_vjp": ((X, Y, V), [[2, -2], [-3, -3]]),
    "update": ((np.array([1.0, 2.0]), np.array([4.0, -8.0]), 0.25), [0, 4]),
}

POINT = {
    "x": np.array([[1.0, 2.0]]),
    "W1": np.array([[L3, 0], [0, 0]]),
    "b1": np.zeros(2),
    "W2": np.array([[4 * L3, 0], [0, 0]]),
    "b2": np.array([-2 * L3, 0]),
    "y": np.array([[0.0, 1.0]]),
}
NETWORK_VALUES = {
    "phi": [[L3, 0]],
    "h": [[3 / 4, 1 / 2]],
    "theta": [[L3, 0]],
    "y_hat": [[3 / 4, 1 / 4]],
    "J": np.log(4),
    "d_theta": [[3 / 4, -3 / 4]],
    "d_h": [[3 * L3, 0]],
    "d_phi": [[9 / 16 * L3, 0]],
    "d_x": [[9 / 16 * L3 * L3, 0]],
    "d_W1": [[9 / 16 * L3, 0], [9 / 8 * L3, 0]],
    "d_b1": [9 / 16 * L3, 0],
    "d_W2": [[9 / 16, -9 / 16], [3 / 8, -3 / 8]],
    "d_b2": [3 / 4, -3 / 4],
}
SHAPES = {"x": (4, 5), "W1": (5, 7), "b1": (7,), "W2": (7, 3), "b2": (3,), "y": (4, 3)}

# Some twenty roundings of numbers below 8, each at most 4 u relative (exp and log: 4 units are granted).
_SLACK = 20 * 4 * 8 * 2.0**-53


def close(got, expected):
    return np.shape(got) == np.shape(expected) and np.abs(got - np.asarray(expected)).max() <= _SLACK


@pytest.mark.parametrize("name", VALUES)
def test_operation(name):
    arguments, expected = VALUES[name]
    assert close(getattr(eq, name)(*arguments), expected)


@pytest.mark.parametrize("name", NETWORK_VALUES)
def test_network(name):
    assert close(evaluate(eq.NETWORK, POINT, name), NETWORK_VALUES[name])


def test_every_equation_has_a_value_here():
    own = {name for name, f in vars(eq).items() if callable(f) and getattr(f, "__module__", "") == eq.__name__}
    assert own == {*VALUES, *NETWORK_VALUES}


@pytest.mark.parametrize("name", [name for name in VALUES if name != "update"])
def test_operations_take_any_leading_axes(name):
    """(2, 3, n) gives what its rows give, one by one."""
    rng = np.random.default_rng(0)
    function = getattr(eq, name)
    per_row = {"logsumexp_vjp": "cotangent", "cross_entropy_vjp": "cotangent"}.get(name)
    inputs = [rng.normal(size=(2, 3) if p == per_row else (2, 3, 4)) for p in signature(function).parameters]
    whole = function(*inputs)
    for index in np.ndindex(2, 3):
        alone = function(*(array[index][None] for array in inputs))
        assert close(whole[index], alone[0])


@pytest.mark.parametrize("name", NETWORK_VALUES)
def test_a_gradient_has_the_shape_of_what_it_is_by(name):
    rng = np.random.default_rng(0)
    point = {quantity: rng.normal(size=shape) for quantity, shape in SHAPES.items()}
    hidden, classes = (4, 7), (4, 3)
    shapes = {**SHAPES, "phi": hidden, "h": hidden, "theta": classes, "y_hat": classes, "J": ()}
    assert evaluate(eq.NETWORK, point, name).shape == shapes[name.removeprefix("d_")]


def test_the_shift_keeps_large_logits_finite():
    assert eq.softmax(np.array([1000.0, 1000.0])).tolist() == [0.5, 0.5]
    assert eq.logsumexp(np.array([1000.0])) == 1000


def test_the_checks_can_fail():
    assert not close(np.array([1 / 4, 3 / 4]), [1 / 4, 3 / 4 + 2.0**-40])
    assert not close(np.zeros((2, 1)), np.zeros(2))
