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
from ..mistake import ALIASED, CHANGED, REUSED, STALE, Function, Mistake


def wrong(name: str, sentence: str, limited: bool = False, **steps: Equation) -> Mistake:
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
    return wrong(name, sentence, False, **{q: times(-1, graph[q]) for q in quantities})


def halved(graph: Graph, quantity: str) -> Mistake:
    """As ½ Σ (…)² would have it, or a derivative that is counted once instead of twice."""
    return wrong("gradient halved", "half the gradient", False, **{quantity: times(0.5, graph[quantity])})


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
    return replace(wrong("bfloat16 accumulation", sentence, False, **{step: equation}), model=model)


# --- memory --------------------------------------------------------------------------------------------------


def _remembering(name: str, sentence: str, step: str, shows: str, wrap: Callable[[Function], Function]) -> Mistake:
    return Mistake(name, sentence, step, wrap=wrap, shows=shows, limited=True)


def changes_argument(
    step: str,
    what: str,
    change: Callable[[np.ndarray], np.ndarray],
    argument: str = "x",
) -> Mistake:
    """The results are right; the caller's array is not what it was."""

    def wrap(function: Function) -> Function:
        def run(**inputs: np.ndarray) -> Arrays:
            results = function(**{name: a.copy() for name, a in inputs.items()})
            with np.errstate(all="ignore"):
                inputs[argument][...] = change(inputs[argument])
            return results

        return run

    return _remembering("argument changed in place", f"{what}, in the caller's array", step, CHANGED, wrap)


def aliased(quantity: str, argument: str = "x") -> Mistake:
    """``out=x``: the result is right, stands in the argument's memory, and so has changed the argument."""

    def wrap(function: Function) -> Function:
        def run(**inputs: np.ndarray) -> Arrays:
            results = function(**{name: a.copy() for name, a in inputs.items()})
            inputs[argument][...] = results[quantity]
            return {**results, quantity: inputs[argument]}

        return run

    sentence = f"{quantity} written into the memory of {argument}"
    return _remembering("result aliasing the argument", sentence, quantity, ALIASED, wrap)


def _place(arrays: Arrays) -> tuple[object, ...]:
    return tuple((name, a.shape, a.dtype.name) for name, a in sorted(arrays.items()))


def stale(step: str) -> Mistake:
    """A cache whose key is the shapes of the arguments, not what is in them."""

    def wrap(function: Function) -> Function:
        kept: dict[tuple[object, ...], Arrays] = {}

        def run(**inputs: np.ndarray) -> Arrays:
            results = kept.setdefault(_place(inputs), function(**inputs))
            return {q: a.copy() for q, a in results.items()}

        return run

    return _remembering("stale result", "the result of an earlier call with the same shapes", step, STALE, wrap)


def reused(step: str) -> Mistake:
    """One buffer for every shape: what an earlier call returned is overwritten by the next."""

    def wrap(function: Function) -> Function:
        buffers: dict[tuple[object, ...], Arrays] = {}

        def run(**inputs: np.ndarray) -> Arrays:
            results = function(**inputs)
            kept = buffers.setdefault(_place(results), {q: np.empty_like(a) for q, a in results.items()})
            for q, a in results.items():
                kept[q][...] = a
            return dict(kept)

        return run

    sentence = "a buffer that the next call writes again"
    return _remembering("buffer written again", sentence, step, REUSED, wrap)


# --- the usual set -------------------------------------------------------------------------------------------


def _less_the_largest(x: np.ndarray) -> np.ndarray:
    return x - x.max(axis=-1, keepdims=True) if x.size else x


def memory(step: str, changes: Mistake, into: str) -> tuple[Mistake, ...]:
    """What is wrong with memory: ``changes``, and ``into`` the quantity that is written into the argument x."""
    return (changes, aliased(into), stale(step), reused(step))


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
        else changes_argument(step, "−x", np.negative)
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
