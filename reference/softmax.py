"""softmax, log-softmax and log-sum-exp along any axis, with their derivatives, accurate in every row.

With m the largest entry and S the sum of e^(x_i − m) over all entries but one that attains it (so Σ = 1 + S),

    softmax(x)_j = e^(x_j − m) / (1 + S),   lse(x) = m + log1p(S),   log softmax(x)_j = (x_j − m) − log1p(S).

log1p keeps S where 1 + S rounds to 1 (P. Blanchard, D. J. Higham, N. J. Higham, "Accurately computing the
log-sum-exp and softmax functions", IMA J. Numer. Anal. 41, 2021). What x − m loses in rounding is found by TwoSum
and given back as a factor of the exponential: e^(d + δ) = e^d (1 + δ) to δ²/2 < 2⁻⁸⁸, as |δ| ≤ ulp(745)/2 = 2⁻⁴⁴
where e^d is not 0.

Special values, row by row: entries −inf have probability 0 and log −inf, the others are as if they were absent.
A row all −inf, or with a +inf, is NaN in softmax and log-softmax, which have no limit there; its lse is −inf or
+inf. NaN makes its own row NaN.

All functions: x has at least one dimension and an entry along ``axis``, in a floating dtype, which is that of the
result; a tangent has the shape of x, a cotangent that of the value. TypeError or ValueError says by name what is
wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ._arrays import matching, rows, stored, with_axis, without


@dataclass(frozen=True)
class Shifted:
    """Rows of logits less their largest, in float64, the classes last.

    ``x``, its largest entry ``m``, ``d`` = fl(x − m) and ``delta`` with x − m = d + δ (None for narrower dtypes:
    what float64 loses is far below their ulp), ``e`` = e^d, and ``others`` = S. ``top`` is the place of the one
    largest entry that S leaves out; there e = 1.
    """

    x: np.ndarray
    m: np.ndarray
    d: np.ndarray
    delta: np.ndarray | None
    e: np.ndarray
    top: np.ndarray
    others: np.ndarray

    @property
    def softmax(self) -> np.ndarray:
        """e^(d + δ) / (1 + S), (..., n), the rounding of 1 + S given back together with δ."""
        total = 1 + self.others
        p = self.e / total
        if self.delta is None:
            return p
        lost = subtraction_error(self.others, -np.ones(1), total)
        return p + p * (self.delta - lost / total)

    @property
    def log_sum(self) -> np.ndarray:
        """log Σ e^(x − m) = log1p(S), (..., 1)."""
        return np.asarray(np.log1p(self.others))


def subtraction_error(x: np.ndarray, m: np.ndarray, d: np.ndarray) -> np.ndarray:
    """δ with x − m = d + δ exactly, for d = fl(x − m); 0 where d is not finite   (TwoSum: Knuth, TAOCP 2, 4.2.2).

    >>> subtraction_error(np.array([1e-17]), np.array([1.0]), np.array([-1.0]))
    array([1.e-17])
    """
    m_seen = x - d
    delta = (x - (d + m_seen)) - (m - m_seen)
    return np.nan_to_num(delta, copy=False, nan=0.0, posinf=0.0, neginf=0.0)


def pairwise_sum(a: np.ndarray) -> np.ndarray:
    """Σ along the last axis, (..., n) → (..., 1), in ⌈log₂ n⌉ rounds of adding one half to the other.

    NumPy's own sum adds runs of 16 in sequence, which loses up to 4.6 ulp where the terms are equal.

    >>> pairwise_sum(np.array([1.0, 2.0, 3.0]))
    array([6.])
    """
    while (n := a.shape[-1]) > 1:
        half = (n + 1) // 2
        a, rest = a[..., :half].copy(), a[..., half:]
        a[..., : n - half] += rest
    return a


_TINY = 2.0**-960
"""Below this the terms of S may be subnormal, and the sum of their roundings more than an ulp of S."""


def _tiny_sum(d: np.ndarray, delta: np.ndarray, top: np.ndarray) -> np.ndarray:
    """S = e^(−512) Σ e^(d + 512 + δ) for S < ``_TINY``: d + 512 is exact wherever its exponential counts."""
    e = np.exp(d + 512)
    e += e * delta
    np.put_along_axis(e, top, 0.0, axis=-1)
    return pairwise_sum(e) * np.exp(-512.0)


def shifted(x: np.ndarray, axis: int) -> Shifted:
    """The shifted rows of a checked array (``with_axis``)."""
    wide = rows(x, axis)
    top = wide.argmax(axis=-1, keepdims=True)
    m = np.take_along_axis(wide, top, axis=-1)
    d = wide - m
    e = np.exp(d)
    np.put_along_axis(e, top, 0.0, axis=-1)
    if x.dtype == np.float64:
        delta = subtraction_error(wide, m, d)
        others = pairwise_sum(e) + (e * delta).sum(axis=-1, keepdims=True)
        tiny = others[..., 0] < _TINY
        if tiny.any():
            others[tiny] = _tiny_sum(d[tiny], delta[tiny], top[tiny])
    else:
        delta, others = None, e.sum(axis=-1, keepdims=True)
    np.put_along_axis(e, top, 1.0, axis=-1)
    # m − m is 0, but NaN where m is infinite: the rows that have no softmax.
    return Shifted(wide, m, d, delta, e, top, others + (m - m))


@np.errstate(all="ignore")
def softmax(x: Any, axis: int = -1) -> np.ndarray:
    """softmax(x)_j = e^(x_j − m) / (1 + S), the shape of x   (§1.1, §1.2).

    >>> softmax([[0.0, 0.0], [-40.0, 0.0]])
    array([[5.00000000e-01, 5.00000000e-01],
           [4.24835426e-18, 1.00000000e+00]])
    """
    x, axis = with_axis(x, axis)
    return stored(shifted(x, axis).softmax, x.dtype, axis)


def _jacobian_product(x: np.ndarray, v: np.ndarray, axis: int) -> np.ndarray:
    """y ∘ (v − Σ_i y_i v_i): the Jacobian diag(y) − y yᵀ is symmetric, so forward and reverse mode are one."""
    y, v = shifted(x, axis).softmax, rows(v, axis)
    return stored(y * (v - (y * v).sum(axis=-1, keepdims=True)), x.dtype, axis)


@np.errstate(all="ignore")
def softmax_jvp(x: Any, tangent: Any, axis: int = -1) -> np.ndarray:
    """ẏ = y ∘ (ẋ − Σ_i y_i ẋ_i) with y = softmax(x), the shape of x   (from §1.1, by the quotient rule).

    >>> softmax_jvp([0.0, 0.0], [1.0, 0.0])
    array([ 0.25, -0.25])
    """
    x, axis = with_axis(x, axis)
    return _jacobian_product(x, matching("tangent", tangent, x.shape, x.dtype), axis)


@np.errstate(all="ignore")
def softmax_vjp(x: Any, cotangent: Any, axis: int = -1) -> np.ndarray:
    """x̄ = y ∘ (ȳ − Σ_i y_i ȳ_i) with y = softmax(x), the shape of x   (from §1.1, by the quotient rule).

    >>> softmax_vjp([0.0, 0.0], [1.0, 0.0])
    array([ 0.25, -0.25])
    """
    x, axis = with_axis(x, axis)
    return _jacobian_product(x, matching("cotangent", cotangent, x.shape, x.dtype), axis)


@np.errstate(all="ignore")
def log_softmax(x: Any, axis: int = -1) -> np.ndarray:
    """log softmax(x)_j = (x_j − m) − log1p(S), the shape of x; neither term cancels the other   (§2.2).

    >>> log_softmax([40.0, 0.0])
    array([-4.24835426e-18, -4.00000000e+01])
    """
    x, axis = with_axis(x, axis)
    s = shifted(x, axis)
    return stored(s.d - s.log_sum, x.dtype, axis)


@np.errstate(all="ignore")
def log_softmax_jvp(x: Any, tangent: Any, axis: int = -1) -> np.ndarray:
    """ẋ − Σ_i softmax(x)_i ẋ_i, the shape of x   (§2.2).

    >>> log_softmax_jvp([0.0, 0.0], [1.0, 0.0])
    array([ 0.5, -0.5])
    """
    x, axis = with_axis(x, axis)
    v = rows(matching("tangent", tangent, x.shape, x.dtype), axis)
    return stored(v - (shifted(x, axis).softmax * v).sum(axis=-1, keepdims=True), x.dtype, axis)


@np.errstate(all="ignore")
def log_softmax_vjp(x: Any, cotangent: Any, axis: int = -1) -> np.ndarray:
    """x̄ = ȳ − softmax(x) Σ_i ȳ_i, the shape of x   (§2.2).

    >>> log_softmax_vjp([0.0, 0.0], [1.0, 1.0])
    array([0., 0.])
    """
    x, axis = with_axis(x, axis)
    v = rows(matching("cotangent", cotangent, x.shape, x.dtype), axis)
    return stored(v - shifted(x, axis).softmax * v.sum(axis=-1, keepdims=True), x.dtype, axis)


@np.errstate(all="ignore")
def logsumexp(x: Any, axis: int = -1) -> np.ndarray:
    """lse(x) = m + log1p(S), the shape of x without ``axis``   (§2.2, last line).

    >>> logsumexp([1000.0, 1000.0])
    array(1000.69314718)
    """
    x, axis = with_axis(x, axis)
    s = shifted(x, axis)
    return stored(np.where(np.isinf(s.m), s.m, s.m + s.log_sum)[..., 0], x.dtype)


@np.errstate(all="ignore")
def logsumexp_jvp(x: Any, tangent: Any, axis: int = -1) -> np.ndarray:
    """Σ_i softmax(x)_i ẋ_i, the shape of x without ``axis``   (§2.2).

    >>> logsumexp_jvp([0.0, 0.0], [1.0, 0.0])
    array(0.5)
    """
    x, axis = with_axis(x, axis)
    v = rows(matching("tangent", tangent, x.shape, x.dtype), axis)
    return stored((shifted(x, axis).softmax * v).sum(axis=-1), x.dtype)


@np.errstate(all="ignore")
def logsumexp_vjp(x: Any, cotangent: Any, axis: int = -1) -> np.ndarray:
    """x̄ = ȳ softmax(x), the shape of x; ``cotangent`` has the shape of x without ``axis``   (§2.2).

    >>> logsumexp_vjp([0.0, 0.0], 3.0)
    array([1.5, 1.5])
    """
    x, axis = with_axis(x, axis)
    v = matching("cotangent", cotangent, without(x.shape, axis), x.dtype)
    return stored(v.astype(np.float64)[..., None] * shifted(x, axis).softmax, x.dtype, axis)
