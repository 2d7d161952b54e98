"""Judge a function: call it, see what fails, and find out why."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from ..formats import FORMATS, Format
from ..guest.call import Outcome
from ..guest.conventions import Member
from ..guest.isolated import TIME_LIMIT, Isolated
from ..guest.runner import Runner
from ..guest.signature import called
from ..guest.source import divided
from ..operation import Operation
from ..operations import operation as find_operation
from ..operations import operations
from ..truth import require_gradual_underflow
from . import replay
from .calls import ORDINARY, Planned, planned
from .diagnose import first_wrong
from .findings import findings
from .notes import observed_notes
from .observe import Guest, Observation, Subject, call_of, judged
from .options import DTYPES, Options
from .reduction import AUTO, MEAN, SUM, has_reductions, likelier, with_reduction
from .result import LIMITED, RIGHT, WRONG, Report

MOST_ENDED = 2
"""How often in a row a function may end its process before it is left alone."""

Progress = Callable[[int, int], None]


def check(
    fn: Callable[..., Any] | str,
    operation: str | None = None,
    *,
    quantity: str | None = None,
    dtypes: Sequence[str] = DTYPES,
    arrays: str = "numpy",
    device: str = "cpu",
    reduction: str = AUTO,
    cases: Sequence[str] = (),
    seed: int = 0,
    all: bool = False,
    time_limit: float = TIME_LIMIT,
    progress: Progress | None = None,
) -> Report:
    """Judge a function as an operation: right, limited or wrong, where, and most likely why.

    ``fn`` takes the operation's inputs by their names (``x``, ``y``, ``cotangent``, …; those that it names), or as
    many as the value needs in their order, and returns the value, or a mapping of quantities. A network takes
    ``x, y, W1, b1, W2, b2`` and returns J, or a mapping with any of the quantities. Where ``arrays`` is ``torch``
    or ``jax`` it is handed tensors or JAX arrays on ``device``, and the derivatives that it does not return are
    its autodiff's.

    ``operation`` may be left out where the function has an operation's name.

    A callable runs in this process. A name, ``FILE.py:FN`` or ``pkg.module:fn``, runs in one of its own, where
    every call ends after ``time_limit`` seconds and nothing that the function does reaches the caller.

    ``reduction`` says whether a network's J is a sum or a mean over the batch; ``auto`` finds out. Without
    ``cases`` all small ones run, with ``all`` the large ones too, and those beyond the assignment's assumption
    that targets sum to 1. ``progress(done, total)`` is called after every call.

    ValueError or TypeError names an argument that means nothing, and what stands in the way of calling ``fn``;
    ImportError says what to install.

    >>> import numpy as np
    >>> import crosscheck
    >>> def softmax(x):
    ...     e = np.exp(x)
    ...     return e / e.sum(axis=-1, keepdims=True)
    >>> report = crosscheck.check(softmax, "softmax", dtypes=("float64",))
    >>> report.verdict, report.suspects[0].name
    ('limited', 'no shift')
    """
    options = Options(
        quantity,
        _names(dtypes),
        arrays,
        device,
        reduction,
        _names(cases),
        seed=seed,
        all=all,
        time_limit=time_limit,
    )
    return check_with(options, fn, operation, progress)


def check_with(
    options: Options, fn: Callable[..., Any] | str, name: str | None = None, progress: Progress | None = None
) -> Report:
    """``check`` with its arguments as ``Options``."""
    return check_as(fn, operation_of(fn, name), options, None, progress)


def operation_of(fn: Callable[..., Any] | str, name: str | None) -> Operation:
    """The operation of that name, or of the function's own; ValueError where there is none."""
    if name is None:
        name = divided(fn)[1] if isinstance(fn, str) else called(fn)
        if not name:
            raise ValueError(f"function: got {fn!r}, expected FILE.py:FN, or an operation whose name it has")
        if name not in operations():
            raise ValueError(f"operation: not given, and {name!r} is none of {', '.join(operations())}")
    return find_operation(name)


def _names(given: Any) -> Any:
    return tuple(given) if isinstance(given, list) else given


