"""The kill matrix: mistakes by judges, then right implementations by judges; legible at 80 columns.

Of a mistake: ✓ caught, · missed, – the judge cannot judge it. Of a right implementation: ✗ a false alarm, · none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..judges import JUDGES
from ..judges.ours import HEADINGS, NAME, SUMMARY
from ..kill import ENOUGH, MISTAKE, RIGHT, Count, Kill, Row
from .plain import WIDTH, plain

_CAUGHT, _MISSED = Text("✓", style="green"), Text("·", style="yellow")
_ALARM, _QUIET = Text("✗", style="bold red"), Text("·", style="green")
_UNABLE = Text("–", style="dim")


def text(kill: Kill, width: int = WIDTH, summary: bool = False) -> str:
    """The report as plain text."""
    return plain(render(kill, summary), width)


def render(kill: Kill, summary: bool = False) -> RenderableType:
    """The report of ``crosscheck mistakes``; the ``summary`` has only totals."""
    tables = [_summary(kill)] if summary else [_matrix(kill)]
    gaps = [Text(f"  – {line}") for line in kill.not_validated]
    missing = [Text(""), Text("Not validated", style="bold"), *gaps] if gaps else []
    notes = [Padding(Text(line, style="yellow"), (0, 0, 0, 2)) for line in _jumpy(kill)]
    return Group(*tables, Text(""), *_legend(), *notes, *missing, Text(""), *_closing(kill))


def _table(title: str, *more: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(title, overflow="fold")
    for heading in (*more, *HEADINGS.values(), *(judge.heading for judge in JUDGES)):
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _matrix(kill: Kill) -> Table:
    """A row for every mistake and every right implementation, by operation; then the totals."""
    table = _table("✓ caught · missed – cannot judge\n✗ false alarm")
    for one in kill.operations:
        table.add_row(Text(one, style="bold"))
        for row in kill.of(MISTAKE, one):
            table.add_row(_mistake(row), *(_mark(row, judge, _CAUGHT, _MISSED) for judge in kill.judges))
        for row in kill.of(RIGHT, one):
            right = Text(f"  right: {row.task.name}", style="dim")
            table.add_row(right, *(_mark(row, judge, _ALARM, _QUIET) for judge in kill.judges))
    table.add_row()
    for label, cells in _totals(kill):
        table.add_row(label, *cells)
    return table


def _mistake(row: Row) -> Text:
    suspect = row.answers[NAME].suspect
    other = "" if row.named else f"\n    first suspect: {suspect or 'none'}"
    return Text(f"  {row.task.name}") + Text(other, style="yellow")


def _mark(row: Row, judge: str, yes: Text, no: Text) -> Text:
    caught = row.said(judge).caught
    return _UNABLE if caught is None else yes if caught else no


def _summary(kill: Kill) -> Table:
    """Caught mistakes by operation; false alarms by package."""
    table = _table("mistakes caught", "mis-\ntakes", "first\nnamed")
    for one in (name for name in kill.operations if kill.of(MISTAKE, name)):
        named = kill.named(one)
        counts = (kill.caught(judge, operation=one) for judge in kill.judges)
        table.add_row(one, str(named.of), str(named.hit), *(_hit(count) for count in counts))
    table.add_row()
    for label, cells in _totals(kill):
        first = label == _LABELS[0]
        table.add_row(
            label,
            str(len(kill.of(MISTAKE))) if first else "",
            f"{kill.named().share:.0%}" if first else "",
            *cells,
        )
    packages = dict.fromkeys(row.task.name for row in kill.of(RIGHT))
    for package in packages:
        rows = [row for row in kill.of(RIGHT) if row.task.name == package]
        marks = []
        for judge in kill.judges:
            answers = [row.said(judge).caught for row in rows if row.said(judge).caught is not None]
            marks.append(f"{sum(map(bool, answers))}/{len(answers)}" if answers else "–")
        table.add_row(f"  {package}", "", "", *marks)
    return table


def _hit(count: Count) -> str:
    return str(count.hit) if count.of else "–"


_LABELS = ("caught, of those that it can judge", "cannot judge", "false alarms on right implementations")


def _totals(kill: Kill) -> Iterator[tuple[str, list[str]]]:
    kinds: tuple[tuple[str, str, Callable[[Count], str]], ...] = (
        (_LABELS[0], MISTAKE, lambda count: _percent(count)),
        (_LABELS[1], MISTAKE, lambda count: str(count.more)),
        (_LABELS[2], RIGHT, lambda count: f"{count.hit}/{count.of}" if count.of else "–"),
    )
    for label, kind, show in kinds:
        yield label, [show(kill.caught(judge, kind)) for judge in kill.judges]


def _percent(count: Count) -> str:
    """Never rounded up to 100.

    >>> _percent(Count(999, 1000)), _percent(Count(3, 3)), _percent(Count(0, 0))
    ('99%', '100%', '–')
    """
    return f"{100 * count.hit // count.of}%" if count.of else "–"


def _legend() -> Iterator[RenderableType]:
    for name, summary in ((NAME, SUMMARY), *((judge.name, judge.summary) for judge in JUDGES)):
        yield Padding(Text(f"{name}: {summary}", style="dim"), (0, 0, 0, 2))


def _jumpy(kill: Kill) -> Iterator[str]:
    """Judges that object to something right: what they catch of the same operation says little."""
    for judge in kill.judges:
        places = dict.fromkeys(row.task.operation for row in kill.of(RIGHT) if row.said(judge).caught)
        if places:
            yield f"{judge} objects to right implementations of {', '.join(places)}: there its ✓ says little"


def _closing(kill: Kill) -> Iterator[Text]:
    caught, named, alarms = kill.caught(NAME), kill.named(), kill.caught(NAME, RIGHT)
    for row in kill.of(MISTAKE):
        if not row.answers[NAME].caught:
            yield Text(f"✗ {row.task.operation}: {row.task.name} is not caught", style="bold red")
    for row in kill.of(RIGHT):
        if row.answers[NAME].caught:
            told = f"✗ {row.task.operation}: {row.task.name} is right, and found wrong"
            yield Text(f"{told} ({row.answers[NAME].reason})", style="bold red")
    line = (
        f"{caught.hit} of {caught.of} mistakes caught, {named.hit} named first ({_percent(named)}, "
        f"{ENOUGH:.0%} needed), {alarms.hit} false alarms on {alarms.of} right implementations, "
        f"seed {kill.seed}, {kill.seconds:.0f} s"
    )
    yield Text(line, style="bold green" if kill.passed else "bold red")
