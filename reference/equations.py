"""Every equation of the assignment, literally, one function each.

The source is ``000_c56433e870513756.txt`` (cited as §1.1 … §2.3). The functions are plain NumPy over
arrays, so that the same text can be read in other arithmetics: balls, Taylor series, symbols, error
bounds. They say what the mathematics *is*; they are not the fast or the accurate way to compute it (that
is ``reference.softmax`` and its neighbours).

Shapes: ``x`` and ``theta`` are (..., n) with the classes on the last axis; a ``cotangent`` has the shape of
the function's value, a ``tangent`` the shape of its argument. In the network a batch of N rows runs through
D inputs, H hidden units and C classes: x (N, D), W1 (D, H), b1 (H,), W2 (H, C), b2 (C,), y (N, C).

A function is named for what it computes and its parameters for what it needs, so the names are a graph: see
``NETWORK``. A step takes the quantity from which it can be computed accurately, θ and φ rather than the
rounded ŷ and h.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

# Any array that follows NumPy's protocols: an ndarray, or a number system of ``crosscheck.numbers``.
Array = Any
Equation = Callable[..., Array]

# --- §1.1, §1.2: softmax -------------------------------------------------------------------------------


def shift(x: Array) -> Array:
    """m = max_i x_i, (..., n) → (..., 1): by §1.1 any constant would do, the largest avoids overflow."""
    return x.max(axis=-1, keepdims=True)


def softmax(x: Array) -> Array:
    """softmax(x)_j = e^(x_j − m) / Σ_i e^(x_i − m), (..., n) → (..., n)   (§1.1, §1.2)."""
    e = np.exp(x - shift(x))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_jvp(x: Array, tangent: Array) -> Array:
    """ẏ = y ∘ (ẋ − Σ_i y_i ẋ_i) with y = softmax(x), (..., n) → (..., n)   (from §1.1, by the quotient rule)."""
    y = softmax(x)
    return y * (tangent - (y * tangent).sum(axis=-1, keepdims=True))


def softmax_vjp(x: Array, cotangent: Array) -> Array:
    """x̄ = y ∘ (ȳ − Σ_i y_i ȳ_i) with y = softmax(x), (..., n) → (..., n): the Jacobian is symmetric."""
    y = softmax(x)
    return y * (cotangent - (y * cotangent).sum(axis=-1, keepdims=True))


def logsumexp(x: Array) -> Array:
    """lse(x) = m + log Σ_i e^(x_i − m), (..., n) → (...)   (§2.2, last line; the shift by §1.1)."""
    m = shift(x)
    return m[..., 0] + np.log(np.exp(x - m).sum(axis=-1))


def logsumexp_jvp(x: Array, tangent: Array) -> Array:
    """Σ_i softmax(x)_i ẋ_i, (..., n) → (...)   (§2.2: the derivative of log Σ e^θ)."""
    return (softmax(x) * tangent).sum(axis=-1)


def logsumexp_vjp(x: Array, cotangent: Array) -> Array:
    """x̄ = ȳ softmax(x), (...) → (..., n)   (§2.2: the derivative of log Σ e^θ)."""
    return cotangent[..., None] * softmax(x)


def log_softmax(x: Array) -> Array:
    """log softmax(x)_j = (x_j − m) − log Σ_i e^(x_i − m), (..., n) → (..., n)   (§2.2)."""
    d = x - shift(x)
    return d - np.log(np.exp(d).sum(axis=-1, keepdims=True))


def log_softmax_jvp(x: Array, tangent: Array) -> Array:
    """ẋ − Σ_i softmax(x)_i ẋ_i, (..., n) → (..., n)   (§2.2)."""
    return tangent - (softmax(x) * tangent).sum(axis=-1, keepdims=True)


def log_softmax_vjp(x: Array, cotangent: Array) -> Array:
    """x̄ = ȳ − softmax(x) Σ_i ȳ_i, (..., n) → (..., n)   (§2.2)."""
    return cotangent - softmax(x) * cotangent.sum(axis=-1, keepdims=True)


# --- §2.1: sigmoid -------------------------------------------------------------------------------------


def sigmoid(x: Array) -> Array:
    """σ(x) = 1 / (1 + e^(−x)), any shape   (§2.1)."""
    return 1 / (1 + np.exp(-x))


def sigmoid_gradient_of_value(x: Array) -> Array:
    """σ' = s (1 − s) as a function of the value s = σ, any shape: the argument is s   (§2.1, last line)."""
    return x * (1 - x)


