"""The exponentials of rows of logits, which softmax and its neighbours share; see ``reference.softmax``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ._arrays import least, most
from ._blocks import scratch, widened
from ._few import few, of_few

_RANGE = 1e260
"""In float32, sums from its reciprocal up to it are taken as they are: 2⁻¹⁴⁹ / 10²⁶⁰ is normal in float64."""

_LOW = -700.0
"""From here on e^x is a normal number in float64, with all its digits."""

_FEW = 16
"""Terms of a row that need not be halved any more: NumPy adds pairs of them."""

_PLAIN = 44.0
"""Up to this |log Σ e^x| an ulp of it is at most 2⁻⁴⁷ in float64."""

_RUN = 1024
"""Terms up to which a row is summed without pairs: as ``einsum`` takes several at once, in less than 256 steps."""

_TINY = 2.0**-960
"""Below this the terms of S may be subnormal, and the sum of their roundings more than an ulp of S."""

_HUGE = 2.0**960
"""Above this a sum is near overflow."""

DOMINANT = 2.0**-16
"""An entry dominates its row where its softmax is above 1 − ``DOMINANT``, and 1 − softmax has lost digits."""


class Exponentials(NamedTuple):
    """Rows of logits x (R, n) and their exponentials, in float64.

    ``m`` (R, 1) is the largest entry, and ``top`` (R,) the place of one that attains it (``places``). ``e`` (R, n)
    is e^(x − c), ``largest`` (R, 1) e^(m − c), ``rest`` (R, 1) the sum of e over all entries but ``top``, and
    ``others`` (R, 1) S, that of e^(x_i − m).
    """

    x: np.ndarray
    m: np.ndarray
    top: np.ndarray
    e: np.ndarray
    largest: np.ndarray
    rest: np.ndarray
    others: np.ndarray

    @property
    def scale(self) -> np.ndarray:
        """1 / Σ e^(x − c), (R, 1)."""
        rest = self.rest if self.x.itemsize < 8 else self.rest.astype(np.longdouble)
        return reciprocal(rest + self.largest)

    @property
    def softmax(self) -> np.ndarray:
        """e^(x − c) / Σ e^(x − c), (R, n)."""
        return np.asarray(self.e * self.scale)

    def softmax_into(self, out: np.ndarray) -> None:
        """The same in the format of ``out``, where it is written."""
        np.multiply(self.e, self.scale, out=out, casting="unsafe")

    @property
    def log_sum(self) -> np.ndarray:
        """log Σ e^(x − m) = log1p(S), (R, 1)."""
        return np.asarray(np.log1p(self.others))

    def less_largest(self) -> np.ndarray:
        """x − m, (R, n), in the memory of the exponentials, which are lost."""
        return np.subtract(self.x, self.m, out=self.e)


def exponentials(x: np.ndarray, memory: np.ndarray | None = None) -> Exponentials:
    """The exponentials of contiguous rows (R, n), in ``memory`` if that is in float64.

    Otherwise they are in ``scratch``, and lost at the next call in this thread.
    """
    x, e = _exponentials(x, memory)
    top = places(x, x.argmax(axis=-1))
    m, terms = x.ravel()[top].astype(np.float64, copy=False)[:, None], e.reshape(-1)
    at_top = terms[top]
    terms[top] = 0.0
    rest = row_sum(e) if x.itemsize == 8 else narrow_sum(e)
    terms[top] = at_top
    largest = at_top[:, None]
    others = rest / largest
    shift = _needs_shift(x, rest + largest, others if x.itemsize == 8 else None)
    if shift is not None:
        e[shift], others[shift] = _shifted(x[shift])
        largest[shift], rest[shift] = 1.0, others[shift]
    return Exponentials(x, m, top, e, largest, rest, others)


def places(x: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Where one entry of each row of x (R, n) is, in ``column`` (R,), counted from the first entry of all: (R,).

    >>> places(np.zeros((2, 3)), np.array([1, 2]))
    array([1, 5])
    """
    return np.arange(0, x.size, x.shape[-1]) + column.astype(np.intp, copy=False)


class Plain(NamedTuple):
    """Rows x (R, n) of a format up to float32; in float64 x, e^x (R, n), 1 / Σ e^x and lse = log Σ e^x (R, 1).

    Narrow formats need no more wherever no entry dominates its row, and e^x and its sum are in range: then lse is
    within 2⁻⁴⁴, and log softmax = x − lse, at most −``DOMINANT``, within 2⁻⁵ ulp of float32.
    """

    x: np.ndarray
    e: np.ndarray
    scale: np.ndarray
    lse: np.ndarray

    def far(self, values: np.ndarray, bound: float) -> np.ndarray | None:
        """The rows (r,) for which it is not: |lse| is large, or one of ``values`` (R, n) above ``bound``, or NaN.

        None where there are none.
        """
        if most(values) <= bound and most(self.lse) <= _PLAIN and least(self.lse) >= -_PLAIN:
            return None
        fits = (values.max(axis=-1) <= bound) & (np.abs(self.lse[:, 0]) <= _PLAIN)
        return np.flatnonzero(~fits)


def plain(x: np.ndarray) -> Plain:
    """Rows (R, n) in a format up to float32, R > 0, with c = 0 whatever they hold."""
    wide, e = widened("x", x), scratch("e", x.shape)
    np.exp(wide, out=e)
    total = narrow_sum(e)
    return Plain(wide, e, np.reciprocal(total), np.log(total))


