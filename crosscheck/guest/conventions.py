"""Signatures that files of homework share: each function in its own terms, and the operation it is judged as.

``cs224n``, the assignment's own (§1.2, §2): ``softmax(x)`` of a vector or of rows, ``sigmoid(x)``,
``sigmoid_grad(s)`` of the *value* s = σ(x), and ``forward_backward_prop(data, labels, params, dimensions)``, which
returns the cost and its gradient with respect to the flat vector of W₁, b₁, W₂, b₂. Labels are one-hot, arrays
float64.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..cases import Arrays, Case
from ..formats import Format
from ..operation import Operation
from ..operations import operation
from ..operations._sigmoid_grad import SIGMOID_GRAD
from ..regimes import with_directions
from .call import UnusableError, same_bits

Function = Callable[..., Any]

PARAMETERS = ("W1", "b1", "W2", "b2")

DTYPES = ("float64",)
"""What the functions of a convention are handed."""


@dataclass(frozen=True)
class Member:
    """A function of a convention: what it is judged as, and the same function in the operation's terms.

    Cases that the convention does not promise are among ``leaves_out``; ``quantity`` is what the function returns,
    or None where it returns several.
    """

    convention: str
    name: str
    signature: str
    operation: Callable[[], Operation]
    adapt: Callable[[Function], Function]
    quantity: str | None
    leaves_out: frozenset[str] = frozenset()


def _same(fn: Function) -> Function:
    return fn


def _flat_network(fn: Function) -> Function:
    """(data, labels, params, dimensions) → (cost, flat gradient) as x, y, W1, b1, W2, b2 → J and the gradients."""

    def network(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Mapping[str, Any]:
        parts = dict(zip(PARAMETERS, (W1, b1, W2, b2), strict=True))
        flat = np.concatenate([a.ravel() for a in parts.values()])
        dimensions = [W1.shape[0], W1.shape[1], W2.shape[1]]
        ends = np.cumsum([a.size for a in parts.values()])[:-1]
        before = flat.copy()
        returned = fn(x, y, flat, dimensions)
        if not same_bits(flat, before):  # seen where the parameters are
            for a, piece in zip(parts.values(), np.split(flat, ends), strict=True):
                a[...] = piece.reshape(a.shape)
        if not isinstance(returned, tuple | list) or len(returned) != 2:
            raise UnusableError(f"returned {_counted(returned)}, expected (cost, grad)")
        cost, gradient = returned
        gradient = np.asarray(gradient)
        if gradient.shape != flat.shape:
            raise UnusableError(
                f"returned a grad of shape {gradient.shape}, expected {flat.shape}, that of params: W1, b1, W2, b2"
            )
        pieces = zip(parts.items(), np.split(gradient, ends), strict=True)
        return {"J": cost, **{f"d_{name}": piece.reshape(a.shape) for (name, a), piece in pieces}}

    return network


def _counted(returned: Any) -> str:
    if isinstance(returned, tuple | list):
        return f"{len(returned)} values"
    return "None" if returned is None else f"a {type(returned).__name__}"


def _vector(rng: np.random.Generator, format: Format) -> Arrays:
    return with_directions(rng, rng.normal(0, 3, 10))


def _with_vectors(name: str) -> Callable[[], Operation]:
    """The operation, and among its ordinary cases a vector, which the assignment tells from a matrix (§1.2)."""
    vector = Case("one_vector", "N(0, 3), one vector of 10", _vector)
    return lambda: replace(operation(name), cases={**operation(name).cases, vector.name: vector})


_BEYOND_ROWS = frozenset({"vector", "three_axes"})
"""The operation's own vector, which is no ordinary input there, and what is neither vector nor matrix."""


CS224N = (
    Member("cs224n", "softmax", "softmax(x)", _with_vectors("softmax"), _same, "value", _BEYOND_ROWS),
    Member("cs224n", "sigmoid", "sigmoid(x)", _with_vectors("sigmoid"), _same, "value"),
    Member("cs224n", "sigmoid_grad", "sigmoid_grad(s)", lambda: SIGMOID_GRAD, _same, "value"),
    Member(
        "cs224n",
        "forward_backward_prop",
        "forward_backward_prop(data, labels, params, dimensions)",
        lambda: operation("two_layer"),
        _flat_network,
        None,
        frozenset({"soft", "unnormalised"}),
    ),
)

CONVENTIONS: Mapping[str, tuple[Member, ...]] = {"cs224n": CS224N}


def members(convention: str) -> tuple[Member, ...]:
    """The functions of a convention; ValueError lists the conventions there are."""
    if convention not in CONVENTIONS:
        raise ValueError(f"convention: got {convention!r}, expected one of {', '.join(CONVENTIONS)}")
    return CONVENTIONS[convention]


def member(convention: str, name: str) -> Member:
    """One function of a convention."""
    found = [one for one in members(convention) if one.name == name]
    if not found:
        listed = ", ".join(one.name for one in members(convention))
        raise ValueError(f"function: got {name!r}, expected one of {listed}")
    return found[0]


def adapted(convention: str, name: str, fn: Function) -> tuple[Operation, Function]:
    """The operation that a function of a convention is judged as, and the function in its terms."""
    one = member(convention, name)
    return replace(one.operation()), one.adapt(fn)
