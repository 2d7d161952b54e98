"""The rules by which ``Rounded`` bounds sums and matrix products.

Exact zeros are not counted among the terms. Whatever the order, a sum is a tree of additions. One of whose
operands is an exact 0 returns the other, which is a number of the accumulation format already: it rounds
nothing, and what it flushes had been stored and had its flush counted there. A subtree of nothing but zeros is
an exact 0 itself. So only additions with a term other than 0 below either operand round. They join k such terms,
so there are k − 1, and no term passes through more. In a dot product the k terms round once more when they are
formed; an addition fused with its product, fma(a, b, s), is s where a b = 0, and elsewhere rounds once instead
of twice. Where the accumulation format is the storage format, the last of these roundings is the one that stores
the result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .rounding_rules import K, Result, is_zero, lowered, stored

if TYPE_CHECKING:
    from .rounding import Model, Rounded


def _accumulation(
    model: Model, n: np.ndarray | int, flushes: np.ndarray | int, magnitude: np.ndarray
) -> np.ndarray:
    """γ_n times the sum of magnitudes: what n roundings in sequence lose, and as many flushed numbers as told.

    The last factor is for the n roundings in the float64 sum of the magnitudes itself.
    """
    flushed = flushes * model.tiny
    return (model.gamma(n) * (magnitude + flushed) + flushed) * (1 + n * 2.0**-52)


def total(model: Model, a: Rounded, axis: int | None, keepdims: bool) -> Result:
    """The sum over one axis, or over all."""
    n = a.value.size if axis is None else a.value.shape[axis]

    def added(array: np.ndarray) -> np.ndarray:
        return np.asarray(array.sum(axis=axis, keepdims=keepdims))

    terms = n if a.value.all() else added(~is_zero(a))
    joined = np.maximum(terms - 1, 0)
    spread = added(a.bound) * (1 + n * 2.0**-52) + _accumulation(model, joined, joined, added(a.magnitude))
    lost = np.asarray(a.overflows.any(axis=axis, keepdims=keepdims)) if a.spills else None
    value, bound = stored(model, added(a.value), spread, lost, rounded=model.accumulation == model.storage)
    positive = np.asarray((a.lower >= 0).all(axis=axis, keepdims=keepdims))
    lower = np.where(positive, lowered(model, added(a.lower), terms), -np.inf)
    return value, np.where(np.equal(terms, 0), 0.0, bound), lower


def stored_lse(model: Model, a: Rounded, shift: np.ndarray, axis: int) -> np.ndarray:
    """What is put on the shift of softmax, so that ``exp(x − lse)`` fits under the bound of ``e / Σ e``.

    With L = log Σ e^(x − m), storing lse = m + L and x − lse loses u L each beyond what x − m does, and log errs
    by a unit: 3 u L, relatively to the softmax. The quotient is granted 2 K u for its exponentials and u for the
    division, where the other form, if exp errs by a unit as well, needs 2 u: so 3 u L − (2 K − 1) u is missing.
    The shift enters the numerator and the denominator: half of it each. L ≤ log n in every evaluation, so it is 0
    up to ten classes; and it is 0 where one class leads.
    """
    above = np.exp(a.value - shift + a.bound).sum(axis=axis, keepdims=True)
    logarithm = np.fmin(np.log(above), np.log(a.value.shape[axis]))
    missing = model.storage * (3 * logarithm - (2 * K - 1)) / 2
    return np.where(np.isfinite(shift), np.fmax(missing, 0.0), 0.0)


def product(model: Model, a: Rounded, b: Rounded) -> Result:
    """The product of matrices.

    The bound is Σ |a| δb + δa |b| + γ_t (Σ |a| |b| + 2 t tiny) + 2 t tiny with t terms: two products of matrices
    more than the value's own where t is a number, a column or a row, which go into an operand with γ_t.
    """
    a, b = _operand(model, a), _operand(model, b)
    value = a.value @ b.value
    n = a.value.shape[-1]
    terms = _terms(a, b)
    gamma = model.gamma(terms)
    exact_a, exact_b = not a.bound.any(), not b.bound.any()
    shape = np.shape(gamma)
    if shape == value.shape:
        spread = gamma * (a.magnitude @ b.magnitude)
    elif shape == (1, value.shape[-1]) or (shape == () and exact_a):
        spread, exact_b = a.magnitude @ (b.bound + gamma * b.magnitude), True
    else:
        spread, exact_a = (a.bound + gamma * a.magnitude) @ b.magnitude, True
    # An operand that is known exactly adds nothing: not even 0 times an infinity, which is in the value already.
    for part in (() if exact_b else ((a.magnitude, b.bound),)) + (() if exact_a else ((a.bound, b.magnitude),)):
        spread = spread + part[0] @ part[1]
    flushed = 2 * terms * model.tiny
    spread = (spread + (gamma * flushed + flushed)) * (1 + n * 2.0**-52)
    lost = None
    if a.spills or b.spills:
        lost = (a.overflows @ np.ones(b.shape, bool)) | (np.ones(a.shape, bool) @ b.overflows)
    value, bound = stored(model, value, spread, lost, rounded=model.accumulation == model.storage)
    nothing = np.equal(terms, 0)
    if nothing.any():
        bound = np.where(nothing & (value == 0) & ~(False if lost is None else lost), 0.0, bound)
    return value, bound


def _terms(a: Rounded, b: Rounded) -> np.ndarray | int:
    """How many terms of a product are not exactly 0: of all, of each row, of each column, or of each element."""
    n = a.value.shape[-1]
    zeros_a, zeros_b = not a.value.all(), not b.value.all()
    if not zeros_a and not zeros_b:
        return n
    if a.ndim == b.ndim == 2 and not zeros_b:
        return np.count_nonzero(~is_zero(a), axis=1, keepdims=True)
    if a.ndim == b.ndim == 2 and not zeros_a:
        return np.count_nonzero(~is_zero(b), axis=0, keepdims=True)
    counted = np.float32 if n < 2**24 else np.float64  # which add whole numbers up to there exactly
    return ((~is_zero(a)).astype(counted) @ (~is_zero(b)).astype(counted)).astype(np.float64)


def _operand(model: Model, a: Rounded) -> Rounded:
    """An operand as a product takes it, rounded once more where the model says so."""
    if not model.product:
        return a
    return type(a)(a.value, a.bound + model.product * a.magnitude, model)
