"""The smallest input that still shows a failure: few rows and classes, round numbers. Hypothesis shrinks.

What is drawn is a part of the failing input: some of the entries along every named axis, and every number as it
is, or rounded to fewer digits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from random import Random
from typing import Any

import numpy as np

from ..cases import Arrays
from ..formats import FORMATS, Format
from ..operation import Operation

_CALLS = 400
"""Calls that the shrinking of one failure may take; counted, so that the same seed finds the same example."""

_SECONDS = 10.0
"""Where calls are slow it ends by the clock."""

_EXAMPLES = 300
_DIGITS = (0, 1, 2, None)
"""To how many digits after the point numbers are rounded; None leaves them as they are."""


def shrink(one: Operation, inputs: Arrays, format: Format, fails: Callable[[Arrays], bool], seed: int) -> Arrays:
    """The smallest part of the inputs found at which ``fails`` is true still; the inputs themselves if none is.

    Where Hypothesis is not installed, axes are halved and nothing more.
    """
    end, calls = time.monotonic() + _SECONDS, 0

    def still_fails(drawn: Arrays) -> bool:
        nonlocal calls
        calls += 1
        return calls <= _CALLS and time.monotonic() < end and fails(drawn)

    start = _halved(one, inputs, still_fails)
    best, size = start, _size(start)
    try:
        from hypothesis import HealthCheck, Phase, find, settings
        from hypothesis.errors import HypothesisException
    except ImportError:
        return best

    def condition(drawn: Arrays) -> bool:
        nonlocal best, size
        if not still_fails(drawn):
            return False
        if _size(drawn) <= size:
            best, size = drawn, _size(drawn)
        return True

    quiet = settings(
        max_examples=_EXAMPLES,
        database=None,
        deadline=None,
        derandomize=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    with suppress(HypothesisException):  # no part of it fails: the input is as small as it gets
        find(_parts(one, start, format), condition, settings=quiet, random=Random(seed))
    return best


def _size(inputs: Arrays) -> tuple[int, int]:
    """Numbers, then characters that it takes to write them."""
    return sum(a.size for a in inputs.values()), sum(
        len(repr(v)) for a in inputs.values() for v in a.ravel().tolist()
    )


def axes(one: Operation, inputs: Arrays) -> dict[str, int]:
    """The lengths of the named axes; ``...`` stands for the first axis where it is one or more."""
    found: dict[str, int] = {}
    for name, a in inputs.items():
        for label, position in labels(one.shapes[name], a.ndim):
            found[label] = a.shape[position]
    return found


def labels(shape: str, ndim: int) -> list[tuple[str, int]]:
    """(name, position) of every axis: those under ``...`` are called ``...0``, ``...1``, …

    >>> labels("... n", 3)
    [('...0', 0), ('...1', 1), ('n', 2)]
    """
    names = shape.split()
    named = [name for name in names if name != "..."]
    leading = ndim - len(named)
    return [(f"...{i}", i) for i in range(leading)] + [(name, leading + i) for i, name in enumerate(named)]


def part(one: Operation, inputs: Arrays, chosen: Mapping[str, list[int]]) -> Arrays:
    """The entries of every array at the chosen places of the named axes."""
    found = {}
    for name, a in inputs.items():
        for label, position in labels(one.shapes[name], a.ndim):
            if label in chosen:
                a = a.take(chosen[label], axis=position)
        found[name] = a
    return found


def _halved(one: Operation, inputs: Arrays, fails: Callable[[Arrays], bool]) -> Arrays:
    """Axes cut in half for as long as one half fails, so that there is little left to choose from."""
    current = inputs
    for label, length in axes(one, inputs).items():
        while length > 1:
            halves = ([*range(length // 2)], [*range(length // 2, length)])
            found = (part(one, current, {label: half}) for half in halves)
            smaller = next((p for p in found if fails(p)), None)
            if smaller is None:
                break
            current, length = smaller, axes(one, smaller)[label]
    return current


def _parts(one: Operation, inputs: Arrays, format: Format) -> Any:
    """Parts of the inputs, as a strategy of Hypothesis that shrinks to few and round numbers."""
    from hypothesis import strategies as st

    lengths = axes(one, inputs)

    @st.composite
    def parts(draw: Any) -> Arrays:
        chosen = {}
        for label, length in lengths.items():
            first = draw(st.integers(0, length - 1)) if length else 0
            kept = draw(st.lists(st.integers(0, length - 1), unique=True, max_size=length)) if length > 1 else []
            chosen[label] = sorted({first, *kept}) if length else []
        digits = draw(st.sampled_from(_DIGITS))
        return {
            name: _rounded(a, digits, format) if a.dtype.kind not in "iu" else a
            for name, a in part(one, inputs, chosen).items()
        }

    return parts()


def _rounded(a: np.ndarray, digits: int | None, format: Format) -> np.ndarray:
    """The numbers of the format nearest to those with fewer digits; what is no number stays."""
    if digits is None or a.dtype.name not in FORMATS:
        return a
    wide = a.astype(np.float64)
    with np.errstate(all="ignore"):
        rounded = np.where(np.isfinite(wide), np.round(wide, digits) + 0.0, wide)  # −0 + 0 is 0
        return format.round(np.where(np.isfinite(rounded), rounded, wide))
