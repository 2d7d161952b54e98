"""How a function is judged: the arguments of ``check``, checked."""

from __future__ import annotations

from dataclasses import dataclass

from ..formats import FORMATS, format_of
from ..guest.arrays import require
from ..guest.call import ARRAYS
from ..guest.isolated import TIME_LIMIT
from ..operation import Operation
from .reduction import AUTO, REDUCTIONS

DTYPES = ("float64", "float32")
"""What a function is handed where nothing is said."""


@dataclass(frozen=True)
class Options:
    """How a function is judged, see ``crosscheck.check``; its errors say by name what is wrong.

    Without ``examples`` no failure is made smaller: who asks for the verdict alone need not wait for that.
    """

    quantity: str | None = None
    dtypes: tuple[str, ...] = DTYPES
    arrays: str = "numpy"
    device: str = "cpu"
    reduction: str = AUTO
    cases: tuple[str, ...] = ()
    seed: int = 0
    all: bool = False
    time_limit: float = TIME_LIMIT
    examples: bool = True

    def __post_init__(self) -> None:
        for name, value, expected in (("arrays", self.arrays, ARRAYS), ("reduction", self.reduction, REDUCTIONS)):
            if value not in expected:
                raise ValueError(f"{name}: got {value!r}, expected one of {', '.join(expected)}")
        for name in ("dtypes", "cases"):
            value = getattr(self, name)
            if isinstance(value, str) or not isinstance(value, list | tuple):
                raise TypeError(f"{name}: got {value!r}, expected a tuple of names")
            object.__setattr__(self, name, tuple(value))
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise ValueError(f"seed: got {self.seed!r}, expected a whole number from 0")
        if (
            isinstance(self.time_limit, bool)
            or not isinstance(self.time_limit, int | float)
            or not self.time_limit > 0
        ):
            raise ValueError(f"time_limit: got {self.time_limit!r}, expected seconds above 0")
        if not self.dtypes:
            raise ValueError(f"dtypes: got {self.dtypes!r}, expected one or more of {', '.join(FORMATS)}")
        for dtype in self.dtypes:
            format_of(dtype)
        require(self.arrays, self.device)

    def fits(self, one: Operation) -> None:
        """ValueError where the operation has no such quantity or case."""
        if self.quantity is not None and self.quantity not in one.graph:
            raise ValueError(f"quantity: got {self.quantity!r}, expected one of {', '.join(one.quantities)}")
        for case in self.cases:
            if case not in one.cases and not case.startswith("whole_"):
                raise ValueError(f"case: got {case!r}, expected one of {', '.join(one.cases)}")