def sigmoid_gradient(x: Array) -> Array:
    """σ'(x) = σ(x) (1 − σ(x)), any shape   (§2.1, last line)."""
    return sigmoid_gradient_of_value(sigmoid(x))


def sigmoid_jvp(x: Array, tangent: Array) -> Array:
    """ẏ = σ'(x) ∘ ẋ, any shape   (§2.1)."""
    return sigmoid_gradient(x) * tangent


def sigmoid_vjp(x: Array, cotangent: Array) -> Array:
    """x̄ = ȳ ∘ σ'(x), any shape   (§2.1; §2.3: an element-wise function multiplies element-wise)."""
    return cotangent * sigmoid_gradient(x)


# --- §2.2: cross-entropy of softmax ----------------------------------------------------------------------


def cross_entropy(x: Array, y: Array) -> Array:
    """CE(y, ŷ) = −Σ_i y_i log ŷ_i with ŷ = softmax(x), (..., n) → (...)   (§2.2). Convention: 0 log 0 = 0."""
    return -(y * log_softmax(x)).sum(axis=-1)


def cross_entropy_gradient(x: Array, y: Array) -> Array:
    """∂CE/∂x = (Σ_i y_i) ŷ − y, (..., n) → (..., n). §2.2 prints ŷ − y, which needs Σ y = 1."""
    return y.sum(axis=-1, keepdims=True) * softmax(x) - y


def cross_entropy_jvp(x: Array, y: Array, tangent: Array) -> Array:
    """Σ_i (∂CE/∂x)_i ẋ_i, (..., n) → (...)   (§2.2)."""
    return (cross_entropy_gradient(x, y) * tangent).sum(axis=-1)


def cross_entropy_vjp(x: Array, y: Array, cotangent: Array) -> Array:
    """x̄ = (ȳ per row) ∂CE/∂x, (...) → (..., n)   (§2.2)."""
    return cotangent[..., None] * cross_entropy_gradient(x, y)


# --- from §2.1 and §2.2: softplus, log σ, binary cross-entropy ---------------------------------------------


def softplus(x: Array) -> Array:
    """log(1 + e^x) = m + log(e^(−m) + e^(x − m)) with m = max(x, 0), any shape   (§2.2: lse of (0, x); §1.1)."""
    m = np.maximum(x, 0)
    return m + np.log(np.exp(-m) + np.exp(x - m))


def softplus_gradient(x: Array) -> Array:
    """e^(x − m) / (e^(−m) + e^(x − m)) = σ(x), any shape   (§2.2: the softmax of (0, x), as lse' is softmax)."""
    m = np.maximum(x, 0)
    e = np.exp(x - m)
    return e / (np.exp(-m) + e)


def softplus_jvp(x: Array, tangent: Array) -> Array:
    """ẏ = σ(x) ∘ ẋ, any shape   (§2.2)."""
    return softplus_gradient(x) * tangent


def softplus_vjp(x: Array, cotangent: Array) -> Array:
    """x̄ = ȳ ∘ σ(x), any shape   (§2.2)."""
    return cotangent * softplus_gradient(x)


def log_sigmoid(x: Array) -> Array:
    """log σ(x) = −softplus(−x), any shape   (§2.1: log of 1 / (1 + e^(−x)))."""
    return -softplus(-x)


def log_sigmoid_jvp(x: Array, tangent: Array) -> Array:
    """ẏ = σ(−x) ∘ ẋ, any shape   (§2.1: σ'/σ = 1 − σ(x) = σ(−x))."""
    return softplus_gradient(-x) * tangent


def log_sigmoid_vjp(x: Array, cotangent: Array) -> Array:
    """x̄ = ȳ ∘ σ(−x), any shape   (§2.1)."""
    return cotangent * softplus_gradient(-x)


def binary_cross_entropy(x: Array, y: Array) -> Array:
    """BCE = softplus(x) − y x, any shape   (§2.2 for the classes (1 − y, y) and the logits (0, x))."""
    return softplus(x) - y * x


