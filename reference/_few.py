"""Few rows of few logits: for each entry the sum of all other exponentials, from which all else follows.

With e = e^x, r_k the sum of all e_i but e_k, and Σ that of all,

    softmax(x)_k = e_k / Σ,  1 − softmax(x)_k = r_k / Σ,  −log softmax(x)_k = log1p(r_k / e_k).

None of them cancels, whichever entry is the largest. NumPy spends its time with small arrays on calls rather than
on entries, and these are half as many as for ``reference._rows``, which sets the largest entry apart.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from ._arrays import least, most
from ._blocks import FRESH

CLASSES = 16
"""Classes up to which a row is taken this way."""

_RANGE = 300.0
"""Up to this |x| all of e^x, their sums and the quotients of these are normal numbers."""

_SPREAD = 28.0
"""Up to this x_i − x_k sums of up to 16 numbers e^x are exact, if these have 8 bits: 28 log₂ e + 8 + 4 < 53."""

_HEAD = np.array(~(2**45 - 1), np.int64)
"""The first 8 of the 53 bits of a number in float64. What is left is so small that its sums may be rounded."""


def few(x: np.ndarray) -> bool:
    """Whether rows (R, n) are taken this way; a block of a larger array never is."""
    return x.size <= FRESH and x.shape[-1] <= CLASSES


@cache
def sums(n: int) -> tuple[np.ndarray, np.ndarray]:
    """1 − I and 1, (n, n): entry k of v (R, n) times the one sums all v_i but v_k, times the other all.

    >>> others, all_ = sums(3)
    >>> np.array([[1.0, 2.0, 4.0]]) @ others, np.array([[1.0, 2.0, 4.0]]) @ all_
    (array([[6., 5., 3.]]), array([[7., 7., 7.]]))
    """
    found = 1.0 - np.eye(n), np.ones((n, n))
    for matrix in found:
        matrix.setflags(write=False)
    return found


def of_few(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    """e = e^x, r and Σ, all (R, n), of rows x (R, n), in float64, and the rows far (r,), None if there are none.

    The sums are products of matrices; for float64 in two parts, of which one is exact. They are not right for the
    rows ``far``, whose x is out of range, far apart or NaN.

    >>> e, others, total, far = of_few(np.log(np.array([[1.0, 2.0, 4.0]])))
    >>> others.round(6), total.round(6)
    (array([[6., 5., 3.]]), array([[7., 7., 7.]]))
    """
    wide = x.astype(np.float64, copy=False)
    e, beside = np.exp(wide), sums(x.shape[-1])[0]
    if x.itemsize < 8:
        spread = np.inf
        others = e.dot(beside)
    else:
        spread = _SPREAD
        head = (e.view(np.int64) & _HEAD).view(np.float64)
        others = head.dot(beside)
        others += (e - head).dot(beside)
    total = others + e
    low, high = least(wide), most(wide)
    if low >= -_RANGE and high <= _RANGE and high - low <= spread:  # false for NaN
        return e, others, total, None
    return e, others, total, _far(wide, spread)


def _far(x: np.ndarray, spread: float) -> np.ndarray | None:
    """The rows (r,) of x (R, n) with an |x| above ``_RANGE``, entries further apart than ``spread``, or NaN."""
    low, high = x.min(axis=-1), x.max(axis=-1)
    far = np.flatnonzero(~((low >= -_RANGE) & (high <= _RANGE) & (high - low <= spread)))
    return far if far.size else None
