"""What people get wrong in log-softmax and logsumexp: variants of their equations in §2.2."""

from __future__ import annotations

import numpy as np

from reference.equations import (
    Array,
    log_softmax,
    log_softmax_jvp,
    log_softmax_vjp,
    logsumexp,
    logsumexp_jvp,
    logsumexp_vjp,
    shift,
    sigmoid,
    softmax,
)

from ..graph import Graph
from ..mistake import Mistake
from ._mistakes import bfloat16_accumulation, bfloat16_sum, shared, sign_flipped, wrong
from ._softmax_mistakes import TINY, largest_of_all, smallest

SMALLEST_PROBABILITY = 1e-15
"""To which probabilities are clipped, far out: ordinary logits do not reach it."""


def clipped(p: Array) -> Array:
    """p within [10⁻¹⁵, 1 − 10⁻¹⁵]: a constant, and so without a gradient, beyond."""
    return np.clip(p, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)


# --- log-softmax ---------------------------------------------------------------------------------------------


def shifted_log_softmax(x: Array, m: Array) -> Array:
    """(x_j − m) − log Σ_i e^(x_i − m) with any m."""
    d = x - m
    return d - np.log(np.exp(d).sum(axis=-1, keepdims=True))


def _no_shift(x: Array) -> Array:
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def _shift_left_out(x: Array) -> Array:
    return x - np.log(np.exp(x - shift(x)).sum(axis=-1, keepdims=True))


def _without_keepdims(x: Array) -> Array:
    """A square x goes through; a single vector it gets right, and other shapes do not fit."""
    d = x - shift(x)
    return d - np.log(np.exp(d).sum(axis=-1))


def _over_the_first_axis(x: Array) -> Array:
    d = x - shift(x)
    return d - np.log(np.exp(d).sum(axis=0, keepdims=True))


def _over_everything(x: Array) -> Array:
    d = x - shift(x)
    return d - np.log(np.exp(d).sum())


def _upstream_sum_dropped(x: Array, cotangent: Array) -> Array:
    return cotangent - softmax(x)


def _bfloat16_value(x: Array) -> Array:
    d = x - shift(x)
    return d - np.log(bfloat16_sum(np.exp(d), -1)[..., None])


def log_softmax_mistakes() -> tuple[Mistake, ...]:
    graph: Graph = {"value": log_softmax, "vjp": log_softmax_vjp, "jvp": log_softmax_jvp}
    return (
        wrong("sigmoid output", "log σ(x), class by class", value=lambda x: np.log(sigmoid(x))),
        wrong("extra sigmoid", "log softmax(σ(x))", value=lambda x: log_softmax(sigmoid(x))),
        wrong("softmax without the log", "softmax(x)", value=softmax),
        sign_flipped("−log softmax(x), with its gradients", graph, "value", "vjp", "jvp"),
        wrong(
            "log of the softmax",
            "log of the rounded softmax: −∞ from e^−745 on",
            True,
            value=lambda x: np.log(softmax(x)),
        ),
        wrong("ε in the log", "log(softmax(x) + 10⁻⁸)", value=lambda x: np.log(softmax(x) + TINY)),
        wrong(
            "probabilities clipped",
            "log of probabilities clipped at 10⁻¹⁵",
            True,
            value=lambda x: np.log(clipped(softmax(x))),
        ),
        wrong("no shift", "x − log Σ e^x without the shift: it overflows", True, value=_no_shift),
        wrong(
            "shift by the global max",
            "the shift by the largest logit of the whole batch: other rows underflow",
            True,
            value=lambda x: shifted_log_softmax(x, largest_of_all(x)),
        ),
        wrong(
            "shift by the row min",
            "the shift by the smallest logit of the row: it overflows",
            True,
            value=lambda x: shifted_log_softmax(x, smallest(x)),
        ),
        wrong("shift not undone", "x − log Σ e^(x − m): m is subtracted in the sum only", value=_shift_left_out),
        wrong("without keepdims", "the sum of exponentials without keepdims", value=_without_keepdims),
        wrong("wrong axis", "the exponentials summed over the first axis", value=_over_the_first_axis),
        wrong("over everything", "the exponentials of all entries summed", value=_over_everything),
        wrong("softmax term dropped", "x̄ = ȳ, without −softmax(x) Σ ȳ", vjp=lambda cotangent: 1 * cotangent),
        wrong("upstream gradient dropped", "ȳ − softmax(x), without the factor Σ ȳ", vjp=_upstream_sum_dropped),
        wrong(
            "sum without axis",
            "ȳ − softmax(x) Σ ȳ, summed over all entries",
            vjp=lambda x, cotangent: cotangent - softmax(x) * cotangent.sum(),
        ),
        bfloat16_accumulation("value", _bfloat16_value),
        *shared(graph, -1.0),
    )


