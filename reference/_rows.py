"""The exponentials of rows of logits, which softmax and its neighbours share; see ``reference.softmax``."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._blocks import aligned

_RANGE = 1e260
"""In float32, sums from its reciprocal up to it are taken as they are: 2⁻¹⁴⁹ / 10²⁶⁰ is normal in float64."""

_LOW = -700.0
"""From here on e^x is a normal number in float64, with all its digits."""

_FEW = 16
"""Terms of a row that need not be halved any more: NumPy adds pairs of them."""

_TINY = 2.0**-960
"""Below this the terms of S may be subnormal, and the sum of their roundings more than an ulp of S. A sum whose
reciprocal is below it is near overflow."""


class Exponentials(NamedTuple):
    """Rows of logits x (R, n) and their exponentials, in float64.

    ``m`` (R, 1) is the largest entry and ``top`` the index of one that attains it in each row; ``e`` (R, n) is
    e^(x − c), ``largest`` (R, 1) e^(m − c), ``scale`` (R, 1) 1 / Σ e^(x − c), and ``others`` (R, 1) is S, the sum
    of e^(x_i − m) over all entries but ``top``.
    """

    x: np.ndarray
    m: np.ndarray
    top: tuple[np.ndarray, np.ndarray]
    e: np.ndarray
    largest: np.ndarray
    scale: np.ndarray
    others: np.ndarray

    @property
    def softmax(self) -> np.ndarray:
        """e^(x − c) / Σ e^(x − c), (R, n)."""
        return np.asarray(self.e * self.scale)

    def softmax_into(self, out: np.ndarray) -> None:
        """The same in the format of ``out``, where it is written."""
        np.multiply(self.e, self.scale, out=out, casting="unsafe")

    @property
    def share(self) -> np.ndarray:
        """The softmax of the largest entry, (R, 1); times S it is the sum of all others, without cancellation."""
        return np.asarray(self.largest * self.scale)

    @property
    def log_sum(self) -> np.ndarray:
        """log Σ e^(x − m) = log1p(S), (R, 1)."""
        return np.asarray(np.log1p(self.others))

    def less_largest(self) -> np.ndarray:
        """x − m, (R, n), in the memory of the exponentials, which are lost."""
        return np.subtract(self.x, self.m, out=self.e)

    def at(self, column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The index of one entry of each row."""
        return self.top[0], column


def exponentials(x: np.ndarray, memory: np.ndarray | None = None) -> Exponentials:
    """The exponentials of rows (R, n), in ``memory`` if that is in float64."""
    x, e = _exponentials(x, memory)
    place = np.arange(len(x)), x.argmax(axis=-1)
    m, largest = x[place][:, None].astype(np.float64, copy=False), e[place][:, None]
    e[place] = 0.0
    rest = _sum(x, e)
    e[place] = largest[:, 0]
    others = rest / largest
    scale = reciprocal(rest.astype(np.longdouble) + largest if x.itemsize == 8 else rest + largest)
    shift = _needs_shift(x, scale, others if x.itemsize == 8 else None)
    if shift is not None:
        e[shift], scale[shift], others[shift] = _shifted(x[shift])
        largest[shift] = 1.0
    return Exponentials(x, m, place, e, largest, scale, others)


def softmax_into(x: np.ndarray, out: np.ndarray) -> None:
    """The softmax of rows (R, n) in the format of ``out``, where it is written.

    With few classes, or in a narrow format, the whole sum is exact enough without setting the largest entry apart.
    """
    if x.itemsize == 8 and x.shape[-1] > _FEW:
        exponentials(x, out).softmax_into(out)
        return
    x, e = _exponentials(x, out)
    scale = reciprocal(np.add.reduce(e, axis=-1, keepdims=True, dtype=np.longdouble if x.itemsize == 8 else None))
    shift = _needs_shift(x, scale)
    if shift is not None:
        e[shift], scale[shift], _ = _shifted(x[shift])
    np.multiply(e, scale, out=out, casting="unsafe")


def reciprocal(total: np.ndarray) -> np.ndarray:
    """1 / Σ in float64; from extended precision, where there is one, with one rounding instead of two."""
    return np.asarray((1 / total).astype(np.float64, copy=False))


