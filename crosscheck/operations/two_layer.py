"""The two-layer network of §2.3: φ = x W₁ + b₁, h = σ(φ), θ = h W₂ + b₂, J = CE(y, softmax(θ)), every gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import equations
from reference.two_layer import two_layer

from .. import digits
from ..cases import Arrays, Case
from ..formats import Format
from ..operation import Operation


def _network(name: str, rows: int, inputs: int, hidden: int, classes: int) -> Case:
    def draw(rng: np.random.Generator, format: Format) -> Arrays:
        return {
            "x": rng.normal(0, 1, (rows, inputs)),
            "y": np.eye(classes)[rng.integers(0, classes, rows)],
            "W1": rng.normal(0, 1, (inputs, hidden)),
            "b1": rng.normal(0, 1, hidden),
            "W2": rng.normal(0, 1, (hidden, classes)),
            "b2": rng.normal(0, 1, classes),
        }

    return Case(name, f"N(0, 1), {rows} rows, {inputs}-{hidden}-{classes}", draw)


def _digits(stage: str) -> Case:
    summary = f"16 handwritten digits, 64-{digits.HIDDEN}-10, after {digits.STEPS[stage]} steps of training"
    return Case(stage, summary, lambda rng, format: digits.batch(stage, rng))


def _torch(torch: Any) -> Any:
    def network(tap: Any, x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
        phi = tap("phi", x @ W1 + b1)
        h = tap("h", torch.sigmoid(phi))
        theta = tap("theta", h @ W2 + b2)
        tap("y_hat", torch.softmax(theta, dim=-1))
        return torch.nn.functional.cross_entropy(theta, y, reduction="sum")

    return network


def _jax(jax: Any) -> Any:
    def network(tap: Any, x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
        phi = tap("phi", x @ W1 + b1)
        h = tap("h", jax.nn.sigmoid(phi))
        theta = tap("theta", h @ W2 + b2)
        tap("y_hat", jax.nn.softmax(theta, axis=-1))
        return -(y * jax.nn.log_softmax(theta, axis=-1)).sum()

    return network


def _reference(**inputs: np.ndarray) -> Arrays:
    return two_layer(**inputs)


OPERATION = Operation(
    name="two_layer",
    summary="θ = σ(x W₁ + b₁) W₂ + b₂, J = CE(y, softmax(θ)), every gradient",
    graph=equations.NETWORK,
    shapes={"x": "N D", "y": "N n", "W1": "D H", "b1": "H", "W2": "H n", "b2": "n"},
    cases={
        "typical": _network("typical", 20, 10, 5, 10),
        "square": _network("square", 4, 4, 4, 4),
        **{stage: _digits(stage) for stage in digits.STEPS},
    },
    reference=_reference,
    forms={"torch": _torch, "jax": _jax},
    logits=frozenset({"phi", "theta"}),
    taps=True,
)
