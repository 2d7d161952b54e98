"""Cross-entropy of softmax, per row, and its derivatives in the logits   (§2.2).

With Y = Σ_i y_i and m, S, ŷ of ``reference.softmax``:

    CE = Y log1p(S) + Σ_i y_i (m − x_i)                           for y ≥ 0 a sum of terms that are not negative
    ∂CE/∂x_k = Y ŷ_k − y_k
             = ŷ_k (Y − y_k) − y_k S ŷ_k                          at the largest logit, where 1 − ŷ_k = S ŷ_k

The second form keeps what ŷ_k − 1 loses at a confident hard label. ``reference._few`` has the same for small
arrays with up to 16 classes, without a largest logit: there CE = Σ_i y_i log1p(Σ_{j≠i} e^(x_j) / e^(x_i)).

Special values: as in ``reference.softmax``, and 0 log 0 = 0, so a zero target on a logit −inf adds nothing; a
positive one gives +inf. NaN in y makes its own row NaN.

All functions: x has at least one dimension and an entry along ``axis``, in a floating dtype, which is that of the
result. y is either integer class labels, in the shape of x without ``axis``, or targets of x's shape and dtype:
one-hot, soft, or not summing to 1. Rows are not reduced. TypeError or ValueError says by name what is wrong.
"""

from __future__ import annotations

from functools import partial
from math import isfinite
from typing import Any

import numpy as np

from ._arrays import matching, most, targets, with_axis, without
from ._blocks import by_rows, by_rows_into, in_blocks, scratch, spare, widened
from ._few import few, of_few, sums
from ._rows import (
    DOMINANT,
    Exponentials,
    Plain,
    again,
    exponentials,
    places,
    plain,
    softmax_into,
    softmax_of_any_row,
    softmax_of_few,
)


def _distance(rows: Exponentials, y: np.ndarray) -> np.ndarray:
    """Σ_i y_i (m − x_i), (R,): 0 from a zero target whatever its logit."""
    terms = np.subtract(rows.m, rows.x, out=spare("terms", rows.x))
    terms *= y
    found = np.asarray(np.add.reduce(terms, axis=-1))
    open_ = _open(found)
    if open_ is not None:
        found[open_] = _far_distance(rows.x[open_].astype(np.float64), rows.m[open_], y[open_])
    return found


def _open(cost: np.ndarray) -> np.ndarray | None:
    """The rows (r,) whose cost (R,) is infinite or NaN, perhaps for 0 log 0; None if Σ cost² is finite."""
    if isfinite(cost.dot(cost)):
        return None
    return np.flatnonzero(~np.isfinite(cost))


