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

from ..judge import FAIL, KNOWN, LOCAL, PASS, UNAVAILABLE, VACUOUS, Verdict
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
_NAME_WIDTH = len("cross_entropy value") + 1
_CELL_WIDTH = len("✓ 365.18 13.48") + 1


def text(run: Run, width: int = WIDTH) -> str:
    """The report as plain text."""
    console = Console(file=StringIO(), width=width, color_system=None, force_terminal=False)
    console.print(render(run, width))
    return str(console.file.getvalue()).rstrip()  # type: ignore[attr-defined]


def render(run: Run, width: int = WIDTH) -> RenderableType:
    """The report of a run, at most ``width`` columns wide."""
    parts = (_tables(run, width), _failures(run), _known(run), _vacuous(run), _gaps(run))
    return Group(*(line for part in parts for line in part), Text(""), _closing(run))


def _tables(run: Run, width: int) -> list[RenderableType]:
    """One table, or as many as the columns need."""
    columns = list(dict.fromkeys((v.implementation, v.device) for v in run.verdicts))
    fitting = max(1, (width - _NAME_WIDTH) // _CELL_WIDTH)
    groups = [columns[i : i + fitting] for i in range(0, len(columns), fitting)]
    return [_table(run, group) for group in groups]


def _table(run: Run, columns: Sequence[tuple[str, str]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("ulp, error/bound", no_wrap=True)
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
    counted = [v for v in counted if v.check == LOCAL or v.status == FAIL] or counted  # the sharp ones
    ulp = [v.worst_ulp for v in counted if v.worst_ulp is not None]
    ratio = [v.worst_ratio for v in counted if v.worst_ratio is not None]
    figures = f" {_short(max(ulp)):>6} {_short(max(ratio))}" if ulp and ratio else ""
    return Text(mark, style=style) + Text(figures, style="")


def _short(figure: float) -> str:
    """At most six characters."""
    return f"{figure:.2f}" if figure < 1000 else f"{figure:.0e}".replace("e+0", "e").replace("e+", "e")


def _section(title: str, lines: list[Any]) -> list[RenderableType]:
    if not lines:
        return []
    shown = (Padding(line if isinstance(line, Text) else Text(line), (0, 0, 0, 2), expand=False) for line in lines)
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
    rows: dict[str, dict[str, dict[str, None]]] = {}
    vacuous = run.of(VACUOUS)
    for v in vacuous:
        row = rows.setdefault(f"{v.operation} {v.case}, {v.check.replace('_', ' ')}", {})
        row.setdefault(v.dtype, {})[v.quantity] = None
    lines = []
    for place, row in rows.items():
        parts = (f"{dtype} {' '.join(quantities)}" for dtype, quantities in row.items())
        lines.append(f"○ {place}: {'; '.join(parts)}")
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
    sharp += "" if counts[PASS] or counts[FAIL] else " (nothing was checked)"
    return Text(f"{sharp}, seed {run.seed}, {run.seconds:.0f} s", style=style)
