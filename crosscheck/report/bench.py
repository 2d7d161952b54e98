"""A benchmark as tables of at most 80 columns, then the means, and what else has to be known to read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import floor, log10
from statistics import median

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..bench.cells import TWO_LAYER, WORKLOADS, cores_told, counted
from ..bench.record import Bench, Cores, Row, Timing
from ..bench.statistics import Spread
from .plain import WIDTH, plain

_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_NONE = "–"
_TIMED = {
    "cross_entropy": "integer labels, costs of the rows and the gradient of their sum",
    "two_layer": "one-hot targets, J and its gradients in x, W₁, b₁, W₂, b₂",
}
_BUSY = 0.05
"""Cores that a contender may keep busy while it should sleep, before that is told."""
_ALONE = 0.9
"""cpu / wall of a contender that computes all the time, on any number of cores, if nothing else runs on them."""


def text(bench: Bench, width: int = WIDTH) -> str:
    """The report as plain text."""
    return plain(render(bench), width)


def render(bench: Bench) -> RenderableType:
    """The report of a benchmark."""
    groups: dict[tuple[str, str, int], list[Row]] = {}
    for row in bench.rows:
        groups.setdefault((row.cell.workload, row.cell.dtype, row.cell.cores), []).append(row)
    parts: list[RenderableType] = []
    for rows in groups.values():
        parts += [_table(bench, rows), Text("")]
    parts += [*section("reference / jax.jit, geometric mean of the medians", _means(bench))]
    parts += [*section("Wrong, or lost", _failures(bench))]
    parts += [*section("How it was timed", _how(bench))]
    parts += [*section("Not timed", [f"– {line}" for line in bench.missing])]
    return Group(*parts, _closing(bench))


def duration(seconds: float) -> str:
    """Three digits and a unit.

    >>> duration(1.2345e-5), duration(0.25)
    ('12.3 µs', '250 ms')
    """
    size, unit = next((one for one in _UNITS if seconds >= one[0] * 0.9995), _UNITS[-1])
    return f"{digits(seconds / size)} {unit}"


def digits(number: float) -> str:
    """Three significant digits, never in exponents.

    >>> digits(0.9996), digits(23.45), digits(1234.5)
    ('1.00', '23.4', '1234')
    """
    if number <= 0:
        return "0"
    places = 2 - floor(log10(number))
    places = 2 - floor(log10(round(number, places)))
    return f"{number:.{max(0, min(places, 3))}f}"


def _table(bench: Bench, rows: Sequence[Row]) -> Table:
    """The cells of one workload, dtype and number of cores: medians, and under them the quartiles."""
    cell = rows[0].cell
    names = list(dict.fromkeys(one.contender for row in rows for one in row.timings))
    network = WORKLOADS[cell.workload].group == TWO_LAYER
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), title_justify="left", title_style="bold")
    table.title = f"{cell.workload}, {cell.dtype}, {cores_told(cell.cores)}"
    table.add_column("", no_wrap=True, min_width=18)
    for name in names:
        table.add_column(name.replace(".", "\n.").replace("@", "\n@"), justify="right", no_wrap=True, min_width=9)
    table.add_column("reference\n/ jax.jit", justify="right", no_wrap=True, min_width=9)
    table.add_column("GFLOP/s\nof gemm" if network else "GB/s\nof copy", justify="right", no_wrap=True)
    for row in rows:
        ratio = row.ratio()
        done, most = bench.ceiling(row)
        table.add_row(
            row.cell.shape,
            *(_median(row.of(name)) for name in names),
            Text(digits(ratio.median) if ratio else _NONE),
            digits(done / 1e9) if done else _NONE,
        )
        ranges = (_range(timing.seconds) if (timing := row.of(name)) else "" for name in names)
        share = f"{done / most:.1%}" if done and most else ""
        table.add_row("", *ranges, _bare(ratio) if ratio else "", share, style="dim")
    table.add_row("compiling", *(_compiling(rows, name) for name in names), style="dim")
    table.add_row("cpu / wall", *(_busy(rows, name) for name in names), style="dim")
    return table


def _median(timing: Timing | None) -> Text:
    if timing is None:
        return Text(_NONE)
    if timing.seconds is None:
        return Text("✗ wrong" if timing.wrong else "✗ lost", style="bold red")
    return Text(duration(timing.seconds.median))


def _range(spread: Spread | None) -> str:
    """The quartiles, in the unit of the median."""
    if spread is None:
        return ""
    size = next((one for one, _ in _UNITS if spread.median >= one * 0.9995), _UNITS[-1][0])
    return _bare(Spread(spread.low / size, spread.median / size, spread.high / size))


def _bare(spread: Spread) -> str:
    return f"{digits(spread.low)}–{digits(spread.high)}"


def _compiling(rows: Sequence[Row], name: str) -> str:
    found = [one.compile_seconds for row in rows if (one := row.of(name)) and one.compile_seconds is not None]
    return duration(median(found)) if found else _NONE


def _busy(rows: Sequence[Row], name: str) -> str:
    found = [one.cpu_per_wall for row in rows if (one := row.of(name)) and one.samples]
    return (f"{min(found):.2f}" if len(found) == 1 else f"{min(found):.2f}–{max(found):.2f}") if found else _NONE


def section(title: str, lines: Sequence[str]) -> Iterator[RenderableType]:
    """A title and lines, indented; nothing where there are none."""
    if lines:
        yield Text(title, style="bold")
        yield from (Padding(Text(line), (0, 0, 0, 2), expand=False) for line in lines)
        yield Text("")


def _means(bench: Bench) -> list[str]:
    return [
        f"{one.group}, {cores_told(one.cores)}: {digits(one.mean)} over {counted(one.cells, 'cell')}; "
        f"worst {digits(one.worst)}, {one.worst_cell}"
        for one in bench.means()
    ]


def _failures(bench: Bench) -> list[str]:
    return [
        f"✗ {timing.contender}, {row.cell.name}: {timing.failure}"
        for row in bench.rows
        for timing in row.timings
        if timing.failure
    ]


def _how(bench: Bench) -> list[str]:
    rounds = counted(bench.rounds, "round")
    lines = [f"in turns, a process for each contender, at most {rounds}; under a median its quartiles"]
    timed = {row.cell.workload for row in bench.rows}
    lines += [f"{name}: {told}" for name, told in _TIMED.items() if name in timed]
    lines += [_of_cores(one) for one in bench.cores]
    lines += [f"{name}: {on}" for name, on in bench.devices.items()]
    partly = dict.fromkeys(
        f"{row.cell.workload} {row.cell.shape}"
        for row in bench.rows
        for timing in row.timings
        if timing.judgement and timing.judgement.elements < timing.judgement.all
    )
    if partly:
        lines.append(f"of {', '.join(partly)} some rows were judged, of the others every element")
    return lines + _vacuous(bench) + _disturbed(bench)


def _disturbed(bench: Bench) -> list[str]:
    """Whether something else ran on the cores at the same time."""
    cpu_bound = [one.cpu_per_wall for row in bench.rows for one in row.timings if one.samples and _on_cpu(one)]
    low = sum(busy < _ALONE for busy in cpu_bound)
    if not low:
        return []
    return [f"! not alone: cpu / wall below {_ALONE} in {low} of {len(cpu_bound)}, down to {min(cpu_bound):.2f}"]


def _on_cpu(timing: Timing) -> bool:
    return "@" not in timing.contender


def _of_cores(one: Cores) -> str:
    held = "pinned before the imports" if one.pinned else "not pinned: this system cannot"
    rates = ", ".join(f"{name} {digits(rate / 1e9)}" for name, rate in one.gemm.items())
    busy = [f"{name} {cores:.2f}" for name, cores in one.at_rest.items() if cores > _BUSY]
    rest = f"; busy at rest: {', '.join(busy)}" if busy else "; nobody busy at rest"
    return f"{cores_told(one.cores)}, {held}; gemm in GFLOP/s: {rates}{rest}"


def _vacuous(bench: Bench) -> list[str]:
    found: dict[str, dict[str, None]] = {}
    for row in bench.rows:
        for timing in row.timings:
            for quantity in timing.judgement.vacuous if timing.judgement else ():
                found.setdefault(f"{row.cell.workload} {row.cell.shape} {row.cell.dtype}", {})[quantity] = None
    return [f"○ {cell}: zeros, half or a constant would pass as {', '.join(of)}" for cell, of in found.items()]


def _closing(bench: Bench) -> Text:
    timings = [timing for row in bench.rows for timing in row.timings]
    right = sum(bool(one.samples) for one in timings)
    failed = sum(bool(one.failure) for one in timings)
    told = f"{right} timed and right, {failed} wrong or lost, seed {bench.seed}, {bench.seconds:.0f} s"
    return Text(told, style="bold green" if bench.passed else "bold red")
