"""What people get wrong in σ and softplus: variants of their equations in §2.1 and §2.2."""

from __future__ import annotations

import numpy as np

from reference.equations import (
    Array,
    log_sigmoid,
    log_sigmoid_jvp,
    log_sigmoid_vjp,
    sigmoid,
    sigmoid_gradient,
    sigmoid_jvp,
    sigmoid_vjp,
    softplus,
    softplus_gradient,
    softplus_jvp,
    softplus_vjp,
)
from reference.second_equations import sigmoid_hvp

from ..graph import Graph
from ..mistake import Mistake
from ._mistakes import shared, sign_flipped, wrong
from ._softmax_mistakes import TINY

THRESHOLD = 20.0
"""From where softplus is taken for linear: e^−20 = 2·10⁻⁹ is lost."""


def tanh(x: Array) -> Array:
    """1 − 2 / (1 + e^(2x)), any shape: tanh, as other arithmetics can read it."""
    return 1 - 2 / (1 + np.exp(2 * x))


def tanh_gradient(x: Array) -> Array:
    """tanh'(x) = 1 − tanh²(x), any shape."""
    t = tanh(x)
    return 1 - t * t


def relu(x: Array) -> Array:
    """max(x, 0), any shape."""
    return np.maximum(x, 0)


def of_the_value(s: Array) -> Array:
    """s (1 − s), any shape: σ' if s is σ(x), and a mistake if s is x."""
    return s * (1 - s)


def _overflowing(x: Array) -> Array:
    """e^x / (1 + e^x): ∞/∞ from x = 710 on, 89 in float32."""
    e = np.exp(x)
    return e / (1 + e)


def _hvp_with(x: Array, cotangent: Array, tangent: Array) -> Array:
    return cotangent * (sigmoid_gradient(x) * (1 - sigmoid(x))) * tangent


def sigmoid_mistakes() -> tuple[Mistake, ...]:
    graph: Graph = {"value": sigmoid, "vjp": sigmoid_vjp, "jvp": sigmoid_jvp, "hvp": sigmoid_hvp}
    return (
        wrong("sign of the exponent", "1 / (1 + e^x), which is σ(−x)", value=lambda x: 1 / (1 + np.exp(x))),
        wrong("tanh", "tanh(x) instead of σ(x)", value=tanh),
        wrong("ReLU", "max(x, 0) instead of σ(x)", value=relu),
        wrong("extra sigmoid", "σ(σ(x))", value=lambda x: sigmoid(sigmoid(x))),
        wrong("e^x over 1 + e^x", "e^x / (1 + e^x), which overflows", True, value=_overflowing),
        sign_flipped("−σ(x), with its derivatives", graph, *graph),
        wrong(
            "σ′ of the pre-activation",
            "σ′ as s (1 − s) of x instead of σ(x)",
            vjp=lambda x, cotangent: cotangent * of_the_value(x),
        ),
        wrong(
            "σ′ at the value",
            "σ′(σ(x)): the sigmoid applied twice",
            vjp=lambda x, cotangent: cotangent * sigmoid_gradient(sigmoid(x)),
        ),
        wrong(
            "1 − σ dropped", "ȳ σ(x), without the factor 1 − σ(x)", vjp=lambda x, cotangent: cotangent * sigmoid(x)
        ),
        wrong(
            "derivative of tanh",
            "ȳ (1 − σ(x)²): the formula of tanh",
            vjp=lambda x, cotangent: cotangent * (1 - sigmoid(x) * sigmoid(x)),
        ),
        wrong("upstream gradient dropped", "σ′(x), without the cotangent ȳ", vjp=sigmoid_gradient),
        wrong("2 dropped in σ″", "σ″ as σ′ (1 − σ) instead of σ′ (1 − 2σ)", hvp=_hvp_with),
        *shared(graph, 0.5, logits=False),
    )


# --- softplus and log σ --------------------------------------------------------------------------------------


def softplus_mistakes() -> tuple[Mistake, ...]:
    graph: Graph = {"value": softplus, "vjp": softplus_vjp, "jvp": softplus_jvp}
    return (
        wrong("no shift", "log(1 + e^x), which overflows", True, value=lambda x: np.log(1 + np.exp(x))),
        wrong(
            "linear from 20 on",
            "x itself for x > 20",
            True,
            value=lambda x: np.where(x > THRESHOLD, x, softplus(x)),
        ),
        wrong("ReLU", "max(x, 0) instead of log(1 + e^x)", value=relu),
        wrong("sign of the exponent", "log(1 + e^(−x))", value=lambda x: softplus(-x)),
        wrong("ε in the log", "log(1 + e^x + 10⁻⁸)", value=lambda x: np.log(1 + np.exp(x) + TINY)),
        sign_flipped("−softplus(x), with its derivatives", graph, *graph),
        wrong("derivative of the sigmoid", "σ′(x) instead of σ(x)", vjp=sigmoid_vjp),
        wrong("1 − σ for σ", "ȳ σ(−x)", vjp=log_sigmoid_vjp),
        wrong("upstream gradient dropped", "σ(x), without the cotangent ȳ", vjp=softplus_gradient),
        *shared(graph, 1.0, logits=False),
    )


def log_sigmoid_mistakes() -> tuple[Mistake, ...]:
    graph: Graph = {"value": log_sigmoid, "vjp": log_sigmoid_vjp, "jvp": log_sigmoid_jvp}
    return (
        wrong(
            "log of the sigmoid",
            "log of the rounded σ(x): −∞ from x = −710 on",
            True,
            value=lambda x: np.log(sigmoid(x)),
        ),
        wrong("sign of the exponent", "log σ(−x)", value=lambda x: -softplus(x)),
        wrong("ε in the log", "log(σ(x) + 10⁻⁸)", value=lambda x: np.log(sigmoid(x) + TINY)),
        sign_flipped("−log σ(x), with its derivatives", graph, *graph),
        wrong("1 − σ for σ", "ȳ σ(x) instead of ȳ σ(−x)", vjp=softplus_vjp),
        wrong("upstream gradient dropped", "σ(−x), without the cotangent ȳ", vjp=lambda x: softplus_gradient(-x)),
        *shared(graph, -1.0, logits=False),
    )
