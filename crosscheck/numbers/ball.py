"""Truth: arrays of Arb balls, midpoint ± radius, that provably hold the exact value.

Inputs convert exactly. Every operation rounds outward at the precision of the moment (``precision``), so a
result encloses the exact value whatever the precision; more bits only make it narrower. Arb: F. Johansson,
"Arb: efficient arbitrary-precision midpoint-radius interval arithmetic", IEEE Trans. Computers 66 (2017).

Two conventions are ours, and both keep the enclosure:

- e^x beyond |x| = 2⁶⁰ is out of reach of any format (and of Arb's own exp near 10³⁰⁰): it becomes a ball
  around [0, 2^(−2⁵⁰)] below, and above ``+inf``, "larger than 2^(2⁵⁰)", whose quotients are that ball again;
- an exact 0 times an infinity is 0: the limit behind "0 log 0 = 0" of the cross-entropy.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np
from flint import arb, arb_mat, ctx, fmpz

from .array import Objects, ScalarArray, boxed, fill, mapped

BITS = 128
_FAR = 2.0**60
_TINY_EXPONENT = fmpz(2) ** 50


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Run the balls (and the Taylor series, which are made of them) at ``bits`` of precision."""
    before = ctx.prec
    ctx.prec = bits
    try:
        yield
    finally:
        ctx.prec = before


def _tiny() -> arb:
    """A ball around [0, 2^(−2⁵⁰)]."""
    half = arb((fmpz(1), -_TINY_EXPONENT - 1))
    return arb(half, half)


def floats(data: Objects) -> np.ndarray:
    """The midpoints as float64, each the nearest; beyond the largest float64 it is ±inf."""
    return np.array([float(item) for item in data.ravel()], dtype=np.float64).reshape(data.shape)


def _exp_far(x: arb) -> arb:
    if x.is_nan():
        return arb.nan()
    if x > _FAR:
        return arb.pos_inf()
    if x < -_FAR:
        return arb(0) if not x.is_finite() else _tiny()
    return x.exp()


def _exp(data: Objects) -> Objects:
    if not (np.abs(floats(data)) < _FAR / 2).all():
        return mapped(_exp_far, data)
    return mapped(arb.exp, data)


def _times_extended(a: arb, b: arb) -> arb:
    return arb(0) if a == 0 or b == 0 else a * b


def _multiply(a: Objects, b: Objects) -> Objects:
    product = boxed(a * b)
    if all(item.is_finite() for item in product.ravel()):
        return product
    return boxed(np.frompyfunc(_times_extended, 2, 1)(a, b))


def _over_extended(a: arb, b: arb) -> arb:
    if not b.is_finite() and a.is_finite():
        if b > 0:
            return a * _tiny()
        if b < 0:
            return -a * _tiny()
    return a / b


def _divide(a: Objects, b: Objects) -> Objects:
    if all(item.is_finite() for item in b.ravel()):
        return boxed(a / b)
    return boxed(np.frompyfunc(_over_extended, 2, 1)(a, b))


class Ball(ScalarArray):
    """An n-d array of balls. ``Ball.of(array_of_floats)`` is exact."""

    __slots__ = ()
    ufuncs: ClassVar = MappingProxyType(
        {
            np.add: lambda a, b: boxed(a + b),
            np.subtract: lambda a, b: boxed(a - b),
            np.multiply: _multiply,
            np.divide: _divide,
            np.negative: lambda a: boxed(-a),
            np.exp: _exp,
            np.log: lambda a: mapped(arb.log, a),
        }
    )

    @classmethod
    def scalar(cls, value: Any) -> arb:
        return value if isinstance(value, arb) else arb(value)

    @classmethod
    def matmul(cls, a: Objects, b: Objects) -> Objects:
        product = matrix(a) * matrix(b)
        return fill(product.entries(), (a.shape[0], b.shape[1]))

    def max(self, axis: int | None = None, keepdims: bool = False) -> Self:
        """The midpoint of the entry whose midpoint is largest, as an exact constant."""
        if axis is None:
            raise TypeError("max needs an axis")
        mid = floats(self.data)
        where = np.expand_dims(np.where(np.isnan(mid), -np.inf, mid).argmax(axis=axis), axis)
        largest = mapped(arb.mid, np.take_along_axis(self.data, where, axis=axis))
        return type(self)(largest if keepdims else largest.squeeze(axis))


def matrix(data: Objects) -> arb_mat:
    """A two-dimensional object array of balls as an Arb matrix."""
    if data.ndim != 2:
        raise ValueError(f"@ takes matrices, got {data.ndim} dimensions")
    return arb_mat(*data.shape, data.ravel().tolist())
