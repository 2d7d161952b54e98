"""What people get wrong in binary cross-entropy with logits: variants of §2.2 with two classes."""

from __future__ import annotations

import numpy as np

from reference.equations import (
    Array,
    Equation,
    binary_cross_entropy,
    binary_cross_entropy_gradient,
    binary_cross_entropy_jvp,
    binary_cross_entropy_vjp,
    sigmoid,
    sigmoid_gradient,
    softplus,
    softplus_gradient,
)

from ..graph import Graph
from ..mistake import Mistake
from ._log_mistakes import clipped
from ._mistakes import shared, sign_flipped, wrong
from ._softmax_mistakes import TINY

LEAST_LOG = -100.0
"""Where PyTorch's ``BCELoss`` holds the logarithms of probabilities."""


def _with_gradient(name: str, sentence: str, value: Equation, gradient: Equation) -> Mistake:
    """A wrong cost with the VJP and JVP of its gradient."""
    return wrong(
        name,
        sentence,
        value=value,
        vjp=lambda x, y, cotangent: cotangent * gradient(x, y),
        jvp=lambda x, y, tangent: gradient(x, y) * tangent,
    )


def _of_logs(y: Array, log_one: Array, log_zero: Array) -> Array:
    """−y log ŷ − (1 − y) log(1 − ŷ), of logarithms that may be any."""
    return -(y * log_one) - (1 - y) * log_zero


def _squared(x: Array, y: Array) -> Array:
    off = sigmoid(x) - y
    return off * off / 2


def _squared_gradient(x: Array, y: Array) -> Array:
    return (sigmoid(x) - y) * sigmoid_gradient(x)


def _extra_gradient(x: Array, y: Array) -> Array:
    return binary_cross_entropy_gradient(sigmoid(x), y) * sigmoid_gradient(x)


def _clamped(log_p: Array) -> Array:
    return np.where(log_p < LEAST_LOG, LEAST_LOG, log_p)


def binary_cross_entropy_mistakes() -> tuple[Mistake, ...]:
    graph: Graph = {
        "value": binary_cross_entropy,
        "vjp": binary_cross_entropy_vjp,
        "jvp": binary_cross_entropy_jvp,
    }
    return (
        sign_flipped("y log σ(x) + (1 − y) log σ(−x) without the minus, and its gradients", graph, *graph),
        _with_gradient(
            "extra sigmoid",
            "BCE of σ(x) taken for a logit, with its gradient",
            lambda x, y: binary_cross_entropy(sigmoid(x), y),
            _extra_gradient,
        ),
        _with_gradient("squared error", "½ (σ(x) − y)², with its gradient", _squared, _squared_gradient),
        _with_gradient(
            "1 − y dropped",
            "−y log σ(x) only, with its gradient",
            lambda x, y: y * softplus(-x),
            lambda x, y: -y * softplus_gradient(-x),
        ),
        wrong("labels swapped", "BCE(x, 1 − y)", value=lambda x, y: binary_cross_entropy(x, 1 - y)),
        wrong(
            "sigmoid left out",
            "the logit taken for a probability",
            value=lambda x, y: _of_logs(y, np.log(x), np.log(1 - x)),
        ),
        wrong(
            "log of 1 − σ",
            "log(1 − σ(x)), which cancels, for log σ(−x)",
            value=lambda x, y: _of_logs(y, np.log(sigmoid(x)), np.log(1 - sigmoid(x))),
        ),
        wrong(
            "ε in the log",
            "log(σ(x) + 10⁻⁸) and log(σ(−x) + 10⁻⁸)",
            value=lambda x, y: _of_logs(y, np.log(sigmoid(x) + TINY), np.log(sigmoid(-x) + TINY)),
        ),
        wrong(
            "probabilities clipped",
            "σ(x) clipped at 10⁻¹⁵ before the logs",
            True,
            value=lambda x, y: _of_logs(y, np.log(clipped(sigmoid(x))), np.log(clipped(sigmoid(-x)))),
        ),
        wrong(
            "logs held at −100",
            "log σ(x) and log σ(−x) not below −100",
            True,
            value=lambda x, y: _of_logs(y, _clamped(np.log(sigmoid(x))), _clamped(np.log(sigmoid(-x)))),
        ),
        wrong(
            "no shift",
            "log(1 + e^x) − y x, which overflows",
            True,
            value=lambda x, y: np.log(1 + np.exp(x)) - y * x,
        ),
        wrong(
            "label term dropped", "the gradient σ(x), without −y", vjp=lambda x, cotangent: cotangent * sigmoid(x)
        ),
        wrong(
            "σ′ multiplied again",
            "(σ(x) − y) σ′(x): the gradient of a squared error",
            vjp=lambda x, y, cotangent: cotangent * _squared_gradient(x, y),
        ),
        wrong("upstream gradient dropped", "σ(x) − y, without the cotangent ȳ", vjp=binary_cross_entropy_gradient),
        *shared(graph, 1.0, logits=False),
    )
