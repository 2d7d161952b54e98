"""Which arguments a function takes, and what it is that it returns.

A function says what it needs by the names of its parameters. Where these are its own (``z`` for ``x``), their
number decides: as many as the value needs, or as many as the VJP needs. One that takes whatever comes (``*args``,
``**more``) is handed what the value needs: it may pass all of that on to another function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import Parameter, signature
from typing import Any

import numpy as np

from ..operation import Operation
from .call import UnusableError

_UNNAMED = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
NEUTRAL = {"weight": 1.0, "smoothing": 0.0, "decay": 0.0}
"""Inputs that a function need not take, and the value at which they might as well not be there."""

_AFTER = {"vjp": "cotangent", "jvp": "tangent"}


@dataclass(frozen=True)
class Takes:
    """``names`` are the inputs handed over, by keyword or in this order; ``returns`` is what a bare array is.

    Those ``beside`` are handed over by keyword where the others are not. ``axis`` says whether the function takes
    an argument of that name, ``axis_needed`` that it has no default.
    """

    names: tuple[str, ...]
    keywords: bool
    returns: str
    axis: bool = False
    axis_needed: bool = False
    beside: tuple[str, ...] = ()

    def call(self, fn: Callable[..., Any], given: Mapping[str, Any], axis: int = -1) -> Any:
        """The function at what it takes of ``given``."""
        more = {"axis": axis} if self.axis and (axis != -1 or self.axis_needed) else {}
        by_name = self.names if self.keywords else self.beside
        by_place = [given[name] for name in self.names if name not in by_name]
        return fn(*by_place, **{name: given[name] for name in by_name}, **more)

    def lacks(self, inputs: Mapping[str, np.ndarray]) -> tuple[str, ...]:
        """The inputs that the function is not handed, and that might not as well not be there."""
        left = (name for name in inputs if name in NEUTRAL and name not in self.names)
        return tuple(name for name in left if (inputs[name].astype(np.float64) != NEUTRAL[name]).any())


def main_quantity(operation: Operation) -> str:
    """What a function computes of which nothing is said: the value, or the cost of a network."""
    return "J" if operation.taps else "value"


def takes(fn: Callable[..., Any], operation: Operation, quantity: str | None = None) -> Takes:
    """How to call ``fn`` as the operation; UnusableError where its parameters fit nothing that is asked of it.

    >>> from crosscheck.operations import operation
    >>> takes(lambda z: z, operation("softmax"))
    Takes(names=('x',), keywords=False, returns='value', axis=False, axis_needed=False, beside=())
    >>> takes(lambda x, cotangent: x, operation("softmax")).returns
    'vjp'
    """
    wanted = quantity or main_quantity(operation)
    try:
        parameters = [*signature(fn).parameters.values()]
    except (TypeError, ValueError):  # a function of C says nothing of itself
        return Takes(in_order(operation, wanted), False, wanted)
    axes = [p for p in parameters if p.name == "axis" and operation.axis]
    axis = bool(axes), any(p.default is Parameter.empty for p in axes)
    parameters = [p for p in parameters if p.name != "axis"]
    starred, open_ended = (
        any(p.kind is kind for p in parameters) for kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    )
    named = [p.name for p in parameters if p.kind not in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)]
    required = [p for p in parameters if p.default is Parameter.empty and p.name in named]
    if required and all(p.name in operation.inputs for p in required):
        return _by_name(required, named, open_ended, operation, quantity, axis)
    if open_ended and not starred and not required:  # it finds what it needs by its name
        names = operation.inputs
        return Takes(names, True, quantity or _returned(names, operation), *axis)
    by_place = [p for p in parameters if p.kind in _UNNAMED]
    least = len([p for p in by_place if p.default is Parameter.empty])
    most = np.inf if starred else len(by_place)
    for candidate in (quantity,) if quantity else (wanted, *(q for q in _AFTER if q in operation.graph)):
        whole = in_order(operation, candidate)
        short = tuple(name for name in whole if name not in NEUTRAL)
        # What a function can do without is not its third argument, unless it has to be.
        for leaves in (whole, short) if least == len(whole) else (short, whole):
            if least <= len(leaves) <= most and not any(p.kind is Parameter.KEYWORD_ONLY for p in required):
                later = {p.name for p in parameters} - {p.name for p in by_place[: len(leaves)]}
                beside = tuple(name for name in whole if name not in leaves and name in later)
                return Takes((*leaves, *beside), False, candidate, *axis, beside)
    got = ", ".join(named) or "nothing"
    raise UnusableError(
        f"{called(fn)}: takes {got}, expected {', '.join(in_order(operation, wanted))} for {wanted}"
    )


def in_order(operation: Operation, quantity: str) -> tuple[str, ...]:
    """The inputs that a quantity needs, as a function takes them by place: the targets come after x.

    >>> from crosscheck.operations import operation
    >>> in_order(operation("two_layer"), "J")
    ('x', 'y', 'W1', 'b1', 'W2', 'b2')
    """
    leaves = operation.leaves(quantity)
    return ("x", "y", *(n for n in leaves if n not in ("x", "y"))) if {"x", "y"} <= {*leaves} else leaves


def _by_name(
    required: list[Parameter],
    named: list[str],
    open_ended: bool,
    operation: Operation,
    quantity: str | None,
    axis: tuple[bool, bool],
) -> Takes:
    """A function whose parameters have the names of inputs; what it takes beside them it may pass on, to one that
    knows of no derivatives.
    """
    if any(p.kind is Parameter.POSITIONAL_ONLY for p in required):
        names = tuple(p.name for p in required)
        return Takes(names, False, quantity or _returned(names, operation), *axis)
    own = [n for n in named if n in operation.inputs]
    needed = operation.leaves(quantity or main_quantity(operation))
    beside = [n for n in operation.inputs if n in needed or n not in _AFTER.values()] if open_ended else []
    names = (*own, *(n for n in beside if n not in own and n not in NEUTRAL))
    return Takes(names, True, quantity or _returned(names, operation), *axis)


def _returned(names: tuple[str, ...], operation: Operation) -> str:
    directions = [q for q, direction in _AFTER.items() if direction in names and q in operation.graph]
    return directions[0] if len(directions) == 1 else main_quantity(operation)


def called(fn: Any) -> str:
    """The name of a function."""
    return str(getattr(fn, "__name__", None) or type(fn).__name__)


def quantities(returned: Any, operation: Operation, how: Takes) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What was returned, by quantity, and the names that mean nothing; UnusableError where nothing has a meaning.

    A mapping names its quantities, with ``dW1`` or ``grad_W1`` for ``d_W1``. A network may return (J, gradients),
    the gradients named by what they are with respect to; a function of a cotangent (value, vjp), and one of a
    tangent (value, jvp).
    """
    if returned is None:
        raise UnusableError("returned None")
    if operation.taps and isinstance(returned, tuple | list) and len(returned) == 2:
        cost, gradients = returned
        if isinstance(gradients, Mapping):
            returned = {"J": cost, **{f"d_{_bare(str(name))}": a for name, a in gradients.items()}}
    if isinstance(returned, tuple) and len(returned) == 2 and how.returns in _AFTER:
        returned = dict(zip(("value", how.returns), returned, strict=True))
    if not isinstance(returned, Mapping):
        return {how.returns: returned}, ()
    found = {_quantity(str(name), operation): a for name, a in returned.items()}
    ignored = tuple(name for name in found if name not in operation.graph)
    if len(ignored) == len(found):
        names = ", ".join(ignored) or "nothing"
        raise UnusableError(f"returned {names}, expected one or more of {', '.join(operation.quantities)}")
    return {name: a for name, a in found.items() if name in operation.graph}, ignored


def _bare(name: str) -> str:
    """W1 of d_W1, dW1, grad_W1."""
    for prefix in ("d_", "grad_", "d"):
        if name.startswith(prefix) and len(name) > len(prefix):
            return name.removeprefix(prefix)
    return name


def _quantity(name: str, operation: Operation) -> str:
    return name if name in operation.graph or f"d_{_bare(name)}" not in operation.graph else f"d_{_bare(name)}"
