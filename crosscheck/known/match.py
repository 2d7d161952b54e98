"""Verdicts against records: which failures are known, and which records are stale."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from ..formats import format_of
from ..implementations import implementations
from ..judge import FAIL, KNOWN, PASS, VACUOUS, Verdict
from ..operations import operations
from .record import Cells, Defect


def _records() -> tuple[Defect, ...]:
    from . import DEFECTS

    return tuple(defect for defect in DEFECTS if defect.applies)


def with_known(verdicts: Iterable[Verdict], records: Sequence[Defect] | None = None) -> tuple[Verdict, ...]:
    """The verdicts, with failures that are recorded marked ``known``."""
    chosen = _records() if records is None else records
    return tuple(_marked(verdict, chosen) for verdict in verdicts)


def _marked(verdict: Verdict, records: Sequence[Defect]) -> Verdict:
    if verdict.status != FAIL:
        return verdict
    for defect in records:
        if defect.explains(verdict):
            return replace(verdict, status=KNOWN, reason=f"{defect.name}: {verdict.reason}")
    return verdict


def stale(verdicts: Iterable[Verdict], records: Sequence[Defect] | None = None) -> tuple[tuple[Defect, str], ...]:
    """(record, place) for every implementation and device on which all its cells were judged and none failed.

    A place is ``jax.jit``, or ``jax.jit@cuda:0`` where it is not the CPU.
    """
    verdicts = tuple(verdicts)
    return tuple(
        (defect, implementation if device == "cpu" else f"{implementation}@{device}")
        for defect in (_records() if records is None else records)
        for (implementation, device), judged in _by_place(defect, verdicts).items()
        if all(v.status in (PASS, VACUOUS) for v in judged) and _whole(defect, implementation, judged)
    )


def _by_place(defect: Defect, verdicts: tuple[Verdict, ...]) -> dict[tuple[str, str], list[Verdict]]:
    """The verdicts that stand where the defect is, by implementation and device."""
    found: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.status in (PASS, VACUOUS, FAIL, KNOWN) and defect.covers(verdict):
            found.setdefault((verdict.implementation, verdict.device), []).append(verdict)
    return found


def _whole(defect: Defect, implementation: str, judged: Iterable[Verdict]) -> bool:
    """Whether all was judged that the record names, as far as the implementation takes it."""
    needed = {place for cells in defect.cells for place in _places(cells, implementation)}
    return needed <= {(v.operation, v.dtype, v.case) for v in judged}


def _places(cells: Cells, implementation: str) -> Iterator[tuple[str, str, str]]:
    """(operation, dtype, case): the usual cases of the record or, where it names extra ones only, those."""
    one = operations()[cells.operation]
    cases = [c for c in one.cases.values() if any(fnmatchcase(c.name, pattern) for pattern in cells.cases)]
    usual = [case for case in cases if not case.extra] or cases
    run_by = implementations().get(implementation)
    for dtype in cells.dtypes:
        if run_by is None or run_by.takes(one, format_of(dtype)):
            yield from ((one.name, dtype, case.name) for case in usual)
