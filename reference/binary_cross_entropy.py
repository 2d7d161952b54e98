"""Binary cross-entropy of a logit, BCE(x, y) = softplus(x) − y x, and its derivatives   (§2.2 with two classes).

It is CE((1 − y, y), softmax((0, x))). As written it cancels: with y = 1 and x = 40 both terms are 40. The same as
a sum, and its derivative, with t = e^(−|x|) ≤ 1:

    BCE = (1 − y) softplus(x) + y softplus(−x)                   for 0 ≤ y ≤ 1 a sum of terms that are not negative
    ∂BCE/∂x = σ(x) − y = (1 − y) σ(x) − y σ(−x) = ((1 − y) a − y b) / (1 + t)

with (a, b) = (1, t) for x ≥ 0 and (t, 1) for x < 0. A hard target leaves one of the terms.

Special values: 0 times an infinity is 0, the limit, so BCE(+inf, 1) = BCE(−inf, 0) = 0; on an infinite logit every
other y in [0, 1] costs +inf. NaN where x or y is NaN.

All functions take any shape in a floating dtype, which is that of the result; y and a direction have the shape
and dtype of x. y may be any number; as a target it is a probability. TypeError or ValueError says by name what is
wrong.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ._arrays import floating, matching, stored
from .softplus import wide_softplus


def _arguments(x: Any, y: Any) -> tuple[np.ndarray, np.ndarray, np.dtype]:
    """x and y in float64, and their dtype."""
    x = floating("x", x)
    y = matching("y", y, x.shape, x.dtype)
    return x.astype(np.float64), y.astype(np.float64), x.dtype


def _part(weight: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """weight · cost, where a weight of 0 leaves nothing of an infinite cost."""
    return np.where((weight == 0) & np.isinf(cost), 0.0, weight * cost)


def _gradient(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """((1 − y) a − y b) / (1 + t) in float64."""
    t = np.exp(-np.abs(x))
    return np.asarray(((1 - y) * np.maximum(t, x >= 0) - y * np.maximum(t, x < 0)) / (1 + t))


@np.errstate(all="ignore")
def binary_cross_entropy(x: Any, y: Any) -> np.ndarray:
    """BCE(x, y) = softplus(x) − y x = (1 − y) softplus(x) + y softplus(−x), any shape   (§2.2, two classes).

    >>> binary_cross_entropy([40.0, 40.0, 0.0], [1.0, 0.0, 0.5])
    array([4.24835426e-18, 4.00000000e+01, 6.93147181e-01])
    """
    x, y, dtype = _arguments(x, y)
    return stored(_part(1 - y, wide_softplus(x)) + _part(y, wide_softplus(-x)), dtype)


@np.errstate(all="ignore")
def binary_cross_entropy_gradient(x: Any, y: Any) -> np.ndarray:
    """∂BCE/∂x = σ(x) − y = (1 − y) σ(x) − y σ(−x), any shape   (§2.1, §2.2).

    >>> binary_cross_entropy_gradient([40.0, 0.0], [1.0, 0.0])
    array([-4.24835426e-18,  5.00000000e-01])
    """
    x, y, dtype = _arguments(x, y)
    return stored(_gradient(x, y), dtype)


@np.errstate(all="ignore")
def binary_cross_entropy_jvp(x: Any, y: Any, tangent: Any) -> np.ndarray:
    """(σ(x) − y) ∘ ẋ, any shape   (§2.1, §2.2).

    >>> binary_cross_entropy_jvp([0.0], [1.0], [2.0])
    array([-1.])
    """
    x, y, dtype = _arguments(x, y)
    v = matching("tangent", tangent, x.shape, dtype)
    return stored(_gradient(x, y) * v.astype(np.float64), dtype)


@np.errstate(all="ignore")
def binary_cross_entropy_vjp(x: Any, y: Any, cotangent: Any) -> np.ndarray:
    """x̄ = ȳ ∘ (σ(x) − y), any shape   (§2.1, §2.2).

    >>> binary_cross_entropy_vjp([0.0], [0.0], [-4.0])
    array([-2.])
    """
    x, y, dtype = _arguments(x, y)
    v = matching("cotangent", cotangent, x.shape, dtype)
    return stored(v.astype(np.float64) * _gradient(x, y), dtype)
