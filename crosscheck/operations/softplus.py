"""softplus(x) = log(1 + e^x), its VJP and JVP (the log-sum-exp of (0, x), §2.2; its derivative is σ, §2.1)."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import equations
from reference.softplus import softplus, softplus_jvp, softplus_vjp

from ..cases import Arrays
from ..operation import Operation
from ..regimes import element_cases, with_directions
from ._element_mistakes import softplus_mistakes


def _torch(torch: Any) -> Any:
    return torch.nn.functional.softplus


def _torch_composed(torch: Any) -> Any:
    return lambda x: torch.logaddexp(x, torch.zeros_like(x))


def _jax(jax: Any) -> Any:
    return jax.nn.softplus


def _at_infinity(x: np.ndarray, **direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The derivative is 1 at +inf, where the equation has inf/inf."""
    (v,) = direction.values()
    return np.isposinf(x.astype(np.float64)), v.astype(np.float64)


def _reference(x: np.ndarray, cotangent: np.ndarray, tangent: np.ndarray) -> Arrays:
    return {"value": softplus(x), "vjp": softplus_vjp(x, cotangent), "jvp": softplus_jvp(x, tangent)}


OPERATION = Operation(
    name="softplus",
    summary="softplus(x) = log(1 + e^x)",
    graph={"value": equations.softplus, "vjp": equations.softplus_vjp, "jvp": equations.softplus_jvp},
    shapes={"x": "...", "cotangent": "...", "tangent": "..."},
    cases=element_cases(with_directions),
    reference=_reference,
    forms={"torch": _torch, "torch.composed": _torch_composed, "jax": _jax},
    logits=frozenset({"x"}),
    special={"vjp": _at_infinity, "jvp": _at_infinity},
    table=(
        ("+inf", "+inf, derivative 1", "the limits"),
        ("−inf", "0, derivative 0", "the limits"),
        ("±0", "log 2, derivative 1/2", "exact"),
        ("NaN", "NaN", "nothing is known of the input"),
    ),
    mistakes=softplus_mistakes(),
)
