"""A report on one function, within 100 columns and legible at 80: the verdict, and what was found.

✓ right, ! limited, ✗ wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..checking.calls import ORDINARY
from ..checking.result import LIMITED, RIGHT, WRONG, Example, Finding, Report
from ..formats import FORMATS
from .plain import WIDTH, plain

_MARKS = {RIGHT: ("✓", "bold green"), LIMITED: ("!", "bold yellow"), WRONG: ("✗", "bold red")}
_MEANING = {
    RIGHT: "on every input that was tried",
    LIMITED: "right on ordinary input, but it has limits",
    WRONG: "on ordinary input",
}
_MOST_NUMBERS = 40
_MOST_SUSPECTS = 3
_MOST_CASES = 8


def text(report: Report, width: int = WIDTH) -> str:
    """The report as plain text."""
    return plain(render(report), width)


def text_of(findings: Sequence[Finding], width: int = WIDTH) -> str:
    """Findings alone, as plain text."""
    lines = plain(Group(*map(_finding, findings)), width).splitlines()
    return "\n".join(line.rstrip() for line in lines)


def render(report: Report) -> RenderableType:
    """The report on a function."""
    mark, style = _MARKS[report.verdict]
    head = Text.assemble(
        (f"{mark} {report.function}", style), f" as {report.operation}: ", (report.verdict, style)
    )
    head.append(f", {_meaning(report)}")
    if report.first_wrong:
        head.append(f"; first wrong step: {report.first_wrong}")
    parts: list[RenderableType] = [head]
    for finding in report.findings:
        parts += [Text(""), _finding(finding)]
    parts += [
        Text(""),
        *(_indented(Text(f"– {note}")) for note in report.notes),
        Text(_closing(report), style="dim"),
    ]
    return Group(*parts)


def _indented(content: RenderableType, by: int = 2) -> Padding:
    return Padding(content, (0, 0, 0, by), expand=False)


def _finding(finding: Finding) -> RenderableType:
    mark, style = _MARKS[finding.kind]
    head = Text.assemble((f"{mark} ", style), (f"{finding.quantity} {finding.symptom}".strip(), "bold"))
    return Group(_indented(head), _indented(_rows(finding), 4))


def _rows(finding: Finding) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for label, content in _told(finding):
        table.add_row(label, Text(content))
    return table


def _told(finding: Finding) -> Iterator[tuple[str, str]]:
    if finding.where:
        yield "in", _where(finding.where)
    if finding.also:
        yield "and so", f"{', '.join(finding.also)}, which follow from it"
    for i, suspect in enumerate(finding.suspects[:_MOST_SUSPECTS]):
        yield ("matches" if i == 0 else "or"), f"{suspect.name}: {suspect.sentence}"
    if finding.smallest is not None:
        yield from _example(finding.smallest)
    elif finding.reason and finding.reason != finding.symptom:
        yield "seen", finding.reason
    if finding.replay:
        yield "again", finding.replay


def _where(where: dict[str, tuple[str, ...]]) -> str:
    """typical tiny (float64 float32), thousand (float64); of many cases the first, and how many more."""
    by_dtypes: dict[tuple[str, ...], list[str]] = {}
    for case, dtypes in where.items():
        by_dtypes.setdefault(dtypes, []).append(case)
    return ", ".join(f"{_few(cases)} ({' '.join(dtypes)})" for dtypes, cases in by_dtypes.items())


def _few(cases: list[str]) -> str:
    more = len(cases) - _MOST_CASES
    return " ".join(cases) if more <= 1 else f"{' '.join(cases[:_MOST_CASES])} and {more} more"


def _example(example: Example) -> Iterator[tuple[str, str]]:
    yield "smallest", example.call
    count = sum(a.size for a in example.inputs.values())
    for name, a in example.inputs.items():
        yield "", f"{name} = {_written(a) if count <= _MOST_NUMBERS else f'an array of shape {a.shape}'}"
    if example.got is None or example.exact is None:
        yield "seen", example.reason
        return
    where = f" at {list(example.index)}" if example.index else ""
    got, exact = decimal(example.got, example.dtype), decimal(example.exact, example.dtype)
    width = max(len(got), len(exact))
    yield "got", f"{got:<{width}}  {example.bits[0]}{where}"
    yield "exact", f"{exact:<{width}}  {example.bits[1]}, to the nearest {example.dtype}"


def _written(a: np.ndarray) -> str:
    listed = a.tolist() if a.dtype.kind in "iu" else np.asarray(a, dtype=np.float64).tolist()
    return str(listed)


def decimal(number: float, dtype: str) -> str:
    """As many digits as tell the numbers of the format apart."""
    digits = {53: 17, 24: 9, 11: 5, 8: 4}.get(FORMATS[dtype].precision, 17) if dtype in FORMATS else 17
    return f"{number:.{digits}g}"


def _meaning(report: Report) -> str:
    """Where the verdict holds: the repetition of a limit is wrong where it was tried, which is not ordinary."""
    ordinary = any(seen.case.name in ORDINARY for seen in report.observations)
    if report.verdict == WRONG and not ordinary:
        return "on the inputs that were tried, none of them ordinary"
    return _MEANING[report.verdict]


def _closing(report: Report) -> str:
    calls, checks = len(report.observations), len(report.verdicts)
    passed = sum(v.status == "pass" for v in report.verdicts)
    return f"{calls} calls, {checks} checks, {passed} passed; seed {report.seed}, {report.seconds:.1f} s"
