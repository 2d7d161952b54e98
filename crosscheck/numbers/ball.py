"""Truth: arrays of Arb balls, midpoint ± radius, that provably hold the exact value.

Inputs convert exactly. Every operation rounds outward at the precision of the moment (``precision``), so a
result encloses the exact value whatever the precision; more bits only make it narrower. Arb: F. Johansson,
"Arb: efficient arbitrary-precision midpoint-radius interval arithmetic", IEEE Trans. Computers 66 (2017).

What is not a real number:

- an infinite input is an exact infinity: e^(−inf) = 0, log 0 = −inf, 1/inf = 0. A finite number, however large,
  never becomes one: e^(10³⁰⁰) is a ball like any other;
- an exact 0 times an infinity is 0: the limit behind "0 log 0 = 0" of the cross-entropy (for ``*``, not in ``@``);
- NaN ± 0 is what has no value (inf − inf, 1/0, log(−1), a NaN input); NaN ± inf is what this precision cannot
  tell, such as 1/b where b may be 0. See ``undecided``.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np
from flint import arb, arb_mat, ctx

from .array import ARITHMETIC, Objects, ScalarArray, boxed, fill, mapped

BITS = 128
ALONE = threading.RLock()
"""Held by the thread that computes a truth: the precision is Arb's own, one for all threads."""

_NEAR = 2.0**60
_FAR_BITS = 1024 + BITS
"""Enough to reduce any float64 argument of exp to a fraction, which Arb needs for a finite result."""


def working_precision() -> int:
    """The bits that are worked with at the moment."""
    return int(ctx.prec)


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Run the balls (and the Taylor series, which are made of them) at ``bits`` of precision.

    Other threads that want a precision wait until this one is done with its own.
    """
    with ALONE:
        before = ctx.prec
        ctx.prec = bits
        try:
            yield
        finally:
            ctx.prec = before


def floats(data: Objects) -> np.ndarray:
    """The midpoints as float64, each the nearest; beyond the largest float64 it is ±inf."""
    return np.fromiter(map(float, data.ravel().tolist()), np.float64, data.size).reshape(data.shape)


def undecided(ball: arb) -> bool:
    """Whether nothing is known of the value at this precision: NaN ± inf."""
    return ball.is_nan() and not ball.rad().is_finite()


def _nan() -> arb:
    return arb(float("nan"))


def _no_number(ball: arb) -> bool:
    return ball.is_nan() and ball.rad().is_finite()


def _finite(data: Objects) -> bool:
    return all(map(arb.is_finite, data.ravel().tolist()))


def _exp_extended(x: arb) -> arb:
    if _no_number(x):
        return _nan()
    if abs(x) > _NEAR and x.is_finite():
        with precision(max(ctx.prec, _FAR_BITS)):
            return x.exp()
    return x.exp()


def _exp(data: Objects) -> Objects:
    result = mapped(arb.exp, data)
    return result if _finite(result) else mapped(_exp_extended, data)


def _log_extended(x: arb) -> arb:
    if _no_number(x) or x < 0:
        return _nan()
    return arb.neg_inf() if x == 0 else x.log()


def _log(data: Objects) -> Objects:
    result = mapped(arb.log, data)
    return result if _finite(result) else mapped(_log_extended, data)


def _times_extended(a: arb, b: arb) -> arb:
    if _no_number(a) or _no_number(b):
        return _nan()
    if (a == 0 and not undecided(b)) or (b == 0 and not undecided(a)):
        return arb(0)
    return a * b


def _multiply(a: Objects, b: Objects) -> Objects:
    product = boxed(a * b)
    return product if _finite(product) else boxed(np.frompyfunc(_times_extended, 2, 1)(a, b))


def _over_extended(a: arb, b: arb) -> arb:
    both_infinite = not a.is_nan() and not b.is_nan() and not a.is_finite() and not b.is_finite()
    if _no_number(a) or _no_number(b) or b == 0 or (both_infinite and a.is_exact() and b.is_exact()):
        return _nan()
    return a / b


def _divide(a: Objects, b: Objects) -> Objects:
    quotient = boxed(a / b)
    return quotient if _finite(quotient) else boxed(np.frompyfunc(_over_extended, 2, 1)(a, b))


def larger(a: Objects, b: Objects) -> Objects:
    """The midpoint of the ball whose midpoint is larger, as an exact constant; 0 where that is no finite number.

    A shift, for equations whose value no shift changes: any number is right, the larger one avoids overflow.
    """
    left, right = (np.where(np.isnan(mid), -np.inf, mid) for mid in (floats(a), floats(b)))
    return mapped(lambda x: x.mid() if x.is_finite() else arb(0), np.where(left >= right, a, b))


def _dot_extended(row: Objects, column: Objects) -> arb:
    terms = (_nan() if _no_number(a) or _no_number(b) else a * b for a, b in zip(row, column, strict=True))
    return sum(terms, arb(0))


class Ball(ScalarArray):
    """An n-d array of balls. ``Ball.of(array_of_floats)`` is exact."""

    __slots__ = ()
    ufuncs: ClassVar = MappingProxyType(
        {
            **ARITHMETIC,
            np.multiply: _multiply,
            np.divide: _divide,
            np.exp: _exp,
            np.log: _log,
            np.sqrt: lambda a: mapped(arb.sqrt, a),
            np.maximum: larger,
        }
    )

    @classmethod
    def scalar(cls, value: Any) -> arb:
        return value if isinstance(value, arb) else arb(value)

    @classmethod
    def scalars(cls, numbers: list[Any]) -> Iterable[arb]:
        return map(arb, numbers)

    @classmethod
    def matmul(cls, a: Objects, b: Objects) -> Objects:
        product = fill((matrix(a) * matrix(b)).entries(), (a.shape[0], b.shape[1]))
        if not _finite(product):
            for i, j in np.ndindex(product.shape):
                entry: arb = product[i, j]
                if not entry.is_finite():
                    product[i, j] = _dot_extended(a[i], b[:, j])
        return product

    def max(self, axis: int | None = None, keepdims: bool = False) -> Self:
        """The midpoint of the entry whose midpoint is largest, as an exact constant."""
        if axis is None:
            return self._max_of_all(keepdims)
        mid = floats(self.data)
        where = np.expand_dims(np.where(np.isnan(mid), -np.inf, mid).argmax(axis=axis), axis)
        largest = mapped(arb.mid, np.take_along_axis(self.data, where, axis=axis))
        return type(self)(largest if keepdims else largest.squeeze(axis))


def _enclosed_maximum(a: Objects, b: Objects) -> Objects:
    return boxed(np.frompyfunc(arb.max, 2, 1)(a, b))


class MaximumBall(Ball):
    """Balls whose ``max`` and ``np.maximum`` enclose the maximum, for lines whose value may depend on it.

    >>> third = MaximumBall.of(1) / 3
    >>> np.maximum(third, 0).data.item().contains(third.data.item())
    True
    """

    __slots__ = ()
    ufuncs: ClassVar = MappingProxyType({**Ball.ufuncs, np.maximum: _enclosed_maximum})

    def max(self, axis: int | None = None, keepdims: bool = False) -> Self:
        """An enclosure of the largest entry."""
        return self._max_of_all(keepdims) if axis is None else self._reduced(_enclosed_maximum, axis, keepdims)


def matrix(data: Objects) -> arb_mat:
    """A two-dimensional object array of balls as an Arb matrix."""
    if data.ndim != 2:
        raise ValueError(f"@ takes matrices, got {data.ndim} dimensions")
    return arb_mat(*data.shape, data.ravel().tolist())
