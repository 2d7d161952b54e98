"""log softmax(x)_j = x_j − log Σ_i e^(x_i) along the last axis, its VJP and JVP (§2.2)."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import equations
from reference.softmax import log_softmax, log_softmax_jvp, log_softmax_vjp

from ..cases import Arrays
from ..operation import Operation
from ..regimes import logit_cases, with_directions
from ._log_mistakes import log_softmax_mistakes


def _torch(torch: Any) -> Any:
    return lambda x, axis=-1: torch.nn.functional.log_softmax(x, dim=axis)


def _torch_composed(torch: Any) -> Any:
    def log_softmax(x: Any, axis: int = -1) -> Any:
        d = x - x.detach().amax(axis, keepdim=True)  # a constant shift (§1.1)
        return d - d.exp().sum(axis, keepdim=True).log()

    return log_softmax


def _jax(jax: Any) -> Any:
    return lambda x, axis=-1: jax.nn.log_softmax(x, axis=axis)


def _jax_composed(jax: Any) -> Any:
    def log_softmax(x: Any, axis: int = -1) -> Any:
        d = x - jax.lax.stop_gradient(x.max(axis=axis, keepdims=True))  # any shift is right (§1.1)
        return d - jax.numpy.log(jax.numpy.exp(d).sum(axis=axis, keepdims=True))

    return log_softmax


def _reference(x: np.ndarray, cotangent: np.ndarray, tangent: np.ndarray, axis: int = -1) -> Arrays:
    return {
        "value": log_softmax(x, axis),
        "vjp": log_softmax_vjp(x, cotangent, axis),
        "jvp": log_softmax_jvp(x, tangent, axis),
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
    forms={"torch": _torch, "torch.composed": _torch_composed, "jax": _jax, "jax.composed": _jax_composed},
    logits=frozenset({"x"}),
    axis=True,
    table=(
        ("some −inf", "−inf there, the rest as if it were absent", "the limit"),
        ("a row all −inf", "NaN", "no limit: it depends on how the entries go"),
        ("one or more +inf", "NaN", "two have no limit; with one, the shift still computes inf − inf"),
        ("NaN", "NaN in that row, no other row is touched", "nothing is known of the row"),
    ),
    mistakes=log_softmax_mistakes(),
)
