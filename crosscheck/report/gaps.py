"""What was not validated, in as few lines as there are reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..judge import UNAVAILABLE, Verdict, not_returned
from ..matrix import Gap

_GPU = " on a GPU"


def not_validated(gaps: Iterable[Gap], verdicts: Iterable[Verdict]) -> Iterator[str]:
    """Gaps with one reason in one line, then what was not returned, then the cases that could not be run."""
    by_reason: dict[str, list[str]] = {}
    for gap in gaps:
        by_reason.setdefault(gap.why, []).append(gap.what)
    for why, what in by_reason.items():
        on_gpu = all(name.endswith(_GPU) for name in what)
        names = ", ".join(name.removesuffix(_GPU) if on_gpu else name for name in what)
        yield f"{names}{_GPU if on_gpu else ''}: {why}"
    unavailable = [v for v in verdicts if v.status == UNAVAILABLE]
    missing: dict[str, dict[str, dict[str, None]]] = {}
    for v in unavailable:
        if v.reason == not_returned(v.quantity):
            missing.setdefault(v.implementation, {}).setdefault(v.operation, {})[v.quantity] = None
    for name, by_operation in missing.items():
        listed = ", ".join(f"{operation} {' '.join(found)}" for operation, found in by_operation.items())
        yield f"{name} does not return {listed}"
    others = [v for v in unavailable if v.reason != not_returned(v.quantity)]
    for case, reason in dict.fromkeys((v.case, v.reason) for v in others):
        yield f"{case}: {reason}"
