"""softmax(x)_j = e^(x_j) / Σ_i e^(x_i) along the last axis, its VJP and JVP (§1.1, §1.2)."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import equations
from reference.softmax import softmax, softmax_jvp, softmax_vjp

from ..cases import Arrays, logit_cases, with_directions
from ..operation import Operation


def _torch(torch: Any) -> Any:
    return lambda x: torch.softmax(x, dim=-1)


def _jax(jax: Any) -> Any:
    return lambda x: jax.nn.softmax(x, axis=-1)


def _reference(x: np.ndarray, cotangent: np.ndarray, tangent: np.ndarray) -> Arrays:
    return {"value": softmax(x), "vjp": softmax_vjp(x, cotangent), "jvp": softmax_jvp(x, tangent)}


OPERATION = Operation(
    name="softmax",
    summary="softmax(x)_j = e^(x_j) / Σ_i e^(x_i)",
    graph={"value": equations.softmax, "vjp": equations.softmax_vjp, "jvp": equations.softmax_jvp},
    shapes={"x": "... n", "cotangent": "... n", "tangent": "... n"},
    cases=logit_cases(with_directions),
    reference=_reference,
    forms={"torch": _torch, "jax": _jax},
    logits=frozenset({"x"}),
    table=(
        ("some −inf", "0 there, the rest as if it were absent", "the limit"),
        ("a row all −inf", "NaN", "no limit: it depends on how the entries go"),
        ("one or more +inf", "NaN", "two have no limit; with one, the shift still computes inf − inf"),
        ("NaN", "NaN in that row, no other row is touched", "nothing is known of the row"),
    ),
)
