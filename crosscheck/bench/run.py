"""A run: every cell on its cores, each contender in turn, ceilings beside it, and the judgement afterwards."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack

import numpy as np

from ..environment import usable_cores
from .cells import Cell
from .check import Judgement, judge, sampled
from .meter import Meter
from .plan import Plan
from .prepared import Values
from .record import Bench, Cores, Row, Timing
from .turns import Field, Samples

Progress = Callable[[int, int], None]


def bench(plan: Plan, progress: Progress | None = None) -> Bench:
    """Time what is planned; ``progress(done, all)`` is called after every cell."""
    start = time.perf_counter()
    usable = usable_cores()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="crosscheck-bench-"))
        # What torch has compiled in earlier runs would make compiling look free; and the processes that it keeps
        # for compiling need not sleep while others have their turn.
        variables = {
            "TORCHINDUCTOR_CACHE_DIR": os.path.join(folder, "inductor"),
            "TORCHINDUCTOR_COMPILE_THREADS": "1",
        }
        # The last cores: the first ones are those that the system likes to interrupt.
        held = {k: usable[-k:] for k in plan.cores}
        fields = {k: stack.enter_context(Field(plan.contenders, held[k], variables)) for k in plan.cores}
        dtypes = tuple(dict.fromkeys(cell.dtype for cell in plan.cells))
        meters = {k: stack.enter_context(Meter(held[k], dtypes, plan.gemm)) for k in plan.cores}
        rows: dict[Cell, Row] = {}
        for alike in _alike(plan.cells):
            for row in _rows(alike, fields, meters, plan, folder):
                rows[row.cell] = row
            if progress is not None:
                progress(len(rows), len(plan.cells))
        cores = tuple(Cores(k, meters[k].gemm, fields[k].pinned, fields[k].at_rest) for k in plan.cores)
        devices = {name: on for field in fields.values() for name, on in field.devices.items()}
        gone = [f"{name}: {why}" for field in fields.values() for name, why in field.missing.items()]
    missing = tuple(dict.fromkeys((*plan.missing, *gone)))
    ordered = tuple(rows[cell] for cell in plan.cells)
    return Bench(ordered, cores, missing, plan.rounds, plan.seed, time.perf_counter() - start, devices)


def _alike(cells: tuple[Cell, ...]) -> list[list[Cell]]:
    """The cells that differ in nothing but their cores, and so have the same right answer."""
    found: dict[tuple[object, ...], list[Cell]] = {}
    for cell in cells:
        found.setdefault((cell.workload, cell.size, cell.dtype), []).append(cell)
    return [*found.values()]


def _rows(
    cells: list[Cell], fields: dict[int, Field], meters: dict[int, Meter], plan: Plan, folder: str
) -> list[Row]:
    """The rows of some cells that are alike, judged together."""
    rows = sampled(cells[0], plan.seed)
    samples: dict[tuple[int, str], Samples] = {}
    files: dict[tuple[int, str], str] = {}
    rates = {}
    for cell in cells:
        field = fields[cell.cores]
        found = field.timed(cell, plan)
        samples |= {(cell.cores, name): one for name, one in found.items()}
        files |= {(cell.cores, name): file for name, file in field.left(found, folder, rows)}
        rates[cell.cores] = meters[cell.cores].beside(cell)
    judged = _judged(cells[0], files, plan.seed, rows)
    return [
        Row(
            cell,
            tuple(
                _timing(name, one, judged.get((k, name))) for (k, name), one in samples.items() if k == cell.cores
            ),
            rates[cell.cores],
        )
        for cell in cells
    ]


def _judged(
    cell: Cell, files: dict[tuple[int, str], str], seed: int, rows: list[int] | None
) -> dict[tuple[int, str], Judgement]:
    values: dict[str, Values] = {}
    for (k, name), file in files.items():
        with np.load(file) as arrays:
            values[f"{k} {name}"] = tuple(arrays[str(i)] for i in range(len(arrays.files)))
        os.unlink(file)
    said = judge(cell, cell.inputs(seed), values, rows)
    return {key: said[f"{key[0]} {key[1]}"] for key in files}


def _timing(name: str, samples: Samples, judgement: Judgement | None) -> Timing:
    """A wrong answer has no time."""
    failure = samples.failure or (f"wrong: {judgement.wrong}" if judgement and judgement.wrong else "")
    return Timing(
        name,
        () if failure else tuple(samples.seconds),
        samples.calls,
        samples.cpu / samples.wall if samples.wall else 0.0,
        samples.compile_seconds,
        judgement,
        failure,
    )
