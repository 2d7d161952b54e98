"""The rules of ``Fast`` for sums and products of matrices: values and bounds in, value and bound out.

In any order, a sum of n numbers errs by at most γ_{n−1} times the sum of their magnitudes, a product of matrices
by γ_n Σ |a| |b| (Higham, §3.1 and §3.5). Cut into pieces of c terms whose q sums are then added, n becomes c + q.
The sum Σ_k |a_ik| |b_kj| has no product of matrices of its own: by Hölder it is at most ‖a_i‖_p ‖b_j‖_q with
1/p + 1/q = 1, for p = 1, 2 or ∞, whichever is least on the whole, at the cost of one pass over the operands.

A bound that is None is 0: what is given is exact.
"""

from __future__ import annotations

import numpy as np

U = 2.0**-53
UP = 1 + 2.0**-48
"""Pays for 16 roundings, of numbers that are not negative."""

TINY = 2.0**-1022
"""More than all that underflows in a step: each time it is at most 2⁻¹⁰⁷⁵."""

PIECE = 512
"""Terms of a matrix product that BLAS adds at a time: fewer cost more passes over the result than they save."""

Pair = tuple[np.ndarray, np.ndarray]


def gamma(n: int) -> float:
    """γ_n = n u / (1 − n u), rounded up."""
    return n * U / (1 - n * U) * UP


def _longer(n: int) -> float:
    """What makes a float64 sum of n numbers that are not negative an upper bound: 1 / (1 − γ_n), rounded up."""
    return (1 + 2 * gamma(n)) * UP


