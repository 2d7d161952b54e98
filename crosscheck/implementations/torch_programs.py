"""Everything that is asked of an operation, as PyTorch programs: tensors by name → quantities by name.

A function of ``x`` is asked for its value f(x), the vjp x̄ᵀ∂f/∂x, the jvp ∂f/∂x ẋ, and where the operation has it
the hvp, the derivative of x ↦ vjp(x) along ẋ. A network with taps is asked for J, the tapped quantities, and the
gradient of J with respect to each of them and to each input; where the operation says ``along``, for the tangents
of all of these as well.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from ..operation import Operation
from .torch_arrays import torch_module

Tensors = dict[str, Any]
Program = Callable[[Tensors], Tensors]
Form = Callable[..., Any]
"""An operation as its users write it, the axis of the classes bound."""


def _directions(given: Tensors) -> tuple[Any, Any, Any, Tensors]:
    """x, cotangent, tangent and the other inputs."""
    others = {name: a for name, a in given.items() if name not in ("x", "cotangent", "tangent")}
    return given["x"], given["cotangent"], given["tangent"], others


def _dual(x: Any) -> Any:
    """x, or a copy where its elements share memory: of such a tensor torch makes no dual number."""
    return x.contiguous() if 0 in x.stride() else x


def _divided(operation: Operation, given: Tensors) -> tuple[Tensors, Tensors, Tensors]:
    """The leaves of a network, to which it is differentiated; their tangents; and what is held."""
    tangents = {name: given[by] for name, by in operation.along.items()}
    held = {"y", *operation.integers, *operation.scalars}
    leaves = {name: a for name, a in given.items() if name not in held | set(operation.along.values())}
    return leaves, tangents, {name: a for name, a in given.items() if name in held}


def eager(operation: Operation, form: Form) -> Program:
    """Autograd: backward for the gradients, twice for the hvp, dual numbers for tangents."""
    return _eager_network(operation, form) if operation.taps else _eager_function(operation, form)


def _eager_function(operation: Operation, form: Form) -> Program:
    torch = torch_module()
    forward_ad = torch.autograd.forward_ad

    def program(given: Tensors) -> Tensors:
        x, cotangent, tangent, others = _directions(given)
        twice = "hvp" in operation.graph
        leaf = x.detach().requires_grad_()
        value = form(leaf, **others)
        (vjp,) = torch.autograd.grad(value, leaf, cotangent, create_graph=twice)
        results = {"value": value, "vjp": vjp}
        if twice:
            (results["hvp"],) = torch.autograd.grad(vjp, leaf, tangent)
        with forward_ad.dual_level():
            dual = form(forward_ad.make_dual(_dual(x), tangent), **others)
            results["jvp"] = forward_ad.unpack_dual(dual).tangent
        return results

    return program


def _eager_network(operation: Operation, form: Form) -> Program:
    torch = torch_module()
    forward_ad = torch.autograd.forward_ad

    def program(given: Tensors) -> Tensors:
        leaves, tangents, held = _divided(operation, given)
        with forward_ad.dual_level() if tangents else nullcontext():
            seen = {name: a.detach().requires_grad_() for name, a in leaves.items()}
            seen |= {name: forward_ad.make_dual(_dual(seen[name]), a) for name, a in tangents.items()}
            inputs = dict(seen)

            def tap(name: str, tensor: Any) -> Any:
                seen[name] = tensor
                return tensor

            cost = form(tap, **inputs, **held)
            found = torch.autograd.grad(cost, [*seen.values()], allow_unused=True, create_graph=bool(tangents))
            gradients = {f"d_{n}": a for n, a in zip(seen, found, strict=True) if a is not None}
            results = {"J": cost, **seen, **gradients}
            if not tangents:
                return results
            duals = {name: forward_ad.unpack_dual(a) for name, a in results.items()}
            moved = {f"t_{name}": a.tangent for name, a in duals.items() if a.tangent is not None}
            return {name: a.primal for name, a in duals.items()} | moved

    return program


def modules(operation: Operation, form: Form) -> Program:
    """``backward()`` through modules; gradients from ``.grad`` of their parameters and of the tapped tensors."""

    def program(given: Tensors) -> Tensors:
        seen = {"x": given["x"].detach().requires_grad_()}

        def tap(name: str, tensor: Any) -> Any:
            tensor.retain_grad()
            seen[name] = tensor
            return tensor

        cost, of_parameters = form(tap, **{**given, **seen})
        cost.backward()
        gradients = {f"d_{name}": a.grad for name, a in seen.items() if a.grad is not None}
        return {"J": cost, **seen, **gradients, **of_parameters()}

    return program


def functional(operation: Operation, form: Form) -> Program:
    """``torch.func``: vjp, jvp, jvp of vjp; grad by zeros that are added where a quantity is tapped."""
    if not operation.taps:
        return _functional_function(operation, form)
    network = _functional_network(operation, form)
    return _pushed(operation, network) if operation.along else network


def _functional_function(operation: Operation, form: Form) -> Program:
    func = torch_module().func

    def program(given: Tensors) -> Tensors:
        x, cotangent, tangent, others = _directions(given)

        def of_x(x: Any) -> Any:
            return form(x, **others)

        def vjp_at(x: Any) -> Any:
            return func.vjp(of_x, x)[1](cotangent)[0]

        value, pull = func.vjp(of_x, x)
        results = {"value": value, "vjp": pull(cotangent)[0], "jvp": func.jvp(of_x, (_dual(x),), (tangent,))[1]}
        if "hvp" in operation.graph:
            results["hvp"] = func.jvp(vjp_at, (_dual(x),), (tangent,))[1]
        return results

    return program


def _functional_network(operation: Operation, form: Form) -> Program:
    torch = torch_module()

    def program(given: Tensors) -> Tensors:
        leaves, _, held = _divided(operation, given)

        def run(leaves: Tensors, zeros: Tensors) -> tuple[Any, Tensors]:
            seen = {}

            def tap(name: str, tensor: Any) -> Any:
                seen[name] = tensor + zeros[name] if name in zeros else tensor
                return seen[name]

            return form(tap, **leaves, **held), seen

        zeros = {name: torch.zeros_like(a) for name, a in run(leaves, {})[1].items()}
        found = torch.func.grad_and_value(run, argnums=(0, 1), has_aux=True)(leaves, zeros)
        (by_leaf, by_tap), (cost, seen) = found
        return {"J": cost, **seen, **{f"d_{name}": a for name, a in (by_leaf | by_tap).items()}}

    return program


def _pushed(operation: Operation, program: Program) -> Program:
    """The quantities with their tangents t_q, by forward mode through the whole program."""
    func = torch_module().func

    def both(given: Tensors) -> Tensors:
        _, tangents, _ = _divided(operation, given)
        moving = {name: _dual(given[name]) for name in tangents}
        values, moved = func.jvp(lambda moving: program(given | moving), (moving,), (tangents,))
        return values | {f"t_{name}": a for name, a in moved.items()}

    return both
