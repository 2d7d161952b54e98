"""What people get wrong in the two-layer network of §2.3: variants of its steps, forward, backward, and both.

Where cost and gradients are wrong together the network is consistent with itself, so that differences of its own
cost show nothing.
"""

from __future__ import annotations

import numpy as np

from reference import equations as eq
from reference.cost_equations import NETWORK_L2, NETWORK_MEAN
from reference.equations import NETWORK, Array, Equation

from ..graph import Graph
from ..mistake import Mistake
from ._mistakes import (
    aliased,
    changes_argument,
    constant,
    float32_inside,
    reused,
    stale,
    times,
    truncated,
    wrong,
    zeros,
)
from ._softmax_mistakes import TINY, largest_of_all, shifted_softmax, smallest
from ._two_layer_backward import backward

# --- the forward pass, and the gradients that belong to it ---------------------------------------------------


def _of_probabilities(theta: Array, y: Array) -> Array:
    """CE of softmax(σ(θ)): an extra sigmoid before the softmax."""
    return eq.cross_entropy(eq.sigmoid(theta), y).sum()


def _through_probabilities(theta: Array, y: Array) -> Array:
    s = eq.sigmoid(theta)
    return eq.cross_entropy_gradient(s, y) * (s * (1 - s))


def _binary(theta: Array, y: Array) -> Array:
    return (eq.softplus(theta) - y * theta).sum()


def _sigmoid_less_target(theta: Array, y: Array) -> Array:
    return eq.sigmoid(theta) - y


def _squared(theta: Array, y: Array) -> Array:
    """½ Σ (ŷ − y)²."""
    d = eq.softmax(theta) - y
    return (d * d).sum() / 2


def _of_squared(theta: Array, y: Array) -> Array:
    return eq.softmax_vjp(theta, eq.softmax(theta) - y)


def _tanh(phi: Array) -> Array:
    e = np.exp(-2 * phi)
    return (1 - e) / (1 + e)


def _through_tanh(d_h: Array, h: Array) -> Array:
    return d_h * (1 - h * h)


def _relu(phi: Array) -> Array:
    return np.maximum(phi, 0)


def _through_relu(d_h: Array, phi: Array) -> Array:
    return d_h * (phi > 0)


def _bias_first(x: Array, W1: Array, b1: Array) -> Array:
    """[1 x] [W₁; b₁]: the ones stand in the first column, the biases in the last row."""
    return W1[:1] + x[:, :-1] @ W1[1:] + x[:, -1:] * b1


def _forward() -> tuple[Mistake, ...]:
    return (
        wrong(
            "sigmoid output",
            "σ(θ) instead of softmax(θ), with the cost and the gradients that belong to it",
            y_hat=eq.sigmoid,
            J=_binary,
            d_theta=_sigmoid_less_target,
        ),
        wrong(
            "extra sigmoid",
            "softmax(σ(θ)): an extra sigmoid before the softmax, in cost and gradients",
            y_hat=lambda theta: eq.softmax(eq.sigmoid(theta)),
            J=_of_probabilities,
            d_theta=_through_probabilities,
        ),
        wrong("ReLU hidden layer", "max(φ, 0) instead of σ(φ), and its derivative", h=_relu, d_phi=_through_relu),
        wrong("tanh hidden layer", "tanh(φ) instead of σ(φ), and its derivative", h=_tanh, d_phi=_through_tanh),
        wrong(
            "no hidden nonlinearity", "h = φ, and its derivative", h=lambda phi: phi * 1, d_phi=lambda d_h: d_h * 1
        ),
        wrong(
            "squared error",
            "½ Σ (ŷ − y)² instead of cross-entropy, and its gradient",
            J=_squared,
            d_theta=_of_squared,
        ),
        wrong(
            "bias column in the wrong place", "ones in the first column, biases in the last row", phi=_bias_first
        ),
        wrong("first bias left out", "φ = x W₁, without b₁", phi=lambda x, W1: x @ W1),
        wrong("second bias left out", "θ = h W₂, without b₂", theta=lambda h, W2: h @ W2),
        wrong("bias subtracted", "φ = x W₁ − b₁", phi=lambda x, W1, b1: x @ W1 - b1),
        wrong("second layer of x", "θ from φ instead of h = σ(φ)", theta=lambda phi, W2, b2: phi @ W2 + b2),
    )


