"""What a contender makes of a cell before it is timed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Values = tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Prepared:
    """A program at its inputs.

    ``call`` computes once, and returns when the result is there; ``values`` are what a call returned, as NumPy
    arrays in the order of ``Workload.returns``. ``compile_seconds`` is what compiling took, where it was.
    """

    call: Callable[[], Any]
    values: Callable[[Any], Values]
    compile_seconds: float | None = None
