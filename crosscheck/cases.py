"""Input regimes: seeded, named, and the same for every implementation.

A regime draws float64 numbers; they are then rounded to the format under test, so that an input is exactly what
the implementation and the truth both see.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from .formats import Format

Arrays = dict[str, np.ndarray]
Draw = Callable[[np.random.Generator, Format], np.ndarray]


class CaseUnavailableError(RuntimeError):
    """The inputs of a case need something that is not installed; the message says what."""


@dataclass(frozen=True)
class Case:
    """A named regime: ``draw(rng, format)`` gives the inputs of an operation as float64 arrays.

    Arrays of integers (class indices) stay what they are. An ``extra`` case runs with ``--all`` or when it is
    named: another shape has to be compiled again by some. ``family`` is the name of many cases of one kind;
    ``axis`` the axis on which the implementation finds the classes, and ``layout`` how its arrays lie in memory
    (see ``crosscheck.layouts``).
    """

    name: str
    summary: str
    draw: Callable[[np.random.Generator, Format], Arrays]
    extra: bool = False
    family: str = ""
    axis: int = -1
    layout: str = "contiguous"

    def inputs(self, operation: str, format: Format, seed: int) -> Arrays:
        """The inputs in the format; the same for the same (operation, case, format, seed), whatever else runs."""
        rng = np.random.default_rng([seed, crc32(operation.encode()), crc32(self.name.encode())])
        drawn = self.draw(rng, format)
        return {name: a if a.dtype.kind == "i" else format.round(a) for name, a in drawn.items()}


def _normal(scale: float, shape: tuple[int, ...]) -> Draw:
    return lambda rng, format: rng.normal(0, scale, shape)


def _tiny(rng: np.random.Generator, format: Format) -> np.ndarray:
    return rng.uniform(-1, 1, (8, 10))


def _few(rng: np.random.Generator, format: Format) -> np.ndarray:
    return rng.uniform(-1, 1, (8, 3))


def _dominant(rng: np.random.Generator, format: Format) -> np.ndarray:
    x = rng.normal(0, 1, (8, 10))
    x[np.arange(8), rng.integers(0, 10, 8)] += np.repeat([17.0, 40.0, 80.0, 700.0], 2)
    return x


def _ties(rng: np.random.Generator, format: Format) -> np.ndarray:
    x = np.repeat(rng.normal(0, 3, (8, 1)), 10, axis=1)
    x[4:] *= 1 + format.unit_roundoff * 2 * rng.integers(-2, 3, (4, 10))
    # Without some lower logits the truth is nearly constant, and a constant would pass.
    x[:, 6:] -= rng.uniform(0.5, 3, (8, 4))
    return x


def _masked(rng: np.random.Generator, format: Format) -> np.ndarray:
    x = rng.normal(0, 3, (8, 10))
    x[np.arange(4), rng.integers(0, 10, 4)] = -np.inf
    x[4:, 1:] = -np.inf
    return x


def _special(rng: np.random.Generator, format: Format) -> np.ndarray:
    x = rng.normal(0, 3, (8, 10))
    x[0, 3] = np.nan
    x[2, 4] = np.inf
    x[4, 5:7] = np.inf
    x[6] = -np.inf
    return x


def _large(rng: np.random.Generator, format: Format) -> np.ndarray:
    """Up to 1/(32u): near 1/u one rounding of a logit moves the result by a factor e; nothing can be checked."""
    return rng.uniform(-1, 1, (8, 10)) / (32 * format.unit_roundoff)


LOGITS: Mapping[str, tuple[str, Draw]] = {
    "typical": ("N(0, 3), 8×10", _normal(3, (8, 10))),
    "tiny": ("uniform in (−1, 1), 8×10", _tiny),
    "wide": ("N(0, 30), 8×10", _normal(30, (8, 10))),
    "dominant": ("one logit ahead of the rest by 17, 40, 80, 700, 8×10", _dominant),
    "ties": ("the largest six logits equal, or a few ulps apart, 8×10", _ties),
    "large": ("uniform in ±1/(32u), 8×10", _large),
    "masked": ("−inf in one entry, and in all but one, 8×10", _masked),
    "special": ("a NaN, one +inf, two +inf, a row all −inf, each beside ordinary rows, 8×10", _special),
    "few_classes": ("uniform in (−1, 1), 8×3: the sharpest bounds", _few),
    "one_class": ("a single class, 4×1", _normal(3, (4, 1))),
    "many_classes": ("N(0, 3), 2×1000", _normal(3, (2, 1000))),
}
"""Regimes of logits, the classes on the last axis."""

EXTRA = ("few_classes", "one_class", "many_classes")


def logit_cases(complete: Callable[[np.random.Generator, np.ndarray], Arrays], *skip: str) -> dict[str, Case]:
    """A case for every regime of ``LOGITS``; ``complete`` adds the other inputs to the logits."""

    def case(name: str, summary: str, draw: Draw) -> Case:
        return Case(name, summary, lambda rng, format: complete(rng, draw(rng, format)), name in EXTRA)

    def swamped(rng: np.random.Generator, format: Format) -> Arrays:
        inputs = complete(rng, _tiny(rng, format))
        wider = format.accumulation_precision > format.precision
        for name in ("cotangent", "tangent"):
            inputs[name] = np.ones(inputs[name].shape)
            inputs[name][..., 0] = 1 / format.unit_roundoff if wider else 1
            inputs[name][..., -1] = -inputs[name][..., 0]
        return inputs

    cases = {name: case(name, *regime) for name, regime in LOGITS.items() if name not in skip}
    summary = "|x| < 1, directions 1/u, 1, …, 1, −1/u: a sum in a 16-bit format loses the ones, 8×10"
    return {**cases, "swamped": Case("swamped", summary, swamped)}


def with_directions(rng: np.random.Generator, x: np.ndarray) -> Arrays:
    """``x`` with a cotangent and a tangent of its shape, for a function whose value has that shape.

    Both are random and signed: a uniform cotangent hides errors of the softmax backward pass (its VJP is 0).
    """
    return {"x": x, "cotangent": rng.normal(0, 1, x.shape), "tangent": rng.normal(0, 1, x.shape)}


def with_row_directions(rng: np.random.Generator, x: np.ndarray) -> Arrays:
    """The same for a function whose value drops the last axis."""
    return {"x": x, "cotangent": rng.normal(0, 1, x.shape[:-1]), "tangent": rng.normal(0, 1, x.shape)}