# --- the softmax and the cost --------------------------------------------------------------------------------


def _log_of(y_hat: Array, y: Array) -> Array:
    """−Σ y log ŷ of probabilities that are stored."""
    return -(y * np.log(y_hat)).sum()


def _over_the_first_axis(theta: Array) -> Array:
    e = np.exp(theta - eq.shift(theta))
    return e / e.sum(axis=0, keepdims=True)


def _over_everything(theta: Array) -> Array:
    e = np.exp(theta - eq.shift(theta))
    return e / e.sum()


def _softmaxed(name: str, sentence: str, y_hat: Equation, limited: bool = False) -> Mistake:
    """Another softmax, with the cost −Σ y log ŷ and the gradient ŷ − y that are made of it."""
    return wrong(name, sentence, limited, y_hat=y_hat, J=_log_of, d_theta=lambda y_hat, y: y_hat - y)


def _without_keepdims(theta: Array) -> Array:
    e = np.exp(theta - eq.shift(theta))
    return e / e.sum(axis=-1)


def _no_shift(theta: Array) -> Array:
    e = np.exp(theta)
    return e / e.sum(axis=-1, keepdims=True)


def _cost() -> tuple[Mistake, ...]:
    return (
        _softmaxed("without keepdims", "the softmax's denominator summed without keepdims", _without_keepdims),
        _softmaxed("wrong axis", "the softmax's denominator summed over the batch", _over_the_first_axis),
        _softmaxed("over everything", "the softmax's denominator summed over all entries", _over_everything),
        _softmaxed("no shift", "e^θ without the shift: it overflows", _no_shift, limited=True),
        _softmaxed(
            "shift by the global max",
            "the shift by the largest logit of the whole batch: other rows underflow",
            lambda theta: shifted_softmax(theta, largest_of_all(theta)),
            limited=True,
        ),
        _softmaxed(
            "shift by the row min",
            "the shift by the smallest logit of the row: it overflows",
            lambda theta: shifted_softmax(theta, smallest(theta)),
            limited=True,
        ),
        wrong("ε in the log", "−Σ y log(ŷ + 10⁻⁸)", J=lambda y_hat, y: -(y * np.log(y_hat + TINY)).sum()),
        wrong(
            "probabilities clipped",
            "ŷ clipped at 10⁻⁷ before the log",
            limited=True,
            J=lambda y_hat, y: -(y * np.log(np.clip(y_hat, 1e-7, 1 - 1e-7))).sum(),
        ),
        wrong("minus left out", "Σ y log ŷ: the cost without its minus", J=times(-1, NETWORK["J"])),
        wrong(
            "sign of cost and gradient flipped",
            "the cost without its minus, and every gradient of that cost",
            J=times(-1, NETWORK["J"]),
            d_theta=times(-1, NETWORK["d_theta"]),
        ),
    )


# --- whole operations ----------------------------------------------------------------------------------------


def _usual(graph: Graph) -> tuple[Mistake, ...]:
    return (
        *_forward(),
        *_cost(),
        *backward(graph),
        zeros("d_x"),
        constant("y_hat", 0.1),
        truncated("phi"),
        float32_inside("phi"),
        changes_argument("phi", "x less its mean", lambda x: x - x.mean() if x.size else x),
        aliased("d_x"),
        stale("phi"),
        reused("phi"),
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
    cost, plain = NETWORK_L2["J"], NETWORK

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
            J=lambda theta, y, W1, W2, decay: cost(theta, y, W1, W2, 2 * decay),
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
