"""What a function of a framework does not return itself, its autodiff derives."""

import numpy as np
import pytest

from crosscheck.guest.call import Call
from crosscheck.guest.runner import Runner
from crosscheck.operations import operation

INPUTS = {"x": np.array([[1.0, 2.0]]), "cotangent": np.array([[1.0, -1.0]]), "tangent": np.array([[0.5, 1.0]])}


@pytest.mark.parametrize(("kind", "derived"), [("torch", {"value", "vjp"}), ("jax", {"value", "vjp", "jvp"})])
def test_the_derivatives_of_a_value(kind, derived):
    pytest.importorskip(kind)
    results = Runner(lambda x: x * x, operation("softmax"), arrays=kind)(Call(INPUTS)).results
    assert set(results) == derived
    assert results["vjp"].tolist() == [[2.0, -4.0]]  # 2 x v


@pytest.mark.parametrize("kind", ["torch", "jax"])
def test_what_is_returned_is_not_derived(kind):
    pytest.importorskip(kind)
    run = Runner(lambda x, cotangent: (x * x, cotangent * 0), operation("softmax"), arrays=kind)
    assert run(Call(INPUTS)).results["vjp"].tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize("kind", ["torch", "jax"])
def test_the_gradients_of_a_cost(kind):
    pytest.importorskip(kind)
    names = ("x", "y", "W1", "b1", "W2", "b2")
    inputs = {name: np.full((1, 1), 2.0) for name in names} | {"b1": np.ones(1), "b2": np.ones(1)}
    run = Runner(lambda x, y, W1, b1, W2, b2: (x * W1 + b1).sum(), operation("two_layer"), arrays=kind)
    results = run(Call(inputs)).results
    assert {n: results[n].item() for n in ("J", "d_x", "d_W1", "d_b1")} == {"J": 5, "d_x": 2, "d_W1": 2, "d_b1": 1}
