"""All cases in one table: operation, case, what it draws, when it runs, how its arrays lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from ..cases import Case
from ..operation import Operation
from .plain import WIDTH, plain

SCHEMA = "crosscheck.cases/1"


def text(operations: Sequence[Operation], width: int = WIDTH) -> str:
    """The table as plain text."""
    return plain(render(operations), width)


def render(operations: Sequence[Operation]) -> RenderableType:
    """The table of ``crosscheck cases``; cases of one family stand in one row."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("operation", no_wrap=True)
    table.add_column("case", no_wrap=True)
    table.add_column("inputs", overflow="fold")
    table.add_column("run", no_wrap=True)
    table.add_column("arrays", no_wrap=True)
    for one in operations:
        name = one.name
        for alike in _rows(one):
            table.add_row(name, *_row(alike))
            name = ""
        table.add_row()
    return table


def _rows(one: Operation) -> list[list[Case]]:
    """The cases, those of a family together."""
    rows: dict[str, list[Case]] = {}
    for case in one.cases.values():
        rows.setdefault(f"family {case.family}" if case.family else case.name, []).append(case)
    return list(rows.values())


def _row(alike: list[Case]) -> tuple[str, ...]:
    first, last = alike[0], alike[-1]
    several = len(alike) > 1
    return (
        f"{first.name} …" if several else first.name,
        f"{first.summary} … {last.summary}, {len(alike)} cases" if several else first.summary,
        "extra" if first.extra else "usual",
        ", ".join(part for part in (_axis(first), _layout(first)) if part),
    )


def _axis(case: Case) -> str:
    return "" if case.axis == -1 else f"axis {case.axis}"


def _layout(case: Case) -> str:
    return "" if case.layout == "contiguous" else case.layout


def to_dict(operations: Sequence[Operation]) -> dict[str, Any]:
    """Plain data, with a versioned schema; every case for itself."""
    return {
        "schema": SCHEMA,
        "cases": [
            {
                "operation": one.name,
                "case": case.name,
                "summary": case.summary,
                "extra": case.extra,
                "family": case.family,
                "axis": case.axis,
                "layout": case.layout,
            }
            for one in operations
            for case in one.cases.values()
        ],
    }
