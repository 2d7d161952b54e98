"""A run as a table of at most 100 columns, then what was wrong, what was vacuous and what was not validated.

The verdict is legible without colour: ✓ pass, ✗ fail, ! a known defect of the framework,
○ nothing sharp was checked, – not run.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..formats import FORMATS
from ..judge import FAIL, KNOWN, LOCAL, PASS, UNAVAILABLE, VACUOUS, Verdict
from ..run import Run
from .gaps import not_validated
from .plain import WIDTH, plain

_MARKS = {
    PASS: ("✓", "green"),
    FAIL: ("✗", "bold red"),
    KNOWN: ("!", "yellow"),
    VACUOUS: ("○", "yellow"),
    UNAVAILABLE: ("–", "dim"),
}
_MOST_FAILURES = 20
_CELL_WIDTH = len("✓ 365.18 13.48") + 1


def text(run: Run, width: int = WIDTH) -> str:
    """The report as plain text."""
    return plain(render(run, width), width)


def render(run: Run, width: int = WIDTH) -> RenderableType:
    """The report of a run, at most ``width`` columns wide."""
    parts = (
        _tables(run, width),
        _failures(run),
        _known(run),
        _vacuous(run),
        _section("Not validated", [f"– {line}" for line in not_validated(run.gaps, run.verdicts)]),
    )
    return Group(*(line for part in parts for line in part), Text(""), _closing(run))


def _tables(run: Run, width: int) -> list[RenderableType]:
    """One table, or as many as the columns need."""
    columns = list(dict.fromkeys((v.implementation, v.device) for v in run.verdicts))
    names = max((len(f"{v.operation} {v.quantity}") for v in run.verdicts), default=0) + 1
    fitting = max(1, (width - names) // _CELL_WIDTH)
    groups = [columns[i : i + fitting] for i in range(0, len(columns), fitting)]
    return [_table(run, group) for group in groups]


def _table(run: Run, columns: Sequence[tuple[str, str]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("ulp, error/bound", no_wrap=True)
    for implementation, device in columns:
        table.add_column(implementation if device == "cpu" else f"{implementation}@{device}", no_wrap=True)
    rows: dict[tuple[str, str], dict[tuple[str, str], list[Verdict]]] = {}
    for v in run.verdicts:
        rows.setdefault((v.operation, v.quantity), {}).setdefault((v.implementation, v.device), []).append(v)
    before = ""
    for (operation, quantity), cells in rows.items():
        if before and operation != before:
            table.add_row()
        before = operation
        table.add_row(f"{operation} {quantity}", *(_cell(cells.get(column, [])) for column in columns))
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
    figures = f" {_ulp(max(ulp)):>6} {_short(max(ratio))}" if ulp and ratio else ""
    if any(v.worst and v.worst_ratio == math.inf and not math.isfinite(v.worst.got) for v in counted):
        figures = " NaN or inf"
    return Text(mark, style=style) + Text(figures, style="")


def _ulp(figure: float) -> str:
    """Beyond 2⁵³ ulp there is no digit left to lose in any format."""
    return ">9e15" if 2.0**53 < figure < float("inf") else _short(figure)


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
    """A line for each record: which implementations, where, in which formats, how many checks."""
    lines: list[Any] = [Text(f"✗ {line}", style="red") for line in run.stale]
    groups: dict[str, list[Verdict]] = {}
    for v in run.of(KNOWN):
        groups.setdefault(f"{v.implementation.partition('.')[0]}: {v.reason.partition(':')[0]}", []).append(v)
    for name, found in groups.items():
        implementations = _listed(v.implementation.partition(".")[2] for v in found)
        places: dict[str, dict[str, None]] = {}
        for v in found:
            places.setdefault(v.operation, {})[v.quantity] = None
        where = ", ".join(f"{operation} {_listed(quantities)}" for operation, quantities in places.items())
        lines.append(f"! {name} ({implementations}): {where} in {_formats(v.dtype for v in found)}; {len(found)}")
    if lines:
        lines.append("crosscheck defects says more of each, and shows it")
    return _section(f"Known defects of a framework: {len(run.of(KNOWN))} checks", lines)


def _vacuous(run: Run) -> list[RenderableType]:
    """Grouped by what is checked, since the inputs and not the implementation make a check vacuous."""
    rows: dict[str, dict[str, dict[str, None]]] = {}
    bounds: dict[str, list[float]] = {}
    for v in run.of(VACUOUS):
        place = f"{v.operation} {v.case}, {v.check.replace('_', ' ')}"
        rows.setdefault(place, {}).setdefault(v.quantity, {})[v.dtype] = None
        bounds.setdefault(place, []).extend(v.resolution[:1] if v.resolution else ())
    lines = []
    for place, row in rows.items():
        alike: dict[str, list[str]] = {}
        for quantity, dtypes in row.items():
            alike.setdefault(_formats(dtypes), []).append(quantity)
        parts = (f"{' '.join(quantities)} in {dtypes}" for dtypes, quantities in alike.items())
        told = f" (bounds from {_short(min(bounds[place]))} ulp)" if bounds[place] else ""
        lines.append(f"○ {place}: {'; '.join(parts)}{told}")
    title = (
        f"Vacuous: {len(run.of(VACUOUS))} (zeros, half, a constant or a stale answer would pass; never counted)"
    )
    return _section(title, lines)


def _listed(words: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(words))


def _formats(dtypes: Iterable[str]) -> str:
    found = set(dtypes)
    return "all formats" if found == set(FORMATS) else " ".join(name for name in FORMATS if name in found)


def _closing(run: Run) -> Text:
    counts = run.counts
    sharp = (
        f"{counts[PASS]} checks passed, {counts[FAIL]} failed, {counts[KNOWN]} known, {counts[VACUOUS]} vacuous"
    )
    style = "bold green" if run.passed else "bold red"
    sharp += "" if counts[PASS] or counts[FAIL] or counts[KNOWN] else " (nothing was checked)"
    return Text(f"{sharp}, seed {run.seed}, {run.seconds:.0f} s", style=style)
