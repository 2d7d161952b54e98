"""Mistakes with memory: the numbers that come back are right, and something else is not.

``shows`` says what a run of one shows. Each starts afresh with every program that is made of it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..cases import Arrays
from ..mistake import ALIASED, CHANGED, REUSED, STALE, Function, Mistake


def _remembering(name: str, sentence: str, step: str, shows: str, wrap: Callable[[Function], Function]) -> Mistake:
    return Mistake(name, sentence, step, wrap=wrap, shows=shows, limited=True)


def changes_argument(
    step: str,
    what: str,
    change: Callable[[np.ndarray, Arrays], np.ndarray],
    argument: str = "x",
) -> Mistake:
    """The results are right; the caller's array is now ``change(array, results)``."""

    def wrap(function: Function) -> Function:
        def run(**inputs: np.ndarray) -> Arrays:
            results = function(**{name: a.copy() for name, a in inputs.items()})
            with np.errstate(all="ignore"):
                inputs[argument][...] = change(inputs[argument], results)
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


def memory(step: str, changes: Mistake, into: str) -> tuple[Mistake, ...]:
    """What is wrong with memory: ``changes``, and ``into`` the quantity that is written into the argument x."""
    return (changes, aliased(into), stale(step), reused(step))
