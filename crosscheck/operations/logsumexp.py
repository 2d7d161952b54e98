"""lse(x) = log Σ_i e^(x_i) along the last axis, its VJP and JVP (§2.2)."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import equations
from reference.softmax import logsumexp, logsumexp_jvp, logsumexp_vjp

from ..cases import Arrays
from ..operation import Operation
from ..regimes import logit_cases, with_row_directions
from ._log_mistakes import logsumexp_mistakes


def _special(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows with +inf, or all −inf, where the equation computes inf − inf."""
    largest = x.astype(np.float64).max(axis=-1)
    return np.isinf(largest), largest


def _open(x: np.ndarray, cotangent: np.ndarray) -> np.ndarray:
    """Rows with +inf: 0 at the finite entries is the limit, NaN what the softmax of the row gives."""
    infinite = np.isposinf(x.astype(np.float64)).any(axis=-1, keepdims=True)
    return np.broadcast_to(infinite, x.shape)


def _torch(torch: Any) -> Any:
    return lambda x, axis=-1: torch.logsumexp(x, dim=axis)


def _torch_composed(torch: Any) -> Any:
    def logsumexp(x: Any, axis: int = -1) -> Any:
        m = x.detach().amax(axis, keepdim=True)  # a constant shift (§1.1)
        m = m.masked_fill(m.isinf(), 0)
        return m.squeeze(axis) + (x - m).exp().sum(axis).log()

    return logsumexp


def _jax(jax: Any) -> Any:
    return lambda x, axis=-1: jax.nn.logsumexp(x, axis=axis)


def _jax_composed(jax: Any) -> Any:
    def logsumexp(x: Any, axis: int = -1) -> Any:
        m = jax.lax.stop_gradient(x.max(axis=axis, keepdims=True))  # any shift is right (§1.1)
        m = jax.numpy.where(jax.numpy.isfinite(m), m, 0)  # but one that is a number: −inf − −inf is none
        return jax.numpy.squeeze(m, axis) + jax.numpy.log(jax.numpy.exp(x - m).sum(axis=axis))

    return logsumexp


def _reference(x: np.ndarray, cotangent: np.ndarray, tangent: np.ndarray, axis: int = -1) -> Arrays:
    return {
        "value": logsumexp(x, axis),
        "vjp": logsumexp_vjp(x, cotangent, axis),
        "jvp": logsumexp_jvp(x, tangent, axis),
    }


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
    forms={"torch": _torch, "torch.composed": _torch_composed, "jax": _jax, "jax.composed": _jax_composed},
    logits=frozenset({"x"}),
    axis=True,
    special={"value": _special},
    open={"vjp": _open},
    table=(
        ("some −inf", "as if they were absent", "the limit"),
        ("a row all −inf", "−inf", "the limit"),
        ("one or more +inf, no NaN", "+inf", "the limit"),
        ("one or more +inf, in the VJP", "not judged", "0 at finite entries is the limit, NaN is softmax's value"),
        ("NaN", "NaN in that row, no other row is touched", "nothing is known of the row"),
    ),
    mistakes=logsumexp_mistakes(),
)
