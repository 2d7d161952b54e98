"""Truth: an equation and its inputs → balls that provably hold the exact value → correctly rounded arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb

from .formats import FORMATS, Format, format_of
from .numbers.array import Objects, boxed, mapped
from .numbers.ball import BITS, Ball, floats, precision, undecided

MAX_BITS = 16384
"""Precision doubles from ``BITS`` until the question is decided, up to here."""


class UndecidedError(ArithmeticError):
    """The enclosure is still too wide at ``MAX_BITS`` bits."""


class Enclosure:
    """An enclosure of the exact value of an equation, as narrow as the question needs.

    ``evaluate`` computes the balls at the precision of the moment. ``special`` holds the values that the table of
    special values fixes (float64; NaN, ±inf), where ``mask`` is true; elsewhere the balls speak.

    Nothing is computed before it is asked for.
    """

    def __init__(
        self,
        evaluate: Callable[[], Ball],
        special: tuple[np.ndarray, np.ndarray] | None = None,
        bits: int = BITS,
    ) -> None:
        self._evaluate = evaluate
        self._special = special
        self._bits = bits
        self._balls: Objects | None = None

    def balls(self) -> Objects:
        """The balls, at the precision reached so far."""
        if self._balls is None:
            with precision(self._bits):
                self._balls = self._evaluate().data
        return self._balls

    @property
    def bits(self) -> int:
        """The working precision reached so far."""
        return self._bits

    def _refine(self) -> None:
        if self._bits >= MAX_BITS:
            raise UndecidedError(f"the enclosure is still too wide at {self._bits} bits")
        self._bits *= 2
        self._balls = None

    def __repr__(self) -> str:
        worst = float(np.max(self.radius, initial=0.0))
        return f"Enclosure({np.array2string(self.mid, threshold=8)} ± {worst:.0e}, {self._bits} bits)"

    @property
    def shape(self) -> tuple[int, ...]:
        return self.balls().shape

    @property
    def mid(self) -> np.ndarray:
        """The midpoints, as the nearest float64."""
        return self._with_special(floats(self.balls()))

    @property
    def radius(self) -> np.ndarray:
        """How far the exact values may lie from ``mid``, as float64 rounded up; 0 where ``mid`` is exact."""
        balls = self.balls()
        with precision(self._bits):
            distance = mapped(lambda ball: abs(ball).upper(), boxed(balls - Ball.of(floats(balls)).data))
        radius = _outward(distance, np.inf)
        known = np.isnan(radius) & ~mapped(undecided, balls).astype(bool)
        return self._with_special(np.where(known, 0.0, radius), 0.0)

    @property
    def lower(self) -> np.ndarray:
        """Float64 numbers that are at most the exact values."""
        return self._with_special(_outward(self._ends(arb.lower), -np.inf))

    @property
    def upper(self) -> np.ndarray:
        """Float64 numbers that are at least the exact values."""
        return self._with_special(_outward(self._ends(arb.upper), np.inf))

    def split(self, format: Format) -> tuple[np.ndarray, np.ndarray]:
        """(hi, lo) in float64: hi + lo is the exact value to a thousandth of the format's ulp.

        ``lo`` cannot be finer than 2^−1075, so for subnormal float64 values it is half an ulp. Special values and
        values beyond the largest float64 stand in ``hi``, with ``lo`` = 0. UndecidedError at ``MAX_BITS``.
        """
        while True:
            balls = self.balls()
            hi = floats(balls)
            settled = np.asarray(_radii(balls) <= format.ulp(hi) * 2.0**-10)
            for i in map(tuple, np.argwhere(~np.isfinite(hi))):
                settled[i] = not undecided(balls[i]) and (np.isnan(hi[i]) or np.isinf(float(balls[i].abs_lower())))
            if self._all_settled(settled):
                break
            self._refine()
        with precision(self._bits):
            lo = _beside(balls, hi)
        hi = self._with_special(hi)
        return hi, np.where(np.isfinite(hi) & np.isfinite(lo), lo, 0.0)

    def round(self, dtype: object = "float64") -> np.ndarray:
        """The exact values correctly rounded to a format, straight: nearest, ties to even; NaN stays NaN.

        A value that underflows to zero keeps its sign; an exact zero is +0, and so is a value whose enclosure
        still reaches to both sides of zero when it is known to round to it. UndecidedError at ``MAX_BITS``.
        """
        format = format_of(dtype)
        while True:
            balls = self.balls()
            with precision(self._bits):
                rounded, settled = _round_near(balls, format)
                open_ = ~settled
                rounded[open_], settled[open_] = _round_ends(balls[open_], format)
            if self._all_settled(settled):
                return self._with_special(rounded).astype(format.dtype)
            self._refine()

    def ulp_error(self, actual: Any, dtype: object = None) -> np.ndarray:
        """|actual − exact| in ulps of the exact value in ``actual``'s format; NaN beside NaN is 0.

        ValueError where the shapes differ, TypeError where ``actual`` has none of the formats' dtypes.
        """
        actual = np.asarray(actual)
        if actual.shape != self.shape:
            raise ValueError(f"actual: got shape {actual.shape}, expected {self.shape}")
        if dtype is None and actual.dtype.name not in FORMATS:
            raise TypeError(f"actual: got dtype {actual.dtype.name}, expected one of {', '.join(FORMATS)}")
        format = format_of(actual.dtype if dtype is None else dtype)
        return ulps(actual, *self.split(format), format)

    def _ends(self, end: Callable[[arb], arb]) -> Objects:
        balls = self.balls()
        with precision(self._bits):
            return mapped(end, balls)

    def _with_special(self, values: np.ndarray, instead: float | None = None) -> np.ndarray:
        if self._special is None:
            return values
        mask, special = self._special
        return np.where(mask, special if instead is None else instead, values)

    def _all_settled(self, settled: np.ndarray) -> bool:
        return bool((settled if self._special is None else settled | self._special[0]).all())


def ulps(actual: np.ndarray, hi: np.ndarray, lo: np.ndarray, format: Format) -> np.ndarray:
    """The distance of ``actual`` from hi + lo in ulps of it: 0 where both are the same infinity or NaN."""
    wide = actual.astype(np.float64)
    with np.errstate(all="ignore"):
        error = np.abs((wide - hi) - lo) / format.ulp(hi)
        if np.isfinite(error).all():
            return np.asarray(error)
        # Beyond the format's largest number the correctly rounded result is an infinity, which is no error.
        same = (wide == hi) | (np.isnan(wide) & np.isnan(hi))
        overflow = np.isinf(wide) & (wide == format.round(hi, np.sign(lo)).astype(np.float64))
    return np.where((same & (lo == 0)) | overflow, 0.0, np.where(np.isnan(error), np.inf, error))


def _radii(balls: Objects) -> np.ndarray:
    """The radii, each the nearest float64."""
    radii = map(arb.rad, balls.ravel().tolist())
    return np.fromiter(map(float, radii), np.float64, balls.size).reshape(balls.shape)


def _beside(balls: Objects, near: np.ndarray) -> np.ndarray:
    """The midpoints of balls − near, as float64."""
    pairs = zip(balls.ravel().tolist(), near.ravel().tolist(), strict=True)
    return np.fromiter((float(ball - n) for ball, n in pairs), np.float64, balls.size).reshape(balls.shape)


def _beyond(points: Objects, near: np.ndarray) -> np.ndarray:
    """The sign of points − near, without the underflow that a float64 difference has."""
    signs = [(point > n) - (point < n) for point, n in zip(points.ravel(), near.ravel().tolist(), strict=True)]
    return np.array(signs, dtype=int).reshape(points.shape)


def _outward(points: Objects, direction: float) -> np.ndarray:
    near = floats(points)
    inside = _beyond(points, near) == np.sign(direction)
    return np.where(inside, np.nextafter(near, direction), near)


def _round_near(balls: Objects, format: Format) -> tuple[np.ndarray, np.ndarray]:
    """The rounded values in float64, and where float64 arithmetic is enough to be sure of them.

    That is where the midpoint with all that it may be off (the radius, and under 4 roundings of float64) rounds to
    one and the same number, other than zero, whose sign needs more care.
    """
    hi, radius = floats(balls), _radii(balls)
    with np.errstate(all="ignore"):
        if format.precision == 53:
            lo = _beside(balls, hi)
            gap = np.abs(hi) - np.nextafter(np.abs(hi), 0)
            return hi, np.asarray((np.abs(lo) + radius) * 1.001 < gap / 2)
        off = radius * 1.001 + np.abs(hi) * 2.0**-51 + format.smallest_subnormal * 2.0**-60
        low, high = (np.asarray(format.round(hi + d), dtype=np.float64) for d in (-off, off))
    return low, np.asarray((low == high) & (low != 0) & np.isfinite(hi))


def _round_ends(balls: Objects, format: Format) -> tuple[np.ndarray, np.ndarray]:
    """The rounded values in float64 where both ends of a ball round to one number, and where they do."""
    ends = [mapped(end, balls) for end in (arb.lower, arb.upper)]
    nears = [floats(points) for points in ends]
    signs = [_beyond(points, near) for points, near in zip(ends, nears, strict=True)]
    low, high = (format.round(n, sign).astype(np.float64) for n, sign in zip(nears, signs, strict=True))
    numbers = np.isnan(low) & ~mapped(undecided, balls).astype(bool)
    below = np.array([low < 0 and not high > 0 for low, high in zip(*ends, strict=True)], dtype=bool)
    return np.where(low == 0, np.where(below, -0.0, 0.0), low), (low == high) | numbers
