"""σ(x) = 1 / (1 + e^(−x)), its VJP and JVP (§2.1), and σ″: the derivative of the VJP along the tangent."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import equations, second_equations
from reference.hvp import sigmoid_hvp
from reference.sigmoid import sigmoid, sigmoid_jvp, sigmoid_vjp

from ..cases import Arrays, Case
from ..formats import Format
from ..operation import Operation
from ..regimes import SHAPE, element_cases, with_directions
from ._element_mistakes import sigmoid_mistakes


def _left(rng: np.random.Generator, format: Format) -> Arrays:
    """Where neither σ nor 1 − 2σ cancels."""
    return with_directions(rng, rng.uniform(-3, -1.5, SHAPE))


def _torch(torch: Any) -> Any:
    return torch.sigmoid


def _torch_composed(torch: Any) -> Any:
    def sigmoid(x: Any) -> Any:
        # −|x| as a choice: the derivative of abs at 0 is 0 in torch, and that of σ would be.
        t = torch.where(x >= 0, -x, x).exp()
        return torch.where(x >= 0, 1, t) / (1 + t)

    return sigmoid


def _jax(jax: Any) -> Any:
    return jax.nn.sigmoid


def _jax_composed(jax: Any) -> Any:
    jnp = jax.numpy

    def sigmoid(x: Any) -> Any:
        # −|x| as a choice: the derivative of abs at 0 is 0 in JAX, and that of σ would be.
        t = jnp.exp(jnp.where(x >= 0, -x, x))
        return jnp.where(x >= 0, 1, t) / (1 + t)

    return sigmoid


def _reference(x: np.ndarray, cotangent: np.ndarray, tangent: np.ndarray) -> Arrays:
    return {
        "value": sigmoid(x),
        "vjp": sigmoid_vjp(x, cotangent),
        "jvp": sigmoid_jvp(x, tangent),
        "hvp": sigmoid_hvp(x, cotangent, tangent),
    }


OPERATION = Operation(
    name="sigmoid",
    summary="σ(x) = 1 / (1 + e^(−x))",
    graph={
        "value": equations.sigmoid,
        "vjp": equations.sigmoid_vjp,
        "jvp": equations.sigmoid_jvp,
        "hvp": second_equations.sigmoid_hvp,
    },
    shapes={"x": "...", "cotangent": "...", "tangent": "..."},
    cases={
        **element_cases(with_directions, widths=True),
        "left": Case("left", "uniform in (−3, −1.5), 8×10: the sharpest bounds of σ″", _left),
    },
    reference=_reference,
    forms={"torch": _torch, "torch.composed": _torch_composed, "jax": _jax, "jax.composed": _jax_composed},
    logits=frozenset({"x"}),
    table=(
        ("+inf", "σ = 1, σ' = σ″ = 0", "the limits"),
        ("−inf", "σ = 0, σ' = σ″ = 0", "the limits"),
        ("±0", "σ = 1/2, σ' = 1/4, σ″ = 0", "exact"),
        ("NaN", "NaN", "nothing is known of the input"),
    ),
    mistakes=sigmoid_mistakes(),
)
