"""A known mistake: a small variant of an operation's equations, with a name, a sentence and the step it breaks.

A mistake can be run, as somebody's implementation that has it, and it can be recognised: an implementation that
agrees with the variant wherever it was looked at, within the bounds, most likely has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import numpy as np

from .cases import Arrays
from .formats import Format
from .graph import Graph, evaluate_all

Function = Callable[..., Arrays]
"""Inputs by name → quantities by name."""

CHANGED, ALIASED, STALE, REUSED = "changed", "aliased", "stale", "reused"
"""What a run can show apart from numbers: an argument changed, a result in an argument's memory, the result of
an earlier call, and memory of an earlier result that is written again."""


@dataclass(frozen=True, eq=False)
class Mistake:
    """A known mistake of an operation.

    ``name``      a few words, the same for the same mistake in every operation
    ``sentence``  what is done, and what should be: reads well after "matches"
    ``step``      the quantity whose equation it breaks (the first, where it breaks several)
    ``steps``     quantity → the equation that stands in its place; its parameters name what it needs
    ``before``    what it does to its inputs first
    ``after``     what it does to the right results: (inputs, results) → results
    ``wrap``      what it does with a right function, where that takes memory, changes arguments or their dtype
    ``shows``     what a run of it shows apart from numbers: ``CHANGED``, ``ALIASED``, ``STALE``, ``REUSED``, or ''
    ``model``     the format by whose roundings an evaluation with this mistake is honest, where that is all of it;
                  None for a format that has no such mistake
    ``limited``   whether ordinary input does not show it
    """

    name: str
    sentence: str
    step: str
    steps: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    before: Callable[[Arrays], Arrays] | None = None
    after: Callable[[Arrays, Arrays], Arrays] | None = None
    wrap: Callable[[Function], Function] | None = None
    shows: str = ""
    model: Callable[[Format], Format | None] | None = None
    limited: bool = False


RIGHT = Mistake("none", "the textbook's equations", "")
"""No mistake: what the variants are variants of."""


def program(graph: Graph, reference: Function, network: bool, mistake: Mistake = RIGHT) -> Function:
    """An implementation with the mistake, in NumPy: inputs by name → every quantity of the graph.

    Of a network every step is the graph's equation on ndarrays, so that what follows a wrong step follows from it.
    Of a function the quantities that the mistake does not touch are those of ``reference``.
    """
    steps = {name: _stored(equation) for name, equation in {**graph, **mistake.steps}.items()}

    def run(**inputs: np.ndarray) -> Arrays:
        given = mistake.before(inputs) if mistake.before else inputs
        with np.errstate(all="ignore"):
            if network:
                results = evaluate_all(steps, given, tuple(graph))
            else:
                changed = evaluate_all(steps, given, tuple(mistake.steps))
                results = {**reference(**given), **changed}
        found = {name: np.asarray(a) for name, a in results.items() if name in graph}
        return mistake.after(given, found) if mistake.after else found

    function = mistake.wrap(run) if mistake.wrap else run

    def of_arrays(**inputs: Any) -> Arrays:
        dtype = inputs["x"].dtype  # a Python number is one of the format
        return function(**{n: a if isinstance(a, np.ndarray) else np.asarray(a, dtype) for n, a in inputs.items()})

    return of_arrays


def _stored(equation: Callable[..., Any]) -> Callable[..., np.ndarray]:
    """The equation as a kernel evaluates it: of 16-bit arrays in float32, and rounded once to their format."""

    @wraps(equation)
    def step(*given: np.ndarray) -> np.ndarray:
        low = next((a.dtype for a in given if a.dtype.name in ("bfloat16", "float16")), None)
        if low is None:
            return np.asarray(equation(*given))
        return np.asarray(equation(*(a.astype(np.float32) if a.dtype == low else a for a in given))).astype(low)

    return step
