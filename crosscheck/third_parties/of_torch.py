"""PyTorch, as its users write it: the fused form and ``autograd.grad``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..implementations.torch_arrays import torch_module
from .party import ThirdParty, fresh


def _function(form: Callable[..., Any], *others: str) -> Callable[..., dict[str, Any]]:
    def function(x: np.ndarray, cotangent: np.ndarray, tangent: np.ndarray, **given: Any) -> dict[str, Any]:
        torch = torch_module()
        held = [torch.from_numpy(fresh(given[name])) for name in others]
        at, along, back = (torch.from_numpy(fresh(a)) for a in (x, tangent, cotangent))
        with torch.enable_grad():  # whoever calls may have switched it off
            leaf = at.clone().requires_grad_()
            value = form(torch, leaf, *held)
            (vjp,) = torch.autograd.grad(value, leaf, back)
        _, jvp = torch.func.jvp(lambda x: form(torch, x, *held), (at,), (along,))
        return {"value": value.detach().numpy(), "vjp": vjp.numpy(), "jvp": jvp.numpy()}

    return function


def _network(reduction: str) -> Callable[..., dict[str, Any]]:
    def function(
        x: np.ndarray, y: np.ndarray, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray
    ) -> dict[str, Any]:
        torch = torch_module()
        given = {"x": x, "W1": W1, "b1": b1, "W2": W2, "b2": b2}
        seen = {name: torch.from_numpy(fresh(a)).requires_grad_() for name, a in given.items()}
        with torch.enable_grad():
            seen["phi"] = seen["x"] @ seen["W1"] + seen["b1"]
            seen["h"] = seen["phi"].sigmoid()
            seen["theta"] = seen["h"] @ seen["W2"] + seen["b2"]
            J = torch.nn.functional.cross_entropy(seen["theta"], torch.from_numpy(fresh(y)), reduction=reduction)
            gradients = torch.autograd.grad(J, [*seen.values()])
        found = {"J": J, **{name: seen[name] for name in ("phi", "h", "theta")}}
        found |= {f"d_{name}": a for name, a in zip(seen, gradients, strict=True)}
        return {name: a.detach().numpy() for name, a in found.items()}

    return function


# Its binary cross-entropy and its softplus are not here: they lose digits (``crosscheck defects``).
_FUNCTIONS: dict[str, Callable[..., object]] = {
    "sigmoid": _function(lambda torch, x: torch.sigmoid(x)),
    "softmax": _function(lambda torch, x: torch.nn.functional.softmax(x, dim=-1)),
    "log_softmax": _function(lambda torch, x: torch.nn.functional.log_softmax(x, dim=-1)),
    "logsumexp": _function(lambda torch, x: torch.logsumexp(x, dim=-1)),
    "cross_entropy": _function(
        lambda torch, x, y: -(y * torch.nn.functional.log_softmax(x, dim=-1)).sum(dim=-1), "y"
    ),
    "log_sigmoid": _function(lambda torch, x: torch.nn.functional.logsigmoid(x)),
    "two_layer": _network("sum"),
    "two_layer_mean": _network("mean"),
}
PARTIES = tuple(ThirdParty("torch", name, f, "torch", "torch") for name, f in _FUNCTIONS.items())
