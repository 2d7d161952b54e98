"""Where the time of a run goes: seconds by phase, measured where they are spent, in every process.

Phases do not overlap: while an inner one runs, the outer one stands still, so that their sum is the time that was
measured. Where nothing is measured a phase costs a microsecond.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

STARTING, IMPORT, INPUTS = "starting processes", "importing frameworks", "drawing inputs"
FIRST_CALL, CALL = "first calls (compiling)", "running implementations"
TRUTH = "truth and tolerance"
JUDGING, WRITING, REST = "judging", "writing", "the rest"
PHASES = (STARTING, IMPORT, INPUTS, FIRST_CALL, CALL, TRUTH, JUDGING, WRITING, REST)

Seconds = dict[str, float]
_OPEN = threading.local()


class _Clock:
    """Seconds by phase; ``phases`` are those that are open, the last of which runs."""

    def __init__(self) -> None:
        self.seconds: Seconds = {}
        self.phases = [REST]
        self.since = time.perf_counter()

    def turn(self) -> None:
        """Give the time that has passed to the phase that runs."""
        now = time.perf_counter()
        running = self.phases[-1]
        self.seconds[running] = self.seconds.get(running, 0.0) + now - self.since
        self.since = now


@contextmanager
def measured() -> Iterator[Seconds]:
    """The seconds by phase of what this thread does inside, which are there when it ends.

    >>> with measured() as seconds, phase(CALL), phase(TRUTH):
    ...     pass
    >>> sorted(seconds)
    ['running implementations', 'the rest', 'truth and tolerance']
    """
    before, clock = getattr(_OPEN, "clock", None), _Clock()
    _OPEN.clock = clock
    try:
        yield clock.seconds
    finally:
        clock.turn()
        _OPEN.clock = before
        if before is not None:  # that time is accounted for
            before.since = clock.since


@contextmanager
def phase(name: str) -> Iterator[None]:
    """What is done inside belongs to the phase; also a decorator."""
    clock: _Clock | None = getattr(_OPEN, "clock", None)
    if clock is None:
        yield
        return
    clock.turn()
    clock.phases.append(name)
    try:
        yield
    finally:
        clock.turn()
        clock.phases.pop()


@dataclass(frozen=True)
class Spent:
    """Seconds by phase of one cell of the matrix."""

    operation: str
    implementation: str
    device: str
    dtype: str
    case: str
    seconds: Mapping[str, float]

    @property
    def total(self) -> float:
        return sum(self.seconds.values())

    @property
    def mostly(self) -> str:
        """The phase that took most of it."""
        return max(self.seconds, key=lambda name: self.seconds[name])


@dataclass(frozen=True)
class Profile:
    """Where the time of a run went.

    ``wall`` is what a clock on the wall showed, ``cpu`` what the run had of the ``cores``, in all of its
    ``processes``; ``own`` are the seconds by phase that no cell accounts for.
    """

    wall: float
    cpu: float
    cores: int
    processes: int
    own: Mapping[str, float]
    cells: tuple[Spent, ...]

    @property
    def busy(self) -> float:
        """The share of the cores' time that the run had."""
        return self.cpu / (self.wall * self.cores) if self.wall else 0.0

    @property
    def phases(self) -> Seconds:
        """Seconds by phase, summed over the processes."""
        found = total([self.own, *(spent.seconds for spent in self.cells)])
        return {name: found[name] for name in PHASES if name in found}

    @property
    def implementations(self) -> Seconds:
        """Seconds in the implementations themselves, importing included, most first.

        What it takes to judge them is not theirs: a truth is computed for the first one that needs it.
        """
        return _most_first(
            {spent.implementation: sum(spent.seconds.get(name, 0.0) for name in (IMPORT, FIRST_CALL, CALL))}
            for spent in self.cells
        )

    @property
    def operations(self) -> Seconds:
        """Seconds by operation, all phases together, most first."""
        return _most_first({spent.operation: spent.total} for spent in self.cells)

    def slowest(self, most: int = 5) -> tuple[Spent, ...]:
        """The cells that took longest."""
        return tuple(sorted(self.cells, key=lambda spent: -spent.total)[:most])

    def beside(self, seconds: Mapping[str, float]) -> Profile:
        """With what was spent before and after the run, in the process that asked for it and by itself."""
        more = sum(seconds.values())
        own = total([self.own, seconds])
        return replace(self, wall=self.wall + more, cpu=self.cpu + more, own=own)

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "wall_seconds": round(self.wall, 3),
            "cpu_seconds": round(self.cpu, 3),
            "cores": self.cores,
            "processes": self.processes,
            "busy": round(self.busy, 3),
            "phases": _rounded(self.phases),
            "implementations": _rounded(self.implementations),
            "operations": _rounded(self.operations),
            "slowest_cells": [
                {
                    **{name: getattr(spent, name) for name in Spent.__dataclass_fields__},
                    "seconds": _rounded(spent.seconds),
                }
                for spent in self.slowest(20)
            ],
        }


def total(parts: Iterable[Mapping[str, float]]) -> Seconds:
    """Sums by name.

    >>> total([{"a": 1.0}, {"a": 0.5, "b": 2.0}])
    {'a': 1.5, 'b': 2.0}
    """
    found: Counter[str] = Counter()
    for part in parts:
        found.update(part)
    return dict(found)


def _most_first(parts: Iterable[Mapping[str, float]]) -> Seconds:
    return dict(sorted(total(parts).items(), key=lambda item: -item[1]))


def _rounded(seconds: Mapping[str, float]) -> Seconds:
    return {name: round(value, 3) for name, value in seconds.items()}
