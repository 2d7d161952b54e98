"""The two-layer network of §2.3 with weight decay: J = Σ_rows CE(y, softmax(θ)) + (λ/2) (Σ W₁² + Σ W₂²)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from reference.cost_equations import NETWORK_L2
from reference.two_layer_costs import two_layer_l2

from ..cases import Arrays, Case
from ..formats import Format
from ..operation import Operation
from . import _networks as networks
from ._two_layer_mistakes import l2_mistakes

_SIZES = (6, 5, 4, 3)
"""6 rows, 5-4-3: one shape for the usual cases, compiled once."""


def _decaying(case: Case, decay: float = 0.1) -> Case:
    """The case with λ."""

    def draw(rng: np.random.Generator, format: Format) -> Arrays:
        return {**case.draw(rng, format), "decay": np.array(decay)}

    return replace(case, summary=f"{case.summary}, λ = {decay:g}", draw=draw)


def _penalty(W1: Any, W2: Any, decay: float) -> Any:
    return decay / 2 * ((W1**2).sum() + (W2**2).sum())


def _check(decay: np.ndarray | float = 0.0, **others: object) -> None:
    """ValueError for a λ below 0, infinite or NaN."""
    if not (np.isfinite(np.float64(decay)) and decay >= 0):
        raise ValueError(f"decay: got {decay}, expected a finite number from 0")


OPERATION = Operation(
    name="two_layer_l2",
    summary="θ = σ(x W₁ + b₁) W₂ + b₂, J = CE(y, softmax(θ)) + (λ/2) (Σ W₁² + Σ W₂²), every gradient",
    graph=NETWORK_L2,
    shapes={**networks.SHAPES, "decay": ""},
    cases={
        "typical": _decaying(networks.case("typical", *_SIZES)),
        "sharp": _decaying(networks.case("sharp", *_SIZES, scale=0.25, targets="random")),
        "soft": _decaying(networks.case("soft", 20, 10, 5, 10, targets="soft", extra=True)),
        "unnormalised": _decaying(
            networks.case("unnormalised", 20, 10, 5, 10, targets="unnormalised", extra=True)
        ),
        "half_trained": _decaying(networks.of_digits("half_trained", extra=True)),
        "one_row": _decaying(networks.case("one_row", 1, 10, 5, 10, extra=True)),
        "no_rows": _decaying(networks.case("no_rows", 0, 10, 5, 10, extra=True)),
        "odd": _decaying(networks.case("odd", 33, 17, 65, 9, extra=True)),
    },
    reference=two_layer_l2,
    forms=networks.forms("sum", _penalty),
    logits=networks.LOGITS,
    taps=True,
    batch=True,
    scalars=frozenset({"decay"}),
    check=_check,
    mistakes=l2_mistakes(),
)
