"""Try a claim: by algebra at a small shape, and by enclosures at seeded points of several shapes."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor, log10
from typing import Any

import numpy as np
from flint import arb

from ..cases import CaseUnavailableError
from ..numbers.array import Objects
from ..numbers.ball import BITS, Ball, precision
from .claims import Claim
from .points import SHAPES, SMALL, Shape, point, symbols
from .verdict import Algebra, Meeting, Verdict, Witness

DIGITS = 30
"""Enclosures have met when they agree to so many digits; until then the precision is doubled."""

MAX_BITS = 512
NO_SYMPY = "not run: install sympy (pip install -e '.[proof]')"
ANY = " where its maxima may be any numbers"
DEPENDS = "the definition's value depends on a maximum in it, of which algebra knows no derivative"
NO_DIGITS = "not run: install scikit-learn (pip install -e '.[data]')"

_LARGEST_WITNESS = 64
"""A witness carries arrays of up to so many entries; larger ones are told by the shape and the seed."""


def prove(claim: Claim, shapes: tuple[Shape, ...] = SHAPES, seed: int = 0, small: Shape = SMALL) -> Verdict:
    """The verdict on a claim: by algebra at ``small``, by enclosures at ``shapes``, the smallest first.

    A claim that two enclosures refute is not tried further. ``ValueError`` and ``IndexError`` from the claimed
    function are a refutation (its shapes do not fit); other exceptions are the caller's to see.
    """
    meetings: list[Meeting] = []
    for shape in shapes:
        meeting, witness = meet(claim, shape, seed)
        meetings.append(meeting)
        if witness is not None:
            return Verdict(claim.text, by_algebra(claim, small), tuple(meetings), witness)
    return Verdict(claim.text, by_algebra(claim, small), tuple(meetings))


def by_algebra(claim: Claim, shape: Shape) -> Algebra:
    """Whether every entry of the difference is proved to be 0, for every real input of this shape."""
    try:
        from ..numbers.symbol import holds_a_maximum, is_zero
    except ImportError:
        return Algebra(str(shape), None, NO_SYMPY)
    for values in symbols(claim.inputs, shape):
        try:
            difference = claim.differences(values)
            shifts = claim.shifts(values)
        except (ValueError, IndexError) as error:
            return Algebra(str(shape), False, str(error))
        if not all(map(is_zero, shifts)):
            return Algebra(str(shape), False, DEPENDS)
        for index, entry in np.ndenumerate(difference):
            if not is_zero(entry):
                why = ANY if holds_a_maximum(entry) else ""
                return Algebra(str(shape), False, f"{_entry(index)} does not reduce to 0{why}")
    return Algebra(str(shape), True)


def meet(claim: Claim, shape: Shape, seed: int) -> tuple[Meeting, Witness | None]:
    """Both sides at one seeded point, at 128 bits or more; a witness where they are provably different."""
    try:
        values = point(claim.inputs, shape, seed)
    except CaseUnavailableError:
        return Meeting(str(shape), None, note=NO_DIGITS), None
    error = _misfit(claim, values)
    if error:
        return Meeting(str(shape), None), Witness(str(shape), "", "", "", _told(values, seed), error)
    bits, digits = BITS, None
    while bits <= MAX_BITS:
        with precision(bits):
            left, right = claim.sides(values, np.random.default_rng([seed, 1]))
            apart = _apart(left.data, right.data)
            if apart is not None:
                ends = _told_apart(left.data[apart], right.data[apart])
                witness = Witness(str(shape), _entry(apart), ends[0], ends[1], _told(values, seed))
                return Meeting(str(shape), None, bits), witness
            digits = _digits(left, right, bits)
        if digits >= DIGITS:
            return Meeting(str(shape), digits, bits), None
        bits *= 2
    return Meeting(str(shape), None, MAX_BITS), None


def _misfit(claim: Claim, values: Mapping[str, Any]) -> str:
    """What is wrong with the shapes of the claim, or nothing."""
    try:
        wanted, got = claim.shapes(values)
    except (ValueError, IndexError) as error:
        return f"shapes do not fit: {error}".strip()
    return "" if wanted == got else f"shape {got}, expected {wanted}"


def _apart(left: Objects, right: Objects) -> tuple[int, ...] | None:
    """The index of an entry whose enclosures are disjoint, the one with the widest gap."""
    gaps = [
        (float(abs(a.mid() - b.mid())), index)
        for (index, a), b in zip(np.ndenumerate(left), right.ravel(), strict=True)
        if not a.overlaps(b)
    ]
    return max(gaps)[1] if gaps else None


def _told_apart(a: arb, b: arb) -> tuple[str, str]:
    """Both in so many digits, 12 or more, that what is printed is disjoint as well."""
    ends = [(a.str(digits), b.str(digits)) for digits in (12, 20, 40, 80, 160)]
    return next((pair for pair in ends if not arb(pair[0]).overlaps(arb(pair[1]))), ends[-1])


def _digits(left: Ball, right: Ball, bits: int) -> int:
    return min(
        (_common(a, b, bits) for a, b in zip(left.data.ravel(), right.data.ravel(), strict=True)),
        default=floor(bits * log10(2)),
    )


def _common(a: arb, b: arb, bits: int) -> int:
    """⌊−log₁₀(width of the union / |value|)⌋, at most what ``bits`` can hold."""
    union = a.union(b)
    most = floor(bits * log10(2))
    width, size = 2 * float(union.rad()), abs(float(union.mid()))
    if width == 0:
        return most
    return min(most, max(0, floor(-log10(width / size)))) if width < size else 0


def _entry(index: tuple[int, ...]) -> str:
    return f"entry [{', '.join(map(str, index))}]" if index else "the value"


def _told(values: Mapping[str, Any], seed: int) -> dict[str, Any]:
    return {
        name: value
        if isinstance(value, int)
        else value.tolist()
        if value.size <= _LARGEST_WITNESS
        else f"shape {value.shape}, seed {seed}"
        for name, value in values.items()
    }
