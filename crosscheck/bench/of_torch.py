"""PyTorch as it is timed: autograd on the fused forms, and the same under ``torch.compile``."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..cases import Arrays
from .prepared import Prepared, Values

_LEAVES = ("x", "W1", "b1", "W2", "b2")


def start(cores: int, device: str) -> str:
    """Take as many threads as there are cores; why the device cannot be had, or ''."""
    import torch

    torch.set_num_threads(cores)
    return "" if device == "cpu" or torch.cuda.is_available() else "torch finds no CUDA device"


def device_name() -> str:
    """What the GPU is called."""
    import torch

    return str(torch.cuda.get_device_name(0))


def _network(torch: Any, x: Any, W1: Any, b1: Any, W2: Any, b2: Any, y: Any) -> Any:
    theta = torch.addmm(b2, torch.sigmoid(torch.addmm(b1, x, W1)), W2)
    return torch.nn.functional.cross_entropy(theta, y, reduction="sum")


def _costs(torch: Any, x: Any, labels: Any) -> Any:
    return torch.nn.functional.cross_entropy(x, labels, reduction="none")


def elementary(torch: Any) -> dict[str, Callable[[Any], Any]]:
    """Workload → the function of x, for those that are not differentiated."""
    return {
        "sigmoid": torch.sigmoid,
        "softmax": lambda x: torch.softmax(x, dim=-1),
        "log_softmax": lambda x: torch.log_softmax(x, dim=-1),
    }


def _eager(torch: Any, workload: str, given: dict[str, Any]) -> Callable[[], Any]:
    if workload == "two_layer":
        leaves = [given[name].requires_grad_() for name in _LEAVES]
        cost: Callable[..., Any] = partial(_network, torch)

        def network() -> Any:
            J = cost(*leaves, given["y"])
            return J, *torch.autograd.grad(J, leaves)

        return network
    x = given["x"]
    if workload == "cross_entropy":
        x.requires_grad_()

        def cross_entropy() -> Any:
            rows = _costs(torch, x, given["labels"])
            return rows, *torch.autograd.grad(rows.sum(), x)

        return cross_entropy
    function = elementary(torch)[workload]
    return lambda: (function(x),)


def _compiled(torch: Any, workload: str, given: dict[str, Any]) -> Callable[[], Any]:
    """Forward and backward in one graph, as ``torch.func`` writes them, for this shape and dtype."""
    func = torch.func

    def network(x: Any, W1: Any, b1: Any, W2: Any, b2: Any, y: Any) -> Any:
        cost = func.grad_and_value(partial(_network, torch), argnums=(0, 1, 2, 3, 4))
        gradients, J = cost(x, W1, b1, W2, b2, y)
        return J, *gradients

    def cross_entropy(x: Any, labels: Any) -> Any:
        def cost(x: Any) -> Any:
            rows = _costs(torch, x, labels)
            return rows.sum(), rows

        gradient, (_, rows) = func.grad_and_value(cost, has_aux=True)(x)
        return rows, gradient

    names, function = {
        "two_layer": ((*_LEAVES, "y"), network),
        "cross_entropy": (("x", "labels"), cross_entropy),
    }.get(workload, (("x",), lambda x: (elementary(torch)[workload](x),)))
    torch._dynamo.reset()  # else functions of one name share what they may be compiled for
    compiled = torch.compile(function, fullgraph=True, dynamic=False)
    arguments = [given[name] for name in names]
    return lambda: compiled(*arguments)


def prepared(workload: str, inputs: Arrays, device: str, compiles: bool) -> Prepared:
    """Autograd, or the compiled function, whose first call is timed."""
    import torch

    given = {name: torch.from_numpy(a).to("cpu" if device == "cpu" else "cuda") for name, a in inputs.items()}
    program = (_compiled if compiles else _eager)(torch, workload, given)

    def on_gpu() -> Any:
        found = program()
        torch.cuda.synchronize()
        return found

    call = program if device == "cpu" else on_gpu

    def values(found: Any) -> Values:
        return tuple(np.asarray(tensor.detach().cpu().numpy()) for tensor in found)

    if not compiles:
        return Prepared(call, values)
    before = time.perf_counter()
    call()
    return Prepared(call, values, time.perf_counter() - before)


def prepare(workload: str, inputs: Arrays, device: str) -> Prepared:
    """Autograd, eagerly."""
    return prepared(workload, inputs, device, compiles=False)
