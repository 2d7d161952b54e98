"""What people get wrong in cross-entropy with class indices: variants of ``reference.label_equations``."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from reference.equations import Array, Equation, log_softmax, softmax
from reference.label_equations import (
    IGNORED,
    chosen,
    label_cross_entropy_gradient,
    label_target,
    label_weight,
)

from ..cases import Arrays
from ..graph import Graph
from ..mistake import Mistake
from ._log_mistakes import clipped
from ._mistakes import shared, sign_flipped, wrong
from ._reduction_mistakes import of_means, of_sums
from ._softmax_mistakes import TINY

# --- the right function of other inputs ----------------------------------------------------------------------


def _of(
    name: str, sentence: str, argument: str, change: Callable[[Arrays], np.ndarray], limited: bool = True
) -> Mistake:
    def before(inputs: Arrays) -> Arrays:
        return {**inputs, argument: change(inputs)}

    return Mistake(name, sentence, "value", before=before, limited=limited)


def _from_one(inputs: Arrays) -> np.ndarray:
    labels = inputs["labels"]
    return np.where(labels == IGNORED, labels, (labels + 1) % inputs["x"].shape[-1])


def _in_8_bits(inputs: Arrays) -> np.ndarray:
    labels = inputs["labels"]
    return np.where(labels == IGNORED, labels, labels % 256)


def _last_ignored(inputs: Arrays) -> np.ndarray:
    labels = inputs["labels"].copy()
    labels[-1:] = IGNORED
    return labels


def _over_the_others(inputs: Arrays) -> np.ndarray:
    smoothing, n = inputs["smoothing"], inputs["x"].shape[-1]
    return np.asarray(smoothing * smoothing.dtype.type(n / (n - 1)))


OF_OTHER_INPUTS = (
    _of("label off by one", "labels counted from 1", "labels", _from_one, limited=False),
    _of(
        "last example dropped", "a loop that ends before the last example", "labels", _last_ignored, limited=False
    ),
    _of(
        "−100 not ignored",
        "the label −100 taken for class 0",
        "labels",
        lambda i: np.where(i["labels"] == IGNORED, 0, i["labels"]),
    ),
    _of("labels in 8 bits", "labels held in 8 bits, so that 256 is 0", "labels", _in_8_bits),
    _of("weights ignored", "every class weight taken for 1", "weight", lambda i: np.ones_like(i["weight"])),
    _of("smoothing ignored", "ε taken for 0", "smoothing", lambda i: np.zeros_like(i["smoothing"])),
    _of("smoothing over the others", "ε spread over the n − 1 other classes", "smoothing", _over_the_others),
)


# --- other equations -----------------------------------------------------------------------------------------


def _divisor(reduction: str, labels: Array, weight: Array) -> Array:
    return label_weight(labels, weight) if reduction == "mean" else 1


def _smoothed_without_less(labels: Array, weight: Array, smoothing: Array) -> Array:
    """t_c = w_c ([c = label] + ε/n), without the factor 1 − ε."""
    t = chosen(labels, weight) * weight + smoothing * (weight / weight.shape[-1])
    return (labels != IGNORED)[..., None] * t


def _without_label(x: Array, labels: Array, weight: Array, smoothing: Array) -> Array:
    """(Σ_c t_c) ŷ, without −t."""
    return label_target(labels, weight, smoothing).sum(axis=-1, keepdims=True) * softmax(x)


def _diagonal(x: Array, labels: Array, weight: Array, smoothing: Array) -> Array:
    """−t (1 − ŷ): −t/ŷ times the softmax Jacobian's diagonal."""
    return -label_target(labels, weight, smoothing) * (1 - softmax(x))


def _value(reduction: str, log_y_hat: Equation, target: Equation = label_target) -> Equation:
    """−Σ t log ŷ, reduced, of a log ŷ or of targets that are not those of §2.2."""

    def value(x: Array, labels: Array, weight: Array, smoothing: Array) -> Array:
        if reduction != "none":
            x, labels = x[labels != IGNORED], labels[labels != IGNORED]
        costs = -(target(labels, weight, smoothing) * log_y_hat(x)).sum(axis=-1)
        return costs if reduction == "none" else costs.sum() / _divisor(reduction, labels, weight)

    return value


def _vjp(reduction: str, gradient: Equation) -> Equation:
    def vjp(x: Array, labels: Array, weight: Array, smoothing: Array, cotangent: Array) -> Array:
        scale = cotangent[..., None] if reduction == "none" else cotangent / _divisor(reduction, labels, weight)
        return scale * gradient(x, labels, weight, smoothing)

    return vjp


def _of_rows() -> tuple[Mistake, ...]:
    return (wrong("sum without axis", "the costs of all rows summed", value=_value("sum", log_softmax)),)


def label_mistakes(graph: Graph, reduction: str) -> tuple[Mistake, ...]:
    """Those of the operation whose costs are reduced so: ``none``, ``sum`` or ``mean``."""
    rows = reduction == "none"
    # What the loop over all but the last example does to labels, it does to whole rows.
    usual = [m for m in shared(graph, 1.0, into="vjp", rows=rows) if m.name != "last example dropped"]
    return (
        sign_flipped("the cost without its minus, and its gradients", graph, *graph),
        *OF_OTHER_INPUTS,
        wrong(
            "softmax twice",
            "softmax(x) taken for logits",
            value=_value(reduction, lambda x: log_softmax(softmax(x))),
        ),
        wrong("log left out", "−Σ t ŷ", value=_value(reduction, softmax)),
        wrong("ε in the log", "log(ŷ + 10⁻⁸)", value=_value(reduction, lambda x: np.log(softmax(x) + TINY))),
        wrong(
            "probabilities clipped",
            "log ŷ with ŷ clipped at 10⁻¹⁵",
            True,
            value=_value(reduction, lambda x: np.log(clipped(softmax(x)))),
        ),
        wrong(
            "1 − ε dropped",
            "targets [c = label] + ε/n, without the factor 1 − ε",
            True,
            value=_value(reduction, log_softmax, _smoothed_without_less),
        ),
        wrong("label term dropped", "the gradient ŷ, without −t", vjp=_vjp(reduction, _without_label)),
        wrong(
            "diagonal Jacobian", "−t (1 − ŷ): the softmax Jacobian's diagonal only", vjp=_vjp(reduction, _diagonal)
        ),
        wrong(
            "upstream gradient dropped",
            "ŷ − t, without the cotangent ȳ",
            vjp=lambda x, labels, weight, smoothing: _vjp(reduction, label_cross_entropy_gradient)(
                x, labels, weight, smoothing, np.ones(labels.shape, np.int8) if rows else 1
            ),
        ),
        *{"none": _of_rows, "sum": of_sums, "mean": of_means}[reduction](),
        *usual,
    )
