"""Cross-entropy of softmax with class indices, as equations: the targets of §2.2 that labels stand for.

A label c in 0 … n − 1 stands for the target t of its row, with the class weights w and the smoothing ε; the label
−100 (``IGNORED``) for a row that does not count:

    t_c = w_c ((1 − ε) [c = label] + ε/n),   CE = −Σ_c t_c log ŷ_c,   W = Σ_rows w_label

The mean over a batch divides by W, not by Σ t, whatever ε is. These are the conventions of PyTorch. Where no row
counts the sum is 0 and the mean is 0/0.

Shapes: x (..., n), labels (...) integers, weight (n,), smoothing a scalar. As in ``reference.equations``, the
functions are plain NumPy and can be read in other arithmetics; labels are integers in all of them.
"""

from __future__ import annotations

import numpy as np

from .equations import Array, cross_entropy_gradient, log_softmax

IGNORED = -100
"""The label of a row that does not count."""


def chosen(labels: Array, weight: Array) -> Array:
    """[c = label], (...) → (..., n) truth values; none is true in an ignored row."""
    return labels[..., None] == np.arange(weight.shape[-1])


def label_target(labels: Array, weight: Array, smoothing: Array) -> Array:
    """t_c = w_c ((1 − ε) [c = label] + ε/n), 0 in an ignored row, (...) → (..., n)."""
    t = chosen(labels, weight) * ((1 - smoothing) * weight) + smoothing * (weight / weight.shape[-1])
    return (labels != IGNORED)[..., None] * t


def label_weight(labels: Array, weight: Array) -> Array:
    """W = Σ_rows w_label over the rows that count, a scalar."""
    return (chosen(labels, weight) * weight).sum()


# --- row by row ----------------------------------------------------------------------------------------


def label_cross_entropy(x: Array, labels: Array, weight: Array, smoothing: Array) -> Array:
    """CE = −(1 − ε) w_label log ŷ_label − (ε/n) Σ_c w_c log ŷ_c, (..., n) → (...)   (§2.2). 0 log 0 = 0."""
    log_y_hat = log_softmax(x)
    of_label = (chosen(labels, weight) * weight * log_y_hat).sum(axis=-1)
    of_all = (smoothing * (weight / x.shape[-1]) * log_y_hat).sum(axis=-1)
    return (labels != IGNORED) * -((1 - smoothing) * of_label + of_all)


def label_cross_entropy_gradient(x: Array, labels: Array, weight: Array, smoothing: Array) -> Array:
    """∂CE/∂x = (Σ_c t_c) ŷ − t, (..., n) → (..., n)   (§2.2)."""
    return cross_entropy_gradient(x, label_target(labels, weight, smoothing))


def label_cross_entropy_jvp(x: Array, labels: Array, weight: Array, smoothing: Array, tangent: Array) -> Array:
    """Σ_c (∂CE/∂x)_c ẋ_c, (..., n) → (...)   (§2.2)."""
    return (label_cross_entropy_gradient(x, labels, weight, smoothing) * tangent).sum(axis=-1)


def label_cross_entropy_vjp(x: Array, labels: Array, weight: Array, smoothing: Array, cotangent: Array) -> Array:
    """x̄ = (ȳ per row) ∂CE/∂x, (...) → (..., n)   (§2.2)."""
    return cotangent[..., None] * label_cross_entropy_gradient(x, labels, weight, smoothing)


# --- the sum over the batch ------------------------------------------------------------------------------


def label_cross_entropy_sum(x: Array, labels: Array, weight: Array, smoothing: Array) -> Array:
    """J = Σ CE over the rows that count, a scalar   (§2.2)."""
    kept = labels != IGNORED
    return label_cross_entropy(x[kept], labels[kept], weight, smoothing).sum()


def label_cross_entropy_sum_jvp(x: Array, labels: Array, weight: Array, smoothing: Array, tangent: Array) -> Array:
    """Σ_c (∂CE/∂x)_c ẋ_c, summed over the rows that count, a scalar   (§2.2)."""
    kept = labels != IGNORED
    return label_cross_entropy_jvp(x[kept], labels[kept], weight, smoothing, tangent[kept]).sum()


def label_cross_entropy_sum_vjp(
    x: Array, labels: Array, weight: Array, smoothing: Array, cotangent: Array
) -> Array:
    """x̄ = ȳ ∂CE/∂x, a scalar → (..., n)   (§2.2)."""
    return cotangent * label_cross_entropy_gradient(x, labels, weight, smoothing)


# --- the mean over the batch -----------------------------------------------------------------------------


def label_cross_entropy_mean(x: Array, labels: Array, weight: Array, smoothing: Array) -> Array:
    """J / W with J = Σ CE over the rows that count, a scalar   (§2.2)."""
    return label_cross_entropy_sum(x, labels, weight, smoothing) / label_weight(labels, weight)


def label_cross_entropy_mean_jvp(
    x: Array, labels: Array, weight: Array, smoothing: Array, tangent: Array
) -> Array:
    """Σ_c (∂CE/∂x)_c ẋ_c, summed over the rows that count, over W, a scalar   (§2.2)."""
    return label_cross_entropy_sum_jvp(x, labels, weight, smoothing, tangent) / label_weight(labels, weight)


def label_cross_entropy_mean_vjp(
    x: Array, labels: Array, weight: Array, smoothing: Array, cotangent: Array
) -> Array:
    """x̄ = (ȳ/W) ∂CE/∂x, a scalar → (..., n)   (§2.2)."""
    scale = cotangent / label_weight(labels, weight)
    return scale * label_cross_entropy_gradient(x, labels, weight, smoothing)
