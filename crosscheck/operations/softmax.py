"""softmax(x)_j = e^(x_j) / Σ_i e^(x_i) along the last axis, its VJP and JVP (§1.1, §1.2)."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import equations
from reference.softmax import softmax, softmax_jvp, softmax_vjp

from ..cases import Arrays
from ..operation import Operation
from ..regimes import logit_cases, with_directions
from ._softmax_mistakes import softmax_mistakes


def _torch(torch: Any) -> Any:
    return lambda x, axis=-1: torch.nn.functional.softmax(x, dim=axis)


def _torch_composed(torch: Any) -> Any:
    def softmax(x: Any, axis: int = -1) -> Any:
        e = (x - x.detach().amax(axis, keepdim=True)).exp()  # a constant shift (§1.1)
        return e / e.sum(axis, keepdim=True)

    return softmax


def _jax(jax: Any) -> Any:
    return lambda x, axis=-1: jax.nn.softmax(x, axis=axis)


def _jax_composed(jax: Any) -> Any:
    def softmax(x: Any, axis: int = -1) -> Any:
        m = jax.lax.stop_gradient(x.max(axis=axis, keepdims=True))  # any shift is right (§1.1)
        e = jax.numpy.exp(x - m)
        return e / e.sum(axis=axis, keepdims=True)

    return softmax


def _reference(x: np.ndarray, cotangent: np.ndarray, tangent: np.ndarray, axis: int = -1) -> Arrays:
    return {
        "value": softmax(x, axis),
        "vjp": softmax_vjp(x, cotangent, axis),
        "jvp": softmax_jvp(x, tangent, axis),
    }


OPERATION = Operation(
    name="softmax",
    summary="softmax(x)_j = e^(x_j) / Σ_i e^(x_i)",
    graph={"value": equations.softmax, "vjp": equations.softmax_vjp, "jvp": equations.softmax_jvp},
    shapes={"x": "... n", "cotangent": "... n", "tangent": "... n"},
    cases=logit_cases(with_directions, widths=True),
    reference=_reference,
    forms={"torch": _torch, "torch.composed": _torch_composed, "jax": _jax, "jax.composed": _jax_composed},
    logits=frozenset({"x"}),
    axis=True,
    table=(
        ("some −inf", "0 there, the rest as if it were absent", "the limit"),
        ("a row all −inf", "NaN", "no limit: it depends on how the entries go"),
        ("one or more +inf", "NaN", "two have no limit; with one, the shift still computes inf − inf"),
        ("NaN", "NaN in that row, no other row is touched", "nothing is known of the row"),
    ),
    mistakes=softmax_mistakes(),
)
