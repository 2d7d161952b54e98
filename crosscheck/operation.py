"""What an operation is: its equations, its cases, and how each framework writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .cases import Arrays, Case
from .graph import Graph, inputs_of, needs
from .mistake import RIGHT, Function, Mistake, program

Special = Callable[..., tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, eq=False)  # compared and hashed by identity: one object per operation
class Operation:
    """One operation that implementations are judged at.

    ``graph``     quantity → equation; the parameters name inputs or other quantities
    ``shapes``    input → its shape, as names of axes (see ``crosscheck.shapes``)
    ``cases``     name → regime of inputs
    ``reference`` the NumPy implementation: inputs → quantities
    ``forms``     framework or variant (``torch``, ``torch.composed``, ``jax.optax``, …) → (the framework's
                  module → the function as its users write it); the function takes the inputs
                  that the definition needs, and where ``taps`` is true a first argument ``tap(name, array)`` to
                  which it hands its intermediate quantities
    ``logits``    the names that feed an exponential: they always start with an error of one rounding, so that
                  honest forms like exp(x − lse) pass; and others that honest forms hold unrounded
    ``axis``      whether forms and reference take an argument ``axis``: where the classes are
    ``integers``  the inputs that are integers, and no quantities to differentiate
    ``scalars``   the inputs that forms take as Python numbers
    ``batch``     whether the cost of a network is one of its batch as a whole, and not the sum of what its rows
                  cost one by one: a mean, or a sum with weight decay
    ``along``     input → the input that is its tangent: the program of all quantities is differentiated along
                  them by forward mode, and the tangent of ``q`` is the quantity ``t_q``
    ``check``     raises ValueError, by name, where the values of inputs mean nothing to the operation
    ``special``   quantity → the rows that the table of special values fixes, where the equation alone gives NaN
    ``open``      quantity → the elements for which no value is prescribed, because conventions in use differ
    ``table``     the table itself: input, result, why
    ``mistakes``  what people get wrong in it
    """

    name: str
    summary: str
    graph: Graph
    shapes: Mapping[str, str]
    cases: Mapping[str, Case]
    reference: Callable[..., Arrays]
    forms: Mapping[str, Callable[[Any], Callable[..., Any]]]
    logits: frozenset[str] = frozenset()
    taps: bool = False
    axis: bool = False
    integers: frozenset[str] = frozenset()
    scalars: frozenset[str] = frozenset()
    batch: bool = False
    along: Mapping[str, str] = field(default_factory=dict)
    check: Callable[..., None] | None = None
    special: Mapping[str, Special] = field(default_factory=dict)
    open: Mapping[str, Callable[..., np.ndarray]] = field(default_factory=dict)
    table: tuple[tuple[str, str, str], ...] = ()
    mistakes: tuple[Mistake, ...] = ()

    @property
    def quantities(self) -> tuple[str, ...]:
        return tuple(self.graph)

    @property
    def inputs(self) -> tuple[str, ...]:
        return inputs_of(self.graph)

    @property
    def has_rows(self) -> bool:
        """Whether every row has results of its own, or adds to a sum over the rows, whatever the others hold."""
        shapes = self.shapes
        if self.taps:
            return not self.batch and shapes["x"].split()[0] == shapes["y"].split()[0]
        return shapes["x"].startswith("...") and shapes.get("cotangent", "").startswith("...")

    def program(self, mistake: Mistake = RIGHT) -> Function:
        """An implementation in NumPy that has the mistake: inputs by name → every quantity."""
        return program(self.graph, self.reference, self.taps, mistake)

    def leaves(self, quantity: str) -> tuple[str, ...]:
        """The inputs that a quantity depends on, through the graph."""
        found: dict[str, None] = {}

        def visit(name: str) -> None:
            if name in self.graph:
                for need in needs(self.graph[name]):
                    visit(need)
            else:
                found[name] = None

        visit(quantity)
        return tuple(found)
