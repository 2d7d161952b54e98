"""A NumPy function as those see it who differentiate: y = f(p₁, p₂, …), its pull-back and its push-forward.

A network is its J with the gradients that it returns, a function its value with its VJP and JVP.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any

import numpy as np

from ..cases import Arrays
from ..operation import Operation
from .answer import Subject

NO_GRADIENT = "no gradient is returned"


@dataclass(frozen=True)
class Gradient:
    """``points`` by name, what f gives there, and f, its pull-back and its push-forward (None: it has none).

    ``of(*points)`` → y; ``pull(cotangent, *points)`` → the gradient by each point; ``push(tangent, *points)`` → ẏ.
    """

    names: tuple[str, ...]
    points: tuple[np.ndarray, ...]
    value: np.ndarray
    of: Callable[..., np.ndarray]
    pull: Callable[..., tuple[np.ndarray, ...]]
    push: Callable[..., np.ndarray] | None


def quantities(operation: Operation, returned: object) -> dict[str, np.ndarray]:
    """What a function returned, by name; an array alone is the value (of a network: J)."""
    if not isinstance(returned, Mapping):
        returned = {"J" if operation.taps else "value": returned}
    return {name: np.asarray(array) for name, array in returned.items() if name in operation.graph}


def copies(inputs: Arrays) -> Arrays:
    """Fresh arrays, which the function may spoil."""
    return {name: array.copy() for name, array in inputs.items()}


def returned(operation: Operation, function: Subject, inputs: Arrays) -> dict[str, np.ndarray]:
    """Call the function with the inputs that it names, and say what it returned."""
    kinds = signature(function).parameters
    takes_all = any(one.kind is one.VAR_KEYWORD for one in kinds.values())
    return quantities(operation, function(**{n: a for n, a in inputs.items() if takes_all or n in kinds}))


def gradient(operation: Operation, function: Subject, inputs: Arrays) -> Gradient | None:
    """The function at the inputs, or None where it returns no gradients."""

    def run(**changed: Any) -> dict[str, np.ndarray]:
        return returned(operation, function, {**copies(inputs), **changed})

    first = run()
    return _network(operation, run, inputs, first) if operation.taps else _function(run, inputs, first)


def _network(operation: Operation, run: Any, inputs: Arrays, first: Arrays) -> Gradient | None:
    names = tuple(name for name in operation.inputs if f"d_{name}" in first)
    if "J" not in first or not names:
        return None

    def of(*points: np.ndarray) -> np.ndarray:
        return run(**dict(zip(names, points, strict=True)))["J"]

    def pull(cotangent: np.ndarray, *points: np.ndarray) -> tuple[np.ndarray, ...]:
        found = run(**dict(zip(names, points, strict=True)))
        return tuple(cotangent * found[f"d_{name}"] for name in names)

    return Gradient(names, tuple(inputs[name] for name in names), first["J"], of, pull, None)


def _function(run: Any, inputs: Arrays, first: Arrays) -> Gradient | None:
    if not {"value", "vjp"} <= set(first):
        return None

    def of(x: np.ndarray) -> np.ndarray:
        return run(x=x)["value"]

    def pull(cotangent: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, ...]:
        return (run(x=x, cotangent=cotangent)["vjp"],)

    def push(tangent: np.ndarray, x: np.ndarray) -> np.ndarray:
        return run(x=x, tangent=tangent)["jvp"]

    return Gradient(("x",), (inputs["x"],), first["value"], of, pull, push if "jvp" in first else None)


def sees_gradients(operation: Operation) -> frozenset[str]:
    """The quantities that a judge of gradients looks at: the cost and its gradients, the value and its VJP."""
    if operation.taps:
        return frozenset({"J", *(f"d_{name}" for name in operation.inputs)} & set(operation.quantities))
    return frozenset({"value", "vjp"})
