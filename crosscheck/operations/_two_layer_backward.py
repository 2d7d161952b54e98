"""What people get wrong in the backward pass of §2.3: a step each, its neighbours right."""

from __future__ import annotations

from collections.abc import Callable

from reference import equations as eq
from reference.equations import Array

from ..graph import Graph
from ..mistake import Mistake
from ._mistakes import times, wrong


def _sigma_of_phi(d_h: Array, phi: Array) -> Array:
    return d_h * (phi * (1 - phi))


def _sigma_of_sigma(d_h: Array, h: Array) -> Array:
    return d_h * eq.sigmoid_gradient(h)


def _as_printed(d_h: Array, phi: Array, W1: Array) -> Array:
    return d_h * (eq.sigmoid_gradient(phi) @ W1.T)


def _biases(name: str, sentence: str, rows: Callable[[Array], Array]) -> Mistake:
    """Both bias gradients as another function of the rows that they sum."""
    return wrong(name, sentence, d_b1=lambda d_phi: rows(d_phi), d_b2=lambda d_theta: rows(d_theta))


def backward(graph: Graph) -> tuple[Mistake, ...]:
    return (
        wrong("label term dropped", "∂J/∂θ = ŷ, without − y", d_theta=eq.y_hat),
        wrong("sign of the gradient flipped", "∂J/∂θ = y − ŷ", d_theta=times(-1, graph["d_theta"])),
        wrong("gradient halved", "half of ∂J/∂θ", d_theta=times(0.5, graph["d_theta"])),
        wrong(
            "σ′ of the pre-activation",
            "σ′ applied to φ instead of h: φ (1 − φ) for h (1 − h)",
            d_phi=_sigma_of_phi,
        ),
        wrong("σ′ of the activation", "σ′(h) for σ′(φ): h taken for the argument", d_phi=_sigma_of_sigma),
        wrong("σ′ left out", "∂J/∂φ = ∂J/∂h", d_phi=lambda d_h: d_h * 1),
        wrong("σ for σ′", "∂J/∂φ = ∂J/∂h ∘ h", d_phi=lambda d_h, h: d_h * h),
        wrong(
            "upstream gradient dropped", "∂J/∂φ = σ′(φ), without ∂J/∂h", d_phi=lambda phi: eq.sigmoid_gradient(phi)
        ),
        wrong(
            "W2 not transposed", "∂J/∂θ W₂, which fits where W₂ is square", d_h=lambda d_theta, W2: d_theta @ W2
        ),
        wrong("W1 not transposed", "∂J/∂φ W₁, which fits where W₁ is square", d_x=lambda d_phi, W1: d_phi @ W1),
        wrong("parentheses left out", "∂J/∂h ∘ (σ′(φ) W₁ᵀ), as §2.3 prints it", d_x=_as_printed),
        wrong("x for h", "∂J/∂W₂ = xᵀ ∂J/∂θ, where the widths allow it", d_W2=lambda x, d_theta: x.T @ d_theta),
        wrong("φ for h", "∂J/∂W₂ = φᵀ ∂J/∂θ", d_W2=lambda phi, d_theta: phi.T @ d_theta),
        wrong("h for x", "∂J/∂W₁ = hᵀ ∂J/∂φ, where the widths allow it", d_W1=lambda h, d_phi: h.T @ d_phi),
        wrong("gradient transposed", "∂J/∂W₁ transposed: (∂J/∂φ)ᵀ x", d_W1=lambda x, d_phi: d_phi.T @ x),
        _biases("bias gradient not summed", "∂J/∂b₁ and ∂J/∂b₂ of every row, not summed", lambda a: a * 1),
        _biases(
            "bias gradient averaged",
            "∂J/∂b₁ and ∂J/∂b₂ averaged over the batch",
            lambda a: a.sum(axis=0) / a.shape[0],
        ),
        _biases("sum without axis", "∂J/∂b₁ and ∂J/∂b₂ summed over everything", lambda a: a.sum()),
        wrong("bias gradient of the other layer", "∂J/∂b₁ = Σ ∂J/∂h", d_b1=lambda d_h: d_h.sum(axis=0)),
        wrong(
            "last example dropped",
            "∂J/∂W₂ and ∂J/∂b₂ without the last example",
            d_W2=lambda h, d_theta: h[:-1].T @ d_theta[:-1],
            d_b2=lambda d_theta: d_theta[:-1].sum(axis=0),
        ),
        wrong(
            "last class dropped",
            "∂J/∂h without the last class",
            d_h=lambda d_theta, W2: d_theta[:, :-1] @ W2[:, :-1].T,
        ),
    )
