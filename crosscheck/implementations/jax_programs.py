"""Everything that is asked of an operation, as one JAX function of its inputs.

What differentiates a function is a ``Derive``; ``by_row`` lets it see one row at a time. Nothing here imports JAX:
the functions take it as their first argument.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..operation import Operation

Quantities = dict[str, Any]
Program = Callable[[dict[str, Any]], Quantities]
Form = Callable[..., Any]
Derive = Callable[[Any, Form, Any, Any, Any, bool], Quantities]
"""(jax, f, x, cotangent, tangent, whether the hvp is wanted) → the quantities of f at x."""

_LIKE = {"value": "cotangent", "vjp": "x", "jvp": "cotangent", "hvp": "x"}
"""Quantity → the input that has its shape."""

TARGET = "y"
"""The input of a network that is a given distribution: no gradient of it is asked for."""


def by_vjp_and_jvp(jax: Any, f: Form, x: Any, cotangent: Any, tangent: Any, second: bool) -> Quantities:
    """f(x), x̄ = ȳᵀ ∂f/∂x by ``jax.vjp``, ẏ = ∂f/∂x ẋ by ``jax.jvp``, ∂x̄/∂x ẋ by forward over reverse mode."""

    def pulled(x: Any) -> Any:
        return jax.vjp(f, x)[1](cotangent)[0]

    value, pull = jax.vjp(f, x)
    found = {"value": value, "vjp": pull(cotangent)[0], "jvp": jax.jvp(f, (x,), (tangent,))[1]}
    return found | ({"hvp": jax.jvp(pulled, (x,), (tangent,))[1]} if second else {})


def by_grad(jax: Any, f: Form, x: Any, cotangent: Any, tangent: Any, second: bool) -> Quantities:
    """x̄ = ∇ Σ ȳ ∘ f(x) by ``jax.value_and_grad``, ẏ by ``jax.linearize``, ∇ Σ ẋ ∘ x̄ by reverse over reverse."""

    def weighted(x: Any) -> Any:
        value = f(x)
        return (cotangent * value).sum(), value

    def along(x: Any) -> Any:
        return (tangent * jax.grad(weighted, has_aux=True)(x)[0]).sum()

    (_, value), gradient = jax.value_and_grad(weighted, has_aux=True)(x)
    found = {"value": value, "vjp": gradient, "jvp": jax.linearize(f, x)[1](tangent)}
    return found | ({"hvp": jax.grad(along)(x)} if second else {})


def of_function(
    jax: Any, operation: Operation, form: Form, wrap: Callable[[Form], Form], derive: Derive, rows: bool, axis: int
) -> Program:
    """Value, vjp, jvp (and hvp, where the operation has it) of x ↦ form(x, …), or of each of its rows."""
    second = "hvp" in operation.graph

    def program(given: dict[str, Any], at: int = axis) -> Quantities:
        others = {name: a for name, a in given.items() if name not in ("x", "cotangent", "tangent")}
        if at != -1:
            others["axis"] = at

        def f(x: Any) -> Any:
            return form(x, **others)

        return derive(jax, wrap(f), given["x"], given["cotangent"], given["tangent"], second)

    return partial(_by_row, jax, operation, partial(program, at=-1), axis) if rows else program


def _by_row(jax: Any, operation: Operation, program: Program, axis: int, given: dict[str, Any]) -> Quantities:
    """The program under one ``vmap`` for each axis but that of the classes, which is where ``axis`` says."""
    shapes = operation.shapes
    classes = len(shapes["x"].split()) - 1
    leading = given["x"].ndim - classes
    before = axis % given["x"].ndim if classes else leading  # axes that stand before the classes

    def mapped(spec: str, level: int) -> int | None:
        if not spec.startswith("..."):
            return None
        return 1 if spec.endswith("n") and level >= before else 0

    for level in reversed(range(leading)):
        program = jax.vmap(program, in_axes=({name: mapped(shapes[name], level) for name in given},))
    return {
        name: jax.numpy.moveaxis(a, -1, axis) if shapes.get(_LIKE.get(name, ""), "").endswith("n") else a
        for name, a in program(given).items()
    }


def of_network(jax: Any, operation: Operation, form: Form, wrap: Callable[[Form], Form], rows: bool) -> Program:
    """J, the tapped quantities, J's gradient in each of them and in each input; with ``along`` their tangents too.

    Gradients of tapped quantities are those with respect to zeros added to them.
    """
    tangents = set(operation.along.values())
    constants = {TARGET, *operation.integers, *tangents}

    def program(given: dict[str, Any]) -> Quantities:
        leaves = {name: a for name, a in given.items() if name not in constants}
        fixed = {name: a for name, a in given.items() if name in constants - tangents}

        def run(leaves: dict[str, Any], zeros: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
            seen = {}

            def tap(name: str, array: Any) -> Any:
                seen[name] = array + zeros[name] if name in zeros else array
                return seen[name]

            return form(tap, **leaves, **fixed), seen

        _, shapes = jax.eval_shape(run, leaves, {})
        zeros = {name: jax.numpy.zeros(s.shape, s.dtype) for name, s in shapes.items() if name != "y_hat"}
        gradient = jax.value_and_grad(wrap(run), argnums=(0, 1), has_aux=True)
        (cost, seen), (by_leaf, by_tap) = gradient(leaves, zeros)
        return {"J": cost, **seen, **{f"d_{name}": a for name, a in (by_leaf | by_tap).items()}}

    whole = partial(_by_example, jax, operation, program) if rows else program
    return partial(_pushed, jax, operation, whole) if operation.along else whole


def _by_example(jax: Any, operation: Operation, program: Program, given: dict[str, Any]) -> Quantities:
    """The program under ``vmap`` over the examples, parameters held: every quantity has the examples first."""
    batched = {name: 0 if operation.shapes[name].startswith("N ") else None for name in given}
    found: Quantities = jax.vmap(program, in_axes=(batched,))(given)
    return found


def summed(operation: Operation, found: Quantities, inputs: dict[str, Any], axis: int) -> Quantities:
    """J and the parameters' gradients summed over the examples of ``_by_example``; functions need none of it.

    Outside of the compiled program: inside, XLA adds a 16-bit gradient's terms before they are rounded (its option
    ``xla_allow_excess_precision``), and the sum is not that of the terms that are returned.
    """
    if not operation.taps:
        return found
    whole = {"J", *(f"d_{name}" for name in inputs if not operation.shapes[name].startswith("N "))}
    return {name: a.sum(axis=0) if name.removeprefix("t_") in whole else a for name, a in found.items()}


def _pushed(jax: Any, operation: Operation, program: Program, given: dict[str, Any]) -> Quantities:
    """All quantities q and their tangents t_q along the tangents of the leaves, by forward mode."""
    leaves = {name: given[name] for name in operation.along}
    tangents = {name: given[tangent] for name, tangent in operation.along.items()}
    found, pushed = jax.jvp(lambda leaves: program({**given, **leaves}), (leaves,), (tangents,))
    return {**found, **{f"t_{name}": a for name, a in pushed.items()}}
