"""Derivatives without a step size: arrays of truncated Taylor series with ball coefficients.

Run an equation at ``Taylor.line(x, v)``, the line x + t v, and the coefficient of t encloses the exact
directional derivative. The series arithmetic is Arb's own (``arb_series``); only ``@`` is spelled out here,
coefficient by coefficient through ``arb_mat``, which is faster than series by series.

``max`` and ``np.maximum`` are the larger series, with its slope: a function whose value depends on its maximum,
such as max(x, 0), has the derivative that it has, and one that does not (§1.1) has the same whatever the slope.
Where balls cannot tell which is larger the slope encloses both, hence also both one-sided derivatives at a tie.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np
from flint import arb, arb_series

from .array import ARITHMETIC, Objects, ScalarArray, boxed, fill, mapped
from .ball import Ball, matrix


def _coefficient(data: Objects, k: int) -> Objects:
    return mapped(lambda series: series[k], data)


def _larger_series(a: arb_series, b: arb_series) -> arb_series:
    if a[0] > b[0] or b[0] > a[0]:
        return a if a[0] > b[0] else b
    return arb_series([a[0].max(b[0]), a[1].union(b[1])], Taylor.order)


def _larger(a: Objects, b: Objects) -> Objects:
    return boxed(np.frompyfunc(_larger_series, 2, 1)(a, b))


class Taylor(ScalarArray):
    """An n-d array of series a₀ + a₁ t + O(t²)."""

    __slots__ = ()
    order = 2
    ufuncs: ClassVar = MappingProxyType(
        {
            **ARITHMETIC,
            np.exp: lambda a: mapped(arb_series.exp, a),
            np.log: lambda a: mapped(arb_series.log, a),
            np.sqrt: lambda a: mapped(arb_series.sqrt, a),
            np.maximum: _larger,
        }
    )

    @classmethod
    def line(cls, x: Any, v: Any) -> Self:
        """x + t v for arrays of floats or balls of one shape."""
        start, slope = Ball.of(x).data, Ball.of(v).data
        if start.shape != slope.shape:
            raise ValueError(f"x has shape {start.shape}, v has shape {slope.shape}; they must be equal")
        pairs = zip(start.ravel(), slope.ravel(), strict=True)
        return cls(fill((arb_series([a, b], cls.order) for a, b in pairs), start.shape))

    @classmethod
    def scalar(cls, value: Any) -> arb_series:
        return value if isinstance(value, arb_series) else arb_series([arb(value)], cls.order)

    @classmethod
    def matmul(cls, a: Objects, b: Objects) -> Objects:
        left = [matrix(_coefficient(a, k)) for k in range(cls.order)]
        right = [matrix(_coefficient(b, k)) for k in range(cls.order)]
        terms = [(left[0] * right[0]).entries(), (left[0] * right[1] + left[1] * right[0]).entries()]
        series = (arb_series(list(pair), cls.order) for pair in zip(*terms, strict=True))
        return fill(series, (a.shape[0], b.shape[1]))

    def max(self, axis: int | None = None, keepdims: bool = False) -> Self:
        """The largest entry with its slope."""
        return self._max_of_all(keepdims) if axis is None else self._reduced(_larger, axis, keepdims)

    @property
    def value(self) -> Ball:
        """The constant coefficient: the equation at x."""
        return Ball(_coefficient(self.data, 0))

    @property
    def derivative(self) -> Ball:
        """The coefficient of t: the directional derivative at x along v."""
        return Ball(_coefficient(self.data, 1))
