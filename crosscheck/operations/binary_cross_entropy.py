"""BCE(x, y) = softplus(x) − y x of a logit, its VJP and JVP in the logit (§2.2 with two classes)."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import equations
from reference.binary_cross_entropy import (
    binary_cross_entropy,
    binary_cross_entropy_jvp,
    binary_cross_entropy_vjp,
)

from ..cases import Arrays, Case
from ..formats import Format
from ..operation import Operation
from ..regimes import SHAPE, element_cases, with_directions
from ._binary_mistakes import binary_cross_entropy_mistakes


def _hard(rng: np.random.Generator, x: np.ndarray) -> Arrays:
    """Targets 0 and 1, one as likely as the other whatever x is."""
    return {**with_directions(rng, x), "y": rng.integers(0, 2, x.shape).astype(np.float64)}


def _soft(rng: np.random.Generator, format: Format) -> Arrays:
    x = rng.normal(0, 3, SHAPE)
    return {**with_directions(rng, x), "y": rng.uniform(0, 1, SHAPE)}


def _smoothed(rng: np.random.Generator, format: Format) -> Arrays:
    x = rng.normal(0, 30, SHAPE)
    return {**with_directions(rng, x), "y": 0.9 * rng.integers(0, 2, SHAPE) + 0.05}


def _special(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """On an infinite logit 0 for the target that it means, +inf for another: the equation has inf − inf there."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    miss = np.where(x > 0, 1 - y, y)
    return np.isinf(x) & ~np.isnan(y), np.where(miss == 0, 0.0, np.copysign(np.inf, miss))


def _at_infinity(x: np.ndarray, y: np.ndarray, **direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The derivative is σ − y, 1 − y or −y, where the equation has inf/inf; exact for the targets 0 and 1."""
    (v,) = direction.values()
    x = x.astype(np.float64)
    return np.isinf(x), ((x > 0) - y.astype(np.float64)) * v.astype(np.float64)


def _torch(torch: Any) -> Any:
    return lambda x, y: torch.nn.functional.binary_cross_entropy_with_logits(x, y, reduction="none")


def _jax(jax: Any) -> Any:
    return lambda x, y: -y * jax.nn.log_sigmoid(x) - (1 - y) * jax.nn.log_sigmoid(-x)


def _jax_composed(jax: Any) -> Any:
    jnp = jax.numpy

    def binary_cross_entropy(x: Any, y: Any) -> Any:
        # max(x, 0) and −|x| as choices: JAX's derivative of abs at 0 is 1, and that of the sum would be −y.
        positive = x >= 0
        return jnp.where(positive, x, 0) - x * y + jnp.log1p(jnp.exp(jnp.where(positive, -x, x)))

    return binary_cross_entropy


def _jax_optax(jax: Any) -> Any:
    import optax

    return lambda x, y: optax.sigmoid_binary_cross_entropy(x, y)


def _reference(x: np.ndarray, y: np.ndarray, cotangent: np.ndarray, tangent: np.ndarray) -> Arrays:
    return {
        "value": binary_cross_entropy(x, y),
        "vjp": binary_cross_entropy_vjp(x, y, cotangent),
        "jvp": binary_cross_entropy_jvp(x, y, tangent),
    }


OPERATION = Operation(
    name="binary_cross_entropy",
    summary="BCE(x, y) = −y log σ(x) − (1 − y) log σ(−x) = softplus(x) − y x",
    graph={
        "value": equations.binary_cross_entropy,
        "vjp": equations.binary_cross_entropy_vjp,
        "jvp": equations.binary_cross_entropy_jvp,
    },
    shapes={"x": "...", "y": "...", "cotangent": "...", "tangent": "..."},
    cases={
        **element_cases(_hard),
        "soft": Case("soft", "N(0, 3), targets uniform in (0, 1), 8×10", _soft),
        "smoothed": Case("smoothed", "N(0, 30), targets 0.05 and 0.95, 8×10", _smoothed),
    },
    reference=_reference,
    forms={"torch": _torch, "jax": _jax, "jax.composed": _jax_composed, "jax.optax": _jax_optax},
    logits=frozenset({"x"}),
    special={"value": _special, "vjp": _at_infinity, "jvp": _at_infinity},
    table=(
        ("+inf with y = 1, −inf with y = 0", "0", "the limit, as in 0 log 0 = 0"),
        ("+inf or −inf with any other y in [0, 1]", "+inf", "the limit"),
        ("±inf, the derivative", "1 − y at +inf, −y at −inf", "the limits"),
        ("NaN in x or y", "NaN", "nothing is known of the input"),
    ),
    mistakes=binary_cross_entropy_mistakes(),
)
