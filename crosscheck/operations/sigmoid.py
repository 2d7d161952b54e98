"""σ(x) = 1 / (1 + e^(−x)), its VJP and JVP (§2.1)."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import equations
from reference.sigmoid import sigmoid, sigmoid_jvp, sigmoid_vjp

from ..cases import Arrays
from ..operation import Operation
from ..regimes import element_cases, with_directions


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
    return {"value": sigmoid(x), "vjp": sigmoid_vjp(x, cotangent), "jvp": sigmoid_jvp(x, tangent)}


OPERATION = Operation(
    name="sigmoid",
    summary="σ(x) = 1 / (1 + e^(−x))",
    graph={"value": equations.sigmoid, "vjp": equations.sigmoid_vjp, "jvp": equations.sigmoid_jvp},
    shapes={"x": "...", "cotangent": "...", "tangent": "..."},
    cases=element_cases(with_directions, widths=True),
    reference=_reference,
    forms={"torch": _torch, "torch.composed": _torch_composed, "jax": _jax, "jax.composed": _jax_composed},
    logits=frozenset({"x"}),
    table=(
        ("+inf", "σ = 1, σ' = 0", "the limits"),
        ("−inf", "σ = 0, σ' = 0", "the limits"),
        ("±0", "σ = 1/2, σ' = 1/4", "exact"),
        ("NaN", "NaN", "nothing is known of the input"),
    ),
)
