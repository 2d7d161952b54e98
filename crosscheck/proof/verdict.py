"""What a proof attempt found, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PROVED, MET, UNDECIDED, REFUTED = "proved", "met", "undecided", "refuted"


@dataclass(frozen=True)
class Witness:
    """Concrete inputs at which two sides differ: both enclosures, which are disjoint, or the error that came."""

    shape: str
    entry: str
    left: str
    right: str
    inputs: Mapping[str, Any]
    error: str = ""


@dataclass(frozen=True)
class Algebra:
    """Whether SymPy reduced the difference to 0, entry by entry, for every real input of one shape.

    ``shown`` is None where it was not run, and ``note`` says why. Not shown is not a refutation.
    """

    shape: str
    shown: bool | None
    note: str = ""


@dataclass(frozen=True)
class Meeting:
    """Two enclosures at one seeded point, and the decimal digits to which they agree, at the worst entry.

    ``digits`` is ⌊−log₁₀(width of their union / |value|)⌋; None where they are disjoint, or too wide at the
    highest precision, or were not computed (``note`` says why).
    """

    shape: str
    digits: int | None
    bits: int = 0
    note: str = ""


@dataclass(frozen=True)
class Verdict:
    """What was claimed, and what became of it."""

    claim: str
    algebra: Algebra
    meetings: tuple[Meeting, ...]
    witness: Witness | None = None

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Verdict:
        """The verdict that was written as plain data."""
        witness = data["witness"] and Witness(**data["witness"])
        meetings = tuple(Meeting(**meeting) for meeting in data["meetings"])
        return cls(data["claim"], Algebra(**data["algebra"]), meetings, witness)

    @property
    def status(self) -> str:
        """``refuted``: there is a witness. ``proved``: by algebra, and every meeting that was run met.

        ``met``: the algebra was not run. ``undecided``: neither shown nor refuted.
        """
        if self.witness is not None:
            return REFUTED
        run = [meeting for meeting in self.meetings if not meeting.note]
        if self.algebra.shown is False or not run or any(meeting.digits is None for meeting in run):
            return UNDECIDED
        return PROVED if self.algebra.shown else MET

    @property
    def right(self) -> bool:
        """Proved, or met where SymPy is not installed."""
        return self.status in (PROVED, MET)

    @property
    def digits(self) -> int | None:
        """The fewest digits of the meetings that were run."""
        return min((meeting.digits for meeting in self.meetings if meeting.digits is not None), default=None)
