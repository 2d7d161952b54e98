"""The derivatives of a PyTorch or JAX function by the framework's own autodiff: what its users train with.

Where autodiff knows of no path from the result to an input, which ``detach()`` or ``stop_gradient`` has cut, the
derivative is 0, and not absent. Where the result itself requires no gradient in PyTorch, nothing is derived.

Only what the function does not return itself is derived: of a function the VJP along ``cotangent`` (in JAX the JVP
along ``tangent`` too), of a network the gradient of J with respect to its inputs and to the quantities it returns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..operation import Operation

Found = dict[str, Any]
Evaluate = Callable[[Mapping[str, Any]], Found]
"""The inputs, as the framework's arrays → quantities."""

_UPSTREAM = 2.0
"""The cotangent of J; its gradients are halved, which rounds nothing but subnormal numbers. A backward pass that
takes no notice of what comes down to it is right for 1 alone."""


def leaves_of(operation: Operation, given: Mapping[str, Any]) -> tuple[str, ...]:
    """The inputs with respect to which a derivative is asked for."""
    if not operation.taps:
        return ("x",)
    return tuple(name for name in given if f"d_{name}" in operation.graph)


def by_torch(operation: Operation, evaluate: Evaluate, given: Mapping[str, Any]) -> Found:
    """The quantities that are returned, and by ``torch.autograd.grad`` those that follow from them."""
    import torch

    seen = dict(given)
    seen |= {name: given[name].detach().requires_grad_() for name in leaves_of(operation, given)}
    found = evaluate(seen)
    source = found.get("J" if operation.taps else "value")
    if not isinstance(source, torch.Tensor) or not source.requires_grad:
        return found
    if not operation.taps:
        if "vjp" not in found and source.shape == given["cotangent"].shape:
            (vjp,) = torch.autograd.grad(source, seen["x"], given["cotangent"], allow_unused=True)
            found["vjp"] = torch.zeros_like(seen["x"]) if vjp is None else vjp
        return found
    inner = {n: a for n, a in found.items() if isinstance(a, torch.Tensor) and a.requires_grad and n != "J"}
    wrt = {n: a for n, a in {**seen, **inner}.items() if f"d_{n}" in operation.graph}
    if source.numel() == 1:
        upstream = torch.full_like(source, _UPSTREAM)
        gradients = torch.autograd.grad(source, [*wrt.values()], upstream, allow_unused=True)
        derived = dict(zip(wrt, gradients, strict=True))
        for name in leaves_of(operation, given):
            derived[name] = torch.zeros_like(seen[name]) if derived[name] is None else derived[name]
        found = {**{f"d_{name}": a / _UPSTREAM for name, a in derived.items() if a is not None}, **found}
    return found


def by_jax(operation: Operation, evaluate: Evaluate, given: Mapping[str, Any]) -> Found:
    """The quantities that are returned, and by ``jax.vjp`` and ``jax.jvp`` those that follow."""
    import jax

    wrt = leaves_of(operation, given)
    main = "J" if operation.taps else "value"
    cotangent = given.get("cotangent")

    def main_of(leaves: Mapping[str, Any]) -> tuple[Any, Found]:
        found = evaluate({**given, **leaves})
        return found.get(main), found

    leaves = {name: given[name] for name in wrt}
    found = evaluate(given)
    source = found.get(main)
    if not isinstance(source, jax.Array) or not jax.numpy.issubdtype(source.dtype, jax.numpy.floating):
        return found
    if operation.taps:
        if source.size != 1:
            return found
        upstream = jax.numpy.full_like(source, _UPSTREAM)
        (gradients,) = jax.vjp(lambda leaves: main_of(leaves)[0], leaves)[1](upstream)
        return {**{f"d_{name}": a / _UPSTREAM for name, a in gradients.items()}, **found}
    if cotangent is None or source.shape != cotangent.shape:
        return found
    upstream = cotangent.astype(source.dtype)
    derived = {"vjp": jax.vjp(lambda leaves: main_of(leaves)[0], leaves)[1](upstream)[0]["x"]}
    try:
        tangents = {"x": given["tangent"]}
        derived["jvp"] = jax.jvp(lambda leaves: main_of(leaves)[0], (leaves,), (tangents,))[1]
    except TypeError:  # what JAX raises of a function whose backward pass alone is defined
        pass
    return {**derived, **found}
