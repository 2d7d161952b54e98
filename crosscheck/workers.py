"""Run the cells of the matrix in several processes.

Cells share compiled code (an implementation at a dtype) and truths (an operation at a dtype). So a process takes
the operations of one dtype after another, each with all implementations; one that finds no dtype left helps
another process with what it has not begun. Cells on a GPU stay in the calling process: one process should own a
device's memory.
"""

from __future__ import annotations

import gc
import os
import queue
import signal
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import active_children, get_context
from multiprocessing.process import BaseProcess

from . import compiled
from .environment import cores
from .formats import format_of
from .implementations import implementations
from .judge import FAIL, LOCAL, Assessment, Cell, Verdict
from .matrix import cell_at, run_cell
from .operations import operation
from .spent import Seconds, Spent, measured

Name = tuple[str, str, str, str, str, int]
Verdicts = tuple[Verdict, ...]
Numbered = list[tuple[int, Cell]]
Part = list[Numbered]
"""The cells of an operation at a dtype, by implementation: where one takes the process down, others go on."""
Done = queue.SimpleQueue[tuple[int, Verdicts] | Exception]

FEW = 40
"""Up to so many cells a second process does not pay for its start."""

PATIENCE = 10.0
"""Seconds in which processes that are ended must be gone, before they are left alone."""

_BLAS_THREADS = "OPENBLAS_NUM_THREADS"
_starting = threading.Lock()


class Ledger:
    """What the processes have spent: by cell, around the cells (they start, they send), and of the processors."""

    def __init__(self) -> None:
        self.cells: dict[int, Spent] = {}
        self.around = 0.0
        self.cpu = 0.0
        self.processes = 0
        self._lock = threading.Lock()

    def write(self, i: int, cell: Cell, seconds: Seconds) -> None:
        """What a cell took."""
        place = (cell.operation.name, cell.implementation, cell.device, cell.format.name, cell.case)
        self.cells[i] = Spent(*place, seconds)

    def pay(self, around: float, cpu: float) -> None:
        """How long a process was waited for beyond its cells, and what it had of the processors meanwhile."""
        with self._lock:
            self.around += around
            self.cpu += cpu

    def begun(self) -> None:
        """One process more."""
        with self._lock:
            self.processes += 1


def run(
    cells: Iterable[Cell], jobs: int | None = None, ledger: Ledger | None = None
) -> Iterator[tuple[int, Verdicts]]:
    """(index of the cell, its verdicts), as they finish; ``jobs`` processes, by default one for each core.

    What they spend is written to the ``ledger``.
    """
    ledger = Ledger() if ledger is None else ledger
    cells = list(cells)
    numbered = list(enumerate(cells))
    here = [(i, cell) for i, cell in numbered if cell.device != "cpu"]
    away = [(i, cell) for i, cell in numbered if cell.device == "cpu"]
    jobs = cores() if jobs is None else jobs
    if jobs <= 1 or len(away) <= FEW:
        here, away = numbered, []
    done: Done = queue.SimpleQueue()
    work = Work(away)
    stop = threading.Event()
    others = set(active_children())
    threads = [
        threading.Thread(target=_serve, args=(work, done, stop, ledger), daemon=True)
        for _ in range(jobs if away else 0)
    ]
    for thread in threads:
        thread.start()
    finished = False
    try:
        for i, cell in here:
            verdicts, seconds = _measured(cell)
            ledger.write(i, cell, seconds)
            yield i, verdicts
        for _ in away:
            result = done.get()
            if isinstance(result, Exception):
                raise RuntimeError(f"a worker process could not be used: {result}") from result
            yield result
        finished = True
    finally:
        if finished:
            for thread in threads:
                thread.join()
        else:  # an interrupt, or an error: what still runs is of no use
            stop.set()
            _end(threads, others)


def _end(threads: list[threading.Thread], others: set[BaseProcess]) -> None:
    """End the processes of the threads, those as well that are started only now, until no thread is left."""
    until = time.monotonic() + PATIENCE
    while any(thread.is_alive() for thread in threads) and time.monotonic() < until:
        for process in set(active_children()) - others:
            process.terminate()
        for thread in threads:
            thread.join(timeout=0.05)


