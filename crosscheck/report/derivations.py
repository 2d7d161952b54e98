"""The derivations, line by line, the gradients and the errata, within 100 columns and legible at 80.

✓ proved (by algebra, and met to so many digits), or met where SymPy is not installed; ✗ refuted, with a witness;
? neither shown nor refuted; · where a derivation starts.
"""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..proof import MET, PROVED, REFUTED, UNDECIDED, DerivationResult, ErratumResult, Results, Verdict, all_right
from .plain import WIDTH, plain

_MARKS = {
    PROVED: ("✓", "green"),
    MET: ("✓", "green"),
    UNDECIDED: ("?", "yellow"),
    REFUTED: ("✗", "bold red"),
}


def text(results: Results, width: int = WIDTH) -> str:
    """The report as plain text."""
    return plain(render(results), width)


def render(results: Results) -> RenderableType:
    """The report of ``crosscheck derivations``."""
    gradients = _table()
    for verdict in results.gradients:
        _row(gradients, verdict.claim, verdict)
    return Group(
        *(derivation(found) for found in results.derivations),
        Text("Every gradient of reference/equations.py, against the derivative of its definition", style="bold"),
        Padding(gradients, (0, 0, 1, 2)),
        Text("Errata: as printed, and corrected", style="bold"),
        *(_erratum(found) for found in results.errata),
        _closing(results),
    )


def _table() -> Table:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(width=1)
    table.add_column(overflow="fold")
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    return table


def _row(table: Table, claim: str, verdict: Verdict | None, why: bool = True) -> None:
    if verdict is None:
        table.add_row("·", Text(claim))
        return
    mark, style = _MARKS[verdict.status]
    table.add_row(Text(mark, style=style), Text(claim), _algebra(verdict), _digits(verdict))
    if verdict.witness is not None and why:
        table.add_row("", Text(_witness(verdict)))
    elif why and verdict.algebra.shown is False:
        table.add_row("", Text(verdict.algebra.note))


def _algebra(verdict: Verdict) -> str:
    if verdict.algebra.shown is None:
        return ""
    return f"algebra {verdict.algebra.shape}" if verdict.algebra.shown else ""


def _digits(verdict: Verdict) -> str:
    met = [meeting for meeting in verdict.meetings if meeting.digits is not None]
    return f"{verdict.digits} digits {met[-1].shape.split('×')[-1].removesuffix(' digits')}" if met else ""


def _witness(verdict: Verdict) -> str:
    witness = verdict.witness
    if witness is None:
        return ""
    if witness.error:
        return f"{witness.shape}: {witness.error}"
    left, right = (end.strip("[]").replace("+/-", "±") for end in (witness.left, witness.right))
    return f"{witness.shape} {witness.entry.removeprefix('entry ')}: expected {left}, got {right}"


def derivation(found: DerivationResult, told_below: int | None = None) -> RenderableType:
    """The lines of one derivation, each with its verdict, and why but for the line that is told below."""
    table = _table()
    for number, (claim, verdict) in enumerate(zip(found.texts, found.lines, strict=True), 1):
        _row(table, claim, verdict, why=number != told_below)
    notes = [
        found.definition and f"the first line is the derivative of {found.definition}",
        found.assumption and f"where {found.assumption}",
    ]
    given = Text("; ".join(note for note in notes if note), style="dim")
    head: list[RenderableType] = [Text(f"{found.section}  {found.title}".strip(), style="bold")]
    if given:
        head.append(Padding(given, (0, 0, 0, 2)))
    return Group(*head, Padding(table, (0, 0, 1, 2)))


def _erratum(found: ErratumResult) -> RenderableType:
    table = _table()
    mark, style = _MARKS[found.printed[0].status]
    table.add_row(Text(mark, style=style), Text(found.printed_text))
    _row(table, found.correction_text, found.correction)
    witnesses = (Text(f"✗ {_witness(verdict)}") for verdict in found.printed if verdict.witness)
    return Group(
        Text(f"{found.section}  {found.title}"),
        Padding(table, (0, 0, 0, 2)),
        Padding(Group(*witnesses, Text(found.why, style="dim")), (0, 0, 1, 5)),
    )


def _closing(results: Results) -> RenderableType:
    verdicts = [
        *(verdict for found in results.derivations for verdict in found.lines if verdict is not None),
        *results.gradients,
        *(found.correction for found in results.errata),
    ]
    counts = {status: sum(verdict.status == status for verdict in verdicts) for status in _MARKS}
    shapes = dict.fromkeys(m.shape for v in verdicts for m in v.meetings if not m.note)
    notes = dict.fromkeys(
        [f"algebra {v.algebra.note}" for v in verdicts if v.algebra.shown is None]
        + [f"{m.shape} {m.note}" for v in verdicts for m in v.meetings if m.note]
    )
    refuted = sum(found.right for found in results.errata)
    line = ", ".join(f"{count} {status}" for status, count in counts.items() if count or status == PROVED)
    return Group(
        Text(f"Enclosures met at {', '.join(shapes)}; the figure is the fewest digits at any of them."),
        *(Text(f"– {note}", style="yellow") for note in notes),
        Text(
            f"{line}; {refuted} of {len(results.errata)} errata refuted as printed; seed {results.seed}",
            style="bold green" if all_right(results) else "bold red",
        ),
    )
