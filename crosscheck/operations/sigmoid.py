"""σ(x) = 1 / (1 + e^(−x)), its VJP and JVP (§2.1)."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import equations
from reference.sigmoid import sigmoid, sigmoid_jvp, sigmoid_vjp

from ..cases import LOGITS, Arrays, Case, Draw, with_directions
from ..formats import Format
from ..operation import Operation


def _case(name: str, summary: str, draw: Draw) -> Case:
    return Case(name, summary, lambda rng, format: with_directions(rng, draw(rng, format)))


# All cases have one shape: JAX compiles every primitive anew for another.
_SHAPE = (8, 10)


def _extreme(rng: np.random.Generator, format: Format) -> np.ndarray:
    magnitude = np.array([17.0, 37.0, 88.0, 104.0, 710.0, 745.0, 0.5 * format.largest, format.largest])
    return np.resize(np.concatenate([magnitude, -magnitude]), _SHAPE)


def _subnormal(rng: np.random.Generator, format: Format) -> np.ndarray:
    return format.smallest_subnormal * rng.integers(-50, 51, _SHAPE)


def _special(rng: np.random.Generator, format: Format) -> np.ndarray:
    return np.resize([0.0, -0.0, np.inf, -np.inf, np.nan, 1.0], _SHAPE)


def _torch(torch: Any) -> Any:
    return torch.sigmoid


def _jax(jax: Any) -> Any:
    return jax.nn.sigmoid


def _reference(x: np.ndarray, cotangent: np.ndarray, tangent: np.ndarray) -> Arrays:
    return {"value": sigmoid(x), "vjp": sigmoid_vjp(x, cotangent), "jvp": sigmoid_jvp(x, tangent)}


OPERATION = Operation(
    name="sigmoid",
    summary="σ(x) = 1 / (1 + e^(−x))",
    graph={"value": equations.sigmoid, "vjp": equations.sigmoid_vjp, "jvp": equations.sigmoid_jvp},
    shapes={"x": "...", "cotangent": "...", "tangent": "..."},
    cases={
        **{name: _case(name, *LOGITS[name]) for name in ("typical", "tiny", "wide")},
        "extreme": _case("extreme", "±17 … ±745 and the format's largest", _extreme),
        "subnormal": _case("subnormal", "subnormal numbers of the format", _subnormal),
        "special": _case("special", "±0, ±inf, NaN, 1", _special),
    },
    reference=_reference,
    forms={"torch": _torch, "jax": _jax},
    logits=frozenset({"x"}),
    table=(
        ("+inf", "σ = 1, σ' = 0", "the limits"),
        ("−inf", "σ = 0, σ' = 0", "the limits"),
        ("±0", "σ = 1/2, σ' = 1/4", "exact"),
        ("NaN", "NaN", "nothing is known of the input"),
    ),
)
