"""The two-layer network of §2.3: φ = x W₁ + b₁, h = σ(φ), θ = h W₂ + b₂, J = CE(y, softmax(θ)), every gradient."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from reference import equations
from reference.two_layer import two_layer

from .. import digits
from ..cases import Arrays, Case
from ..formats import Format
from ..operation import Operation
from . import _networks as networks
from ._two_layer_mistakes import sum_mistakes

_LAYOUTS = ("strided", "reversed", "fortran")


def _reference(**inputs: Any) -> Arrays:
    return two_layer(**inputs)


def _large_logits(case: Case) -> Case:
    """θ of thousands, hundreds apart from row to row: e^θ overflows without a shift, and with a wrong one."""

    def draw(rng: np.random.Generator, format: Format) -> Arrays:
        drawn = case.draw(rng, format)
        return {**drawn, "W2": 1000 * drawn["W2"], "b2": 1000 * drawn["b2"]}

    return replace(case, summary="N(0, 1), W₂ and b₂ N(0, 1000²), 20 rows, 10-5-10", draw=draw)


OPERATION = Operation(
    name="two_layer",
    summary="θ = σ(x W₁ + b₁) W₂ + b₂, J = CE(y, softmax(θ)), every gradient",
    graph=equations.NETWORK,
    shapes=networks.SHAPES,
    cases={
        "typical": networks.case("typical", 20, 10, 5, 10),
        "square": networks.case("square", 4, 4, 4, 4),
        "sharp": networks.case("sharp", 4, 3, 3, 3, scale=0.25, targets="random"),
        "soft": networks.case("soft", 20, 10, 5, 10, targets="soft"),
        "unnormalised": networks.case("unnormalised", 20, 10, 5, 10, targets="unnormalised"),
        "saturated_classes": networks.case("saturated_classes", 20, 10, 5, 10, scale=20),
        **{stage: networks.of_digits(stage) for stage in digits.STEPS},
        "large_logits": _large_logits(networks.case("large_logits", 20, 10, 5, 10, extra=True)),
        "one_row": networks.case("one_row", 1, 10, 5, 10, extra=True),
        "no_rows": networks.case("no_rows", 0, 10, 5, 10, extra=True),
        "odd": networks.case("odd", 33, 17, 65, 9, extra=True),
        "many_rows": networks.case("many_rows", 70_000, 3, 3, 3, extra=True),
        **{layout: networks.case(layout, 20, 10, 5, 10, extra=True, layout=layout) for layout in _LAYOUTS},
    },
    reference=_reference,
    forms=networks.forms("sum"),
    logits=networks.LOGITS,
    taps=True,
    mistakes=sum_mistakes(),
)
