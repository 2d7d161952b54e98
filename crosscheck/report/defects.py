"""The records of known defects, each with what its program gave just now; legible from 80 columns.

! it shows, as recorded; ✗ it no longer does, and the record must go; – its framework is not there, or not in
a version that the record is of.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..known import GONE, OUTSIDE, SHOWS, UNINSTALLED, Cells, Look, all_show
from .plain import WIDTH, plain

_MARKS = {SHOWS: ("!", "yellow"), GONE: ("✗", "bold red"), OUTSIDE: ("–", "dim"), UNINSTALLED: ("–", "dim")}


def text(looks: Sequence[Look], width: int = WIDTH) -> str:
    """The report as plain text."""
    return plain(render(looks), width)


def render(looks: Sequence[Look]) -> RenderableType:
    """The report of ``crosscheck defects``."""
    return Group(*(_record(look) for look in looks), _closing(looks))


def _record(look: Look) -> RenderableType:
    defect = look.defect
    mark, style = _MARKS[look.status]
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=len("versions"), style="dim")
    table.add_column(overflow="fold")
    rows = {
        "what": defect.happens,
        "why": defect.reason,
        "where": f"{', '.join(defect.implementations)}: {'; '.join(map(_where, defect.cells)) or _WITHIN}",
        "versions": defect.versions + (f"; {look.version} is installed" if look.version else ""),
        "thread": "\n".join(map(_address, defect.threads)) or "none found",
        "program": defect.shown.text,
        "now": _now(look),
    }
    for label, content in rows.items():
        table.add_row(label, Text(content, style="bold" if label == "now" else ""))
    head = Text(f"{mark} ", style=style) + Text(defect.name, style="bold")
    return Group(head, Padding(table, (0, 0, 1, 2)))


_WITHIN = "within the bound of the textbook's form, so no cell fails"


def _where(cells: Cells) -> str:
    cases = "" if cells.cases == ("*",) else f", cases {' '.join(cells.cases)}"
    device = "" if cells.device == "*" else f", on {cells.device}"
    return f"{cells.operation} {' '.join(cells.quantities)} in {' '.join(cells.dtypes)}{cases}{device}"


def _address(thread: str) -> str:
    """The address of owner/repository#number."""
    repository, _, number = thread.partition("#")
    return f"https://github.com/{repository}/issues/{number}"


def _now(look: Look) -> str:
    if look.got is None or look.exact is None or look.ulps is None:
        return look.note
    unit = f"ulp of {look.defect.shown.dtype}"
    apart = f"off by {look.ulps:,.0f} {unit}" if math.isfinite(look.ulps) else f"no number of {unit} apart"
    gone = "; it no longer shows: remove the record" if look.status == GONE else ""
    got, exact = f"{look.got:.9g}", f"{look.exact:.9g}"
    if got == exact:
        got, exact = f"{look.got:.17g}", f"{look.exact:.17g}"
    return f"got {got}, exact {exact}, {apart}{gone}"


def _closing(looks: Sequence[Look]) -> Text:
    shown = sum(look.status == SHOWS for look in looks)
    gone = sum(look.status == GONE for look in looks)
    rest = len(looks) - shown - gone
    line = f"{shown} of {len(looks)} records show, {gone} no longer do, {rest} could not be looked at"
    return Text(line, style="bold green" if all_show(looks) else "bold red")
