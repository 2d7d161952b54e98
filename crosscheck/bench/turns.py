"""Contenders in turn: each in a process of its own, one at a time, round after round."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from math import ceil
from typing import Any

from .cells import Cell
from .plan import Plan
from .process import Child, Contender, LostError, MissingError, RefusedError

PREPARING = 300.0
"""Seconds in which a contender draws its inputs, compiles and computes a few times."""

SAMPLING = 120.0
"""Seconds that a sample may take, and a result."""

MOST_LOST = 2
"""How often a contender's process may end before it is not started again."""

FEWEST_ROUNDS = 5


@dataclass
class Samples:
    """What a contender has shown of a cell so far."""

    calls: int = 0
    compile_seconds: float | None = None
    seconds: list[float] = field(default_factory=list)
    wall: float = 0.0
    cpu: float = 0.0
    failure: str = ""


class Field:
    """The contenders on the same cores, each with its process. A context manager: they end with it."""

    def __init__(self, contenders: Sequence[Contender], cores: list[int], variables: dict[str, str]) -> None:
        self.cores, self.variables = cores, variables
        self.children: dict[str, Child] = {}
        self.missing: dict[str, str] = {}
        self.pinned = True
        self.devices: dict[str, str] = {}
        self.contenders = contenders
        self._lost: dict[str, int] = {}
        self._waited: dict[str, tuple[float, float]] = {}
        for one in contenders:
            try:
                self._start(one)
            except MissingError as error:
                self.missing[one.name] = str(error)
            except LostError as error:
                self._lost[one.name] = MOST_LOST
                self.missing[one.name] = f"its process {error}"

    def __enter__(self) -> Field:
        return self

    def __exit__(self, *_: object) -> None:
        for child in self.children.values():
            child.close()

    def _start(self, one: Contender) -> None:
        self.children[one.name] = Child(one, self.cores, self.variables)
        self.pinned &= self.children[one.name].pinned
        if self.children[one.name].on:
            self.devices[one.name] = self.children[one.name].on

    @property
    def at_rest(self) -> dict[str, float]:
        """Contender → the cores that it kept busy while others had their turn."""
        for name, child in self.children.items():
            self._waited[name] = (child.waited_wall, child.waited_cpu)
        return {name: cpu / wall for name, (wall, cpu) in self._waited.items() if wall > 0}

    def timed(self, cell: Cell, plan: Plan) -> dict[str, Samples]:
        """Every contender's samples of a cell, by name."""
        found = {one.name: Samples() for one in self.contenders if one.name not in self.missing}
        each = {name: self._prepared(name, cell, plan, found[name]) for name in found}
        longest = max((seconds for name, seconds in each.items() if not found[name].failure), default=0.0)
        for name, samples in found.items():
            samples.calls = max(1, ceil(plan.sample / each[name])) if each[name] else 0
        rounds = min(plan.rounds, max(FEWEST_ROUNDS, int(plan.budget / max(longest, plan.sample))))
        for number in range(rounds):
            # No contender is to have the slower core for its own, where one is: in a round all start on the same.
            core = self.cores[number % len(self.cores)]
            for name, samples in found.items():
                answer = self._asked(name, samples, "time", SAMPLING, calls=samples.calls, core=core)
                if answer is not None:
                    samples.seconds.append(answer["wall"] / samples.calls)
                    samples.wall += answer["wall"]
                    samples.cpu += answer["cpu"]
        return found

    def left(self, found: dict[str, Samples], folder: str, rows: list[int] | None) -> Iterator[tuple[str, str]]:
        """(contender, the file in which it left its results) of those that have samples."""
        for name, samples in found.items():
            file = f"{folder}/{len(self.cores)}-{name}.npz"
            if self._asked(name, samples, "values", SAMPLING, file=file, rows=rows) is not None:
                yield name, file
            self._asked(name, samples, "forget", SAMPLING)

    def _prepared(self, name: str, cell: Cell, plan: Plan, samples: Samples) -> float:
        """Seconds that a call takes; 0 where it failed."""
        if name not in self.children:
            if self._lost[name] >= MOST_LOST:
                samples.failure = "given up: its process ended before"
                return 0.0
            try:
                self._start(next(one for one in self.contenders if one.name == name))
            except (LostError, MissingError) as error:
                samples.failure = str(error)
                self._lost[name] += 1
                return 0.0
        answer = self._asked(name, samples, "prepare", PREPARING, cell=asdict(cell), seed=plan.seed)
        if answer is None:
            return 0.0
        samples.compile_seconds = answer["compile_seconds"]
        return float(answer["per_call"])

    def _asked(
        self, name: str, samples: Samples, do: str, seconds: float, **request: Any
    ) -> dict[str, Any] | None:
        """The answer, or None, and why in ``samples.failure``, where there was none or will be none."""
        if samples.failure:
            return None
        child = self.children[name]
        try:
            return child.ask(do, seconds, **request)
        except RefusedError as error:
            samples.failure = f"raised {error}"
        except LostError as error:
            samples.failure = f"its process {error}"
            self._waited[name] = (child.waited_wall, child.waited_cpu)
            self._lost[name] = self._lost.get(name, 0) + 1
            del self.children[name]
        return None
