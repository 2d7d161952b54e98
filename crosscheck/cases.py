"""Input regimes: seeded, named, and the same for every implementation.

A regime draws float64 numbers; they are then rounded to the format under test, so that an input is exactly what
the implementation and the truth both see.
"""

from __future__ import annotations

from collections.abc import Callable
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
