"""lse(x) = log Σ_i e^(x_i) along the last axis, its VJP and JVP (§2.2)."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import equations
from reference.softmax import logsumexp, logsumexp_jvp, logsumexp_vjp

from ..cases import Arrays, logit_cases, with_row_directions
from ..operation import Operation


def _special(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows with +inf, or all −inf, where the equation computes inf − inf."""
    largest = x.astype(np.float64).max(axis=-1)
    return np.isinf(largest), largest


def _open(x: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
    """Rows with +inf: 0 at the finite entries is the limit, NaN what the softmax of the row gives."""
    infinite = np.isposinf(x.astype(np.float64)).any(axis=-1, keepdims=True)
    return np.broadcast_to(infinite, x.shape)


def _torch(torch: Any) -> Any:
    return lambda x: torch.logsumexp(x, dim=-1)


def _jax(jax: Any) -> Any:
    return lambda x: jax.nn.logsumexp(x, axis=-1)


def _reference(x: np.ndarray, cotangent: np.ndarray, tangent: np.ndarray) -> Arrays:
    return {"value": logsumexp(x), "vjp": logsumexp_vjp(x, cotangent), "jvp": logsumexp_jvp(x, tangent)}


OPERATION = Operation(
    name="logsumexp",
    summary="lse(x) = log Σ_i e^(x_i)",
    graph={
        "value": equations.logsumexp,
        "vjp": equations.logsumexp_vjp,
        "jvp": equations.logsumexp_jvp,
    },
    shapes={"x": "... n", "cotangent": "...", "tangent": "... n"},
    cases=logit_cases(with_row_directions),
    reference=_reference,
    forms={"torch": _torch, "jax": _jax},
    logits=frozenset({"x"}),
    special={"value": _special},
    open={"vjp": _open},
    table=(
        ("some −inf", "as if they were absent", "the limit"),
        ("a row all −inf", "−inf", "the limit"),
        ("one or more +inf, no NaN", "+inf", "the limit"),
        ("one or more +inf, in the VJP", "not judged", "0 at finite entries is the limit, NaN is softmax's value"),
        ("NaN", "NaN in that row, no other row is touched", "nothing is known of the row"),
    ),
)