# --- logsumexp -----------------------------------------------------------------------------------------------


def _shifted_lse(x: Array, m: Array) -> Array:
    return m[..., 0] + np.log(np.exp(x - m).sum(axis=-1))


def _lse_of_the_first_axis(x: Array) -> Array:
    """For a batch as many rows as classes it has the right shape."""
    m = x.max(axis=0, keepdims=True)
    return m[0] + np.log(np.exp(x - m).sum(axis=0))


def _lse_of_everything(x: Array) -> Array:
    m = largest_of_all(x)
    return m.sum() + np.log(np.exp(x - m).sum())


def _mean_of_exponentials(x: Array) -> Array:
    return logsumexp(x) - float(np.log(x.shape[-1]))


def _bfloat16_lse(x: Array) -> Array:
    m = shift(x)
    return m[..., 0] + np.log(bfloat16_sum(np.exp(x - m), -1))


def logsumexp_mistakes() -> tuple[Mistake, ...]:
    graph: Graph = {"value": logsumexp, "vjp": logsumexp_vjp, "jvp": logsumexp_jvp}
    return (
        wrong(
            "no shift",
            "log Σ e^x without the shift: it overflows",
            True,
            value=lambda x: np.log(np.exp(x).sum(axis=-1)),
        ),
        wrong(
            "shift by the global max",
            "the shift by the largest logit of the whole batch: other rows underflow",
            True,
            value=lambda x: largest_of_all(x).sum() + np.log(np.exp(x - largest_of_all(x)).sum(axis=-1)),
        ),
        wrong(
            "shift by the row min",
            "the shift by the smallest logit of the row: it overflows",
            True,
            value=lambda x: _shifted_lse(x, smallest(x)),
        ),
        wrong(
            "shift not undone",
            "log Σ e^(x − m), without adding m again",
            value=lambda x: np.log(np.exp(x - shift(x)).sum(axis=-1)),
        ),
        wrong(
            "max instead of the sum",
            "max x: the sum of the exponentials left out",
            value=lambda x: shift(x)[..., 0] * 1,
        ),
        wrong("log left out", "Σ e^x without the log", value=lambda x: np.exp(x).sum(axis=-1)),
        wrong("exponential left out", "log Σ x", value=lambda x: np.log(x.sum(axis=-1))),
        wrong(
            "ε in the log",
            "m + log(Σ e^(x − m) + 10⁻⁸)",
            value=lambda x: shift(x)[..., 0] + np.log(np.exp(x - shift(x)).sum(axis=-1) + TINY),
        ),
        wrong("mean for sum", "the log of the mean of the exponentials", value=_mean_of_exponentials),
        wrong("wrong axis", "the exponentials summed over the first axis", value=_lse_of_the_first_axis),
        wrong("over everything", "the exponentials of all entries summed", value=_lse_of_everything),
        wrong("upstream gradient dropped", "softmax(x), without the cotangent ȳ", vjp=softmax),
        wrong(
            "sigmoid output",
            "ȳ σ(x) instead of ȳ softmax(x)",
            vjp=lambda x, cotangent: cotangent[..., None] * sigmoid(x),
        ),
        wrong("sum left out", "softmax(x) ẋ, not summed", jvp=lambda x, tangent: softmax(x) * tangent),
        bfloat16_accumulation("value", _bfloat16_lse),
        *shared(graph, 1.0, into="vjp"),
    )
