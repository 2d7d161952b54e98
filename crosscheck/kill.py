"""The kill matrix: every known mistake, and every right implementation, before every judge."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from typing import Any

from . import workers
from .environment import cores, environment
from .judges import JUDGES, Answer, asked, missing, out_of_sight
from .judges.ours import DTYPES, END_TO_END_ONLY, HEADINGS, LOCAL_ONLY, NAME, SUMMARY, ours
from .mistake import Mistake
from .operations import operation, operations
from .third_parties import ThirdParty, installed, third_parties

SCHEMA = "crosscheck.mistakes/1"
MISTAKE, RIGHT = "mistake", "right"
ENOUGH = 0.9
"""The share of the mistakes that the first suspect has to name."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Task:
    """A mistake of an operation, or a right implementation of it, by name: functions do not travel."""

    operation: str
    kind: str
    name: str
    step: str = ""


@dataclass(frozen=True)
class Row:
    """What the judges said of one mistake or one right implementation: name of the judge → answer."""

    task: Task
    answers: dict[str, Answer]

    def said(self, judge: str) -> Answer:
        """The answer of a judge; by their kinds, those of the two halves of ours."""
        whole = self.answers[NAME]
        halves = {LOCAL_ONLY: whole.local, END_TO_END_ONLY: whole.end_to_end}
        return Answer(halves[judge]) if judge in halves else self.answers[judge]

    @property
    def named(self) -> bool:
        """Whether our first suspect is the mistake."""
        return self.answers[NAME].suspect == self.task.name


@dataclass(frozen=True)
class Count:
    """``of`` were judged, ``hit`` of them were caught, ``more`` could not be judged."""

    hit: int
    of: int
    more: int = 0

    @property
    def share(self) -> float:
        return self.hit / self.of if self.of else 0.0


@dataclass(frozen=True)
class Kill:
    """The whole matrix. ``str(kill)`` is its table."""

    rows: tuple[Row, ...]
    not_validated: tuple[str, ...]
    seed: int
    seconds: float

    @property
    def judges(self) -> tuple[str, ...]:
        return (*HEADINGS, *(judge.name for judge in JUDGES))

    def of(self, kind: str, operation: str = "") -> tuple[Row, ...]:
        """The mistakes, or the right implementations; of all operations, or of one."""
        return tuple(r for r in self.rows if r.task.kind == kind and operation in ("", r.task.operation))

    def caught(self, judge: str, kind: str = MISTAKE, operation: str = "") -> Count:
        """How many mistakes the judge caught; of right implementations: how many false alarms it raised."""
        answers = [row.said(judge).caught for row in self.of(kind, operation)]
        judged = [caught for caught in answers if caught is not None]
        return Count(sum(judged), len(judged), len(answers) - len(judged))

    def named(self, operation: str = "") -> Count:
        """How often our first suspect is the mistake."""
        rows = self.of(MISTAKE, operation)
        return Count(sum(row.named for row in rows), len(rows))

    @property
    def operations(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.task.operation for row in self.rows))

    @property
    def passed(self) -> bool:
        """Ours caught every mistake, named enough of them, and raised no false alarm."""
        caught, alarms = self.caught(NAME), self.caught(NAME, RIGHT)
        return caught.hit == caught.of > 0 and self.named().share >= ENOUGH and alarms.hit == 0

    def to_dict(self) -> dict[str, Any]:
        """Plain data, with a versioned schema."""
        return {
            "schema": SCHEMA,
            "environment": environment(),
            "seed": self.seed,
            "seconds": round(self.seconds, 3),
            "passed": self.passed,
            "judges": {NAME: SUMMARY, **{judge.name: judge.summary for judge in JUDGES}},
            "caught": {judge: asdict(self.caught(judge)) for judge in (NAME, *self.judges)},
            "false_alarms": {judge: asdict(self.caught(judge, RIGHT)) for judge in (NAME, *self.judges)},
            "operations": {
                one: {
                    "named": asdict(self.named(one)),
                    "caught": {judge: asdict(self.caught(judge, operation=one)) for judge in (NAME, *self.judges)},
                }
                for one in self.operations
            },
            "not_validated": self.not_validated,
            "rows": [
                {**asdict(row.task), "answers": {judge: asdict(a) for judge, a in row.answers.items()}}
                for row in self.rows
            ],
        }

    def __str__(self) -> str:
        from .report.mistakes import text

        return text(self)