def _exponentials(x: np.ndarray, memory: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """x in float64 or float32, which holds the narrower formats, and e^x."""
    if x.itemsize < 4:
        x = x.astype(np.float32)
    e = memory if memory is not None and memory.itemsize == 8 else aligned(x.shape)
    return x, np.exp(x, out=e, dtype=np.float64)


def _sum(x: np.ndarray, e: np.ndarray) -> np.ndarray:
    """Σ e, (R, 1); where x is narrower than float64, NumPy's own sum errs far below an ulp of its format."""
    return row_sum(e) if x.itemsize == 8 else np.asarray(np.add.reduce(e, axis=-1, keepdims=True))


def _needs_shift(x: np.ndarray, scale: np.ndarray, others: np.ndarray | None = None) -> np.ndarray | None:
    """The rows (R,) whose e^x, or the sums of it, are out of range; None where there are none.

    In range: the sum and its reciprocal ``scale`` (R, 1) are, and so is every e^x that counts: whose share of the
    sum, or of S where ``others`` is given, is not below every number of the format. Where the sum is at least 1,
    what is subnormal in e^x is so in its share.
    """
    exact = x.itemsize == 8
    least, most = (_TINY, 1.0) if exact else (1 / _RANGE, _RANGE)
    low = scale if others is None else np.minimum(others, scale)
    smallest = np.minimum.reduce(low, axis=None, initial=1.0)
    largest = np.maximum.reduce(scale, axis=None, initial=0.0)
    if smallest >= least and largest <= most:  # false for NaN
        return None
    small = scale <= most
    if exact:  # or all that is in it is normal
        small |= x.min(axis=-1, keepdims=True) >= _LOW
    shift = ~((low >= least) & small)[:, 0]
    return shift if shift.any() else None


def _shifted(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """e^(x − m) (R, n), 1 / Σ e^(x − m) and S (R, 1): the shift c = m."""
    place = np.arange(len(x)), x.argmax(axis=-1)
    exact = x.itemsize == 8
    x = x.astype(np.float64, copy=False)
    m = x[place][:, None]
    d = x - m
    e = np.exp(d)
    if exact:  # for narrower formats, what x − m loses in float64 is far below an ulp of theirs
        delta = subtraction_error(x, m, d)
        e += e * delta
    e[place] = 0.0
    others = row_sum(e)
    tiny = others[:, 0] < _TINY
    if exact and tiny.any():
        others[tiny] = _tiny_sum(d[tiny], delta[tiny], place[1][tiny])
    e[place] = 1.0
    # m − m is 0, but NaN where m is infinite: the rows that have no softmax.
    others += m - m
    return e, reciprocal(others.astype(np.longdouble) + 1), others


def _tiny_sum(d: np.ndarray, delta: np.ndarray, top: np.ndarray) -> np.ndarray:
    """S = e^(−512) Σ e^(d + 512 + δ) for S < ``_TINY``: d + 512 is exact wherever its exponential counts."""
    e = np.exp(d + 512)
    e += e * delta
    e[np.arange(len(e)), top] = 0.0
    return np.asarray(row_sum(e) * np.exp(-512.0))


def subtraction_error(x: np.ndarray, m: np.ndarray, d: np.ndarray) -> np.ndarray:
    """δ with x − m = d + δ exactly, for d = fl(x − m); 0 where d is not finite   (TwoSum: Knuth, TAOCP 2, 4.2.2).

    >>> subtraction_error(np.array([1e-17]), np.array([1.0]), np.array([-1.0]))
    array([1.e-17])
    """
    m_seen = x - d
    delta = (x - (d + m_seen)) - (m - m_seen)
    return np.nan_to_num(delta, copy=False, nan=0.0, posinf=0.0, neginf=0.0)


def row_sum(a: np.ndarray) -> np.ndarray:
    """Σ along the last axis, (R, n) → (R, 1), by adding one half to the other until ``_FEW`` terms are left.

    What is left of more terms is added in extended precision, where the platform has it. NumPy's own sum adds
    runs of 16 in sequence, which loses up to 4.6 ulp where the terms are equal.

    >>> row_sum(np.array([[1.0, 2.0, 3.0]]))
    array([[6.]])
    """
    n = a.shape[-1]
    if n <= _FEW:
        return np.asarray(np.add.reduce(a, axis=-1, keepdims=True))
    half = (n + 1) // 2
    folded = aligned((len(a), half))
    np.add(a[:, : n - half], a[:, half:], out=folded[:, : n - half])
    if n % 2:
        folded[:, half - 1] = a[:, half - 1]
    while (n := half) > _FEW:
        half = (n + 1) // 2
        np.add(folded[:, : n - half], folded[:, half:n], out=folded[:, : n - half])
    return np.asarray(folded[:, :half].sum(axis=-1, keepdims=True, dtype=np.longdouble).astype(np.float64))
