"""Cross-entropy of softmax, per row, and its derivatives in the logits   (§2.2).

With Y = Σ_i y_i and m, S, ŷ of ``reference.softmax``:

    CE = Y log1p(S) + Σ_i y_i (m − x_i)                           for y ≥ 0 a sum of terms that are not negative
    ∂CE/∂x_k = Y ŷ_k − y_k
             = ŷ_k (Y − y_k) − y_k S ŷ_k                          at the largest logit, where 1 − ŷ_k = S ŷ_k

The second form keeps what ŷ_k − 1 loses at a confident hard label.

Special values: as in ``reference.softmax``, and 0 log 0 = 0, so a zero target on a logit −inf adds nothing; a
positive one gives +inf. NaN in y makes its own row NaN.

All functions: x has at least one dimension and an entry along ``axis``, in a floating dtype, which is that of the
result. y is either integer class labels, in the shape of x without ``axis``, or targets of x's shape and dtype:
one-hot, soft, or not summing to 1. Rows are not reduced. TypeError or ValueError says by name what is wrong.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ._arrays import matching, targets, with_axis, without
from ._blocks import by_rows, by_rows_into
from ._rows import Exponentials, exponentials


def _distance(rows: Exponentials, y: np.ndarray) -> np.ndarray:
    """Σ_i y_i (m − x_i), (R,): 0 from a zero target whatever its logit."""
    terms = rows.m - rows.x
    terms *= y
    found = np.asarray(np.add.reduce(terms, axis=-1))
    if not -np.inf < np.add.reduce(found) < np.inf:
        open_ = ~np.isfinite(found)
        found[open_] = _far_distance(rows.x[open_].astype(np.float64), rows.m[open_], y[open_])
    return found


def _far_distance(x: np.ndarray, m: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The same where an infinite logit or a difference that overflows is among the terms."""
    # m − x overflows, y (m − x) need not; halving numbers of this size is exact.
    lost = np.isinf(m - x) & np.isfinite(x)
    terms = np.where(lost, 2 * (y * (m / 2 - x / 2)), y * (m - x))
    return np.asarray(np.where(y == 0, 0.0, terms).sum(axis=-1))


def cost_of(rows: Exponentials, y: np.ndarray) -> np.ndarray:
    """CE per row in float64, (R,)."""
    if y.dtype.kind in "iu":
        chosen = rows.x[rows.at(y)].astype(np.float64, copy=False)
        return np.asarray((rows.log_sum - (chosen[:, None] - rows.m))[:, 0])
    y = y.astype(np.float64, copy=False)
    return _cost(rows, y, np.add.reduce(y, axis=-1))


def _cost(rows: Exponentials, y: np.ndarray, total: np.ndarray) -> np.ndarray:
    return np.asarray(total * rows.log_sum[:, 0] + _distance(rows, y))


def gradient_of(rows: Exponentials, y: np.ndarray) -> np.ndarray:
    """∂CE/∂x in float64, (R, n), in the memory of the exponentials, which are lost."""
    if y.dtype.kind in "iu":
        rest = (rows.others * rows.share)[:, 0]
        p = np.multiply(rows.e, rows.scale, out=rows.e)
        label = rows.at(y)
        p[label] = np.where(y == rows.top[1], -rest, p[label] - 1)
        return p
    y = y.astype(np.float64, copy=False)
    return _gradient(rows, y, np.add.reduce(y, axis=-1))


def _gradient(rows: Exponentials, y: np.ndarray, total: np.ndarray) -> np.ndarray:
    p_top, y_top, Y = rows.share, y[rows.top][:, None], total[:, None]
    at_top = p_top * (Y - y_top) - y_top * (rows.others * p_top)
    p = np.multiply(rows.e, rows.scale * Y, out=rows.e)
    p -= y
    p[rows.top] = at_top[:, 0]
    return p


