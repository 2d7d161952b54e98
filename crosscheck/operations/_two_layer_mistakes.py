"""What people get wrong in the two-layer network of §2.3, whether its J is a sum, a mean, or has weight decay.

Where cost and gradients are wrong together the network is consistent with itself, so that differences of its own
cost show nothing.
"""

from __future__ import annotations

import numpy as np

from reference.cost_equations import NETWORK_L2, NETWORK_MEAN
from reference.equations import NETWORK, Array

from ..cases import Arrays
from ..graph import Graph
from ..mistake import Mistake
from ._memory_mistakes import changes_argument, memory
from ._mistakes import (
    axis_dropped,
    bfloat16_accumulation,
    bfloat16_sum,
    constant,
    float32_inside,
    truncated,
    wrong,
    zeros,
)
from ._two_layer_backward import backward
from ._two_layer_forward import cost, forward

# --- whole operations ----------------------------------------------------------------------------------------


def _descended(W1: np.ndarray, results: Arrays) -> np.ndarray:
    return W1 - np.asarray(0.1, W1.dtype) * results["d_W1"]


def _usual(graph: Graph) -> tuple[Mistake, ...]:
    return (
        *forward(),
        *cost(),
        *backward(graph),
        zeros("d_x"),
        constant("y_hat", 0.1),
        truncated("phi"),
        float32_inside("phi"),
        axis_dropped("d_x"),
        bfloat16_accumulation("d_b1", lambda d_phi: bfloat16_sum(d_phi, 0)),
        *memory("phi", changes_argument("phi", "one step of descent on W₁", _descended, "W1"), into="d_x"),
    )


def sum_mistakes() -> tuple[Mistake, ...]:
    """Those of the network whose J is the sum over the batch."""
    return (
        wrong(
            "cost of the mean", "J the mean over the batch, its gradients those of the sum", J=NETWORK_MEAN["J"]
        ),
        wrong(
            "gradient ÷ N", "the gradients of the mean over the batch, J its sum", d_theta=NETWORK_MEAN["d_theta"]
        ),
        wrong(
            "cost over every entry",
            "J over the number of rows and of classes, its gradients those of the sum",
            J=lambda theta, y: NETWORK["J"](theta, y) / (theta.shape[0] * theta.shape[1]),
        ),
        *_usual(NETWORK),
    )


def mean_mistakes() -> tuple[Mistake, ...]:
    """Those of the network whose J is the mean over the batch."""
    mean = NETWORK_MEAN["d_theta"]
    of_mean = {m.name: m for m in _usual(NETWORK_MEAN)}
    kept = ("label term dropped", "σ′ of the pre-activation", "φ for h", "bias gradient averaged", "zeros")
    return (
        wrong("cost of the sum", "J the sum over the batch, its gradients those of the mean", J=NETWORK["J"]),
        wrong("gradient × N", "the gradients of the sum over the batch, J its mean", d_theta=NETWORK["d_theta"]),
        wrong("gradient ÷ N", "divided by N twice", d_theta=lambda theta, y: mean(theta, y) / theta.shape[0]),
        *(of_mean[name] for name in kept),
    )


def l2_mistakes() -> tuple[Mistake, ...]:
    """Those of the network with weight decay, λ/2 (Σ W₁² + Σ W₂²)."""
    with_decay, plain = NETWORK_L2["J"], NETWORK

    def biases_too(d_phi: Array, b1: Array, decay: Array) -> Array:
        return d_phi.sum(axis=0) + decay * b1

    return (
        wrong(
            "L2 term missing in the gradient",
            "∂J/∂W₁ and ∂J/∂W₂ without λ W",
            d_W1=plain["d_W1"],
            d_W2=plain["d_W2"],
        ),
        wrong(
            "L2 term missing",
            "J without (λ/2) Σ W², and its gradients without λ W",
            J=plain["J"],
            d_W1=plain["d_W1"],
            d_W2=plain["d_W2"],
        ),
        wrong("L2 term missing in the cost", "J without (λ/2) Σ W²", J=plain["J"]),
        wrong(
            "L2 term off by 2 in the cost",
            "λ Σ W² for (λ/2) Σ W²",
            J=lambda theta, y, W1, W2, decay: with_decay(theta, y, W1, W2, 2 * decay),
        ),
        _decayed("L2 term off by 2", "2 λ W for λ W", 2.0),
        _decayed("L2 term halved", "(λ/2) W for λ W", 0.5),
        wrong("biases decayed", "λ b₁ added to ∂J/∂b₁", d_b1=biases_too),
    )


def _decayed(name: str, sentence: str, factor: float) -> Mistake:
    of_W1, of_W2 = NETWORK_L2["d_W1"], NETWORK_L2["d_W2"]
    return wrong(
        name,
        sentence,
        d_W1=lambda x, d_phi, W1, decay: of_W1(x, d_phi, W1, factor * decay),
        d_W2=lambda h, d_theta, W2, decay: of_W2(h, d_theta, W2, factor * decay),
    )
