"""What people get wrong in the forward pass of §2.3 and in the cost, with the gradients that belong to it.

Such a network is consistent with itself, so that differences of its own cost show nothing. A step's parameter is a
quantity of the network: θ, and not the x of the function that is applied to it.
"""

from __future__ import annotations

import numpy as np

from reference import equations as eq
from reference.equations import NETWORK, Array, Equation

from ..mistake import Mistake
from ._element_mistakes import tanh
from ._mistakes import times, wrong
from ._softmax_mistakes import (
    TINY,
    largest_of_all,
    no_shift,
    over_everything,
    over_the_first_axis,
    shifted_softmax,
    smallest,
    without_keepdims,
)

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


def _through_tanh(d_h: Array, h: Array) -> Array:
    return d_h * (1 - h * h)


def _relu(phi: Array) -> Array:
    return np.maximum(phi, 0)


def _through_relu(d_h: Array, phi: Array) -> Array:
    return d_h * (phi > 0)


def _bias_first(x: Array, W1: Array, b1: Array) -> Array:
    """[1 x] [W₁; b₁]: the ones stand in the first column, the biases in the last row."""
    return W1[:1] + x[:, :-1] @ W1[1:] + x[:, -1:] * b1


def _d_x_of_bias_first(d_phi: Array, W1: Array, b1: Array) -> Array:
    column = np.arange(W1.shape[0])
    last = column == len(column) - 1
    return (d_phi @ W1.T)[:, (column + 1) % len(column)] * ~last + last * (d_phi * b1).sum(axis=-1, keepdims=True)


def _d_W1_of_bias_first(x: Array, d_phi: Array) -> Array:
    first = np.arange(x.shape[1]) == 0
    return (x.T @ d_phi)[np.arange(x.shape[1]) - 1] * ~first[:, None] + first[:, None] * d_phi.sum(axis=0)


def _d_b1_of_bias_first(x: Array, d_phi: Array) -> Array:
    return (x[:, -1:] * d_phi).sum(axis=0)


def forward() -> tuple[Mistake, ...]:
    return (
        wrong(
            "sigmoid output",
            "σ(θ) instead of softmax(θ), with the cost and the gradients that belong to it",
            y_hat=lambda theta: eq.sigmoid(theta),
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
        wrong(
            "tanh hidden layer",
            "tanh(φ) instead of σ(φ), and its derivative",
            h=lambda phi: tanh(phi),
            d_phi=_through_tanh,
        ),
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
            "bias column in the wrong place",
            "ones in the first column, biases in the last row, and the gradients of that",
            phi=_bias_first,
            d_x=_d_x_of_bias_first,
            d_W1=_d_W1_of_bias_first,
            d_b1=_d_b1_of_bias_first,
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


def _less_target(y_hat: Array, y: Array) -> Array:
    return y.sum(axis=-1, keepdims=True) * y_hat - y


def _softmaxed(name: str, sentence: str, y_hat: Equation, limited: bool = False) -> Mistake:
    """Another softmax, with the cost −Σ y log ŷ and the gradient (Σ y) ŷ − y that are made of it."""
    return wrong(name, sentence, limited, y_hat=y_hat, J=_log_of, d_theta=_less_target)


def cost() -> tuple[Mistake, ...]:
    return (
        _softmaxed(
            "without keepdims",
            "the softmax's denominator summed without keepdims",
            lambda theta: without_keepdims(theta),
        ),
        _softmaxed(
            "wrong axis",
            "the softmax's denominator summed over the batch",
            lambda theta: over_the_first_axis(theta),
        ),
        _softmaxed(
            "over everything",
            "the softmax's denominator summed over all entries",
            lambda theta: over_everything(theta),
        ),
        _softmaxed("no shift", "e^θ without the shift: it overflows", lambda theta: no_shift(theta), limited=True),
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
            True,
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
