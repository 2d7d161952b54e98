"""Run the cells of the matrix in several processes.

Most of a run is spent compiling (op by op JAX compiles every primitive for every shape and dtype, 40 ms each,
and threads do not help), so cells are grouped by what shares compiled code, an implementation at a dtype, and a
group stays in one process. Cells on a GPU stay in the calling process: one process should own a device's memory.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children, get_context

from .environment import cores
from .formats import format_of
from .implementations import implementations
from .judge import FAIL, LOCAL, Assessment, Cell, Verdict
from .matrix import cell_at, run_cell
from .operations import operation

Name = tuple[str, str, str, str, str, int]
Verdicts = tuple[Verdict, ...]
Group = list[list[tuple[int, Cell]]]
Done = queue.SimpleQueue[tuple[int, Verdicts] | Exception]

FEW = 40
"""Up to so many cells a second process does not pay for its start."""


def run(cells: Iterable[Cell], jobs: int | None = None) -> Iterator[tuple[int, Verdicts]]:
    """(index of the cell, its verdicts), as they finish; ``jobs`` processes, by default one for each core."""
    cells = list(cells)
    numbered = list(enumerate(cells))
    here = [(i, cell) for i, cell in numbered if cell.device != "cpu"]
    away = [(i, cell) for i, cell in numbered if cell.device == "cpu"]
    jobs = cores() if jobs is None else jobs
    if jobs <= 1 or len(away) <= FEW:
        here, away = numbered, []
    done: Done = queue.SimpleQueue()
    groups: queue.SimpleQueue[Group | None] = queue.SimpleQueue()
    for group in _groups(away):
        groups.put(group)
    stop = threading.Event()
    others = set(active_children())
    threads = [
        threading.Thread(target=_serve, args=(groups, done, stop), daemon=True) for _ in range(jobs if away else 0)
    ]
    for thread in threads:
        groups.put(None)
        thread.start()
    finished = False
    try:
        for i, cell in here:
            yield i, run_cell(cell)
        for _ in away:
            result = done.get()
            if isinstance(result, Exception):
                raise RuntimeError(f"a worker process could not be used: {result}") from result
            yield result
        finished = True
    finally:
        if not finished:  # an interrupt, or an error: what still runs is of no use
            stop.set()
            for process in set(active_children()) - others:
                process.terminate()
        for thread in threads:
            thread.join(timeout=None if finished else 1)


def _groups(cells: list[tuple[int, Cell]]) -> list[Group]:
    """An implementation (one that compiles: at a dtype), divided by operation; first those that compile."""
    groups: dict[tuple[str, str], dict[str, list[tuple[int, Cell]]]] = {}
    for i, cell in cells:
        compiled = cell.format.name if implementations()[cell.implementation].compiles else ""
        parts = groups.setdefault((cell.implementation, compiled), {})
        parts.setdefault(cell.operation.name, []).append((i, cell))
    names = sorted(groups, key=lambda key: key[1] == "")
    return [list(groups[name].values()) for name in names]


def _serve(groups: queue.SimpleQueue[Group | None], done: Done, stop: threading.Event) -> None:
    """Take groups until there are no more or ``stop`` is set, each part in the one process of this thread."""
    try:
        pool = _process()
        while (group := groups.get()) is not None:
            for part in group:
                names = [_name(cell) for _, cell in part]
                try:
                    results = pool.submit(_run_named, names).result()
                except BrokenProcessPool:
                    if stop.is_set():  # it was ended, it did not die: no other takes its place
                        return
                    results = [_died(cell) for _, cell in part]
                    pool = _process()
                if stop.is_set():
                    pool.shutdown(wait=False)
                    return
                for (i, _), verdicts in zip(part, results, strict=True):
                    done.put((i, verdicts))
        pool.shutdown()
    except Exception as error:
        done.put(error)


def _process() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=begin)


def begin() -> None:
    """A worker runs on the CPU; this comes before any framework is imported there."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the caller, who ends its workers
    os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ["CUDA_VISIBLE_DEVICES"] = ""


def _name(cell: Cell) -> Name:
    """A cell as plain words: its operation holds functions, which do not travel."""
    return (cell.operation.name, cell.implementation, cell.device, cell.format.name, cell.case, cell.seed)


def _run_named(names: list[Name]) -> list[Verdicts]:
    return [
        run_cell(cell_at(operation(one), implementations()[name], device, format_of(dtype), case, seed))
        for one, name, device, dtype, case, seed in names
    ]


def _died(cell: Cell) -> Verdicts:
    reason = "the process that ran it, or a neighbouring case, died"
    return tuple(cell.verdict(q, LOCAL, Assessment(FAIL, reason)) for q in cell.operation.quantities)
