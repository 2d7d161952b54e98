"""Truth at the speed of BLAS: float64 values with a bound on how far the exact value lies from them.

``Fast`` is midpoint and radius in float64 (S. M. Rump, "Fast and parallel interval arithmetic", BIT 39, 1999),
rounded to nearest: the invariant is |exact value − value| ≤ bound. It says nothing about what other programs may
lose (that is ``Rounded``), so each rule is the error of the very operation that NumPy does here:

- + − × ÷ err by at most u |result|, u = 2⁻⁵³, and by 2⁻¹⁰⁷⁵ where × and ÷ underflow;
- exp and log err by at most ``K`` units of roundoff, or K smallest subnormal numbers;
- sums and products of matrices stand in ``fast_sums``.

A bound is itself computed in float64, from numbers that are not negative, in under 16 roundings a step: the
factor ``UP`` pays for them, and ``TINY`` for what underflows. A bound that is inf or NaN says that nothing is
known; it is what any rule gives where a value overflows or is no number, because u |inf| = inf. The one exception,
for masked logits, is an exact infinity: an infinite value whose bound is 0. A bound may have fewer entries than
its value, and is broadcast: that of an input is the number 0.

``max`` and ``np.maximum`` are constants, for equations whose value no shift changes (§1.1).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from .array import rule_of
from .fast_sums import TINY, UP, U, product, total
from .rounding_rules import K

Pair = tuple[np.ndarray, np.ndarray]


class Fast(NDArrayOperatorsMixin):
    """An array of values, each within its bound of the exact one; see the module.

    >>> third = Fast.of(np.array([1.0])) / 3
    >>> bool(0 < third.bound[0] < 2.0**-53)
    True
    """

    __slots__ = ("bound", "value")

    def __init__(self, value: np.ndarray, bound: np.ndarray) -> None:
        self.value = np.asarray(value)
        self.bound = np.asarray(bound)

    @classmethod
    def of(cls, x: Any) -> Self:
        """``x``, integers or floats that float64 holds exactly. TypeError for others."""
        return cls(np.asarray(x).astype(np.float64, casting="safe", copy=False), _EXACT)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        rule = rule_of(_RULES, Fast, ufunc, method, inputs, kwargs)
        if rule is None:
            return NotImplemented
        with np.errstate(all="ignore"):
            return type(self)(*rule(*(x if isinstance(x, Fast) else self.of(x) for x in inputs)))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def ndim(self) -> int:
        return self.value.ndim

    @property
    def exact(self) -> bool:
        """Whether every value is the exact one, by its bound: the number 0."""
        return self.bound.ndim == 0 and not self.bound

    @property
    def _off(self) -> np.ndarray | None:
        return None if self.exact else self.full

    @property
    def full(self) -> np.ndarray:
        """The bound in the shape of the value."""
        return np.broadcast_to(self.bound, self.shape)

    @property
    def T(self) -> Self:
        return type(self)(self.value.T, self.bound if self.exact else self.full.T)

    def __getitem__(self, key: Any) -> Self:
        return type(self)(self.value[key], self.bound if self.exact else self.full[key])

    def max(self, axis: int, keepdims: bool = False) -> Self:
        """The shift of softmax: an exact constant, 0 where the maximum is no finite number."""
        return type(self)(_finite(self.value.max(axis=axis, keepdims=keepdims)), _EXACT)

    def sum(self, axis: int | None = None, keepdims: bool = False) -> Self:
        with np.errstate(all="ignore"):
            return type(self)(*total(self.value, self._off, axis, keepdims))


_EXACT = np.asarray(0.0)


def _finite(constant: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(constant), constant, 0.0)


def _add(a: Fast, b: Fast) -> Pair:
    """δ = δa + δb + u |v|. An exact infinity plus what is finite is one: its bound stays 0."""
    value = a.value + b.value
    bound = np.abs(value)
    bound *= U * UP
    if not (a.exact and b.exact):
        bound += (a.bound + b.bound) * UP
    if not np.isfinite(bound.sum()):
        exact = _infinity(a) & np.isfinite(b.value) | _infinity(b) & np.isfinite(a.value)
        bound = np.where(exact & np.isfinite(a.bound + b.bound), 0.0, bound)
    return value, bound


def _subtract(a: Fast, b: Fast) -> Pair:
    return _add(a, Fast(-b.value, b.bound))


def _negative(a: Fast) -> Pair:
    return -a.value, a.bound


def _multiply(a: Fast, b: Fast) -> Pair:
    """|AB − ab| ≤ |a| δb + (|b| + δb) δa, and v errs by u |v| + 2⁻¹⁰⁷⁵. An exact 0 times an infinity is 0."""
    value = a.value * b.value
    bound = np.abs(value)
    bound *= U
    if not b.exact:
        bound += np.abs(a.value) * b.bound
    if not a.exact:
        bound += (np.abs(b.value) + b.bound) * a.bound
    bound *= UP
    bound += TINY
    if not np.isfinite(bound.sum()):
        zero = _zero(a) & _infinity(b) | _zero(b) & _infinity(a)
        value, bound = np.where(zero, 0.0, value), np.where(zero, 0.0, bound)
    return value, bound


def _infinity(a: Fast) -> np.ndarray:
    return np.isinf(a.value) & (a.bound == 0)


def _zero(a: Fast) -> np.ndarray:
    return (a.value == 0) & (a.bound == 0)


def _divide(a: Fast, b: Fast) -> Pair:
    """A/B − a/b = (A − a − (a/b)(B − b)) / B and |B| ≥ |b| − δb, known where |b| ≥ 2 δb, b ≠ 0.

    |a/b| is at most (1 + u) |v| + 2⁻¹⁰⁷⁵, and the latter times δb / |B| ≤ 1 is within TINY. Where b has
    overflowed, inf − inf makes the bound NaN; an exact infinity has δb = 0 and the quotient 0.
    """
    value = a.value / b.value
    bound = np.abs(value)
    if not b.exact:
        size = np.abs(b.value)
        least = size - b.bound
        bound *= b.bound / least + U
        bound += a.bound / least
        bound = np.where(size >= 2 * b.bound, bound, np.inf)
    else:
        bound *= U
        if not a.exact:
            bound += a.bound / np.abs(b.value)
    bound *= UP
    bound += TINY
    return value, bound


def _exp(a: Fast) -> Pair:
    """|e^A − e^a| ≤ e^a (e^δ − 1) ≤ e^a (δ + δ²) where δ ≤ ½, and |v − e^a| ≤ K u e^a, or TINY.

    So e^a ≤ v (1 + 1.01 K u) + 2 TINY, and as δ + δ² + K u < 0.9 it is v (δ + δ² + 2 K u) + 4 TINY in all.
    """
    value = np.exp(a.value)
    if not a.exact:
        bound = a.bound * a.bound
        bound += a.bound
        bound += 2 * K * U
        bound *= value
        if not a.bound.max(initial=0.0) <= 0.5:
            bound = np.where(a.bound <= 0.5, bound, _far_exp(a))
    else:
        bound = 2 * K * U * value
    bound *= UP
    bound += 4 * TINY
    if np.isfinite(a.value.sum()):
        return value, bound
    return value, np.where(_infinity(a) & (a.value < 0), 0.0, bound)


def _far_exp(a: Fast) -> np.ndarray:
    """Both e^A and v lie between 0 and (1 + K u) e^(a + δ).

    The sum a + δ rounds by at most 2 u s, with s = |a| + δ, so the power by a factor of e^(2 u s) ≤ 1 + 4 u s
    where s < 2⁵⁰. From there on nothing is said, unless a + 2 δ < −800: then it is less than TINY.
    """
    size = np.abs(a.value) + a.bound
    above = np.exp(a.value + a.bound) * (1 + 4 * U * size) * (1 + 4 * K * U)
    return np.where(size < 2.0**50, above, np.where(a.value + 2 * a.bound < -800, 0.0, np.inf))


def _log(a: Fast) -> Pair:
    """|log A − log a| ≤ δ / (a − δ), known where a > δ."""
    value = np.log(a.value)
    least = a.value - a.bound
    bound = np.where(least > 0, a.bound / least, np.inf) * (1 + 4 * U)
    return value, (bound + K * U * np.abs(value)) * UP + TINY


def _maximum(a: Fast, b: Fast) -> Pair:
    return _finite(np.maximum(a.value, b.value)), _EXACT


def _matmul(a: Fast, b: Fast) -> Pair:
    return product(a.value, a._off, b.value, b._off)


_RULES: dict[np.ufunc, Callable[..., Pair]] = {
    np.add: _add,
    np.subtract: _subtract,
    np.negative: _negative,
    np.multiply: _multiply,
    np.divide: _divide,
    np.exp: _exp,
    np.log: _log,
    np.maximum: _maximum,
    np.matmul: _matmul,
}
