"""A benchmark beside an older one: new / old of every time, at most 80 columns wide."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..bench.compare import Change, Comparison
from .bench import digits, duration, section
from .plain import WIDTH, plain


def text(found: Comparison, width: int = WIDTH) -> str:
    """The comparison as plain text."""
    return plain(render(found), width)


def render(found: Comparison) -> RenderableType:
    """The ratios, their geometric means, and what else differs."""
    parts: list[RenderableType] = [_table(found.changes), Text("")] if found.changes else []
    means = [f"{name}: {digits(mean)}" for name, mean in found.means().items()]
    different = [f"{one.what}: {one.old} → {one.new}" for one in found.differences]
    parts += section("new / old, geometric mean", means)
    parts += section("What differs around them", different or ["nothing that is recorded"])
    parts += section("In the old one only", found.only_old)
    parts += section("In the new one only", found.only_new)
    return Group(*parts)


def _table(changes: Sequence[Change]) -> Table:
    names = list(dict.fromkeys(one.contender for one in changes))
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), title_justify="left", title_style="bold")
    table.title = "new / old (* apart by more than chance)"
    table.add_column("", overflow="fold")
    for name in names:
        table.add_column(name.replace(".", "\n.").replace("@", "\n@"), justify="right", no_wrap=True, min_width=7)
    for cell in dict.fromkeys(one.cell for one in changes):
        here = {one.contender: one for one in changes if one.cell == cell}
        table.add_row(cell, *(_ratio(here.get(name)) for name in names))
    return table


def _ratio(change: Change | None) -> Text:
    if change is None:
        return Text("–")
    if change.ratio is None:
        told = "no time" if change.new is None else f"now {duration(change.new)}"
        return Text(told, style="red" if change.new is None else "")
    style = ("green" if change.ratio < 1 else "red") if change.apart else ""
    return Text(digits(change.ratio) + ("*" if change.apart else " "), style=style)
