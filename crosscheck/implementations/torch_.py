"""PyTorch: eager autograd."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np

from ..cases import Arrays
from ..implementation import Implementation
from ..operation import Operation
from ._driver import gpu_driver

NOT_INSTALLED = "torch is not installed: pip install -e '.[torch]'"


@cache
def _torch() -> Any:
    try:
        import torch
    except ImportError:
        raise ImportError(NOT_INSTALLED) from None
    return torch


def _devices() -> tuple[str, ...]:
    if find_spec("torch") is None:
        raise ImportError(NOT_INSTALLED)
    if not gpu_driver():
        return ("cpu",)
    cuda = _torch().cuda
    return ("cpu", *(f"cuda:{i}" for i in range(cuda.device_count() if cuda.is_available() else 0)))


def to_torch(array: np.ndarray, device: str) -> Any:
    """A fresh tensor; bfloat16 travels as its bits, which NumPy and torch do not otherwise exchange."""
    torch = _torch()
    array = np.array(array, order="C", copy=True)
    if array.dtype.name == "bfloat16":
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16).to(device)
    return torch.from_numpy(array).to(device)


def from_torch(tensor: Any, like: np.dtype) -> np.ndarray:
    """A tensor as an array; ``like`` is the dtype asked for, returned bfloat16 only where the tensor is."""
    torch = _torch()
    tensor = tensor.detach().cpu()
    if tensor.dtype == torch.bfloat16 and like.name == "bfloat16":
        return np.asarray(tensor.contiguous().view(torch.int16).numpy().view(like))
    return np.asarray(tensor.float().numpy() if tensor.dtype == torch.bfloat16 else tensor.numpy())


def _value_vjp_jvp(torch: Any, function: Callable[..., Any], given: dict[str, Any]) -> dict[str, Any]:
    """f(x), x̄ by reverse mode, ẏ by forward mode."""
    cotangent, tangent = given.pop("cotangent"), given.pop("tangent")
    x = given.pop("x").requires_grad_()
    value = function(x, **given)
    (vjp,) = torch.autograd.grad(value, x, cotangent)
    forward_ad = torch.autograd.forward_ad
    with forward_ad.dual_level():
        dual = function(forward_ad.make_dual(x.detach(), tangent), **given)
        jvp = forward_ad.unpack_dual(dual).tangent
    return {"value": value, "vjp": vjp, "jvp": jvp}


def _with_taps(function: Callable[..., Any], given: dict[str, Any]) -> dict[str, Any]:
    """J, the tapped quantities, and the gradient of J with respect to each of them and to each input."""
    seen: dict[str, Any] = {name: given[name].requires_grad_() for name in given if name != "y"}

    def tap(name: str, tensor: Any) -> Any:
        tensor.retain_grad()
        seen[name] = tensor
        return tensor

    cost = function(tap, **given)
    cost.backward()
    results = {"J": cost, **{name: tensor for name, tensor in seen.items() if name not in given}}
    results.update({f"d_{name}": t.grad for name, t in seen.items() if t.grad is not None})
    return results


def _eager(operation: Operation, inputs: Arrays, device: str, axis: int = -1) -> Arrays:
    torch = _torch()
    function = operation.forms["torch"](torch)
    given = {name: to_torch(array, device) for name, array in inputs.items()}
    results = _with_taps(function, given) if operation.taps else _value_vjp_jvp(torch, function, given)
    dtype = next(iter(inputs.values())).dtype
    return {name: from_torch(tensor, dtype) for name, tensor in results.items()}


IMPLEMENTATIONS = (Implementation("torch.eager", "PyTorch autograd, forward-mode AD", _eager, _devices),)
