"""What a check found: right, limited or wrong, where, most likely why, and how to see it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..cases import Arrays
from ..environment import environment
from ..judge import Verdict
from ..run import portable
from .diagnose import Suspect
from .observe import Observation

SCHEMA = "crosscheck.check/1"

RIGHT, LIMITED, WRONG = "right", "limited", "wrong"


@dataclass(frozen=True, eq=False)
class Example:
    """The smallest input that shows a failure: where the worst element is, what was got and what is exact there.

    ``bits`` are those of got and exact in hexadecimal; a result that was not a number at all has neither.
    """

    call: str
    inputs: Arrays
    reason: str
    index: tuple[int, ...] = ()
    got: float | None = None
    exact: float | None = None
    dtype: str = ""
    bits: tuple[str, str] = ("", "")


@dataclass(frozen=True, eq=False)
class Finding:
    """One thing that is wrong, or one limit: in which quantity, how it shows, and in which cases.

    ``kind`` is ``wrong`` or ``limited``; ``where`` maps each case to the dtypes in which it shows; ``also``
    are the quantities that are wrong because of it; ``replay`` is the command that repeats the first of them.
    """

    kind: str
    quantity: str
    symptom: str
    reason: str
    where: dict[str, tuple[str, ...]]
    also: tuple[str, ...] = ()
    suspects: tuple[Suspect, ...] = ()
    smallest: Example | None = None
    replay: str = ""


@dataclass(frozen=True, eq=False)
class Report:
    """The verdict on a function, with everything that it rests on. ``str(report)`` is the whole story.

    ``first_wrong`` is the first step that is wrong, or several with "or" between them where one of them must be;
    '' where none is. ``suspects`` are the known mistakes that agree with the function, the likeliest first.
    """

    function: str
    operation: str
    verdict: str
    observations: tuple[Observation, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    first_wrong: str = ""
    seed: int = 0
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Right: on ordinary input and on every other that was tried."""
        return self.verdict == RIGHT

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Every check of every quantity, in the order of the calls."""
        return tuple(verdict for seen in self.observations for verdict in seen.verdicts)

    @property
    def suspects(self) -> tuple[Suspect, ...]:
        """The known mistakes that agree, of the findings in their order, without repetitions."""
        named = {s.name: s for finding in reversed(self.findings) for s in reversed(finding.suspects)}
        first = [s.name for finding in self.findings for s in finding.suspects]
        return tuple(named[name] for name in dict.fromkeys(first))

    def to_dict(self) -> dict[str, Any]:
        """Plain data; numbers that JSON lacks are the strings "nan", "inf", "-inf"."""
        data = {
            "function": self.function,
            "operation": self.operation,
            "verdict": self.verdict,
            "first_wrong": self.first_wrong,
            "seed": self.seed,
            "seconds": round(self.seconds, 3),
            "notes": self.notes,
            "findings": [_plain(finding) for finding in self.findings],
            "verdicts": [{"id": verdict.id, **asdict(verdict)} for verdict in self.verdicts],
        }
        plain: dict[str, Any] = portable(data)
        return plain

    def __str__(self) -> str:
        from ..report.check import text

        return text(self)


def unjudged(function: str, operation: str, reason: str, seed: int) -> Report:
    """The report on what cannot be judged, because its process ended before it was called: that is wrong."""
    finding = Finding(WRONG, "", reason, reason, {})
    return Report(function, operation, WRONG, (), (finding,), (), seed=seed)


def to_dict(reports: Sequence[Report], missing: Sequence[str] = ()) -> dict[str, Any]:
    """Reports as plain data with a versioned schema, where they were made, and what was not there to be judged."""
    return {
        "schema": SCHEMA,
        "environment": environment(),
        "passed": bool(reports) and all(report.passed for report in reports),
        "missing": list(missing),
        "reports": [report.to_dict() for report in reports],
    }


def _plain(finding: Finding) -> dict[str, Any]:
    data = asdict(finding)
    if finding.smallest is not None:
        data["smallest"]["inputs"] = {
            name: np.asarray(a, dtype=_wide(a)).tolist() for name, a in finding.smallest.inputs.items()
        }
    return data


def _wide(a: np.ndarray) -> Any:
    return a.dtype if a.dtype.kind in "iu" else np.float64