def again(
    kernel: Callable[..., None], far: np.ndarray, inputs: Sequence[np.ndarray], outs: Sequence[np.ndarray]
) -> None:
    """``kernel(*inputs, *outs)`` for the rows ``far`` alone."""
    parts = [np.empty((len(far), *out.shape[1:]), out.dtype) for out in outs]
    kernel(*(array[far] for array in inputs), *parts)
    for out, part in zip(outs, parts, strict=True):
        out[far] = part


def softmax_into(x: np.ndarray, out: np.ndarray) -> None:
    """The softmax of rows (R, n) in the format of ``out``, where it is written."""
    if x.itemsize < 8 and few(x):
        softmax_of_few(x, out, softmax_of_any_row)
    else:
        softmax_of_any_row(x, out)


def softmax_of_few(x: np.ndarray, out: np.ndarray, otherwise: Callable[..., None]) -> None:
    """The same of few rows of few logits; those that are far from what these need are left to ``otherwise``."""
    e, _, total, far = of_few(x)
    out[...] = e / total
    if far is not None:
        again(otherwise, far, (x,), (out,))


def softmax_of_any_row(x: np.ndarray, out: np.ndarray) -> None:
    """The same for any number of classes, in and out of range.

    With few classes, or in a narrow format, the whole sum is exact enough without setting the largest entry apart.
    """
    if x.itemsize == 8 and x.shape[-1] > _FEW:
        exponentials(x, out).softmax_into(out)
        return
    x, e = _exponentials(x, out)
    total = narrow_sum(e) if x.itemsize < 8 else np.add.reduce(e, axis=-1, keepdims=True, dtype=np.longdouble)
    scale = reciprocal(total)
    shift = _needs_shift(x, total)
    if shift is not None:
        e[shift], others = _shifted(x[shift])
        scale[shift] = reciprocal(others.astype(np.longdouble) + 1)
    np.multiply(e, scale, out=out, casting="unsafe")


def reciprocal(total: np.ndarray) -> np.ndarray:
    """1 / Σ in float64; from extended precision, where there is one, with one rounding instead of two."""
    return np.asarray(np.reciprocal(total).astype(np.float64, copy=False))


def _exponentials(x: np.ndarray, memory: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """x in float64 or float32, which holds the narrower formats, and e^x, in ``memory`` if that is in float64."""
    if x.itemsize < 4:
        x = x.astype(np.float32)
    e = scratch("e", x.shape) if memory is None or memory.itemsize < 8 else memory
    if x.itemsize == 8:
        return x, np.exp(x, out=e)
    e[...] = x
    return x, np.exp(e, out=e)


def _needs_shift(x: np.ndarray, total: np.ndarray, others: np.ndarray | None = None) -> np.ndarray | None:
    """The rows (R,) whose e^x, or the sums of it, are out of range; None where there are none.

    In range: the sum ``total`` (R, 1) and its reciprocal are, and so is every e^x that counts: whose share of the
    sum, or of S where ``others`` is given, is not below every number of the format. Where the sum is at least 1,
    what is subnormal in e^x is so in its share.
    """
    exact = x.itemsize == 8
    bottom, top = (1.0, _HUGE) if exact else (1 / _RANGE, _RANGE)
    if not x.size or (  # what follows is false for NaN
        least(total) >= bottom and most(total) <= top and (others is None or least(others) >= _TINY)
    ):
        return None
    fits = total >= bottom
    if exact:  # or all that is in it is normal
        fits |= x.min(axis=-1, keepdims=True) >= _LOW
    fits &= total <= top
    if others is not None:
        fits &= others >= _TINY
    shift = ~fits[:, 0]
    return shift if shift.any() else None


def _shifted(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """e^(x − m) (R, n) and S (R, 1): the shift c = m."""
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
    return e, others


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


def narrow_sum(a: np.ndarray) -> np.ndarray:
    """Σ along the last axis, (R, n) → (R, 1), within 2⁻⁴⁵ of it for terms ≥ 0: enough for narrow formats.

    Up to ``_RUN`` terms ``einsum`` takes half the time of NumPy's own sum, which adds pairs, or a quarter.

    >>> narrow_sum(np.array([[1.0, 2.0, 3.0]]))
    array([[6.]])
    """
    if a.shape[-1] <= _RUN:
        return np.einsum("ij->i", a)[:, None]
    return np.asarray(np.add.reduce(a, axis=-1, keepdims=True))


def row_sum(a: np.ndarray) -> np.ndarray:
    """Σ along the last axis, (R, n) → (R, 1), by adding one half to the other until ``_FEW`` terms are left.

    What is left is added in extended precision, where the platform has it. NumPy's own sum adds runs of 16 in
    sequence, and the last seven of 15 terms, which loses up to 4.6 ulp where the terms are equal.

    >>> row_sum(np.array([[1.0, 2.0, 3.0]]))
    array([[6.]])
    """
    n = a.shape[-1]
    if n > _FEW:
        half = (n + 1) // 2
        folded = scratch("folded", (len(a), half))
        np.add(a[:, : n - half], a[:, half:], out=folded[:, : n - half])
        if n % 2:
            folded[:, half - 1] = a[:, half - 1]
        while (n := half) > _FEW:
            half = (n + 1) // 2
            np.add(folded[:, : n - half], folded[:, half:n], out=folded[:, : n - half])
        a = folded[:, :half]
    return np.asarray(np.add.reduce(a, axis=-1, keepdims=True, dtype=np.longdouble).astype(np.float64))
