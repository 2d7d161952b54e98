"""σ(x) and σ'(x), accurate for every x, with exponentials that do not overflow where they count   (§2.1).

σ(x) = 1 / (1 + e^(−x)) = e^x / (1 + e^x) loses nothing for either sign of x, as long as e^x does not overflow;
where it does σ(x) is 1. σ'(x) = σ(x)(1 − σ(x)) cancels for x > 0: as it stands it gives 0 from x ≈ 17 in float32
and 37 in float64, where the derivative is 4·10⁻⁸ and 9·10⁻¹⁷. With t = e^(−|x|) it is t / (1 + t)².

Special values: σ(+inf) = 1, σ(−inf) = 0, σ'(±inf) = 0, NaN where x is NaN.
"""

from __future__ import annotations

from operator import imul
from typing import Any

import numpy as np

from ._arrays import floating, least, matching, most, stored
from ._blocks import by_entries, entries_in_blocks, scratch, spare, widened

_FAR = {8: 709.0, 4: 88.0}
"""Bytes of a format → above it e^x approaches the largest number; σ rounds to 1 long before."""

_SQUARED = 350.0
"""Above it the square of e^x approaches the largest number of float64; σ' rounds to e^(−x) long before."""

_ONE, _TWO = np.array(1.0), np.array(2.0)
"""For float64: a Python number takes NumPy as long again as half of the call with a small array."""

_NORMAL = 2.0**-126
"""The smallest normal number of float32."""


def _beyond(x: np.ndarray, bound: float) -> np.ndarray | None:
    """Where x is above a bound; None where nothing is."""
    return None if x.size == 0 or most(x) <= bound else x > bound  # false for NaN


def sigmoid_into(x: np.ndarray, out: np.ndarray) -> None:
    """σ(x) written to ``out``, in the format itself, or for narrower ones in float64 and rounded once."""
    if out.itemsize < 4:
        wide = x.astype(np.float64)
        sigmoid_into(wide, wide)
        out[...] = wide
        return
    far = _beyond(x, _FAR[out.itemsize])  # before ``out``, which may be x, is written
    np.exp(x, out=out)
    more = np.add(out, 1.0, out=spare("one more", out, out.dtype))
    np.divide(out, more, out=out)
    if far is not None:
        out[far] = 1


def sigmoid_and_slope_into(x: np.ndarray, out: np.ndarray, slope: np.ndarray) -> None:
    """σ(x) written to ``out`` and σ'(x) to ``slope``, which is in float64 beside float64, else in float32.

    Both come from one exponential. For narrow formats σ'(x) is σ(x) / (1 + e^x): that the rounding of 1 + e^x
    counts twice shows in float64 alone, where it would make 5 ulp of 2. There σ'(x) is e^x / (1 + e^x)².
    """
    far = _beyond(x, _SQUARED)
    if slope.itemsize == 8:
        t = np.exp(x, out=slope)
        np.divide(t, np.add(t, _ONE, out=spare("one more", x)), out=out)
        _over_square(t)
    else:
        t = widened("slope", x)
        np.exp(t, out=t)
        more = np.add(t, _ONE, out=spare("one more", x))
        t /= more
        out[...] = t
        t /= more
    if far is not None:
        out[far], t[far] = 1, np.exp(-x[far].astype(np.float64))
    if t is not slope:
        slope[...] = t


def times_slope(x: np.ndarray, slope: np.ndarray, v: np.ndarray) -> np.ndarray:
    """σ'(x) ∘ v in the dtype of v, from ``slope`` = σ'(x) (R, n), which is lost: the result may lie in its memory.

    What is subnormal in float32 has lost digits that v may bring to light: there σ'(x) is computed again.
    """
    lost = None if slope.itemsize == 8 or not slope.size or least(slope) >= _NORMAL else ~(slope >= _NORMAL)
    entries_in_blocks(imul, slope, v)
    found = stored(slope, v.dtype)
    if lost is not None:
        found[lost] = by_entries(sigmoid_product_into, x[lost], v[lost])
    return found


def _over_square(t: np.ndarray) -> None:
    """t / (1 + t)² in the memory of t, with 1 + t (2 + t): squaring would double the rounding of 1 + t."""
    square = np.add(t, _TWO, out=spare("square", t))
    square *= t
    square += _ONE
    t /= square


def gradient_into(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """σ'(x) = t / (1 + t)², in the memory ``t``, in float64."""
    np.copysign(x, -1.0, out=t)  # −|x|
    np.exp(t, out=t)
    _over_square(t)
    return t


def _gradient_into(x: np.ndarray, out: np.ndarray) -> None:
    out[...] = gradient_into(x, scratch("slope", x.shape))


def sigmoid_product_into(x: np.ndarray, v: np.ndarray, out: np.ndarray) -> None:
    """σ'(x) ∘ v, in float64 and rounded once, written to ``out``."""
    np.multiply(gradient_into(x, scratch("slope", x.shape)), v, out=out, casting="unsafe")


@np.errstate(all="ignore")
def sigmoid(x: Any) -> np.ndarray:
    """σ(x) = e^x / (1 + e^x), 1 where e^x overflows; any shape   (§2.1).

    Floating dtypes only, and the result has x's. TypeError otherwise.

    >>> sigmoid([0.0, -800.0, 800.0])
    array([0.5, 0. , 1. ])
    """
    return by_entries(sigmoid_into, floating("x", x))


@np.errstate(all="ignore")
def sigmoid_gradient(x: Any) -> np.ndarray:
    """σ'(x) = t / (1 + t)² with t = e^(−|x|); any shape, the dtype of x   (§2.1, second line).

    TypeError where x is not floating.

    >>> sigmoid_gradient([0.0, 40.0])
    array([2.50000000e-01, 4.24835426e-18])
    """
    return by_entries(_gradient_into, floating("x", x))


@np.errstate(all="ignore")
def sigmoid_jvp(x: Any, tangent: Any) -> np.ndarray:
    """ẏ = σ'(x) ∘ ẋ; any shape, ``tangent`` has the shape and dtype of x   (§2.1).

    TypeError or ValueError, by name, where they differ.

    >>> sigmoid_jvp([0.0], [2.0])
    array([0.5])
    """
    x = floating("x", x)
    return by_entries(sigmoid_product_into, x, matching("tangent", tangent, x.shape, x.dtype))


@np.errstate(all="ignore")
def sigmoid_vjp(x: Any, cotangent: Any) -> np.ndarray:
    """x̄ = ȳ ∘ σ'(x); any shape, ``cotangent`` has the shape and dtype of x   (§2.1, §2.3).

    TypeError or ValueError, by name, where they differ.

    >>> sigmoid_vjp([0.0], [-4.0])
    array([-1.])
    """
    x = floating("x", x)
    return by_entries(sigmoid_product_into, x, matching("cotangent", cotangent, x.shape, x.dtype))