class Work:
    """What is to be done: the parts of each dtype, those of most quantities first."""

    def __init__(self, cells: Numbered) -> None:
        parts: dict[str, dict[str, dict[str, Numbered]]] = {}
        for i, cell in cells:
            of_operation = parts.setdefault(cell.format.name, {}).setdefault(cell.operation.name, {})
            of_operation.setdefault(cell.implementation, []).append((i, cell))
        self._lock = threading.Lock()
        self._begun: list[deque[Part]] = []
        self._waiting = deque(
            deque(sorted(([*part.values()] for part in of_dtype.values()), key=_weight, reverse=True))
            for of_dtype in parts.values()
        )

    def take(self, mine: deque[Part]) -> tuple[Part, deque[Part]] | None:
        """The next part for a process that has worked on ``mine``, and what it works on now."""
        with self._lock:
            if not mine and self._waiting:
                mine = self._waiting.popleft()
                self._begun.append(mine)
            if mine:
                return mine.popleft(), mine
            longest = max(self._begun, key=len, default=mine)
            return (longest.pop(), mine) if longest else None


def _weight(part: Part) -> int:
    return sum(len(cell.operation.quantities) for numbered in part for _, cell in numbered)


def _serve(work: Work, done: Done, stop: threading.Event, ledger: Ledger) -> None:
    """Take parts until there are no more or ``stop`` is set, in the one process of this thread."""
    mine: deque[Part] = deque()
    cpu = 0.0
    try:
        pool = _process()
        ledger.begun()
        while (taken := work.take(mine)) is not None:
            part, mine = taken
            for numbered in part:
                if stop.is_set():
                    pool.shutdown(wait=False)
                    return
                start = time.perf_counter()
                try:
                    with products_on_one_core():  # the process starts with what it is first asked for
                        asked = pool.submit(_run_named, [_name(cell) for _, cell in numbered])
                    results, until = asked.result()
                except BrokenProcessPool:
                    if stop.is_set():  # it was ended, it did not die: no other takes its place
                        return
                    results, until = [(_died(cell), {}) for _, cell in numbered], 0.0
                    pool = _process()
                    ledger.begun()
                spent = sum(sum(seconds.values()) for _, seconds in results)
                ledger.pay(time.perf_counter() - start - spent, max(until - cpu, 0.0))
                cpu = until
                for (i, cell), (verdicts, seconds) in zip(numbered, results, strict=True):
                    ledger.write(i, cell, seconds)
                    done.put((i, verdicts))
        pool.shutdown()
    except Exception as error:
        done.put(error)


def _process() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=begin)


@contextmanager
def products_on_one_core() -> Iterator[None]:
    """For processes that are started meanwhile, unless the user has said how many threads NumPy's products get.

    A thread of OpenBLAS that waits for its next product spins, on a core that another worker needs. It reads the
    variable when NumPy is imported, which comes before ``begin``.
    """
    with _starting:
        if _BLAS_THREADS in os.environ:
            yield
            return
        os.environ[_BLAS_THREADS] = "1"
        try:
            yield
        finally:
            del os.environ[_BLAS_THREADS]


def begin() -> None:
    """A worker runs on the CPU, and keeps what JAX compiles; this comes before any framework is imported there."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the caller, who ends its workers
    os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    os.environ.update(compiled.variables())
    # A thread of torch that waits for its next piece of work would spin, on a core that another worker needs.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    gc.set_threshold(50_000, 20, 20)  # tracing and compiling makes many objects, and few circles


def _name(cell: Cell) -> Name:
    """A cell as plain words: its operation holds functions, which do not travel."""
    return (cell.operation.name, cell.implementation, cell.device, cell.format.name, cell.case, cell.seed)


def _run_named(names: list[Name]) -> tuple[list[tuple[Verdicts, Seconds]], float]:
    """The verdicts and seconds of each cell, and what this process has had of the processors so far."""
    results = [
        _measured(cell_at(operation(one), implementations()[name], device, format_of(dtype), case, seed))
        for one, name, device, dtype, case, seed in names
    ]
    return results, time.process_time()


def _measured(cell: Cell) -> tuple[Verdicts, Seconds]:
    with measured() as seconds:
        verdicts = run_cell(cell)
    return verdicts, seconds


def _died(cell: Cell) -> Verdicts:
    reason = "the process that ran it, or a neighbouring case, died"
    return tuple(cell.verdict(q, LOCAL, Assessment(FAIL, reason)) for q in cell.operation.quantities)
