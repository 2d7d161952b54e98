"""Mistakes that operations share: each function makes one for a given quantity, or for a given equation.

They are the same for the same name in every operation. ``shared`` is the usual set of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps

import ml_dtypes
import numpy as np

from reference.equations import Array, Equation

from ..cases import Arrays
from ..formats import FORMATS, Format
from ..graph import Graph
from ..mistake import Function, Mistake
from ._memory_mistakes import changes_argument, memory


def wrong(name: str, sentence: str, limited: bool = False, /, **steps: Equation) -> Mistake:
    """The mistake of computing quantities by these equations; the first is the one that it breaks."""
    return Mistake(name, sentence, next(iter(steps)), steps, limited=limited)


def times(factor: float, equation: Equation) -> Equation:
    """What the equation gives, multiplied by a number."""

    @wraps(equation)
    def multiplied(*given: Array) -> Array:
        return factor * equation(*given)

    return multiplied


def sign_flipped(sentence: str, graph: Graph, *quantities: str) -> Mistake:
    """Quantities with the other sign, together: a cost with all its derivatives stays consistent with itself."""
    name = "sign of cost and gradient flipped" if len(quantities) > 1 else "sign of the gradient flipped"
    return wrong(name, sentence, **{q: times(-1, graph[q]) for q in quantities})


def halved(graph: Graph, quantity: str) -> Mistake:
    """As ½ Σ (…)² would have it, or a derivative that is counted once instead of twice."""
    return wrong("gradient halved", "half the gradient", **{quantity: times(0.5, graph[quantity])})


# --- what comes back is not what was computed ----------------------------------------------------------------


def _after(name: str, sentence: str, step: str, change: Callable[[np.ndarray], np.ndarray]) -> Mistake:
    def after(inputs: Arrays, results: Arrays) -> Arrays:
        return {q: change(a) if q == step else a for q, a in results.items()}

    return Mistake(name, sentence, step, after=after)


def zeros(step: str) -> Mistake:
    return _after("zeros", "zeros: the buffer is never written", step, np.zeros_like)


def constant(step: str, value: float) -> Mistake:
    return _after("constant", f"the constant {value:g} everywhere", step, lambda a: np.full_like(a, value))


def last_example_dropped(step: str) -> Mistake:
    """A loop over N − 1 rows: the last one of the buffer stays 0."""

    def dropped(a: np.ndarray) -> np.ndarray:
        a = np.array(a)
        if a.ndim:
            a[-1:] = 0
        return a

    return _after("last example dropped", "a loop that ends before the last example", step, dropped)


def axis_dropped(step: str) -> Mistake:
    """``squeeze`` without an axis: only shapes with an axis of length 1 show it."""
    sentence = "a result that is squeezed: an axis of length 1 is lost"
    return replace(_after("axis of length 1 dropped", sentence, step, np.squeeze), limited=True)


# --- what goes in is not what was given ----------------------------------------------------------------------


def truncated(step: str, argument: str = "x") -> Mistake:
    """An array of integers somewhere on the way in."""

    def before(inputs: Arrays) -> Arrays:
        return {**inputs, argument: np.trunc(inputs[argument])}

    return Mistake("input truncated to integers", f"{argument} truncated to integers", step, before=before)


# --- precision -----------------------------------------------------------------------------------------------


def float32_inside(step: str) -> Mistake:
    """float64 comes in and goes out; what happens in between is float32."""

    def wrap(function: Function) -> Function:
        def run(**inputs: np.ndarray) -> Arrays:
            if inputs["x"].dtype != np.float64:
                return function(**inputs)
            with np.errstate(over="ignore"):
                narrow = {n: a.astype(np.float32) if a.dtype == np.float64 else a for n, a in inputs.items()}
            return {q: a.astype(np.float64) for q, a in function(**narrow).items()}

        return run

    def model(format: Format) -> Format | None:
        if format.name != "float64":
            return None
        # Operands are rounded as well: the inputs were float64.
        return replace(FORMATS["float32"], name="float32 inside", product_precision=24, stored_as="float64")

    sentence = "float32 inside float64: 24 bits of precision in 53"
    return Mistake("float32 inside float64", sentence, step, wrap=wrap, model=model)


def bfloat16_sum(terms: Array, axis: int) -> Array:
    """Σ along an axis where every partial sum is stored in bfloat16; in other arithmetics than floats, Σ."""
    if not isinstance(terms, np.ndarray):
        return terms.sum(axis=axis)
    rows = np.moveaxis(terms, axis, 0)
    total = rows[0] if len(rows) else np.zeros(rows.shape[1:], terms.dtype)
    for row in rows[1:]:
        total = (total + row).astype(ml_dtypes.bfloat16).astype(terms.dtype)
    return total


def bfloat16_accumulation(step: str, equation: Equation) -> Mistake:
    """``equation`` with its sum by ``bfloat16_sum``."""

    def model(format: Format) -> Format:
        return replace(
            format, name=f"{format.name} sums in bfloat16", stored_as=format.dtype.name, accumulation_precision=8
        )

    sentence = "sums whose accumulator is bfloat16"
    return replace(wrong("bfloat16 accumulation", sentence, **{step: equation}), model=model)


# --- the usual set -------------------------------------------------------------------------------------------


def _less_the_largest(x: np.ndarray, results: Arrays) -> np.ndarray:
    return x - x.max(axis=-1, keepdims=True) if x.size else x


def shared(
    graph: Graph,
    value: float,
    gradient: str = "vjp",
    into: str = "value",
    rows: bool = True,
    logits: bool = True,
) -> tuple[Mistake, ...]:
    """What any function of x can get wrong; its first quantity is what most of them break.

    ``value`` is what "constant" returns; ``rows`` whether that quantity has some, ``logits`` whether x has them.
    """
    step = next(iter(graph))
    changes = (
        changes_argument(step, "the shift x − max x", _less_the_largest)
        if logits
        else changes_argument(step, "−x", lambda x, results: -x)
    )
    return (
        zeros(step),
        constant(step, value),
        halved(graph, gradient),
        sign_flipped("the gradient with the wrong sign", graph, gradient),
        *((last_example_dropped(step), axis_dropped(step)) if rows else ()),
        truncated(step),
        float32_inside(step),
        *memory(step, changes, into),
    )
