"""softplus(x) = log(1 + e^x) and log σ(x) = −softplus(−x), accurate for every x   (from §2.1 and §2.2).

softplus is the log-sum-exp of (0, x), and its derivative is σ of §2.1. With t = e^(−|x|) ≤ 1,

    softplus(x) = max(x, 0) + log1p(t),   log σ(x) = min(x, 0) − log1p(t),   σ(x) = max(t, x ≥ 0) / (1 + t):

nothing overflows, and the terms of each sum have one sign. log(1 + e^x) as it stands is 0 below x ≈ −17 in float32
and −37 in float64, and inf above 89 and 710; a threshold above which softplus(x) is x loses e^(−x).

Special values: softplus(+inf) = +inf, softplus(−inf) = 0, log σ(+inf) = 0, log σ(−inf) = −inf; the derivatives
there are 0 and 1; NaN where x is NaN.

All functions take any shape in a floating dtype, which is that of the result; a direction has the shape and dtype
of x. TypeError or ValueError says by name what is wrong.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ._arrays import floating, matching, stored
from .sigmoid import sigmoid


def wide_softplus(x: np.ndarray) -> np.ndarray:
    """softplus of an array in float64."""
    return np.asarray(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))))


def _product(name: str, x: Any, v: Any, sign: int) -> np.ndarray:
    """v ∘ σ(± x), rounded once."""
    x = floating("x", x)
    v = matching(name, v, x.shape, x.dtype)
    return stored(v.astype(np.float64) * sigmoid(sign * x.astype(np.float64)), x.dtype)


@np.errstate(all="ignore")
def softplus(x: Any) -> np.ndarray:
    """softplus(x) = log(1 + e^x) = max(x, 0) + log1p(e^(−|x|)), any shape   (§2.2: the log-sum-exp of (0, x)).

    >>> softplus([0.0, -40.0, 800.0])
    array([6.93147181e-01, 4.24835426e-18, 8.00000000e+02])
    """
    x = floating("x", x)
    return stored(wide_softplus(x.astype(np.float64)), x.dtype)


@np.errstate(all="ignore")
def softplus_jvp(x: Any, tangent: Any) -> np.ndarray:
    """ẏ = σ(x) ∘ ẋ, any shape   (§2.1).

    >>> softplus_jvp([0.0, -40.0], [2.0, 1.0])
    array([1.00000000e+00, 4.24835426e-18])
    """
    return _product("tangent", x, tangent, 1)


@np.errstate(all="ignore")
def softplus_vjp(x: Any, cotangent: Any) -> np.ndarray:
    """x̄ = ȳ ∘ σ(x), any shape   (§2.1).

    >>> softplus_vjp([0.0], [-4.0])
    array([-2.])
    """
    return _product("cotangent", x, cotangent, 1)


@np.errstate(all="ignore")
def log_sigmoid(x: Any) -> np.ndarray:
    """log σ(x) = −softplus(−x) = min(x, 0) − log1p(e^(−|x|)), any shape   (§2.1).

    >>> log_sigmoid([40.0, -800.0])
    array([-4.24835426e-18, -8.00000000e+02])
    """
    x = floating("x", x)
    return stored(-wide_softplus(-x.astype(np.float64)), x.dtype)


@np.errstate(all="ignore")
def log_sigmoid_jvp(x: Any, tangent: Any) -> np.ndarray:
    """ẏ = σ(−x) ∘ ẋ, any shape   (§2.1: (log σ)' = σ'/σ = 1 − σ(x), which would cancel).

    >>> log_sigmoid_jvp([40.0], [1.0])
    array([4.24835426e-18])
    """
    return _product("tangent", x, tangent, -1)


@np.errstate(all="ignore")
def log_sigmoid_vjp(x: Any, cotangent: Any) -> np.ndarray:
    """x̄ = ȳ ∘ σ(−x), any shape   (§2.1: (log σ)' = σ'/σ = 1 − σ(x), which would cancel).

    >>> log_sigmoid_vjp([0.0], [-4.0])
    array([-2.])
    """
    return _product("cotangent", x, cotangent, -1)