def _far_distance(x: np.ndarray, m: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The same where an infinite logit or a difference that overflows is among the terms."""
    # m − x overflows, y (m − x) need not; halving numbers of this size is exact.
    lost = np.isinf(m - x) & np.isfinite(x)
    terms = np.where(lost, 2 * (y * (m / 2 - x / 2)), y * (m - x))
    return np.asarray(np.where(y == 0, 0.0, terms).sum(axis=-1))


def cost_of(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """CE per row in float64, (R,), of rows x (R, n)."""
    cost = np.empty(len(x))
    in_blocks(_cost_into, x, y, cost)
    return cost


def _label_cost(rows: Exponentials, label: np.ndarray) -> np.ndarray:
    chosen = rows.x.ravel()[label].astype(np.float64, copy=False)
    return np.asarray(rows.log_sum[:, 0] - (chosen - rows.m[:, 0]))


def _cost(rows: Exponentials, y: np.ndarray, total: np.ndarray) -> np.ndarray:
    return np.asarray(total * rows.log_sum[:, 0] + _distance(rows, y))


def gradient_of(rows: Exponentials, y: np.ndarray) -> np.ndarray:
    """∂CE/∂x in float64, (R, n), in the memory of the exponentials, which are lost."""
    if y.dtype.kind in "iu":
        return _label_gradient(rows, places(rows.x, y), rows.scale)
    y = widened("y", y)
    return _gradient(rows, y, np.add.reduce(y, axis=-1), rows.scale)


def _label_gradient(rows: Exponentials, label: np.ndarray, scale: np.ndarray) -> np.ndarray:
    p = np.multiply(rows.e, scale, out=rows.e)
    entries = p.reshape(-1)
    found = entries[label] - 1
    np.copyto(found, -(rows.rest * scale)[:, 0], where=label == rows.top)
    entries[label] = found
    return p


def _gradient(rows: Exponentials, y: np.ndarray, total: np.ndarray, scale: np.ndarray) -> np.ndarray:
    scale = scale[:, 0]
    p_top, y_top = rows.largest[:, 0] * scale, y.ravel()[rows.top]
    at_top = p_top * (total - y_top) - y_top * (rows.rest[:, 0] * scale)
    p = np.multiply(rows.e, (scale * total)[:, None], out=rows.e)
    p -= y
    p.reshape(-1)[rows.top] = at_top
    return p


def _cost_and_gradient(rows: Exponentials, y: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``cost_of`` and ``gradient_of``; the exponentials are lost."""
    if y.dtype.kind in "iu":
        label = places(rows.x, y)
        return _label_cost(rows, label), _label_gradient(rows, label, scale)
    y = widened("y", y)
    total = np.add.reduce(y, axis=-1)
    return _cost(rows, y, total), _gradient(rows, y, total, scale)


def both_into(
    x: np.ndarray,
    y: np.ndarray,
    cost: np.ndarray,
    out: np.ndarray,
    y_hat: np.ndarray | None = None,
    rows: int = 1,
) -> None:
    """CE per row (R,), ∂CE/∂x / rows (R, n) and ŷ in the format of x, from one pass of exponentials."""
    if few(x):
        far = _both_of_few(x, y, cost, out, y_hat, rows)
    elif out.itemsize < 8:
        far = _both_of_plain(x, y, cost, out, y_hat, rows)
    else:
        _both_of_any_row(x, y, cost, out, y_hat, rows)
        return
    if far is None:
        return
    if out.itemsize == 8 and y_hat is not None:
        again(partial(_both_of_any_row, rows=rows), far, (x, y), (cost, out, y_hat))
        return
    again(partial(_both_of_any_row, y_hat=None, rows=rows), far, (x, y), (cost, out))
    if y_hat is not None:  # with the bits of ``softmax``
        again(softmax_of_any_row, far, (x,), (y_hat,))


def y_hat_into(x: np.ndarray, out: np.ndarray) -> None:
    """ŷ with the bits that ``both_into`` gives it, at least where the cost is finite."""
    if out.itemsize < 8:
        softmax_into(x, out)
    elif few(x):
        softmax_of_few(x, out, _softmax_of_exponentials)
    else:
        _softmax_of_exponentials(x, out)


def _softmax_of_exponentials(x: np.ndarray, out: np.ndarray) -> None:
    exponentials(x, out).softmax_into(out)


def _both_of_few(
    x: np.ndarray, y: np.ndarray, cost: np.ndarray, out: np.ndarray, y_hat: np.ndarray | None, rows: int
) -> np.ndarray | None:
    """What ``both_into`` writes, and the rows in which it is not to be trusted.

    CE = Σ_i y_i log1p(r_i / e_i), and ∂CE/∂x_k = ŷ_k Σ_{i≠k} y_i − y_k r_k / Σ where ŷ_k is above 1/2: where it is
    not, Y ŷ_k − y_k keeps all its digits.
    """
    e, others, total, far = of_few(x)
    p = e / total
    if y_hat is not None:
        y_hat[...] = p
    if y.dtype.kind in "iu":
        found = _few_labels(e, others, total, p, y, cost)
    else:
        y = y.astype(np.float64, copy=False)
        beside, all_ = sums(y.shape[-1])
        np.vecdot(y, np.log1p(others / e), out=cost, casting="unsafe")  # no logit that counts is infinite
        found = np.multiply(p, y.dot(all_), out=out if out.itemsize == 8 else None)
        found -= y
        if not most(p) <= 0.5:  # a NaN in one row must not keep others from it
            np.copyto(found, p * y.dot(beside) - y * (others / total), where=p > 0.5)
    _put(found, rows, out)
    return far


def _few_labels(
    e: np.ndarray, others: np.ndarray, total: np.ndarray, p: np.ndarray, y: np.ndarray, cost: np.ndarray
) -> np.ndarray:
    """The cost written to ``cost``, and the gradient, in the memory of p = ŷ."""
    label = places(p, y)
    beside, entries = others.reshape(-1)[label], p.reshape(-1)
    cost[...] = np.log1p(beside / e.reshape(-1)[label])
    found = entries[label]
    entries[label] = np.where(found <= 0.5, found - 1, 0.0 - beside / total.reshape(-1)[label])
    return p


def _both_of_plain(
    x: np.ndarray, y: np.ndarray, cost: np.ndarray, out: np.ndarray, y_hat: np.ndarray | None, rows: int
) -> np.ndarray | None:
    """The same for any number of classes in a narrow format, from one sum of exponentials to a row."""
    of = plain(x)
    if y_hat is not None:
        np.multiply(of.e, of.scale, out=y_hat, casting="unsafe")
    found, far = _plain_labels(of, y, cost) if y.dtype.kind in "iu" else _plain_targets(of, y, cost)
    _put(found, rows, out)
    return far


def _either(*found: np.ndarray | None) -> np.ndarray | None:
    """The rows (r,) that are among any of those that were found; None where there are none."""
    rows = [some for some in found if some is not None and some.size]
    return np.unique(np.concatenate(rows)) if rows else None


def _both_of_any_row(
    x: np.ndarray, y: np.ndarray, cost: np.ndarray, out: np.ndarray, y_hat: np.ndarray | None, rows: int
) -> None:
    of = exponentials(x, out)
    scale = of.scale
    if y_hat is not None:
        np.multiply(of.e, scale, out=y_hat, casting="unsafe")
    cost[...], found = _cost_and_gradient(of, y, scale)
    _put(found, rows, out)


def _put(gradient: np.ndarray, rows: int, out: np.ndarray) -> None:
    """The gradient over ``rows``, rounded once, written to ``out``, which it may be."""
    if rows != 1:
        gradient /= rows
    if gradient is not out:
        out[...] = gradient


def _plain_labels(of: Plain, y: np.ndarray, cost: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """The cost written to ``cost``, the gradient, and the rows in which they are not to be trusted."""
    label = places(of.x, y)
    np.subtract(of.lse[:, 0], of.x.ravel()[label], out=cost, casting="unsafe")
    p = np.multiply(of.e, of.scale, out=of.e)
    far = of.far(p, 1 - DOMINANT)
    entries = p.reshape(-1)
    entries[label] -= 1
    return p, far


def _plain_targets(of: Plain, y: np.ndarray, cost: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    y = widened("y", y)
    log_p = np.subtract(of.x, of.lse, out=of.x)
    np.negative(np.vecdot(y, log_p), out=cost, casting="unsafe")
    far = _either(of.far(log_p, -DOMINANT), _open(cost))
    p = np.multiply(of.e, of.scale * np.add.reduce(y, axis=-1, keepdims=True), out=of.e)
    p -= y
    return p, far


def _cost_into(x: np.ndarray, y: np.ndarray, out: np.ndarray) -> None:
    both_into(x, y, out, scratch("gradient", x.shape, x.dtype))


def _gradient_into(x: np.ndarray, y: np.ndarray, out: np.ndarray) -> None:
    both_into(x, y, np.empty(len(x), x.dtype), out)


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
    cost, slope = by_rows_into(both_into, axis, (x, targets(y, x, axis)), (True, False))
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
