"""A finished run: its verdicts, what was not validated, and where it ran; as data with a versioned schema."""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .environment import environment
from .judge import FAIL, KNOWN, PASS, UNAVAILABLE, VACUOUS, Verdict
from .known import stale
from .matrix import Gap
from .spent import Profile

SCHEMA = "crosscheck.run/1"


@dataclass(frozen=True)
class Run:
    """The verdicts of a run, in the order of the matrix. ``str(run)`` is the whole story."""

    verdicts: tuple[Verdict, ...]
    gaps: tuple[Gap, ...]
    seed: int
    seconds: float
    profile: Profile | None = None

    @property
    def counts(self) -> dict[str, int]:
        """How many verdicts there are of each status."""
        found = Counter(verdict.status for verdict in self.verdicts)
        return {status: found[status] for status in (PASS, FAIL, KNOWN, VACUOUS, UNAVAILABLE)}

    @property
    def passed(self) -> bool:
        """Nothing failed, something was judged, and no record of a known defect is stale."""
        return self.counts[FAIL] == 0 and self.counts[PASS] + self.counts[KNOWN] > 0 and not self.stale

    @property
    def stale(self) -> tuple[str, ...]:
        """Records of known defects that no longer fail, each as a line that says so.

        Only at seed 0, at which they were recorded: other inputs need not show a defect.
        """
        if self.seed != 0:
            return ()
        return tuple(
            f"{name}: '{defect.name}' no longer fails; remove it from its record in crosscheck/known/"
            for defect, name in stale(self.verdicts)
        )

    def of(self, status: str) -> tuple[Verdict, ...]:
        """The verdicts of one status."""
        return tuple(verdict for verdict in self.verdicts if verdict.status == status)

    def to_dict(self) -> dict[str, Any]:
        """Plain data; numbers that JSON lacks are the strings "nan", "inf", "-inf"."""
        data: dict[str, Any] = {
            "schema": SCHEMA,
            "environment": environment(),
            "seed": self.seed,
            "seconds": round(self.seconds, 3),
            "counts": self.counts,
            "passed": self.passed,
            "stale_records": self.stale,
            "not_validated": [asdict(gap) for gap in self.gaps],
            "verdicts": [{"id": verdict.id, **asdict(verdict)} for verdict in self.verdicts],
        }
        if self.profile is not None:
            data["profile"] = self.profile.to_dict()
        return portable(data)

    def __str__(self) -> str:
        from .report.terminal import text

        return text(self)


def portable(value: Any) -> Any:
    """The same data without the floats that JSON has no word for, and with lists for tuples.

    >>> portable({"a": (1.5, float("inf"))})
    {'a': [1.5, 'inf']}
    """
    if isinstance(value, dict):
        return {key: portable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [portable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def write_json(data: Any, path: str | os.PathLike[str]) -> None:
    """Write ``data`` beside its place and move it there, so that a reader never sees half a file."""
    target = Path(path).resolve()  # a link stays a link
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(data, file, ensure_ascii=False, indent=1, allow_nan=False)
            file.write("\n")
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