def binary_cross_entropy_gradient(x: Array, y: Array) -> Array:
    """∂BCE/∂x = σ(x) − y with y = y (σ(x) + σ(−x)), any shape   (§2.2: ŷ − y, and ŷ = (σ(−x), σ(x)) sums to 1)."""
    one = softplus_gradient(x)
    return one - y * (one + softplus_gradient(-x))


def binary_cross_entropy_jvp(x: Array, y: Array, tangent: Array) -> Array:
    """(∂BCE/∂x) ∘ ẋ, any shape   (§2.1, §2.2)."""
    return binary_cross_entropy_gradient(x, y) * tangent


def binary_cross_entropy_vjp(x: Array, y: Array, cotangent: Array) -> Array:
    """x̄ = ȳ ∘ ∂BCE/∂x, any shape   (§2.1, §2.2)."""
    return cotangent * binary_cross_entropy_gradient(x, y)


# --- §2.3: the two-layer network -------------------------------------------------------------------------


def phi(x: Array, W1: Array, b1: Array) -> Array:
    """φ = x W₁ + b₁, (N, H)   (§2.3)."""
    return x @ W1 + b1


def h(phi: Array) -> Array:
    """h = σ(φ), (N, H)   (§2.3)."""
    return sigmoid(phi)


def theta(h: Array, W2: Array, b2: Array) -> Array:
    """θ = h W₂ + b₂, (N, C)   (§2.3)."""
    return h @ W2 + b2


def y_hat(theta: Array) -> Array:
    """ŷ = softmax(θ), (N, C)   (§2.3)."""
    return softmax(theta)


def J(theta: Array, y: Array) -> Array:
    """J = −Σ y log ŷ, over the classes (§2.2) and over the rows of the batch, a scalar."""
    return cross_entropy(theta, y).sum()


def d_theta(theta: Array, y: Array) -> Array:
    """∂J/∂θ = (Σ y) softmax(θ) − y, (N, C). §2.2 prints ŷ − y, which is the same where Σ y = 1."""
    return cross_entropy_gradient(theta, y)


def d_h(d_theta: Array, W2: Array) -> Array:
    """∂J/∂h = ∂J/∂θ W₂ᵀ, (N, H)   (§2.3)."""
    return d_theta @ W2.T


def d_phi(d_h: Array, phi: Array) -> Array:
    """∂J/∂φ = ∂J/∂h ∘ σ'(φ), (N, H)   (§2.1, §2.3)."""
    return d_h * sigmoid_gradient(phi)


def d_x(d_phi: Array, W1: Array) -> Array:
    """∂J/∂x = ∂J/∂φ W₁ᵀ, (N, D)   (§2.3, with the parentheses that its last line lacks)."""
    return d_phi @ W1.T


def d_W1(x: Array, d_phi: Array) -> Array:
    """∂J/∂W₁ = xᵀ ∂J/∂φ, (D, H)   (§2.3 names it; from φ = x W₁ + b₁)."""
    return x.T @ d_phi


def d_b1(d_phi: Array) -> Array:
    """∂J/∂b₁ = Σ_rows ∂J/∂φ, (H,)   (§2.3 names it; from φ = x W₁ + b₁)."""
    return d_phi.sum(axis=0)


def d_W2(h: Array, d_theta: Array) -> Array:
    """∂J/∂W₂ = hᵀ ∂J/∂θ, (H, C)   (§2.3 names it; from θ = h W₂ + b₂)."""
    return h.T @ d_theta


def d_b2(d_theta: Array) -> Array:
    """∂J/∂b₂ = Σ_rows ∂J/∂θ, (C,)   (§2.3 names it; from θ = h W₂ + b₂)."""
    return d_theta.sum(axis=0)


def update(parameter: Array, gradient: Array, rate: Array) -> Array:
    """p ← p − η ∂J/∂p, gradient descent, any shape   (§2.3: "it's the parameter values that we adjust")."""
    return parameter - rate * gradient


NETWORK: dict[str, Equation] = {
    step.__name__: step for step in (phi, h, theta, y_hat, J, d_theta, d_h, d_phi, d_x, d_W1, d_b1, d_W2, d_b2)
}
"""The two-layer network as a graph: quantity → equation, whose parameters name what it needs."""
