"""log softmax(x)_j = x_j − log Σ_i e^(x_i) along the last axis, its VJP and JVP (§2.2)."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import equations
from reference.softmax import log_softmax, log_softmax_jvp, log_softmax_vjp

from ..cases import Arrays, logit_cases, with_directions
from ..operation import Operation


def _torch(torch: Any) -> Any:
    return lambda x: torch.log_softmax(x, dim=-1)


def _jax(jax: Any) -> Any:
    return lambda x: jax.nn.log_softmax(x, axis=-1)


def _reference(x: np.ndarray, cotangent: np.ndarray, tangent: np.ndarray) -> Arrays:
    return {
        "value": log_softmax(x),
        "vjp": log_softmax_vjp(x, cotangent),
        "jvp": log_softmax_jvp(x, tangent),
    }


OPERATION = Operation(
    name="log_softmax",
    summary="log softmax(x)_j = x_j − log Σ_i e^(x_i)",
    graph={
        "value": equations.log_softmax,
        "vjp": equations.log_softmax_vjp,
        "jvp": equations.log_softmax_jvp,
    },
    shapes={"x": "... n", "cotangent": "... n", "tangent": "... n"},
    cases=logit_cases(with_directions),
    reference=_reference,
    forms={"torch": _torch, "jax": _jax},
    logits=frozenset({"x"}),
    table=(
        ("some −inf", "−inf there, the rest as if it were absent", "the limit"),
        ("a row all −inf", "NaN", "no limit: it depends on how the entries go"),
        ("one or more +inf", "NaN", "two have no limit; with one, the shift still computes inf − inf"),
        ("NaN", "NaN in that row, no other row is touched", "nothing is known of the row"),
    ),
)
