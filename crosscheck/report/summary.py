"""What a test run validated, on what, and what it did not: a few lines for the end of it."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..environment import environment
from ..implementations import implementations
from ..judge import FAIL, KNOWN, PASS, UNAVAILABLE, VACUOUS, Cell, Verdict
from ..known import stale
from ..matrix import Plan
from .gaps import not_validated

_LABEL = len("implementations") + 2
_PACKAGES = {"reference": "softmax-crosscheck"}


def lines(verdicts: Sequence[Verdict], plan: Plan | None = None, width: int = 100) -> Iterator[str]:
    """The summary, line by line; with the plan that the verdicts are of, what is missing of it too."""
    facts = environment()
    judged = [verdict for verdict in verdicts if verdict.status != UNAVAILABLE]
    rows = [
        ("implementations", _listed(_versioned(v.implementation, facts) for v in judged)),
        *(("on", _place(device, facts)) for device in dict.fromkeys(v.device for v in judged)),
        ("dtypes", _listed(v.dtype for v in judged)),
        ("operations", _listed(v.operation for v in judged)),
        ("verdicts", _counts(verdicts)),
        *(("known", line) for line in _known(verdicts)),
        *(("stale", f"{where}: '{defect.name}' no longer fails") for defect, where in stale(verdicts)),
        *(("not validated", line) for line in _missing(verdicts, plan)),
    ]
    before = ""
    for label, content in rows:
        start = "" if label == before else label
        before = label
        yield from textwrap.wrap(
            content, width, initial_indent=f"{start:<{_LABEL}}", subsequent_indent=" " * _LABEL
        ) or [start]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def _versioned(implementation: str, facts: dict[str, Any]) -> str:
    framework = implementation.partition(".")[0]
    version = facts["packages"].get(_PACKAGES.get(framework, framework))
    return f"{implementation} {version}" if version else implementation


def _place(device: str, facts: dict[str, Any]) -> str:
    if device == "cpu":
        return f"cpu: {facts['processor'] or facts['platform']}, {facts['cores']} cores"
    number = device.partition(":")[2]
    gpus = facts["devices"]
    named = gpus[int(number)] if number.isdecimal() and int(number) < len(gpus) else "a GPU, its name not known"
    return f"{device}: {named}"


def _counts(verdicts: Sequence[Verdict]) -> str:
    found = Counter(verdict.status for verdict in verdicts)
    shown = (PASS, KNOWN, VACUOUS, FAIL, *((UNAVAILABLE,) if found[UNAVAILABLE] else ()))
    return ", ".join(f"{found[status]} {status}" for status in shown)


def _known(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Recorded defects that were met, each with how often."""
    named = Counter(
        (v.implementation.partition(".")[0], v.reason.partition(":")[0]) for v in verdicts if v.status == KNOWN
    )
    for (framework, name), count in named.items():
        yield f"{framework}: {name} ({count})"


def _missing(verdicts: Sequence[Verdict], plan: Plan | None) -> Iterator[str]:
    yield from not_validated(plan.gaps if plan is not None else (), verdicts)
    if plan is not None:
        places = {(v.operation, v.implementation, v.device, v.dtype, v.case) for v in verdicts}
        left = len(plan.cells) - len(places)
        if left > 0:
            yield f"{left} of {len(plan.cells)} cells: their tests were not selected, or did not run"
        if not any(_is_extra(cell) for cell in plan.cells):
            yield "the extra implementations and cases: they run with --xc-all"


def _is_extra(cell: Cell) -> bool:
    return implementations()[cell.implementation].extra or cell.operation.cases[cell.case].extra
