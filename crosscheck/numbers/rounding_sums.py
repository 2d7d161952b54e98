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

    terms = added(~is_zero(a))
    joined = np.maximum(terms - 1, 0)
    spread = added(a.bound) * (1 + n * 2.0**-52) + _accumulation(model, joined, joined, added(a.magnitude))
    lost = np.asarray(a.overflows.any(axis=axis, keepdims=keepdims))
    value, bound = stored(model, added(a.value), spread, lost, rounded=model.accumulation == model.storage)
    positive = np.asarray((a.lower >= 0).all(axis=axis, keepdims=keepdims))
    lower = np.where(positive, lowered(model, added(a.lower), terms), -np.inf)
    return value, np.where(terms == 0, 0.0, bound), lower


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
    """The product of matrices."""
    a, b = _operand(model, a), _operand(model, b)
    value = a.value @ b.value
    n = a.value.shape[-1]
    terms = (~is_zero(a)).astype(np.float64) @ (~is_zero(b)).astype(np.float64)
    spread = (a.magnitude @ b.bound + a.bound @ b.magnitude) * (1 + n * 2.0**-52)
    spread = spread + _accumulation(model, terms, 2 * terms, a.magnitude @ b.magnitude)
    lost = np.zeros(value.shape, bool)
    if a.overflows.any() or b.overflows.any():
        lost = (a.overflows @ np.ones(b.shape, bool)) | (np.ones(a.shape, bool) @ b.overflows)
    value, bound = stored(model, value, spread, lost, rounded=model.accumulation == model.storage)
    return value, np.where((terms == 0) & (value == 0) & ~lost, 0.0, bound)


def _operand(model: Model, a: Rounded) -> Rounded:
    """An operand as a product takes it, rounded once more where the model says so."""
    if not model.product:
        return a
    return type(a)(a.value, a.bound + model.product * a.magnitude, model)
