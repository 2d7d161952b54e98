"""Truth: an equation and its inputs → balls that provably hold the exact value → correctly rounded arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .formats import Format, format_of
from .numbers.array import Objects, boxed
from .numbers.ball import BITS, Ball, floats, precision

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
    ) -> None:
        self._evaluate = evaluate
        self._special = special
        self._bits = BITS
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

    @property
    def shape(self) -> tuple[int, ...]:
        return self.balls().shape

    @property
    def mid(self) -> np.ndarray:
        """The midpoints, as the nearest float64."""
        return self._with_special(floats(self.balls()))

    @property
    def radius(self) -> np.ndarray:
        """The radii, as float64 rounded up."""
        return np.nextafter(floats(_each(self.balls(), "rad")), np.inf)

    @property
    def lower(self) -> np.ndarray:
        """Float64 numbers that are at most the exact values."""
        return self._with_special(_outward(self.balls(), "lower", -np.inf))

    @property
    def upper(self) -> np.ndarray:
        """Float64 numbers that are at least the exact values."""
        return self._with_special(_outward(self.balls(), "upper", np.inf))

    def split(self, format: Format) -> tuple[np.ndarray, np.ndarray]:
        """(hi, lo) in float64: hi + lo is the exact value to a thousandth of the format's ulp.

        Special values and values beyond the largest float64 stand in ``hi``, with ``lo`` = 0.
        """
        while True:
            balls = self.balls()
            hi = floats(balls)
            radius = floats(_each(balls, "rad"))
            settled = (radius <= format.ulp(hi) * 2.0**-10) | ~np.isfinite(hi)
            if settled.all() or self._decided_by_table(settled):
                break
            self._refine()
        with precision(self._bits):
            lo = floats(boxed(balls - Ball.of(hi).data))
        hi = self._with_special(hi)
        return hi, np.where(np.isfinite(hi), np.where(np.isfinite(lo), lo, 0.0), 0.0)

    def round(self, dtype: object = "float64") -> np.ndarray:
        """The exact values correctly rounded to a format, straight: nearest, ties to even; NaN stays NaN.

        A value that underflows to zero keeps its sign; an exact zero is +0.
        """
        format = format_of(dtype)
        while True:
            balls = self.balls()
            with precision(self._bits):
                ends = [_round_points(_each(balls, end), format) for end in ("lower", "upper")]
            settled = (ends[0] == ends[1]) | np.isnan(ends[0].astype(np.float64))
            if settled.all() or self._decided_by_table(settled):
                break
            self._refine()
        # An enclosure that straddles zero and rounds to it leaves the sign open: the midpoint's is taken.
        wide = ends[1].astype(np.float64)
        zero = np.where(floats(balls) < 0, -0.0, 0.0)
        exact = self._with_special(np.where(wide == 0, zero, wide))
        return exact.astype(format.dtype)

    def ulp_error(self, actual: Any, dtype: object = None) -> np.ndarray:
        """|actual − exact| in ulps of the exact value in ``actual``'s format; NaN beside NaN is 0."""
        actual = np.asarray(actual)
        format = format_of(actual.dtype if dtype is None else dtype)
        return ulps(actual, *self.split(format), format)

    def _with_special(self, values: np.ndarray) -> np.ndarray:
        if self._special is None:
            return values
        mask, special = self._special
        return np.where(mask, special, values)

    def _decided_by_table(self, settled: np.ndarray) -> bool:
        return self._special is not None and bool((settled | self._special[0]).all())


def ulps(actual: np.ndarray, hi: np.ndarray, lo: np.ndarray, format: Format) -> np.ndarray:
    """The distance of ``actual`` from hi + lo in ulps of it: 0 where both are the same infinity or NaN."""
    wide = actual.astype(np.float64)
    with np.errstate(all="ignore"):
        error = np.abs((wide - hi) - lo) / format.ulp(hi)
        # Beyond the format's largest number the correctly rounded result is an infinity, which is no error.
        same = (wide == hi) | (np.isnan(wide) & np.isnan(hi))
        overflow = np.isinf(wide) & (wide == format.round(hi, np.sign(lo)).astype(np.float64))
    return np.where((same & (lo == 0)) | overflow, 0.0, np.where(np.isnan(error), np.inf, error))


def _each(balls: Objects, method: str) -> Objects:
    out = np.empty(balls.size, dtype=object)
    for i, ball in enumerate(balls.ravel()):
        out[i] = getattr(ball, method)()
    return out.reshape(balls.shape)


def _outward(balls: Objects, end: str, direction: float) -> np.ndarray:
    points = _each(balls, end)
    near = floats(points)
    inside = floats(boxed(points - Ball.of(near).data)) * direction > 0
    return np.where(inside, np.nextafter(near, direction), near)


def _round_points(points: Objects, format: Format) -> np.ndarray:
    near = floats(points)
    return format.round(near, np.sign(np.nan_to_num(floats(boxed(points - Ball.of(near).data)))))