def total(value: np.ndarray, bound: np.ndarray | None, axis: int | None, keepdims: bool) -> Pair:
    """Σ over one axis, or over all: δ = Σ δ + γ Σ |v|, cut into √n pieces where n is large."""
    if axis is None:
        shape = (1,) * value.ndim if keepdims else ()
        flat = None if bound is None else bound.ravel()
        whole, off = total(value.ravel(), flat, 0, False)
        return whole.reshape(shape), off.reshape(shape)
    n = value.shape[axis]
    piece = n if n <= 1024 else int(np.sqrt(n))
    depth = piece + -(-n // max(piece, 1))

    def added(array: np.ndarray) -> np.ndarray:
        if piece < n:
            array = np.add.reduceat(array, np.arange(0, n, piece), axis=axis)
        return np.asarray(array.sum(axis=axis, keepdims=keepdims))

    off = added(np.abs(value)) * gamma(depth)
    if bound is not None:
        off = off + added(bound)
    return added(value), off * _longer(depth) + TINY


def product(a: np.ndarray, da: np.ndarray | None, b: np.ndarray, db: np.ndarray | None) -> Pair:
    """a @ b: |AB − ab| ≤ |a| δb + δa (|b| + δb), and what computing ab loses.

    Where the operands are known to a rounding or so, that loss would be most of the bound: they are split then.
    """
    if a.ndim != 2 or b.ndim != 2:
        rows, columns = (a[None, :] if a.ndim == 1 else a), (b[:, None] if b.ndim == 1 else b)
        da, db = (None if d is None else d.reshape(x.shape) for d, x in ((da, rows), (db, columns)))
        shape = a.shape[:-1] + b.shape[1:]
        whole, off = product(rows, da, columns, db)
        return whole.reshape(shape), off.reshape(shape)
    left, right = _norms(a, 1), _norms(b, 0)
    off_left = None if da is None else _norms(da, 1)
    off_right = None if db is None else _norms(db, 0)
    split = _split(a, left, b, right) if _sharp(left, off_left) and _sharp(right, off_right) else None
    if split is None:
        value, depth = _by_pieces(a, b)
        lost = [(_times(gamma(depth), left), right)]
    else:
        value, lost = split
    if off_right is not None:
        lost.append((left, off_right))
    if off_left is not None:
        lost.append((off_left, right if off_right is None else _plus(right, off_right)))
    return value, _bound(value, [_least(*pair) for pair in lost], a.shape[1])


def _least(left: Norms, right: Norms) -> tuple[np.ndarray, np.ndarray]:
    """The ‖a_i‖_p and the ‖b_j‖_q whose products are least on the whole."""
    return min(zip(left, reversed(right), strict=True), key=lambda pair: float(pair[0].sum() * pair[1].sum()))


def _bound(value: np.ndarray, lost: list[tuple[np.ndarray, np.ndarray]], n: int) -> np.ndarray:
    """u |value| + Σ column_i row_j, rounded up; rows by blocks that stay in the cache."""
    up = _longer(n)
    lost = [(column[:, None] * up, row) for column, row in lost]
    bound = np.empty(value.shape)
    step = max(1, 2**15 // max(value.shape[1], 1))
    for i in range(0, len(value), step):
        rows = slice(i, i + step)
        block = np.abs(value[rows], out=bound[rows])
        block *= U * UP
        for column, row in lost:
            block += column[rows] * row
        block += TINY * (1 + n)
    return bound


Norms = tuple[np.ndarray, np.ndarray, np.ndarray]


def _norms(x: np.ndarray, axis: int) -> Norms:
    """‖x‖₁, ‖x‖₂ and ‖x‖_∞ along an axis, but for roundings that ``_longer`` pays for."""
    size = np.abs(x)
    largest = size.max(axis=axis, initial=0.0)
    one = size.sum(axis=axis)
    if _in_range(largest):
        squares = np.einsum("ij,ij->i" if axis == 1 else "ij,ij->j", size, size)
        return one, np.sqrt(squares), largest
    # Where a square may overflow, or vanish: ‖x‖₂² ≤ ‖x‖₁ ‖x‖_∞.
    return one, np.sqrt(one) * np.sqrt(largest), largest


def _in_range(largest: np.ndarray) -> bool:
    """Whether squares, and steps of 2⁻⁵³, of the largest of each row are normal numbers, or 0."""
    return bool(((largest < 2.0**400) & ((largest > 2.0**-400) | (largest == 0))).all())


def _times(factor: float, norms: Norms) -> Norms:
    one, two, largest = norms
    return factor * one, factor * two, factor * largest


def _plus(a: Norms, b: Norms) -> Norms:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


def _sharp(norms: Norms, off: Norms | None) -> bool:
    """Whether an operand is known to some roundings, on the whole."""
    return off is None or bool(off[1].sum() <= 16 * U * norms[1].sum())


def _by_pieces(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, int]:
    """a @ b, and through how many roundings a term goes at most."""
    n = a.shape[1]
    if n <= PIECE:
        return a @ b, n
    value = a[:, :PIECE] @ b[:PIECE]
    part = np.empty_like(value)
    for start in range(PIECE, n, PIECE):
        value += np.matmul(a[:, start : start + PIECE], b[start : start + PIECE], out=part)
    return value, PIECE + -(-n // PIECE)


def _split(
    a: np.ndarray, left: Norms, b: np.ndarray, right: Norms
) -> tuple[np.ndarray, list[tuple[Norms, Norms]]] | None:
    """a @ b as a_high b_high + a_low b + a_high b_low, of which the first rounds nothing; None out of range.

    a = a_high + a_low exactly, where the entries of row i of a_high are multiples of g_i = 2^(E_i − s) and at most
    2^s of them, and so for the columns of b, with 2 s + log₂ n ≤ 53: every partial sum of a_high b_high is a
    multiple of g_i g_j and at most 2⁵³ of them, a float64 in any order (K. Ozaki et al., "Error-free
    transformations of matrix multiplication", Numerical Algorithms 59, 2012). |a_low| ≤ g_i / 2, and
    |a_high| ≤ |a| + |a_low|. The two other products lose γ_n of their magnitudes, their sum u of itself, which
    makes that γ_{n+2}, and the last sum u |value|.
    """
    n = a.shape[1]
    bits = (53 - int(np.ceil(np.log2(max(n, 1))))) // 2
    if not _in_range(left[2]) or not _in_range(right[2]):
        return None
    a_high, a_low, step_a = _high(a, left[2][:, None], bits)
    b_high, b_low, step_b = _high(b, right[2], bits)
    value = a_low @ b
    part = a_high @ b_low
    value += part
    value += np.matmul(a_high, b_high, out=part)
    low_a, low_b = _low_norms(step_a[:, 0], n), _low_norms(step_b, n)
    factor = gamma(n + 2)
    return value, [
        (_times(factor, low_a), right),
        (_times(factor, _plus(left, low_a)), low_b),
    ]


def _high(x: np.ndarray, largest: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x as high + low, where high is a multiple of the returned step, with up to so many bits."""
    # |x| < 2^E. Adding 1.5 · 2^(E − s + 52) rounds to multiples of 2^(E − s), and subtracting it again is exact.
    step = np.where(largest > 0, np.ldexp(1.0, np.frexp(largest)[1] - bits), 0.0)
    far = 1.5 * 2.0**52 * step
    high = x + far
    high -= far
    return high, x - high, step


def _low_norms(step: np.ndarray, n: int) -> Norms:
    """Norms of n numbers of at most step / 2 each."""
    return step * (n / 2), step * (np.sqrt(n) / 2), step / 2
