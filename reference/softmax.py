"""softmax, log-softmax and log-sum-exp along any axis, with their derivatives, accurate in every row.

By §1.1 any constant c gives the same softmax:

    softmax(x)_j = e^(x_j − c) / Σ_i e^(x_i − c).

c = 0 costs no subtraction, and so no rounding: e^x is taken as it is in every row whose sum is neither near
overflow nor so small that what counts of it is subnormal. Other rows take c = m, their largest entry, and what x −
m loses in rounding is found by TwoSum and given back as a factor of the exponential: e^(d + δ) = e^d (1 + δ) to
δ²/2 < 2⁻⁸⁸, as |δ| ≤ ulp(745)/2 = 2⁻⁴⁴ where e^d is not 0. With S the sum of e^(x_i − m) over all entries but one
that attains m,

    lse(x) = m + log1p(S),   log softmax(x)_j = (x_j − m) − log1p(S).

log1p keeps S where 1 + S rounds to 1 (P. Blanchard, D. J. Higham, N. J. Higham, "Accurately computing the
log-sum-exp and softmax functions", IMA J. Numer. Anal. 41, 2021).

In float32 and narrower formats float64 has digits to spare: log softmax(x)_j = x_j − log Σ e^(x_i) there, wherever
no probability is above 1 − 2⁻¹⁶ and |log Σ e^(x_i)| ≤ 44 (``reference._rows.Plain``); other rows as above. In
small arrays with up to 16 classes log softmax(x)_j = −log1p(Σ_{i≠j} e^(x_i) / e^(x_j)) (``reference._few``).

Special values, row by row: entries −inf have probability 0 and log −inf, the others are as if they were absent.
A row all −inf, or with a +inf, is NaN in softmax and log-softmax, which have no limit there; its lse is −inf or
+inf. NaN makes its own row NaN.

All functions: x has at least one dimension and an entry along ``axis``, in a floating dtype, which is that of the
result; a tangent has the shape of x, a cotangent that of the value. TypeError or ValueError says by name what is
wrong.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ._arrays import matching, with_axis, without
from ._blocks import by_rows
from ._few import few, of_few
from ._rows import DOMINANT, again, exponentials, plain, softmax_into


@np.errstate(all="ignore")
def softmax(x: Any, axis: int = -1) -> np.ndarray:
    """softmax(x)_j = e^(x_j − c) / Σ_i e^(x_i − c), the shape of x   (§1.1, §1.2).

    >>> softmax([[0.0, 0.0], [-40.0, 0.0]])
    array([[5.00000000e-01, 5.00000000e-01],
           [4.24835426e-18, 1.00000000e+00]])
    """
    x, axis = with_axis(x, axis)
    return by_rows(softmax_into, axis, x)


def _jacobian_product_into(x: np.ndarray, v: np.ndarray, out: np.ndarray) -> None:
    """y ∘ (v − Σ_i y_i v_i): the Jacobian diag(y) − y yᵀ is symmetric, so forward and reverse mode are one."""
    y, v = exponentials(x).softmax, v.astype(np.float64, copy=False)
    out[...] = y * (v - (y * v).sum(axis=-1, keepdims=True))


@np.errstate(all="ignore")
def softmax_jvp(x: Any, tangent: Any, axis: int = -1) -> np.ndarray:
    """ẏ = y ∘ (ẋ − Σ_i y_i ẋ_i) with y = softmax(x), the shape of x   (from §1.1, by the quotient rule).

    >>> softmax_jvp([0.0, 0.0], [1.0, 0.0])
    array([ 0.25, -0.25])
    """
    x, axis = with_axis(x, axis)
    return by_rows(_jacobian_product_into, axis, x, matching("tangent", tangent, x.shape, x.dtype))


@np.errstate(all="ignore")
def softmax_vjp(x: Any, cotangent: Any, axis: int = -1) -> np.ndarray:
    """x̄ = y ∘ (ȳ − Σ_i y_i ȳ_i) with y = softmax(x), the shape of x   (from §1.1, by the quotient rule).

    >>> softmax_vjp([0.0, 0.0], [1.0, 0.0])
    array([ 0.25, -0.25])
    """
    x, axis = with_axis(x, axis)
    return by_rows(_jacobian_product_into, axis, x, matching("cotangent", cotangent, x.shape, x.dtype))


def _log_softmax_into(x: np.ndarray, out: np.ndarray) -> None:
    if few(x):
        e, others, _, far = of_few(x)
        out[...] = 0.0 - np.log1p(others / e)  # 0 for one class, and not −0
    elif out.itemsize < 8:
        rows = plain(x)
        np.subtract(rows.x, rows.lse, out=out, casting="unsafe")
        far = rows.far(out, -DOMINANT)
    else:
        _log_softmax_of_any_row(x, out)
        return
    if far is not None:
        again(_log_softmax_of_any_row, far, (x,), (out,))


def _log_softmax_of_any_row(x: np.ndarray, out: np.ndarray) -> None:
    rows = exponentials(x, out)
    np.subtract(rows.less_largest(), rows.log_sum, out=out, casting="unsafe")


@np.errstate(all="ignore")
def log_softmax(x: Any, axis: int = -1) -> np.ndarray:
    """log softmax(x)_j = (x_j − m) − log1p(S), the shape of x; neither term cancels the other   (§2.2).

    >>> log_softmax([40.0, 0.0])
    array([-4.24835426e-18, -4.00000000e+01])
    """
    x, axis = with_axis(x, axis)
    return by_rows(_log_softmax_into, axis, x)


def _log_softmax_jvp_into(x: np.ndarray, v: np.ndarray, out: np.ndarray) -> None:
    v = v.astype(np.float64, copy=False)
    out[...] = v - (exponentials(x).softmax * v).sum(axis=-1, keepdims=True)


@np.errstate(all="ignore")
def log_softmax_jvp(x: Any, tangent: Any, axis: int = -1) -> np.ndarray:
    """ẋ − Σ_i softmax(x)_i ẋ_i, the shape of x   (§2.2).

    >>> log_softmax_jvp([0.0, 0.0], [1.0, 0.0])
    array([ 0.5, -0.5])
    """
    x, axis = with_axis(x, axis)
    return by_rows(_log_softmax_jvp_into, axis, x, matching("tangent", tangent, x.shape, x.dtype))


def _log_softmax_vjp_into(x: np.ndarray, v: np.ndarray, out: np.ndarray) -> None:
    v = v.astype(np.float64, copy=False)
    out[...] = v - exponentials(x).softmax * v.sum(axis=-1, keepdims=True)


@np.errstate(all="ignore")
def log_softmax_vjp(x: Any, cotangent: Any, axis: int = -1) -> np.ndarray:
    """x̄ = ȳ − softmax(x) Σ_i ȳ_i, the shape of x   (§2.2).

    >>> log_softmax_vjp([0.0, 0.0], [1.0, 1.0])
    array([0., 0.])
    """
    x, axis = with_axis(x, axis)
    return by_rows(_log_softmax_vjp_into, axis, x, matching("cotangent", cotangent, x.shape, x.dtype))


def _logsumexp_into(x: np.ndarray, out: np.ndarray) -> None:
    rows = exponentials(x)
    out[...] = np.where(np.isinf(rows.m), rows.m, rows.m + rows.log_sum)[:, 0]


@np.errstate(all="ignore")
def logsumexp(x: Any, axis: int = -1) -> np.ndarray:
    """lse(x) = m + log1p(S), the shape of x without ``axis``   (§2.2, last line).

    >>> logsumexp([1000.0, 1000.0])
    array(1000.69314718)
    """
    x, axis = with_axis(x, axis)
    return by_rows(_logsumexp_into, axis, x, reduced=True)


def _logsumexp_jvp_into(x: np.ndarray, v: np.ndarray, out: np.ndarray) -> None:
    out[...] = (exponentials(x).softmax * v.astype(np.float64, copy=False)).sum(axis=-1)


@np.errstate(all="ignore")
def logsumexp_jvp(x: Any, tangent: Any, axis: int = -1) -> np.ndarray:
    """Σ_i softmax(x)_i ẋ_i, the shape of x without ``axis``   (§2.2).

    >>> logsumexp_jvp([0.0, 0.0], [1.0, 0.0])
    array(0.5)
    """
    x, axis = with_axis(x, axis)
    return by_rows(_logsumexp_jvp_into, axis, x, matching("tangent", tangent, x.shape, x.dtype), reduced=True)


def _logsumexp_vjp_into(x: np.ndarray, v: np.ndarray, out: np.ndarray) -> None:
    out[...] = v.astype(np.float64, copy=False)[:, None] * exponentials(x).softmax


@np.errstate(all="ignore")
def logsumexp_vjp(x: Any, cotangent: Any, axis: int = -1) -> np.ndarray:
    """x̄ = ȳ softmax(x), the shape of x; ``cotangent`` has the shape of x without ``axis``   (§2.2).

    >>> logsumexp_vjp([0.0, 0.0], 3.0)
    array([1.5, 1.5])
    """
    x, axis = with_axis(x, axis)
    return by_rows(_logsumexp_vjp_into, axis, x, matching("cotangent", cotangent, without(x.shape, axis), x.dtype))
