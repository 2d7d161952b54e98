"""Second derivatives of §2 as equations: σ″, and Hessian-vector products by the R-operator.

For a direction v, R{q} = d/dε q(p + ε v) at ε = 0. Applied to every line of a network's forward and backward pass,
it gives the product of the Hessian with v: R{∂J/∂p} = H v. B. A. Pearlmutter, "Fast exact multiplication by the
Hessian", Neural Computation 6 (1994). R{q} is ``t_q`` here, the tangent of q; y does not move.

Shapes as in ``reference.equations``: a tangent has the shape of what it is the tangent of. The functions are plain
NumPy and can be read in other arithmetics.
"""

from __future__ import annotations

from .equations import (
    Array,
    Equation,
    cross_entropy_jvp,
    sigmoid,
    sigmoid_gradient,
    sigmoid_jvp,
    softmax_jvp,
)


def sigmoid_second(x: Array) -> Array:
    """σ″(x) = σ'(x) (1 − 2σ(x)), any shape   (from §2.1, last line)."""
    return sigmoid_gradient(x) * (1 - 2 * sigmoid(x))


def sigmoid_hvp(x: Array, cotangent: Array, tangent: Array) -> Array:
    """R{x̄} = ȳ ∘ σ″(x) ∘ ẋ, any shape: the derivative of the VJP along ẋ."""
    return cotangent * sigmoid_second(x) * tangent


def cross_entropy_hvp(x: Array, y: Array, cotangent: Array, tangent: Array) -> Array:
    """R{x̄} = (ȳ per row) (Σ_i y_i) ŷ ∘ (ẋ − Σ_i ŷ_i ẋ_i), (..., n): the derivative of the VJP along ẋ   (§2.2)."""
    return cotangent[..., None] * (y.sum(axis=-1, keepdims=True) * softmax_jvp(x, tangent))


def t_phi(x: Array, W1: Array, t_x: Array, t_W1: Array, t_b1: Array) -> Array:
    """R{φ} = R{x} W₁ + x R{W₁} + R{b₁}, (N, H)."""
    return t_x @ W1 + x @ t_W1 + t_b1


def t_h(phi: Array, t_phi: Array) -> Array:
    """R{h} = σ'(φ) ∘ R{φ}, (N, H)."""
    return sigmoid_jvp(phi, t_phi)


def t_theta(h: Array, W2: Array, t_h: Array, t_W2: Array, t_b2: Array) -> Array:
    """R{θ} = R{h} W₂ + h R{W₂} + R{b₂}, (N, C)."""
    return t_h @ W2 + h @ t_W2 + t_b2


def t_y_hat(theta: Array, t_theta: Array) -> Array:
    """R{ŷ} = ŷ ∘ (R{θ} − Σ_i ŷ_i R{θ}_i), (N, C)."""
    return softmax_jvp(theta, t_theta)


def t_J(theta: Array, y: Array, t_theta: Array) -> Array:
    """R{J} = Σ ∂J/∂θ ∘ R{θ}, a scalar."""
    return cross_entropy_jvp(theta, y, t_theta).sum()


def t_d_theta(theta: Array, y: Array, t_theta: Array) -> Array:
    """R{∂J/∂θ} = (Σ y) R{ŷ}, (N, C)."""
    return y.sum(axis=-1, keepdims=True) * softmax_jvp(theta, t_theta)


def t_d_h(d_theta: Array, W2: Array, t_d_theta: Array, t_W2: Array) -> Array:
    """R{∂J/∂h} = R{∂J/∂θ} W₂ᵀ + ∂J/∂θ R{W₂}ᵀ, (N, H)."""
    return t_d_theta @ W2.T + d_theta @ t_W2.T


def t_d_phi(d_h: Array, phi: Array, t_d_h: Array, t_phi: Array) -> Array:
    """R{∂J/∂φ} = R{∂J/∂h} ∘ σ'(φ) + ∂J/∂h ∘ σ″(φ) ∘ R{φ}, (N, H)."""
    return t_d_h * sigmoid_gradient(phi) + d_h * sigmoid_second(phi) * t_phi


def t_d_x(d_phi: Array, W1: Array, t_d_phi: Array, t_W1: Array) -> Array:
    """R{∂J/∂x} = R{∂J/∂φ} W₁ᵀ + ∂J/∂φ R{W₁}ᵀ, (N, D)."""
    return t_d_phi @ W1.T + d_phi @ t_W1.T


def t_d_W1(x: Array, d_phi: Array, t_x: Array, t_d_phi: Array) -> Array:
    """R{∂J/∂W₁} = R{x}ᵀ ∂J/∂φ + xᵀ R{∂J/∂φ}, (D, H)."""
    return t_x.T @ d_phi + x.T @ t_d_phi


def t_d_b1(t_d_phi: Array) -> Array:
    """R{∂J/∂b₁} = Σ_rows R{∂J/∂φ}, (H,)."""
    return t_d_phi.sum(axis=0)


def t_d_W2(h: Array, d_theta: Array, t_h: Array, t_d_theta: Array) -> Array:
    """R{∂J/∂W₂} = R{h}ᵀ ∂J/∂θ + hᵀ R{∂J/∂θ}, (H, C)."""
    return t_h.T @ d_theta + h.T @ t_d_theta


def t_d_b2(t_d_theta: Array) -> Array:
    """R{∂J/∂b₂} = Σ_rows R{∂J/∂θ}, (C,)."""
    return t_d_theta.sum(axis=0)


ALONG: dict[str, str] = {name: f"t_{name}" for name in ("x", "W1", "b1", "W2", "b2")}
"""What moves, and the name of its direction."""

NETWORK_TANGENTS: dict[str, Equation] = {
    step.__name__: step
    for step in (
        *(t_phi, t_h, t_theta, t_y_hat, t_J),
        *(t_d_theta, t_d_h, t_d_phi, t_d_x, t_d_W1, t_d_b1, t_d_W2, t_d_b2),
    )
}
"""The tangent of every quantity of ``reference.equations.NETWORK``, as a graph that continues it."""
