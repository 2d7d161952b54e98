"""What people get wrong in cross-entropy with targets of any kind: variants of its equations in §2.2.

A wrong cost comes with its own gradient: it is consistent with itself, which is all that finite differences see.
"""

from __future__ import annotations

import numpy as np

from reference.equations import (
    Array,
    Equation,
    cross_entropy,
    cross_entropy_gradient,
    cross_entropy_jvp,
    cross_entropy_vjp,
    sigmoid,
    sigmoid_gradient,
    softmax,
    softmax_vjp,
)
from reference.second_equations import cross_entropy_hvp

from ..graph import Graph
from ..mistake import Mistake
from ._log_mistakes import clipped, shifted_log_softmax
from ._mistakes import shared, sign_flipped, wrong
from ._softmax_mistakes import TINY, largest_of_all, smallest


def costs(y: Array, log_y_hat: Array) -> Array:
    """−Σ y log ŷ, row by row, of a log ŷ that may be any."""
    return -(y * log_y_hat).sum(axis=-1)


def with_gradient(name: str, sentence: str, value: Equation, gradient: Equation) -> Mistake:
    """A wrong cost with the VJP and JVP of its gradient."""

    def vjp(x: Array, y: Array, cotangent: Array) -> Array:
        return cotangent[..., None] * gradient(x, y)

    def jvp(x: Array, y: Array, tangent: Array) -> Array:
        return (gradient(x, y) * tangent).sum(axis=-1)

    return wrong(name, sentence, value=value, vjp=vjp, jvp=jvp)


def sigmoid_cost(x: Array, y: Array) -> Array:
    """−Σ y log σ(x): σ in the place of softmax."""
    return costs(y, np.log(sigmoid(x)))


def sigmoid_cost_gradient(x: Array, y: Array) -> Array:
    """y (σ(x) − 1), since (log σ)' = 1 − σ."""
    return y * (sigmoid(x) - 1)


def extra_sigmoid_cost(x: Array, y: Array) -> Array:
    """CE(y, softmax(σ(x)))."""
    return cross_entropy(sigmoid(x), y)


def extra_sigmoid_gradient(x: Array, y: Array) -> Array:
    """((Σ y) softmax(σ(x)) − y) σ'(x)."""
    return cross_entropy_gradient(sigmoid(x), y) * sigmoid_gradient(x)


def squared_error(x: Array, y: Array) -> Array:
    """½ Σ (ŷ − y)²."""
    off = softmax(x) - y
    return (off * off).sum(axis=-1) / 2


def squared_error_gradient(x: Array, y: Array) -> Array:
    """The softmax Jacobian times ŷ − y."""
    return softmax_vjp(x, softmax(x) - y)


def one_less_gradient(x: Array, y: Array) -> Array:
    """ŷ − y, as §2.2 prints it for targets that sum to 1."""
    return softmax(x) - y


def without_label_term(x: Array, y: Array) -> Array:
    """(Σ y) ŷ."""
    return y.sum(axis=-1, keepdims=True) * softmax(x)


def diagonal_gradient(x: Array, y: Array) -> Array:
    """−y (1 − ŷ): −y/ŷ times the Jacobian's diagonal ŷ (1 − ŷ)."""
    return -y * (1 - softmax(x))


def _vjp_of(gradient: Equation) -> Equation:
    return lambda x, y, cotangent: cotangent[..., None] * gradient(x, y)


def _mean(x: Array, y: Array) -> Array:
    return cross_entropy(x, y) / x.shape[-1]


def _mean_gradient(x: Array, y: Array) -> Array:
    return cross_entropy_gradient(x, y) / x.shape[-1]


def _diagonal_hvp(x: Array, y: Array, cotangent: Array, tangent: Array) -> Array:
    p = softmax(x)
    return cotangent[..., None] * (y.sum(axis=-1, keepdims=True) * (p * (1 - p)) * tangent)


