"""What a call is asked for, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..cases import Arrays

ARRAYS = ("numpy", "torch", "jax")
"""What a function can be handed."""


class UnusableError(ValueError):
    """The function cannot be called as what it is said to be; the message says why, in one line."""


class EndedError(UnusableError):
    """The function's process ended, or had to be ended, while the function was loaded."""


@dataclass(frozen=True)
class Call:
    """The inputs of an operation, with the classes on the last axis, and how they are handed over.

    ``layout`` is how they lie in memory (see ``crosscheck.layouts``), ``axis`` where the function finds the
    classes.
    """

    inputs: Arrays
    layout: str = "contiguous"
    axis: int = -1


@dataclass(frozen=True)
class Outcome:
    """What came of a call: the quantities as NumPy arrays, or the ``error`` that came instead.

    ``refused``  whether the error is one by which a function declines arguments (TypeError, ValueError, …)
    ``ended``    whether the process ended, or was ended because the time was up
    ``shows``    what was seen apart from numbers: ``crosscheck.mistake.CHANGED`` and its neighbours → where
    ``ignored``  names that were returned and mean nothing to the operation
    """

    results: Arrays = field(default_factory=dict)
    error: str = ""
    refused: bool = False
    ended: bool = False
    shows: dict[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()

    def with_results(self, results: Arrays) -> Outcome:
        """The same outcome with other results."""
        return Outcome(results, self.error, self.refused, self.ended, self.shows, self.ignored)


def first_line(error: BaseException) -> str:
    """The first line of an error's message, at most 200 characters; '' where its class cannot tell it."""
    try:
        lines = str(error).strip().splitlines()
    except Exception:
        return ""
    return lines[0][:200] if lines else ""


def told(error: BaseException) -> str:
    """An error in a line: its name and what it says.

    >>> told(ValueError("shapes differ"))
    'ValueError: shapes differ'
    """
    return ": ".join(filter(None, (type(error).__name__, first_line(error))))


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two arrays have the same bits, NaN included."""
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
