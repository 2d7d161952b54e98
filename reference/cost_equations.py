"""The network of §2.3 with other costs, as equations: the mean over the batch, and weight decay.

    J = (1/N) Σ_rows CE(y, ŷ)                       ``NETWORK_MEAN``
    J = Σ_rows CE(y, ŷ) + (λ/2) (Σ W₁² + Σ W₂²)     ``NETWORK_L2``; λ is ``decay``, a scalar

Both are graphs like ``reference.equations.NETWORK``, with the same quantities by the same names; here stand the
steps that differ. Backpropagation carries the factor 1/N of the mean from ∂J/∂θ into every later gradient by the
same equations. Weight decay does not pass through the network: it is added to the gradients of the weights, and
the biases are not decayed.

Shapes as in ``reference.equations``. The functions are plain NumPy and can be read in other arithmetics.
"""

from __future__ import annotations

from .equations import NETWORK, Array, Equation, J, d_theta, d_W1, d_W2


def J_mean(theta: Array, y: Array) -> Array:
    """J = −(1/N) Σ y log ŷ, over the classes (§2.2) and the N rows of the batch, a scalar; of no rows 0/0."""
    return J(theta, y) / theta.shape[0]


def d_theta_mean(theta: Array, y: Array) -> Array:
    """∂J/∂θ = ((Σ y) softmax(θ) − y) / N, (N, C)   (§2.2, of the mean)."""
    return d_theta(theta, y) / theta.shape[0]


def J_l2(theta: Array, y: Array, W1: Array, W2: Array, decay: Array) -> Array:
    """J = −Σ y log ŷ + (λ/2) (Σ W₁² + Σ W₂²), a scalar   (§2.2, with weight decay)."""
    return J(theta, y) + decay / 2 * ((W1 * W1).sum() + (W2 * W2).sum())


def d_W1_l2(x: Array, d_phi: Array, W1: Array, decay: Array) -> Array:
    """∂J/∂W₁ = xᵀ ∂J/∂φ + λ W₁, (D, H)   (§2.3, with weight decay)."""
    return d_W1(x, d_phi) + decay * W1


def d_W2_l2(h: Array, d_theta: Array, W2: Array, decay: Array) -> Array:
    """∂J/∂W₂ = hᵀ ∂J/∂θ + λ W₂, (H, C)   (§2.3, with weight decay)."""
    return d_W2(h, d_theta) + decay * W2


NETWORK_MEAN: dict[str, Equation] = {**NETWORK, "J": J_mean, "d_theta": d_theta_mean}
"""The network whose J is the mean over the rows."""

NETWORK_L2: dict[str, Equation] = {**NETWORK, "J": J_l2, "d_W1": d_W1_l2, "d_W2": d_W2_l2}
"""The network whose weights W₁ and W₂ decay."""
