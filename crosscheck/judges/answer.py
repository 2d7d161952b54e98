"""What a judge is asked, and what it says: caught, passed, or that it cannot judge."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from ..cases import Arrays
from ..formats import format_of
from ..graph import needs
from ..mistake import Mistake
from ..operation import Operation

Subject = Callable[..., object]
"""The function under test: inputs by name → an array (the value), or quantities by name."""

CASE = "typical"
"""The inputs that users of other judges would draw: ordinary random numbers."""


@dataclass(frozen=True)
class Answer:
    """``caught`` is None where the judge cannot judge; ``reason`` says why it caught it, or why it cannot.

    ``suspect`` and ``step`` are what a judge that names causes named first; ``local`` and ``end_to_end`` whether
    it catches it by checks of the one kind alone, where it has both.
    """

    caught: bool | None
    reason: str = ""
    suspect: str = ""
    step: str = ""
    local: bool | None = None
    end_to_end: bool | None = None


Ask = Callable[[Operation, Subject, Arrays], Answer]


@dataclass(frozen=True)
class Judge:
    """Another way to judge a function, at its documented default tolerances.

    ``heading`` its name over a narrow column, in lines of at most 6
    ``needs``   the packages that it takes
    ``dtype``   of the inputs
    ``ask``     (operation, function, inputs) → answer; what it raises counts as caught
    ``sees``    the quantities that it looks at
    ``trials``  how many inputs the function has to pass
    """

    name: str
    heading: str
    summary: str
    needs: tuple[str, ...]
    dtype: str
    ask: Ask
    sees: Callable[[Operation], frozenset[str]]
    trials: int = 1


def asked(judge: Judge, operation: Operation, function: Subject, seed: int = 0) -> Answer:
    """The judge's answer on the ordinary inputs of the operation; a function that raises is caught.

    >>> from crosscheck.judges.differences import JUDGE
    >>> from crosscheck.operations import operation
    >>> softmax = operation("softmax")
    >>> asked(JUDGE, softmax, softmax.reference).caught
    False
    >>> asked(JUDGE, softmax, lambda x, **others: np.zeros_like(x)).reason
    'no gradient is returned'
    """
    case, format = operation.cases[CASE], format_of(judge.dtype)
    drawn = (case.inputs(operation.name, format, seed + trial) for trial in range(judge.trials))
    return settled(judge, operation, function, drawn)


def settled(judge: Judge, operation: Operation, function: Subject, drawn: Iterable[Arrays]) -> Answer:
    """The first answer that is not a pass, at the given inputs."""
    answer = Answer(None, "no inputs")
    for inputs in drawn:
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                answer = judge.ask(operation, function, inputs)
        except Exception as error:
            answer = Answer(True, raised(error))
        if answer.caught is not False:
            return answer
    return answer


def raised(error: Exception) -> str:
    """An exception in a line: its first two, since assertions of arrays open with their tolerance."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()][:2]
    return f"{type(error).__name__}: {' '.join(lines)[:200] or '(no message)'}"


def out_of_sight(judge: Judge, operation: Operation, mistake: Mistake) -> str:
    """Why the judge cannot see the mistake, or '': all the quantities that it can touch are others.

    >>> from crosscheck.judges.differences import JUDGE
    >>> from crosscheck.operations import operation
    >>> out_of_sight(JUDGE, operation("softmax"), Mistake("late", "", "jvp", {"jvp": lambda x: x}))
    'looks at value and vjp only'
    """
    acts = (mistake.before, mistake.after, mistake.wrap, mistake.model)
    if not mistake.steps or any(act is not None for act in acts):
        return ""
    seen = judge.sees(operation)
    if touched(operation, set(mistake.steps)) & seen:
        return ""
    *most, last = (q for q in operation.quantities if q in seen)
    return f"looks at {', '.join(most)} and {last} only" if most else f"looks at {last} only"


def touched(operation: Operation, steps: set[str]) -> set[str]:
    """The steps, and every quantity that is computed from one of them."""
    found = set(steps)
    while True:
        more = {q for q, f in operation.graph.items() if q not in found and found.intersection(needs(f))}
        if not more:
            return found
        found |= more
