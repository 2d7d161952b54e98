"""Call a function at the inputs of a case, and judge what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from ..cases import Arrays, Case
from ..formats import FORMATS, Format
from ..guest.call import Call, Outcome
from ..guest.signature import Takes, main_quantity
from ..judge import FAIL, LOCAL, PASS, UNAVAILABLE, Assessment, Cell, Verdict, judge
from ..operation import Operation
from .replay import line


class Guest(Protocol):
    """A function, ready to be called."""

    @property
    def takes(self) -> Takes: ...

    def __call__(self, call: Call) -> Outcome: ...


@dataclass(frozen=True)
class Subject:
    """What is judged, in words: its name, the operation, and what judges it again: the start of that, and the
    options that bear on every case (see ``replay``).
    """

    name: str
    operation: Operation
    replay: str
    seed: int
    asked: Mapping[str, Any] = field(default_factory=dict)

    def again(self, dtype: str, case: str) -> str:
        """What repeats one case: a command, or a line of Python where there is no such command."""
        dtypes = {"dtypes": (dtype,)} if dtype in FORMATS else {}
        seed = {"seed": self.seed} if self.seed else {}
        return line(self.replay, {**self.asked, **dtypes, "cases": (case,), **seed})


@dataclass(frozen=True, eq=False)
class Observation:
    """One call: the case, the dtype that was handed over, what came of it, and the verdicts on that.

    ``inputs`` are those that the verdicts are about, ``format`` is that by whose roundings they were reached: the
    one of the results where that is narrower than what was handed over.
    """

    case: Case
    handed: str
    format: Format
    inputs: Arrays
    outcome: Outcome
    verdicts: tuple[Verdict, ...]

    @property
    def failed(self) -> tuple[Verdict, ...]:
        return tuple(v for v in self.verdicts if v.status == FAIL)

    @property
    def passed(self) -> bool:
        """Nothing failed, and something sharp was checked."""
        return not self.failed and any(v.status == PASS for v in self.verdicts)


def judged(
    subject: Subject, case: Case, handed: str, format: Format, inputs: Arrays, outcome: Outcome
) -> Observation:
    """The observation of an outcome at inputs in ``format``; ``handed`` is the dtype of what was handed over."""
    model, results = in_format(outcome.results, format)
    if _beyond(inputs, model):
        return Observation(case, handed, model, inputs, outcome.with_results(results), ())
    cell = Cell(subject.operation, subject.name, "cpu", format, case.name, subject.seed, model)
    if outcome.error:
        verdicts = [cell.verdict(main_quantity(subject.operation), LOCAL, Assessment(FAIL, outcome.error))]
    else:
        verdicts = [v for v in judge(cell, inputs, results) if v.status != UNAVAILABLE]
    again = subject.again(handed, case.name)
    told = tuple(replace(verdict, dtype=handed, replay=again) for verdict in verdicts)
    return Observation(case, handed, model, inputs, outcome.with_results(results), told)


def in_format(results: Arrays, format: Format) -> tuple[Format, Arrays]:
    """The format by which results are judged, and the results in it.

    It is the narrowest that a result has, where one is narrower than ``format``: a function that returns float32
    says that it computes in float32. Wider results are rounded to it, which the bound covers: it has a rounding
    for storing each result. What is no floating-point number stays what it is.
    """
    narrow = [
        f for f in (FORMATS.get(a.dtype.name) for a in results.values()) if f and f.precision < format.precision
    ]
    model = min([format, *narrow], key=lambda f: f.precision)
    return model, {name: _stored(a, model) for name, a in results.items()}


def _beyond(inputs: Arrays, model: Format) -> bool:
    """Whether a number is too large for a function that computes in a narrower format than it was handed."""
    floats = (a.astype(np.float64) for a in inputs.values() if a.dtype.itemsize > model.dtype.itemsize)
    return any(bool((np.isfinite(a) & (np.abs(a) > model.largest)).any()) for a in floats)


def _stored(a: np.ndarray, format: Format) -> np.ndarray:
    if a.dtype == format.dtype or (a.dtype.name not in FORMATS and a.dtype.kind != "f"):
        return a
    with np.errstate(all="ignore"):
        return format.round(a.astype(np.float64))


def call_of(case: Case, inputs: Arrays) -> Call:
    """The inputs as the case hands them over."""
    return Call(inputs, case.layout, case.axis)
