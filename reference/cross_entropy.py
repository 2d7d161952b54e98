"""Cross-entropy of softmax, per row, and its derivatives in the logits   (§2.2).

With Y = Σ_i y_i and m, S, ŷ of ``reference.softmax``:

    CE = Y log1p(S) + Σ_i y_i (m − x_i)                           for y ≥ 0 a sum of terms that are not negative
    ∂CE/∂x_k = Y ŷ_k − y_k
             = ŷ_k (Y − y_k) − y_k S / (1 + S)                    at the largest logit, where ŷ_k > 1/2

The second form keeps what ŷ_k − 1 loses at a confident hard label; elsewhere the first rounds less.

Special values: as in ``reference.softmax``, and 0 log 0 = 0, so a zero target on a logit −inf adds nothing; a
positive one gives +inf. NaN in y makes its own row NaN.

All functions: x has at least one dimension and an entry along ``axis``, in a floating dtype, which is that of the
result. y is either integer class labels, in the shape of x without ``axis``, or targets of x's shape and dtype:
one-hot, soft, or not summing to 1. Rows are not reduced. TypeError or ValueError says by name what is wrong.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ._arrays import matching, rows, stored, targets, with_axis, without
from .softmax import Shifted, shifted


def distance(s: Shifted, y: np.ndarray) -> np.ndarray:
    """Σ_i y_i (m − x_i), (...): 0 from a zero target whatever its logit."""
    terms = y * -s.d
    lost = np.isinf(s.d) & np.isfinite(s.x)
    if lost.any():
        # m − x overflows, y (m − x) need not; halving numbers of this size is exact.
        terms = np.where(lost, 2 * (y * (s.m / 2 - s.x / 2)), terms)
    return np.where(y == 0, 0.0, terms).sum(axis=-1)


def gradient(x: np.ndarray, y: np.ndarray, axis: int) -> np.ndarray:
    """∂CE/∂x in float64, the classes last, of checked arguments."""
    s = shifted(x, axis)
    p = s.softmax
    p_top, rest = np.take_along_axis(p, s.top, axis=-1), s.others / (1 + s.others)
    if y.dtype.kind in "iu":
        label = y[..., None].astype(np.intp)
        confident = (label == s.top) & (p_top > 0.5)
        np.put_along_axis(p, label, np.where(confident, -rest, np.take_along_axis(p, label, axis=-1) - 1), axis=-1)
        return p
    y = rows(y, axis)
    total, y_top = y.sum(axis=-1, keepdims=True), np.take_along_axis(y, s.top, axis=-1)
    at_top = np.where(p_top > 0.5, p_top * (total - y_top) - y_top * rest, total * p_top - y_top)
    found = total * p - y
    np.put_along_axis(found, s.top, at_top, axis=-1)
    return found


@np.errstate(all="ignore")
def cross_entropy(x: Any, y: Any, axis: int = -1) -> np.ndarray:
    """CE(y, ŷ) = −Σ_i y_i log ŷ_i = Y log1p(S) + Σ_i y_i (m − x_i), the shape of x without ``axis``   (§2.2).

    >>> cross_entropy([[40.0, 0.0], [0.0, 0.0]], [0, 1])
    array([4.24835426e-18, 6.93147181e-01])
    >>> cross_entropy([40.0, 0.0], [0.5, 0.5])
    array(20.)
    """
    x, axis = with_axis(x, axis)
    y = targets(y, x, axis)
    s = shifted(x, axis)
    if y.dtype.kind in "iu":
        cost = s.log_sum - np.take_along_axis(s.d, y[..., None].astype(np.intp), axis=-1)
        return stored(cost[..., 0], x.dtype)
    y = rows(y, axis)
    return stored(y.sum(axis=-1) * s.log_sum[..., 0] + distance(s, y), x.dtype)


@np.errstate(all="ignore")
def cross_entropy_gradient(x: Any, y: Any, axis: int = -1) -> np.ndarray:
    """∂CE/∂x = Y ŷ − y, the shape of x   (§2.2 prints ŷ − y, which needs Y = 1).

    >>> cross_entropy_gradient([40.0, 0.0], 0)
    array([-4.24835426e-18,  4.24835426e-18])
    """
    x, axis = with_axis(x, axis)
    return stored(gradient(x, targets(y, x, axis), axis), x.dtype, axis)


@np.errstate(all="ignore")
def cross_entropy_jvp(x: Any, y: Any, tangent: Any, axis: int = -1) -> np.ndarray:
    """Σ_i (∂CE/∂x)_i ẋ_i, the shape of x without ``axis``; ``tangent`` has the shape of x   (§2.2).

    >>> cross_entropy_jvp([0.0, 0.0], 0, [1.0, 0.0])
    array(-0.5)
    """
    x, axis = with_axis(x, axis)
    y = targets(y, x, axis)
    v = rows(matching("tangent", tangent, x.shape, x.dtype), axis)
    return stored((gradient(x, y, axis) * v).sum(axis=-1), x.dtype)


@np.errstate(all="ignore")
def cross_entropy_vjp(x: Any, y: Any, cotangent: Any, axis: int = -1) -> np.ndarray:
    """x̄ = (ȳ per row) ∂CE/∂x, the shape of x; ``cotangent`` has the shape of x without ``axis``   (§2.2).

    >>> cross_entropy_vjp([0.0, 0.0], 0, 2.0)
    array([-1.,  1.])
    """
    x, axis = with_axis(x, axis)
    y = targets(y, x, axis)
    v = matching("cotangent", cotangent, without(x.shape, axis), x.dtype)
    return stored(v.astype(np.float64)[..., None] * gradient(x, y, axis), x.dtype, axis)