def cross_entropy_mistakes() -> tuple[Mistake, ...]:
    graph: Graph = {
        "value": cross_entropy,
        "vjp": cross_entropy_vjp,
        "jvp": cross_entropy_jvp,
        "hvp": cross_entropy_hvp,
    }
    return (
        sign_flipped("Σ y log ŷ without the minus, and its gradients", graph, *graph),
        with_gradient("sigmoid output", "−Σ y log σ(x), with its gradient", sigmoid_cost, sigmoid_cost_gradient),
        with_gradient(
            "extra sigmoid",
            "CE of softmax(σ(x)): an extra sigmoid before the softmax, with its gradient",
            extra_sigmoid_cost,
            extra_sigmoid_gradient,
        ),
        with_gradient("squared error", "½ Σ (ŷ − y)², with its gradient", squared_error, squared_error_gradient),
        with_gradient("mean over the classes", "CE / n, with its gradient", _mean, _mean_gradient),
        wrong("cost averaged, gradient summed", "CE / n beside the gradient of CE", value=_mean),
        wrong(
            "softmax twice", "CE of softmax(x) taken for logits", value=lambda x, y: cross_entropy(softmax(x), y)
        ),
        wrong("log left out", "−Σ y ŷ", value=lambda x, y: costs(y, softmax(x))),
        wrong("sum without axis", "the costs of all rows summed", value=lambda x, y: cross_entropy(x, y).sum()),
        wrong("ε in the log", "−Σ y log(ŷ + 10⁻⁸)", value=lambda x, y: costs(y, np.log(softmax(x) + TINY))),
        wrong(
            "probabilities clipped",
            "−Σ y log ŷ with ŷ clipped at 10⁻¹⁵",
            True,
            value=lambda x, y: costs(y, np.log(clipped(softmax(x)))),
        ),
        wrong(
            "log of the softmax",
            "log of the rounded ŷ: ∞ from a gap of 745 on",
            True,
            value=lambda x, y: costs(y, np.log(softmax(x))),
        ),
        wrong(
            "no shift",
            "log softmax without the shift: it overflows",
            True,
            value=lambda x, y: costs(y, x - np.log(np.exp(x).sum(axis=-1, keepdims=True))),
        ),
        wrong(
            "shift by the global max",
            "the shift by the largest logit of the whole batch: other rows underflow",
            True,
            value=lambda x, y: costs(y, shifted_log_softmax(x, largest_of_all(x))),
        ),
        wrong(
            "shift by the row min",
            "the shift by the smallest logit of the row: it overflows",
            True,
            value=lambda x, y: costs(y, shifted_log_softmax(x, smallest(x))),
        ),
        wrong(
            "Σ y taken for 1",
            "ŷ − y for targets that do not sum to 1",
            True,
            vjp=_vjp_of(one_less_gradient),
        ),
        wrong("label term dropped", "the gradient ŷ, without −y", vjp=_vjp_of(without_label_term)),
        wrong(
            "diagonal Jacobian", "−y (1 − ŷ): the softmax Jacobian's diagonal only", vjp=_vjp_of(diagonal_gradient)
        ),
        wrong("upstream gradient dropped", "ŷ − y, without the cotangent ȳ", vjp=cross_entropy_gradient),
        wrong(
            "sigmoid gradient",
            "σ(x) − y: the gradient of a sigmoid output beside the cost of a softmax",
            vjp=_vjp_of(lambda x, y: sigmoid(x) - y),
        ),
        wrong(
            "sum left out",
            "(∂CE/∂x) ẋ, not summed",
            jvp=lambda x, y, tangent: cross_entropy_gradient(x, y) * tangent,
        ),
        wrong("diagonal Hessian", "ŷ (1 − ŷ) ẋ: the Hessian's diagonal only", hvp=_diagonal_hvp),
        *shared(graph, 1.0, into="vjp"),
    )
