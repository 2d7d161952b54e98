"""A run as a table of at most 100 columns, then what was wrong, what was vacuous and what was not validated.

The verdict is legible without colour: ✓ pass, ✗ fail, ! a known defect of the framework,
○ nothing sharp was checked, – not run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..judge import FAIL, KNOWN, PASS, UNAVAILABLE, VACUOUS, Verdict
from ..run import Run

WIDTH = 100
_MARKS = {
    PASS: ("✓", "green"),
    FAIL: ("✗", "bold red"),
    KNOWN: ("!", "yellow"),
    VACUOUS: ("○", "yellow"),
    UNAVAILABLE: ("–", "dim"),
}
_MOST_FAILURES = 20


def text(run: Run, width: int = WIDTH) -> str:
    """The report as plain text."""
    console = Console(file=StringIO(), width=width, color_system=None, force_terminal=False)
    console.print(render(run))
    return str(console.file.getvalue()).rstrip()  # type: ignore[attr-defined]


def render(run: Run) -> RenderableType:
    """The report of a run."""
    parts = [_table(run), *_failures(run), *_known(run), *_vacuous(run), *_gaps(run), Text(""), _closing(run)]
    return Group(*(part for part in parts if part is not None))


def _columns(run: Run) -> list[tuple[str, str]]:
    return list(dict.fromkeys((v.implementation, v.device) for v in run.verdicts))


def _table(run: Run) -> Table | None:
    if not run.verdicts:
        return None
    table = Table(box=None, pad_edge=False, collapse_padding=True, padding=(0, 2, 0, 0))
    table.add_column("worst ulp, error/bound", no_wrap=True)
    columns = _columns(run)
    for implementation, device in columns:
        table.add_column(implementation if device == "cpu" else f"{implementation}@{device}", no_wrap=True)
    before = ""
    for operation, quantity in dict.fromkeys((v.operation, v.quantity) for v in run.verdicts):
        here = [v for v in run.verdicts if (v.operation, v.quantity) == (operation, quantity)]
        if before and operation != before:
            table.add_row()
        before = operation
        cells = [[v for v in here if (v.implementation, v.device) == column] for column in columns]
        table.add_row(f"{operation} {quantity}", *map(_cell, cells))
    return table


def status_of(verdicts: Iterable[Verdict]) -> str:
    """One word for several verdicts: a failure wins, then a known defect, then a pass, then vacuous."""
    found = {verdict.status for verdict in verdicts}
    return next((status for status in (FAIL, KNOWN, PASS, VACUOUS, UNAVAILABLE) if status in found), UNAVAILABLE)


def _cell(verdicts: Sequence[Verdict]) -> Text:
    mark, style = _MARKS[status_of(verdicts)]
    counted = [v for v in verdicts if v.status in (PASS, FAIL, KNOWN)] or list(verdicts)
    ulp = [v.worst_ulp for v in counted if v.worst_ulp is not None]
    ratio = [v.worst_ratio for v in counted if v.worst_ratio is not None]
    figures = f" {_short(max(ulp)):>7} {max(ratio):>5.2f}" if ulp and ratio else ""
    return Text(mark, style=style) + Text(figures, style="")


def _short(ulp: float) -> str:
    return f"{ulp:.2f}" if ulp < 1000 else f"{ulp:.0e}"


def _section(title: str, lines: list[Any]) -> list[RenderableType]:
    if not lines:
        return []
    shown = (Padding(line if isinstance(line, Text) else Text(line), (0, 0, 0, 2)) for line in lines)
    return [Text(""), Text(title, style="bold"), *shown]


def _failures(run: Run) -> list[RenderableType]:
    failed = run.of(FAIL)
    lines: list[Any] = []
    for verdict in failed[:_MOST_FAILURES]:
        lines.append(Text(f"✗ {verdict.id} ({verdict.check.replace('_', ' ')})", style="red"))
        lines += [f"  {verdict.reason}", f"  again: {verdict.replay}"]
    if len(failed) > _MOST_FAILURES:
        lines.append(f"… and {len(failed) - _MOST_FAILURES} more; --json FILE has them all")
    return _section(f"Wrong: {len(failed)}", lines)


def _known(run: Run) -> list[RenderableType]:
    lines: list[Any] = [Text(f"✗ {line}", style="red") for line in run.stale]
    groups: dict[tuple[str, str, str, str], list[str]] = {}
    for v in run.of(KNOWN):
        key = (v.operation, v.implementation, v.dtype, v.reason.partition(":")[0])
        groups.setdefault(key, []).append(f"{v.quantity} {v.case}")
    for (operation, implementation, dtype, name), places in groups.items():
        lines.append(f"! {operation} {implementation} {dtype}: {name} ({len(places)}: {', '.join(places)})")
    return _section(f"Known defects of a framework: {len(run.of(KNOWN))}", lines)


def _vacuous(run: Run) -> list[RenderableType]:
    """Grouped by what is checked, since the inputs and not the implementation make a check vacuous."""
    groups: dict[tuple[str, str, str], dict[str, set[str]]] = {}
    vacuous = run.of(VACUOUS)
    for v in vacuous:
        group = groups.setdefault((v.operation, v.case, v.dtype), {})
        group.setdefault(v.quantity, set()).add(v.reason.removesuffix(" would pass"))
    rows: dict[tuple[str, str], list[str]] = {}
    for (operation, case, dtype), quantities in groups.items():
        rows.setdefault((operation, case), []).append(f"{dtype}: {' '.join(quantities)}")
    lines = [f"○ {operation} {case}  {'; '.join(parts)}" for (operation, case), parts in rows.items()]
    title = f"Vacuous: {len(vacuous)} (zeros, half the answer or a constant would pass; never counted)"
    return _section(title, lines)


def _gaps(run: Run) -> list[RenderableType]:
    lines = [f"– {gap.what}: {gap.why}" for gap in run.gaps]
    reasons = dict.fromkeys((v.case, v.reason) for v in run.of(UNAVAILABLE))
    lines += [f"– {case}: {reason}" for case, reason in reasons]
    return _section("Not validated", lines)


def _closing(run: Run) -> Text:
    counts = run.counts
    sharp = (
        f"{counts[PASS]} checks passed, {counts[FAIL]} failed, {counts[KNOWN]} known, {counts[VACUOUS]} vacuous"
    )
    style = "bold green" if run.passed else "bold red"
    return Text(f"{sharp}, seed {run.seed}, {run.seconds:.0f} s", style=style)
