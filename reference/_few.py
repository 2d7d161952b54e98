"""Rows of a few logits: for each entry the sum of all other exponentials, from which all else follows.

With e = e^x, r_k the sum of all e_i but e_k, and Σ that of all,

    softmax(x)_k = e_k / Σ,  1 − softmax(x)_k = r_k / Σ,  −log softmax(x)_k = log1p(r_k / e_k).

None of them cancels, whichever entry is the largest. NumPy spends its time with short rows on calls rather than on
entries, and these are half as many as for ``reference._rows``, which sets the largest entry apart.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from ._arrays import least, most
from ._blocks import scratch, spare

FEW = 16
"""Classes up to which a row is taken this way."""

_RANGE = 300.0
"""Up to this |x| all of e^x, their sums and the quotients of these are normal numbers."""

_EXTENDED = np.finfo(np.longdouble).nmant >= 63
"""Whether extended precision has eleven bits more than float64, as on x86 and with Linux."""

_CLOSE = 2.0**-8
"""From this r_k / e_k on, r_k = Σ − e_k has in extended precision all digits that float64 can hold."""


class Few(NamedTuple):
    """In float64 e = e^x (R, n), ``others`` r (R, n), ``odds`` r / e (R, n) and ``total`` Σ (R, 1) or (R, n).

    They are not right for the rows ``far`` (r,), whose x is out of range or NaN; None where there are none.
    """

    e: np.ndarray
    others: np.ndarray
    odds: np.ndarray
    total: np.ndarray
    far: np.ndarray | None


def few(x: np.ndarray) -> bool:
    """Whether rows (R, n) are taken this way."""
    return x.shape[-1] <= FEW and (x.itemsize < 8 or _EXTENDED)


@cache
def sums(n: int) -> tuple[np.ndarray, np.ndarray]:
    """1 − I and 1, (n, n): entry k of v (R, n) times the one sums all v_i but v_k, times the other of all.

    >>> others, all_ = sums(3)
    >>> np.array([[1.0, 2.0, 4.0]]) @ others, np.array([[1.0, 2.0, 4.0]]) @ all_
    (array([[6., 5., 3.]]), array([[7., 7., 7.]]))
    """
    found = 1.0 - np.eye(n), np.ones((n, n))
    for matrix in found:
        matrix.setflags(write=False)
    return found


def exponentials_of_few(x: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """e^x in float64 (R, n), and the rows (r,) whose x is out of range or NaN, or None where there are none."""
    wide = x.astype(np.float64, copy=False)
    e = np.exp(wide, out=spare("e", x))
    if least(wide) >= -_RANGE and most(wide) <= _RANGE:  # false for NaN
        return e, None
    return e, np.flatnonzero(~(np.abs(wide).max(axis=-1) <= _RANGE))


def of_few(x: np.ndarray) -> Few:
    """The sums of rows (R, n), which may be in ``scratch``, and lost at the next call in this thread.

    For formats up to float32 they are products of matrices, in float64; for float64 extended precision takes them.

    >>> of_few(np.log(np.array([[1.0, 2.0, 4.0]]))).others.round(6)
    array([[6., 5., 3.]])
    """
    e, far = exponentials_of_few(x)
    if x.itemsize < 8:
        others = np.dot(e, sums(x.shape[-1])[0], out=spare("others", x))
        total = np.add(e, others, out=spare("total", x))
    else:
        exact = np.add.reduce(e, axis=-1, keepdims=True, dtype=np.longdouble)
        others = np.subtract(exact, e, out=scratch("others", x.shape), casting="unsafe")
        total = exact.astype(np.float64)
    odds = np.divide(others, e, out=spare("odds", x))
    if x.itemsize == 8 and least(odds) < _CLOSE:
        _apart(e, others, odds)
    return Few(e, others, odds, total, far)


def _apart(e: np.ndarray, others: np.ndarray, odds: np.ndarray) -> None:
    """The sums beside entries that outweigh all others, of which a row has one at most, from these alone."""
    row, k = np.nonzero(odds < _CLOSE)
    terms = e[row]
    terms[np.arange(len(row)), k] = 0.0
    found = np.add.reduce(terms, axis=-1, dtype=np.longdouble).astype(np.float64)
    others[row, k], odds[row, k] = found, found / e[row, k]