def tasks(names: Sequence[str] = ()) -> tuple[tuple[Task, ...], tuple[str, ...]]:
    """What is to be judged, of the named operations or of all, and what cannot be, in lines.

    ValueError names an unknown operation.
    """
    chosen = [operation(name) for name in dict.fromkeys(names)] or [*operations().values()]
    todo = [Task(one.name, MISTAKE, mistake.name, mistake.step) for one in chosen for mistake in one.mistakes]
    gaps = [f"{judge.name}: {missing(judge)}" for judge in JUDGES if missing(judge)]
    absent: dict[str, str] = {}
    for party in third_parties(one.name for one in chosen):
        if installed(party):
            todo.append(Task(party.operation, RIGHT, party.package))
        else:
            absent[party.package] = party.install
    gaps += [f"{package}, as a right implementation: pip install {what}" for package, what in absent.items()]
    return tuple(todo), tuple(gaps)


def judged(task: Task, seed: int) -> Row:
    """All judges' answers. Each is given a function of its own: some mistakes remember."""
    one = operation(task.operation)
    if task.kind == RIGHT:
        party = _party(task)
        answers = {NAME: ours(one, party.function, seed, party.dtypes, assumes=party.assumes)}
        for judge in JUDGES:
            lacking = missing(judge)
            answers[judge.name] = Answer(None, lacking) if lacking else asked(judge, one, party.function, seed)
        return Row(task, answers)
    mistake = _mistake(task)
    answers = {NAME: ours(one, one.program(mistake), seed, DTYPES, mistake)}
    for judge in JUDGES:
        blind = missing(judge) or out_of_sight(judge, one, mistake)
        answers[judge.name] = Answer(None, blind) if blind else asked(judge, one, one.program(mistake), seed)
    return Row(task, answers)


def _party(task: Task) -> ThirdParty:
    return next(p for p in third_parties((task.operation,)) if p.package == task.name)


def _mistake(task: Task) -> Mistake:
    return next(m for m in operation(task.operation).mistakes if m.name == task.name)


def kill(
    names: Sequence[str] = (), seed: int = 0, progress: Progress | None = None, jobs: int | None = None
) -> Kill:
    """Put every mistake and every right implementation of the operations before every judge.

    ``progress(done, all)`` is called after each; ``jobs`` processes share the work, by default one for each core.
    """
    start = time.perf_counter()
    todo, gaps = tasks(names)
    found: dict[Task, Row] = {}
    for row in _run(todo, seed, cores() if jobs is None else jobs):
        found[row.task] = row
        if progress is not None:
            progress(len(found), len(todo))
    return Kill(tuple(found[task] for task in todo), gaps, seed, time.perf_counter() - start)


def _run(todo: Sequence[Task], seed: int, jobs: int) -> Iterator[Row]:
    if jobs <= 1:
        yield from (judged(task, seed) for task in todo)
        return
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_begin)
    try:
        # The networks take longest: what starts last should be short.
        heavy_first = sorted(todo, key=lambda task: not operation(task.operation).taps)
        with workers.products_on_one_core():  # the processes start with what they are first asked for
            asked = [pool.submit(judged, task, seed) for task in heavy_first]
        for done in as_completed(asked):
            yield done.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _begin() -> None:
    """One thread for each process: several that use all cores only get in each other's way."""
    workers.begin()
    os.environ["OMP_NUM_THREADS"] = "1"  # read by torch, which is imported later
