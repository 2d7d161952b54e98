"""The process that times one contender: ``python -m crosscheck.bench.child CORES PROGRAMS DEVICE``.

CORES is a list such as ``0,1``; PROGRAMS the module that has ``start(cores, device)``, ``prepare(workload, inputs,
device)`` and, where DEVICE may be another than ``cpu``, ``device_name()``. Requests and answers are lines of JSON;
between them the process sleeps on its standard input.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import repeat
from threading import get_native_id
from typing import IO, Any

_WARM = 1e-3
"""Seconds of calls before a sample that are not counted: other processes had the caches in the meantime."""

_LOOK = 2e-3
"""Seconds between two looks at whether the threads are at rest, so that the next has its turn."""
_MOST_LOOKS = 200

_TASKS = "/proc/self/task"
_LONG_LOOK = 2e-2
"""Seconds of a look where the system does not tell what threads do: several ticks of the CPU clock."""


def pin(cores: list[int]) -> bool:
    """Keep this process, and the threads that it will start, to these cores; whether that can be done here."""
    if not hasattr(os, "sched_setaffinity"):
        return False
    os.sched_setaffinity(0, cores)
    return os.sched_getaffinity(0) == set(cores)


def start_on(core: int) -> None:
    """Go on with this thread on that core, of those that it may use; it may be moved again."""
    if not hasattr(os, "sched_setaffinity"):
        return
    cores = os.sched_getaffinity(0)
    if core in cores:
        os.sched_setaffinity(0, {core})
        os.sched_setaffinity(0, cores)


class Clock:
    """Wall and CPU time since the last look: at work, and while the process should have slept."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def look(self) -> tuple[float, float]:
        """(wall, cpu) since the last look."""
        wall, cpu = time.perf_counter(), time.process_time()
        found = wall - self.wall, cpu - self.cpu
        self.wall, self.cpu = wall, cpu
        return found


def timed(call: Callable[[], Any], calls: int) -> tuple[float, float]:
    """(wall, cpu) seconds of so many calls, without Python's garbage collector."""
    collected = gc.isenabled()
    gc.disable()
    clock = Clock()
    for _ in repeat(None, calls):
        call()
    found = clock.look()
    if collected:
        gc.enable()
    return found


def settle() -> None:
    """Wait until no other thread is at work: OpenBLAS's and OpenMP's spin for 0.1 s on the cores of the next."""
    for _ in range(_MOST_LOOKS):
        time.sleep(_LOOK)
        if not at_work():
            return


def at_work() -> bool:
    """Whether a thread of this process but this one runs, or waits for a core.

    The CPU clock is no help within milliseconds: that of a thread on another core stands still between ticks.
    """
    try:
        return any(_state(task) == "R" for task in os.listdir(_TASKS) if int(task) != get_native_id())
    except FileNotFoundError:
        clock = Clock()
        time.sleep(_LONG_LOOK)
        wall, cpu = clock.look()
        return cpu > 0.1 * wall


def _state(task: str) -> str:
    """R where it runs or could; nothing where it has ended."""
    try:
        with open(f"{_TASKS}/{task}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(") ")[2][:1]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def per_call(call: Callable[[], Any]) -> float:
    """About how long a call takes, once it is warm: the better of two looks, each a millisecond or a call long."""
    call()
    calls, spent = 1, timed(call, 1)[0]
    while spent < _WARM:
        calls *= 4
        spent = timed(call, calls)[0]
    return min(spent, timed(call, calls)[0]) / calls


class Worker:
    """What requests are put to: the programs of one contender, and the cell that they are prepared for."""

    def __init__(self, programs: Any, device: str) -> None:
        self.programs, self.device = programs, device
        self.prepared: Any = None
        self.each = 0.0

    def prepare(self, cell: dict[str, Any], seed: int) -> dict[str, Any]:
        """Draw the inputs, compile, and find out how long a call takes."""
        from .cells import Cell

        self.prepared = None  # so that two cells need not fit into memory
        one = Cell(cell["workload"], tuple(cell["size"]), cell["dtype"], cell["cores"])
        self.prepared = self.programs.prepare(one.workload, one.inputs(seed), self.device)
        self.each = per_call(self.prepared.call)
        return {"compile_seconds": self.prepared.compile_seconds, "per_call": self.each}

    def time(self, calls: int, core: int) -> dict[str, Any]:
        """A sample that starts on that core."""
        start_on(core)
        timed(self.prepared.call, max(1, min(calls, int(_WARM / self.each))) if calls > 1 else 0)
        wall, cpu = timed(self.prepared.call, calls)
        return {"wall": wall, "cpu": cpu}

    def values(self, file: str, rows: list[int] | None) -> dict[str, Any]:
        """Compute once more, and leave the results, or some rows of them, in a file."""
        import numpy as np

        found = self.prepared.values(self.prepared.call())
        np.savez(file, **{str(i): a if rows is None else a[rows] for i, a in enumerate(found)})
        return {}

    def forget(self) -> dict[str, Any]:
        """Give the memory of the cell back."""
        self.prepared = None
        return {}

    def rates(self, gemm: dict[str, int], copy: int) -> dict[str, Any]:
        """What the cores can do at most (see ``ceilings``)."""
        from .ceilings import measured

        return measured(gemm, copy)


def answers(requests: Iterator[str], worker: Worker) -> Iterator[dict[str, Any]]:
    """An answer to every request; with what the process did while it waited for it."""
    from ..guest.call import told

    clock = Clock()
    for line in requests:
        wall, cpu = clock.look()
        request = json.loads(line)
        try:
            answer = getattr(worker, request.pop("do"))(**request)
        except Exception as error:
            answer = {"error": told(error)}
        settle()
        clock.look()
        yield {**answer, "waited_wall": wall, "waited_cpu": cpu}


def main(words: list[str]) -> None:
    """Pin, then import, then answer until there is nothing more to answer."""
    own = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a framework prints is no answer
    cores = [int(word) for word in words[0].split(",")]
    pinned = pin(cores)
    imported = "numpy" in sys.modules
    try:
        programs = import_module(words[1])
        why = programs.start(len(cores), words[2])
    except ImportError as error:
        why = str(error)
    on = programs.device_name() if not why and words[2] != "cpu" else ""
    _say(own, {"why": why} if why else {"pinned": pinned and not imported, "on": on})
    if not why:
        for answer in answers(iter(sys.stdin.readline, ""), Worker(programs, words[2])):
            _say(own, answer)


def _say(stream: IO[str], answer: dict[str, Any]) -> None:
    stream.write(json.dumps(answer) + "\n")
    stream.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
