"""Derivatives without a step size: arrays of truncated Taylor series with ball coefficients.

Run an equation at ``Taylor.line(x, v)``, the line x + t v, and the coefficient of t encloses the exact
directional derivative. The series arithmetic is Arb's own (``arb_series``); only ``@`` is spelled out here,
coefficient by coefficient through ``arb_mat``, which is faster than series by series.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np
from flint import arb, arb_series

from .array import Objects, ScalarArray, boxed, fill, mapped
from .ball import Ball, floats, larger, matrix


def _coefficient(data: Objects, k: int) -> Objects:
    return mapped(lambda series: series[k], data)


def _larger(a: Objects, b: Objects) -> Objects:
    return mapped(lambda mid: arb_series([mid], Taylor.order), larger(_coefficient(a, 0), _coefficient(b, 0)))


class Taylor(ScalarArray):
    """An n-d array of series a₀ + a₁ t + O(t²)."""

    __slots__ = ()
    order = 2
    ufuncs: ClassVar = MappingProxyType(
        {
            np.add: lambda a, b: boxed(a + b),
            np.subtract: lambda a, b: boxed(a - b),
            np.multiply: lambda a, b: boxed(a * b),
            np.divide: lambda a, b: boxed(a / b),
            np.negative: lambda a: boxed(-a),
            np.exp: lambda a: mapped(arb_series.exp, a),
            np.log: lambda a: mapped(arb_series.log, a),
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
        """The largest value as a constant, with derivative 0, as for ``np.maximum``: §1.1 makes that right."""
        if axis is None:
            raise TypeError("max needs an axis")
        value = floats(_coefficient(self.data, 0))
        largest = np.take_along_axis(self.data, np.expand_dims(value.argmax(axis=axis), axis), axis=axis)
        constant = mapped(lambda series: arb_series([series[0].mid()], self.order), largest)
        return type(self)(constant if keepdims else constant.squeeze(axis))

    @property
    def value(self) -> Ball:
        """The constant coefficient: the equation at x."""
        return Ball(_coefficient(self.data, 0))

    @property
    def derivative(self) -> Ball:
        """The coefficient of t: the directional derivative at x along v."""
        return Ball(_coefficient(self.data, 1))
