"""What was not validated, in as few lines as there are reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..judge import UNAVAILABLE, Verdict
from ..matrix import Gap

_GPU = " on a GPU"


def not_validated(gaps: Iterable[Gap], verdicts: Iterable[Verdict]) -> Iterator[str]:
    """Gaps with one reason in one line, then the cases whose inputs were not to be had."""
    by_reason: dict[str, list[str]] = {}
    for gap in gaps:
        by_reason.setdefault(gap.why, []).append(gap.what)
    for why, what in by_reason.items():
        on_gpu = all(name.endswith(_GPU) for name in what)
        names = ", ".join(name.removesuffix(_GPU) if on_gpu else name for name in what)
        yield f"{names}{_GPU if on_gpu else ''}: {why}"
    for case, reason in dict.fromkeys((v.case, v.reason) for v in verdicts if v.status == UNAVAILABLE):
        yield f"{case}: {reason}"
