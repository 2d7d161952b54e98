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


@pytest.mark.parametrize("kind", ["torch", "jax"])
def test_what_is_cut_off_has_a_derivative_of_0(kind):
    """In PyTorch it had none, and a network whose first layer is never trained was right."""
    framework = pytest.importorskip(kind)
    cut = framework.Tensor.detach if kind == "torch" else framework.lax.stop_gradient
    names = ("x", "y", "W1", "b1", "W2", "b2")
    inputs = {name: np.full((1, 1), 2.0) for name in names} | {"b1": np.ones(1), "b2": np.ones(1)}

    def net(x, y, W1, b1, W2, b2):
        return (cut(x * W1 + b1) * W2 + b2).sum()

    results = Runner(net, operation("two_layer"), arrays=kind)(Call(inputs)).results
    found = {name: results[f"d_{name}"].item() for name in ("x", "W1", "b1", "W2", "b2")}
    assert found == {"x": 0, "W1": 0, "b1": 0, "W2": 5, "b2": 1}


def test_a_value_that_depends_on_something_else_alone_has_a_vjp_of_0():
    torch = pytest.importorskip("torch")
    weight = torch.ones(1, dtype=torch.float64, requires_grad=True)
    run = Runner(lambda x: x.detach() * weight, operation("softmax"), arrays="torch")
    assert run(Call(INPUTS)).results["vjp"].tolist() == [[0.0, 0.0]]


def test_a_quantity_that_is_told_beside_the_cost_has_no_derivative():
    """A copy of h that J does not go through says nothing of d_h."""
    pytest.importorskip("torch")
    names = ("x", "y", "W1", "b1", "W2", "b2")
    inputs = {name: np.full((1, 1), 2.0) for name in names} | {"b1": np.ones(1), "b2": np.ones(1)}

    def net(x, y, W1, b1, W2, b2):
        h = x * W1 + b1
        return {"J": (h * W2 + b2).sum(), "h": h.clone()}

    results = Runner(net, operation("two_layer"), arrays="torch")(Call(inputs)).results
    assert "d_W1" in results
    assert "d_h" not in results


@pytest.mark.parametrize("kind", ["torch", "jax"])
def test_a_backward_pass_of_the_cost_must_heed_what_comes_down_to_it(kind):
    """The cotangent of J was 1, for which one that leaves it out is right."""
    pytest.importorskip(kind)
    names = ("x", "y", "W1", "b1", "W2", "b2")
    inputs = {name: np.full((1, 1), 2.0) for name in names} | {"b1": np.ones(1), "b2": np.ones(1)}
    deaf, heeding = _costs(kind)
    run = Runner(lambda x, y, W1, b1, W2, b2: heeding(W1), operation("two_layer"), arrays=kind)
    assert run(Call(inputs)).results["d_W1"].tolist() == [[4.0]]
    run = Runner(lambda x, y, W1, b1, W2, b2: deaf(W1), operation("two_layer"), arrays=kind)
    assert run(Call(inputs)).results["d_W1"].tolist() == [[2.0]]  # half of 2 W1


def _costs(kind):
    """Σ W² with a backward pass of its own: one that leaves out the cotangent, and a right one."""
    if kind == "torch":
        import torch

        class Deaf(torch.autograd.Function):
            @staticmethod
            def forward(ctx, W):
                ctx.save_for_backward(W)
                return (W * W).sum()

            @staticmethod
            def backward(ctx, g):
                return 2 * ctx.saved_tensors[0]

        return Deaf.apply, lambda W: (W * W).sum()
    import jax

    deaf = jax.custom_vjp(lambda W: (W * W).sum())
    deaf.defvjp(lambda W: ((W * W).sum(), W), lambda W, g: (2 * W,))
    return deaf, lambda W: (W * W).sum()


def test_a_jax_function_may_return_another_dtype():
    """JAX refused the cotangent, and a right function had raised a ValueError."""
    pytest.importorskip("jax")
    run = Runner(lambda x: (x * x).astype("float32"), operation("softmax"), arrays="jax")
    outcome = run(Call(INPUTS))
    assert not outcome.error
    assert outcome.results["value"].dtype == np.float32
    assert outcome.results["vjp"].tolist() == [[2.0, -4.0]]


def test_a_list_of_tensors_that_require_a_gradient_is_an_array():
    pytest.importorskip("torch")
    run = Runner(lambda x: [*(x * x)], operation("softmax"), arrays="torch")
    assert run(Call(INPUTS)).results["value"].tolist() == [[1.0, 4.0]]
