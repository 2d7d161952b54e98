"""What the oracle costs, as tables for the terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..bench.oracle import BALLS, COLUMNS, EXP, MPMATH, Cost, OracleTimes


def render(times: OracleTimes) -> RenderableType:
    """Costs per value, growth, networks and memory."""
    return Group(
        Text(f"ns per certified value, {times.bits} bits"),
        _costs(times.costs),
        Text(),
        _growth(times),
        Text(),
        *(Text(line) for line in _lines(times)),
        Text(f"\nseed {times.seed}, {times.seconds:.0f} s"),
    )


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, collapse_padding=True)  # nothing is cut off at 80 columns
    table.add_column(columns[0])
    for column in columns[1:]:
        table.add_column(column, justify="right")
    return table


def _costs(costs: tuple[Cost, ...]) -> Table:
    table = _table("", *COLUMNS, "mpmath\n/ balls", "balls\n/ exp")
    for cost in costs:
        times_exp = cost.ratio(EXP)
        table.add_row(
            cost.name,
            *(_number(cost.ns[column]) for column in COLUMNS),
            _number(cost.ratio(MPMATH)),
            _number(None if times_exp is None else 1 / times_exp),
        )
    return table


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def _growth(times: OracleTimes) -> Table:
    table = _table("softmax, correctly rounded", *(f"{growth.elements:.0e}" for growth in times.growth))
    table.add_row("ns per element", *(_number(growth.ns) for growth in times.growth))
    return table


def _lines(times: OracleTimes) -> list[str]:
    lines = []
    for network in times.networks:
        what = f"truth of a {network.name} network, all gradients, by {network.arithmetic}"
        sharp = "" if network.arithmetic == BALLS else f"; {network.sharp:.1%} to 1/64 ulp of float32"
        lines.append(
            f"{what}: {network.truth:.3g} s, the float64 reference {network.reference:.3g} s:"
            f" {network.ratio:.3g} times{sharp}"
        )
    rows, classes = times.peak.shape
    grown = f"peak memory {times.peak.gigabytes:.2f} GB, {times.peak.before:.2f} GB of it before"
    return [*lines, f"truth of a {rows}×{classes} softmax: {grown}"]
