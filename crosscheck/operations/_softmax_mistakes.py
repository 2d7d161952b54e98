"""What people get wrong in softmax: variants of its equations in §1, and what its neighbours share with it."""

from __future__ import annotations

import numpy as np

from reference.equations import (
    Array,
    log_softmax,
    shift,
    sigmoid,
    softmax,
    softmax_jvp,
    softmax_vjp,
)

from ..graph import Graph
from ..mistake import Mistake
from ._mistakes import bfloat16_accumulation, bfloat16_sum, shared, wrong

TINY = 1e-8
"""The ε that people add: more than float64 rounds on ordinary input, and about what float32 does."""


def largest_of_all(x: Array) -> Array:
    """max over every axis, as an array of the same ndim: one shift for the whole batch."""
    for axis in range(x.ndim):
        x = x.max(axis=axis, keepdims=True)
    return x


def smallest(x: Array) -> Array:
    """min_i x_i, (..., n) → (..., 1)."""
    return -(-x).max(axis=-1, keepdims=True)


def shifted_softmax(x: Array, m: Array) -> Array:
    """e^(x_j − m) / Σ_i e^(x_i − m) with any m: that of §1.1, whatever it does to the range."""
    e = np.exp(x - m)
    return e / e.sum(axis=-1, keepdims=True)


def no_shift(x: Array) -> Array:
    """e^(x_j) / Σ_i e^(x_i): right, and ∞/∞ for large x."""
    e = np.exp(x)
    return e / e.sum(axis=-1, keepdims=True)


def without_keepdims(x: Array) -> Array:
    """e_ij / Σ_j' e_jj' for a square x; a single vector it gets right, and other shapes do not fit."""
    e = np.exp(x - shift(x))
    return e / e.sum(axis=-1)


def over_the_first_axis(x: Array) -> Array:
    """e / Σ over the first axis: columns that sum to 1."""
    e = np.exp(x - shift(x))
    return e / e.sum(axis=0, keepdims=True)


def over_everything(x: Array) -> Array:
    """e / Σ over all entries."""
    e = np.exp(x - shift(x))
    return e / e.sum()


def _with_epsilon(x: Array) -> Array:
    e = np.exp(x - shift(x))
    return e / (e.sum(axis=-1, keepdims=True) + TINY)


def without_the_last_class(x: Array) -> Array:
    """e / Σ over all classes but the last."""
    e = np.exp(x - shift(x))
    return e / e[..., :-1].sum(axis=-1, keepdims=True)


def _not_exponentials(x: Array) -> Array:
    return x / x.sum(axis=-1, keepdims=True)


def _diagonal_vjp(x: Array, cotangent: Array) -> Array:
    y = softmax(x)
    return cotangent * (y * (1 - y))


def _diagonal_jvp(x: Array, tangent: Array) -> Array:
    y = softmax(x)
    return y * (1 - y) * tangent


def _of_argument(x: Array, cotangent: Array) -> Array:
    """The Jacobian product with x in the place of y."""
    return x * (cotangent - (x * cotangent).sum(axis=-1, keepdims=True))


def _upstream_dropped(x: Array) -> Array:
    """The diagonal of the Jacobian, whatever the cotangent is."""
    y = softmax(x)
    return y * (1 - y)


def _sum_without_y(x: Array, cotangent: Array) -> Array:
    return softmax(x) * (cotangent - cotangent.sum(axis=-1, keepdims=True))


def _sum_without_axis(x: Array, cotangent: Array) -> Array:
    y = softmax(x)
    return y * (cotangent - (y * cotangent).sum())


def _bfloat16_vjp(x: Array, cotangent: Array) -> Array:
    y = softmax(x)
    return y * (cotangent - bfloat16_sum(y * cotangent, -1)[..., None])


def softmax_mistakes() -> tuple[Mistake, ...]:
    graph: Graph = {"value": softmax, "vjp": softmax_vjp, "jvp": softmax_jvp}
    return (
        wrong("sigmoid output", "σ(x), class by class, instead of softmax(x)", value=sigmoid),
        wrong(
            "extra sigmoid",
            "softmax(σ(x)): an extra sigmoid before the softmax",
            value=lambda x: softmax(sigmoid(x)),
        ),
        wrong("softmax twice", "softmax(softmax(x))", value=lambda x: softmax(softmax(x))),
        wrong("log-softmax", "log softmax(x) instead of softmax(x)", value=log_softmax),
        wrong("exponential left out", "x_j / Σ_i x_i", value=_not_exponentials),
        wrong("not normalised", "e^(x − m), not divided by its sum", value=lambda x: np.exp(x - shift(x))),
        wrong("without keepdims", "the denominator summed without keepdims", value=without_keepdims),
        wrong("wrong axis", "the denominator summed over the first axis", value=over_the_first_axis),
        wrong("over everything", "the denominator summed over all entries", value=over_everything),
        wrong("ε in the denominator", "the denominator plus 10⁻⁸", value=_with_epsilon),
        wrong("last class dropped", "the denominator without the last class", value=without_the_last_class),
        wrong("no shift", "e^x without the shift: it overflows", True, value=no_shift),
        wrong(
            "shift by the global max",
            "the shift by the largest logit of the whole batch: other rows underflow",
            True,
            value=lambda x: shifted_softmax(x, largest_of_all(x)),
        ),
        wrong(
            "shift by the row min",
            "the shift by the smallest logit of the row: it overflows",
            True,
            value=lambda x: shifted_softmax(x, smallest(x)),
        ),
        wrong("diagonal Jacobian", "y (1 − y) ȳ: the softmax Jacobian's diagonal only", vjp=_diagonal_vjp),
        wrong("diagonal Jacobian in the JVP", "y (1 − y) ẋ: the Jacobian's diagonal only", jvp=_diagonal_jvp),
        wrong("derivative of the argument", "the Jacobian at x instead of at y = softmax(x)", vjp=_of_argument),
        wrong("upstream gradient dropped", "y (1 − y), without the cotangent ȳ", vjp=_upstream_dropped),
        wrong("sum not weighted", "y (ȳ − Σ ȳ): the sum without its factor y", vjp=_sum_without_y),
        wrong("sum without axis", "y (ȳ − Σ y ȳ), summed over all entries", vjp=_sum_without_axis),
        bfloat16_accumulation("vjp", _bfloat16_vjp),
        *shared(graph, 0.1),
    )
