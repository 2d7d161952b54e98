"""σ' from the value of σ: σ'(x) = s (1 − s) with s = σ(x), as a function of s   (§2.1, last line).

The assignment's own ``sigmoid_grad`` is this function: its argument is the value, not x.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from reference.equations import sigmoid_gradient_of_value

from ..cases import Arrays, Case
from ..formats import Format
from ..mistake import Mistake
from ..operation import Operation


def _uniform(rng: np.random.Generator, format: Format) -> Arrays:
    return {"x": rng.uniform(0.05, 0.95, (8, 10))}


def _vector(rng: np.random.Generator, format: Format) -> Arrays:
    return {"x": rng.uniform(0.05, 0.95, 10)}


def _saturated(rng: np.random.Generator, format: Format) -> Arrays:
    return {"x": np.where(rng.uniform(size=(8, 10)) < 0.5, 0.0, 1.0) + rng.choice([0, 1e-3, -1e-3], (8, 10))}


def _ends(rng: np.random.Generator, format: Format) -> Arrays:
    return {"x": np.array([0.0, 1.0, 0.5])}


def _reference(x: np.ndarray) -> Arrays:
    wide = x.astype(np.float64)
    return {"value": (wide * (1 - wide)).astype(x.dtype)}


def _of_sigma(x: Any) -> Any:
    s = 1 / (1 + np.exp(-x))
    return s * (1 - s)


SIGMOID_GRAD = Operation(
    name="sigmoid_grad",
    summary="σ'(x) = s (1 − s) of the value s = σ(x)",
    graph={"value": sigmoid_gradient_of_value},
    shapes={"x": "..."},
    cases={
        "typical": Case("typical", "values in (0.05, 0.95), 8×10", _uniform),
        "vector": Case("vector", "values in (0.05, 0.95), one vector of 10", _vector),
        "saturated": Case("saturated", "values near 0 and 1, 8×10", _saturated),
        "ends": Case("ends", "0, 1 and 1/2", _ends),
    },
    reference=_reference,
    forms={},
    mistakes=(
        Mistake(
            "σ′ of the pre-activation",
            "s taken for the argument x: σ(s)(1 − σ(s)), where s is already σ(x)",
            "value",
            {"value": _of_sigma},
        ),
        Mistake("flipped sign", "s (s − 1) for s (1 − s)", "value", {"value": lambda x: x * (x - 1)}),
        Mistake("one factor", "s for s (1 − s)", "value", {"value": lambda x: x * 1}),
        Mistake("other factor", "1 − s for s (1 − s)", "value", {"value": lambda x: 1 - x}),
        Mistake("squared", "s² for s (1 − s)", "value", {"value": lambda x: x * x}),
    ),
)
"""Not among the operations of the matrix: frameworks have no such function, and σ' is judged as that of x."""