def check_as(
    fn: Callable[..., Any] | str, one: Operation, options: Options, of: Member | None, progress: Progress | None
) -> Report:
    """``check`` as an operation that is known; ``of`` is the function's convention, where it has one."""
    start = time.perf_counter()
    require_gradual_underflow()
    options.fits(one)
    with opened(fn, one, options, of) as guest:
        reduction = reduction_of(guest, one, options)
        notes = [f"J is judged as the {reduction} over the batch"] if reduction else []
        subject = subject_of(fn, one, options, of, reduction)
        name, judged_as = subject.name, subject.operation
        todo = [*planned(one, guest.takes, options, of)]
        if not todo:
            raise ValueError(f"{name}: there is no case that it can be judged by")
        seen = _observed(guest, subject, todo, notes, progress)
        found = findings(subject, seen, guest if options.examples else None)
        notes += observed_notes(subject, seen, guest, options, of)
    kinds = {finding.kind for finding in found}
    right = any(o.passed for o in seen if o.handed in FORMATS)
    verdict = WRONG if WRONG in kinds or not right else LIMITED if LIMITED in kinds else RIGHT
    first = _first_wrong(judged_as, seen) if verdict == WRONG else ""
    seconds = time.perf_counter() - start
    return Report(name, one.name, verdict, tuple(seen), found, tuple(notes), first, options.seed, seconds)


def opened(
    fn: Callable[..., Any] | str, one: Operation, options: Options, of: Member | None
) -> AbstractContextManager[Guest]:
    """The function, ready to be called: a callable in this process, a name in one of its own."""
    if not isinstance(fn, str):
        if not callable(fn):
            raise TypeError(f"fn: got {type(fn).__name__}, expected a function, or FILE.py:FN or pkg.module:fn")
        return nullcontext(Runner(fn, one, options.quantity, options.arrays, options.device))
    place, function = divided(fn)
    return Isolated(
        place,
        function or one.name,
        one.name if of is None else of.name,
        "" if of is None else of.convention,
        options.quantity if of is None else of.quantity,
        options.arrays,
        options.device,
        options.time_limit,
    )


def subject_of(
    fn: Callable[..., Any] | str, one: Operation, options: Options, of: Member | None, reduction: str
) -> Subject:
    """What is judged, J as reduced over the batch."""
    name = fn if isinstance(fn, str) else called(fn)
    asked = replay.bearing(fn, options, reduction)
    return Subject(name, with_reduction(one, reduction), replay.start(fn, one, of), options.seed, asked)


def reduction_of(guest: Guest, one: Operation, options: Options) -> str:
    """As what J is judged: what is asked for, or what a call shows it to be; '' where there is no such choice."""
    if not has_reductions(one):
        return ""
    if options.reduction != AUTO:
        return options.reduction
    case, dtype = one.cases["typical"], options.dtypes[0]
    format = FORMATS[dtype]
    inputs = case.inputs(one.name, format, options.seed)
    outcome = guest(call_of(case, inputs))
    subjects = {r: Subject("", with_reduction(one, r), "", options.seed) for r in (SUM, MEAN)}
    return likelier({r: judged(s, case, dtype, format, inputs, outcome).verdicts for r, s in subjects.items()})


def _observed(
    guest: Guest, subject: Subject, todo: Sequence[Planned], notes: list[str], progress: Progress | None
) -> list[Observation]:
    """The calls, one after the other; a function that ends its process twice in a row is left alone, and noted."""
    seen: list[Observation] = []
    ended = 0
    for done, call in enumerate(todo, 1):
        outcome = guest(call_of(call.case, call.given))
        if not declined(call, outcome):
            seen.append(judgement(subject, call, outcome))
        if progress is not None:
            progress(done, len(todo))
        ended = ended + 1 if outcome.ended else 0
        if ended == MOST_ENDED and done < len(todo):
            notes.append(f"left alone after {done} of {len(todo)} calls: the last {ended} ended its process")
            break
    return seen


def declined(call: Planned, outcome: Outcome) -> bool:
    """Whether the function declines whole numbers, or a batch of nothing, which is no limit."""
    declinable = call.handed not in FORMATS or any(a.size == 0 for a in call.inputs.values())
    return declinable and outcome.refused


def judgement(subject: Subject, call: Planned, outcome: Outcome) -> Observation:
    """What came of a planned call, judged."""
    format = FORMATS.get(call.handed) or _format_of(outcome)
    return judged(subject, call.case, call.handed, format, call.inputs, outcome)


def _format_of(outcome: Outcome) -> Format:
    """The format that a function of whole numbers answers in."""
    found = (FORMATS[a.dtype.name] for a in outcome.results.values() if a.dtype.name in FORMATS)
    return next(found, FORMATS["float64"])


def _first_wrong(one: Operation, seen: Sequence[Observation]) -> str:
    failing = [o for o in seen if o.failed]
    failing = [o for o in failing if o.case.name in ORDINARY] or failing
    failing = [o for o in failing if not o.outcome.error] or failing
    return " or ".join(first_wrong(one, failing[0])) if failing else ""
