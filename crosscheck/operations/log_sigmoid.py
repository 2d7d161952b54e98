"""log σ(x) = −softplus(−x), its VJP and JVP (§2.1)."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import equations
from reference.softplus import log_sigmoid, log_sigmoid_jvp, log_sigmoid_vjp

from ..cases import Arrays
from ..operation import Operation
from ..regimes import element_cases, with_directions
from ._element_mistakes import log_sigmoid_mistakes


def _torch(torch: Any) -> Any:
    return torch.nn.functional.logsigmoid


def _jax(jax: Any) -> Any:
    return jax.nn.log_sigmoid


def _at_infinity(x: np.ndarray, **direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The derivative is 1 at −inf, where the equation has inf/inf."""
    (v,) = direction.values()
    return np.isneginf(x.astype(np.float64)), v.astype(np.float64)


def _reference(x: np.ndarray, cotangent: np.ndarray, tangent: np.ndarray) -> Arrays:
    return {"value": log_sigmoid(x), "vjp": log_sigmoid_vjp(x, cotangent), "jvp": log_sigmoid_jvp(x, tangent)}


OPERATION = Operation(
    name="log_sigmoid",
    summary="log σ(x) = −log(1 + e^(−x))",
    graph={"value": equations.log_sigmoid, "vjp": equations.log_sigmoid_vjp, "jvp": equations.log_sigmoid_jvp},
    shapes={"x": "...", "cotangent": "...", "tangent": "..."},
    cases=element_cases(with_directions),
    reference=_reference,
    forms={"torch": _torch, "jax": _jax},
    logits=frozenset({"x"}),
    special={"vjp": _at_infinity, "jvp": _at_infinity},
    table=(
        ("+inf", "0, derivative 0", "the limits"),
        ("−inf", "−inf, derivative 1", "the limits"),
        ("±0", "−log 2, derivative 1/2", "exact"),
        ("NaN", "NaN", "nothing is known of the input"),
    ),
    mistakes=log_sigmoid_mistakes(),
)