def cost_and_gradient_of(rows: Exponentials, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``cost_of`` and ``gradient_of``; the exponentials are lost."""
    if y.dtype.kind in "iu":
        return cost_of(rows, y), gradient_of(rows, y)
    y = y.astype(np.float64, copy=False)
    total = np.add.reduce(y, axis=-1)
    return _cost(rows, y, total), _gradient(rows, y, total)


def put(found: np.ndarray, out: np.ndarray) -> None:
    """Write what was found to ``out``, unless it was computed there."""
    if found is not out:
        out[...] = found


def _cost_into(x: np.ndarray, y: np.ndarray, out: np.ndarray) -> None:
    out[...] = cost_of(exponentials(x), y)


def _gradient_into(x: np.ndarray, y: np.ndarray, out: np.ndarray) -> None:
    put(gradient_of(exponentials(x, out), y), out)


def _both_into(x: np.ndarray, y: np.ndarray, cost: np.ndarray, out: np.ndarray) -> None:
    cost[...], found = cost_and_gradient_of(exponentials(x, out), y)
    put(found, out)


@np.errstate(all="ignore")
def cross_entropy(x: Any, y: Any, axis: int = -1) -> np.ndarray:
    """CE(y, ŷ) = −Σ_i y_i log ŷ_i = Y log1p(S) + Σ_i y_i (m − x_i), the shape of x without ``axis``   (§2.2).

    >>> cross_entropy([[40.0, 0.0], [0.0, 0.0]], [0, 1])
    array([4.24835426e-18, 6.93147181e-01])
    >>> cross_entropy([40.0, 0.0], [0.5, 0.5])
    array(20.)
    """
    x, axis = with_axis(x, axis)
    return by_rows(_cost_into, axis, x, targets(y, x, axis), reduced=True)


@np.errstate(all="ignore")
def cross_entropy_gradient(x: Any, y: Any, axis: int = -1) -> np.ndarray:
    """∂CE/∂x = Y ŷ − y, the shape of x   (§2.2 prints ŷ − y, which needs Y = 1).

    >>> cross_entropy_gradient([40.0, 0.0], 0)
    array([-4.24835426e-18,  4.24835426e-18])
    """
    x, axis = with_axis(x, axis)
    return by_rows(_gradient_into, axis, x, targets(y, x, axis))


@np.errstate(all="ignore")
def cross_entropy_with_gradient(x: Any, y: Any, axis: int = -1) -> tuple[np.ndarray, np.ndarray]:
    """``cross_entropy`` and ``cross_entropy_gradient`` from one pass of exponentials   (§2.2).

    >>> cross_entropy_with_gradient([40.0, 0.0], 0)
    (array(4.24835426e-18), array([-4.24835426e-18,  4.24835426e-18]))
    """
    x, axis = with_axis(x, axis)
    cost, slope = by_rows_into(_both_into, axis, (x, targets(y, x, axis)), (True, False))
    return cost, slope


def _jvp_into(x: np.ndarray, y: np.ndarray, v: np.ndarray, out: np.ndarray) -> None:
    out[...] = (gradient_of(exponentials(x), y) * v.astype(np.float64, copy=False)).sum(axis=-1)


@np.errstate(all="ignore")
def cross_entropy_jvp(x: Any, y: Any, tangent: Any, axis: int = -1) -> np.ndarray:
    """Σ_i (∂CE/∂x)_i ẋ_i, the shape of x without ``axis``; ``tangent`` has the shape of x   (§2.2).

    >>> cross_entropy_jvp([0.0, 0.0], 0, [1.0, 0.0])
    array(-0.5)
    """
    x, axis = with_axis(x, axis)
    y, v = targets(y, x, axis), matching("tangent", tangent, x.shape, x.dtype)
    return by_rows(_jvp_into, axis, x, y, v, reduced=True)


def _vjp_into(x: np.ndarray, y: np.ndarray, v: np.ndarray, out: np.ndarray) -> None:
    found = gradient_of(exponentials(x, out), y)
    np.multiply(v.astype(np.float64, copy=False)[:, None], found, out=out, casting="unsafe")


@np.errstate(all="ignore")
def cross_entropy_vjp(x: Any, y: Any, cotangent: Any, axis: int = -1) -> np.ndarray:
    """x̄ = (ȳ per row) ∂CE/∂x, the shape of x; ``cotangent`` has the shape of x without ``axis``   (§2.2).

    >>> cross_entropy_vjp([0.0, 0.0], 0, 2.0)
    array([-1.,  1.])
    """
    x, axis = with_axis(x, axis)
    y, v = targets(y, x, axis), matching("cotangent", cotangent, without(x.shape, axis), x.dtype)
    return by_rows(_vjp_into, axis, x, y, v)
