"""What the cross-entropies with class indices share: forms and special values; they differ in the reduction.

The conventions are PyTorch's, and those of ``reference.label_cross_entropy``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from reference.label_cross_entropy import label_cross_entropy, label_cross_entropy_jvp, label_cross_entropy_vjp
from reference.label_equations import IGNORED, label_weight

from ..cases import Arrays
from ..operation import Special

SHAPES = {"x": "N n", "labels": "N", "weight": "n", "smoothing": "", "tangent": "N n"}
INTEGERS, SCALARS = frozenset({"labels"}), frozenset({"smoothing"})

TABLE = (
    ("label −100", "the row is as if absent: cost 0, gradient 0, whatever its logits", "PyTorch's ignore_index"),
    ("t = 0 where x = −inf", "contributes 0", "the limit: 0 log 0 = 0"),
    ("t > 0 where x = −inf", "+inf", "the limit"),
    ("+inf, NaN, or a row all −inf in x", "NaN", "softmax has no value there"),
    ("+inf in x, in the VJP", "not judged", "0 at finite entries is the limit, NaN is softmax's value"),
)


def reference(reduction: str) -> Callable[..., Arrays]:
    """The NumPy implementation with a reduction."""

    def run(
        x: np.ndarray,
        labels: np.ndarray,
        weight: np.ndarray,
        smoothing: np.ndarray,
        cotangent: np.ndarray,
        tangent: np.ndarray,
    ) -> Arrays:
        how = (weight, float(smoothing), reduction)
        return {
            "value": label_cross_entropy(x, labels, *how),
            "vjp": label_cross_entropy_vjp(x, labels, cotangent, *how),
            "jvp": label_cross_entropy_jvp(x, labels, tangent, *how),
        }

    return run


def torch(reduction: str) -> Callable[[Any], Any]:
    """``F.cross_entropy`` with class indices."""

    def form(torch: Any) -> Any:
        def cross_entropy(x: Any, labels: Any, weight: Any, smoothing: float) -> Any:
            return torch.nn.functional.cross_entropy(
                x, labels, weight, ignore_index=IGNORED, reduction=reduction, label_smoothing=smoothing
            )

        return cross_entropy

    return form


def _reduced(costs: Any, counts: Any, reduction: str) -> Any:
    """Costs of rows as JAX users reduce them; ``counts`` is the weight of each row in the mean.

    A ratio of means, not of sums: in float16 a sum over 70,000 rows is infinite.
    """
    if reduction == "none":
        return costs
    return costs.sum() if reduction == "sum" else costs.mean() / counts.mean()


def jax(reduction: str) -> Callable[[Any], Any]:
    """By hand: log-softmax, the entry of the label, and a mask; the smoothing where it is asked for."""

    def form(jax: Any) -> Any:
        jnp = jax.numpy

        def cross_entropy(x: Any, labels: Any, weight: Any, smoothing: float) -> Any:
            kept = labels != IGNORED
            safe = jnp.where(kept, labels, 0)
            log_p = jax.nn.log_softmax(x, axis=-1)
            costs = -weight[safe] * jnp.take_along_axis(log_p, safe[:, None], axis=-1)[:, 0]
            if smoothing:
                costs = (1 - smoothing) * costs - smoothing / x.shape[-1] * (weight * log_p).sum(axis=-1)
            return _reduced(jnp.where(kept, costs, 0), jnp.where(kept, weight[safe], 0), reduction)

        return cross_entropy

    return form


def optax(reduction: str) -> Callable[[Any], Any]:
    """optax' losses: that of integer labels, and with smoothing that of weighted ``smooth_labels``."""

    def form(jax: Any) -> Any:
        import optax

        jnp = jax.numpy

        def cross_entropy(x: Any, labels: Any, weight: Any, smoothing: float) -> Any:
            kept = labels != IGNORED
            safe = jnp.where(kept, labels, 0)
            if smoothing:
                target = optax.smooth_labels(jax.nn.one_hot(safe, x.shape[-1], dtype=x.dtype), smoothing)
                costs = optax.softmax_cross_entropy(x, weight * target)
            else:
                costs = weight[safe] * optax.softmax_cross_entropy_with_integer_labels(x, safe)
            return _reduced(jnp.where(kept, costs, 0), jnp.where(kept, weight[safe], 0), reduction)

        return cross_entropy

    return form


def forms(reduction: str) -> dict[str, Callable[[Any], Any]]:
    """Framework → the function as its users write it."""
    return {"torch": torch(reduction), "jax": jax(reduction), "jax.optax": optax(reduction)}


def check(x: np.ndarray, labels: np.ndarray, weight: np.ndarray, smoothing: np.ndarray, **others: object) -> None:
    """ValueError for a label that is no class and not −100, a weight below 0, a smoothing outside [0, 1]."""
    classes = x.shape[-1]
    wrong = labels[(labels != IGNORED) & ((labels < 0) | (labels >= classes))]
    if wrong.size:
        raise ValueError(f"labels: got {wrong[0]}, expected 0 to {classes - 1}, or {IGNORED} for a row to ignore")
    if (weight < 0).any():
        raise ValueError(f"weight: got {weight.min()}, expected numbers from 0")
    if smoothing < 0 or smoothing > 1:
        raise ValueError(f"smoothing: got {smoothing}, expected a number from 0 to 1")


def of_rows(labels: np.ndarray, **others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Special values of what has one number for each row: 0 in the ignored ones."""
    return labels == IGNORED, np.zeros(labels.shape)


def of_entries(x: np.ndarray, labels: np.ndarray, **others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Special values of what has the shape of x: 0 in the ignored rows."""
    return np.broadcast_to((labels == IGNORED)[:, None], x.shape), np.zeros(x.shape)


def no_weight(wanted: str) -> Callable[..., np.ndarray]:
    """The derivatives of the mean where W = 0, in the shape of the input ``wanted``, or of a number."""

    def rule(labels: np.ndarray, weight: np.ndarray, **others: np.ndarray) -> np.ndarray:
        nothing = label_weight(labels, weight.astype(np.float64)) == 0
        return np.full(others[wanted].shape if wanted else (), nothing)

    return rule


def beside_infinity(x: np.ndarray, labels: np.ndarray, **others: np.ndarray) -> np.ndarray:
    """Rows with +inf: 0 at the finite entries is the limit, NaN what the softmax of the row gives."""
    infinite = np.isposinf(x.astype(np.float64)).any(axis=-1) & (labels != IGNORED)
    return np.broadcast_to(infinite[:, None], x.shape)


ROWS: dict[str, Special] = {"value": of_rows, "vjp": of_entries, "jvp": of_rows}
SCALAR: dict[str, Special] = {"vjp": of_entries}
