"""What was measured, as data with a versioned schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..environment import environment
from .cells import ROW_WISE, TWO_LAYER, WORKLOADS, Cell
from .check import Judgement
from .plan import JAX, REFERENCE
from .statistics import Spread, geometric_mean, paired, spread

SCHEMA = "crosscheck.bench/1"


@dataclass(frozen=True)
class Timing:
    """One contender in one cell.

    ``samples`` are seconds a call, one for each round; none where the answer was wrong or did not come, and
    ``failure`` says how. ``calls`` is how many make a sample, ``cpu_per_wall`` how many cores it kept busy.
    """

    contender: str
    samples: tuple[float, ...] = ()
    calls: int = 0
    cpu_per_wall: float = 0.0
    compile_seconds: float | None = None
    judgement: Judgement | None = None
    failure: str = ""

    @property
    def wrong(self) -> bool:
        """Whether an answer came, and was wrong."""
        return self.judgement is not None and bool(self.judgement.wrong)

    @property
    def seconds(self) -> Spread | None:
        """Median and quartiles of a call."""
        return spread(self.samples) if self.samples else None


@dataclass(frozen=True)
class Row:
    """A cell, what the contenders took, and how fast these cores copy at its footprint, in bytes a second."""

    cell: Cell
    timings: tuple[Timing, ...]
    copy_rate: float

    def of(self, contender: str) -> Timing | None:
        """The contender's timing, where it took part."""
        return next((one for one in self.timings if one.contender == contender), None)

    def ratio(self, over: str = REFERENCE, under: str = JAX) -> Spread | None:
        """Median and quartiles of the ratios of the times in each round."""
        a, b = self.of(over), self.of(under)
        return paired(a.samples, b.samples) if a and b and a.samples and b.samples else None


@dataclass(frozen=True)
class Cores:
    """What holds for all cells on so many cores.

    ``gemm`` are operations a second of a matrix product, by dtype; ``pinned`` whether every process was held to
    the cores before its imports; ``at_rest`` how many cores a contender kept busy while others had their turn.
    """

    cores: int
    gemm: dict[str, float]
    pinned: bool
    at_rest: dict[str, float]


@dataclass(frozen=True)
class Mean:
    """The geometric mean of reference/JAX over a group of cells, and the cell in which it is largest."""

    group: str
    cores: int
    cells: int
    mean: float
    worst: float
    worst_cell: str


@dataclass(frozen=True)
class Bench:
    """A finished run. ``devices`` names the GPU of every contender that ran on one."""

    rows: tuple[Row, ...]
    cores: tuple[Cores, ...]
    missing: tuple[str, ...]
    rounds: int
    seed: int
    seconds: float
    devices: Mapping[str, str] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Something was timed, and nothing was wrong or lost."""
        timings = [timing for row in self.rows for timing in row.timings]
        return any(one.samples for one in timings) and not any(one.failure for one in timings)

    def ceiling(self, row: Row) -> tuple[float, float]:
        """(what the reference, or else the first contender, did a second, what these cores can do).

        Operations for a network, bytes for the others; (0, …) where it has no time.
        """
        cell = row.cell
        timing = row.of(REFERENCE) or row.timings[0]
        gemm = next(one.gemm[cell.dtype] for one in self.cores if one.cores == cell.cores)
        networks = WORKLOADS[cell.workload].group == TWO_LAYER
        work, most = (cell.flops, gemm) if networks else (cell.bytes, row.copy_rate)
        return (work / timing.seconds.median if timing.seconds else 0.0), most

    def means(self) -> tuple[Mean, ...]:
        """Geometric means of reference/JAX for each group and number of cores, with the worst cell."""
        found = []
        for group in (TWO_LAYER, ROW_WISE):
            for one in self.cores:
                ratios = {
                    row.cell: ratio.median
                    for row in self.rows
                    if row.cell.cores == one.cores and WORKLOADS[row.cell.workload].group == group
                    if (ratio := row.ratio()) is not None
                }
                if ratios:
                    worst = max(ratios, key=lambda cell: ratios[cell])
                    mean = geometric_mean([*ratios.values()])
                    told = f"{worst.workload} {worst.shape} {worst.dtype}"
                    found.append(Mean(group, one.cores, len(ratios), mean, ratios[worst], told))
        return tuple(found)

    def to_dict(self) -> dict[str, Any]:
        """Plain data, every sample kept."""
        return {
            "schema": SCHEMA,
            "environment": environment(),
            "seed": self.seed,
            "rounds": self.rounds,
            "seconds": round(self.seconds, 3),
            "passed": self.passed,
            "devices": dict(self.devices),
            "missing": list(self.missing),
            "cores": [asdict(one) for one in self.cores],
            "means": [asdict(one) for one in self.means()],
            "cells": [_told(row) for row in self.rows],
        }


def _told(row: Row) -> dict[str, Any]:
    cell = row.cell
    ratio = row.ratio()
    return {
        "id": cell.name,
        **asdict(cell),
        "flops": cell.flops,
        "bytes": cell.bytes,
        "copy_rate": row.copy_rate,
        "reference_over_jax": asdict(ratio) if ratio else None,
        "timings": [_with_spread(one) for one in row.timings],
    }


def _with_spread(timing: Timing) -> dict[str, Any]:
    return {**asdict(timing), "seconds": asdict(timing.seconds) if timing.seconds else None}
