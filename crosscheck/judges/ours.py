"""Our own judge, asked as anybody would: through ``crosscheck.check``."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ..checking import LIMITED, RIGHT, WRONG, Options, Report, check_with
from ..checking.reduction import AUTO, SUM, has_reductions
from ..graph import needs
from ..judge import END_TO_END, FAIL, LOCAL, Verdict
from ..mistake import Mistake
from ..operation import Operation
from .answer import Answer, Subject, raised

NAME = "crosscheck"
LOCAL_ONLY, END_TO_END_ONLY = "crosscheck, local", "crosscheck, end to end"
HEADINGS = {LOCAL_ONLY: "ours,\nlocal", END_TO_END_ONLY: "ours,\nend to\nend"}
SUMMARY = "crosscheck.check, then --case unnormalised, float64"
DTYPES = ("float64",)
BEYOND = "unnormalised"
"""Targets that do not sum to 1: a case that runs where it is named, because §2.2's ŷ − y assumes that they do."""


def _check(function: Subject, name: str, **asked: Any) -> Report:
    """The verdict and what is suspected; nobody looks at an example here."""
    return check_with(Options(**asked, examples=False), function, name)


def ours(
    operation: Operation,
    function: Subject,
    seed: int = 0,
    dtypes: tuple[str, ...] = DTYPES,
    mistake: Mistake | None = None,
    assumes: str = "",
    check: Callable[..., Report] = _check,
) -> Answer:
    """Whether the function is found wrong, and of what it is suspected first.

    A mistake that ordinary input does not show is caught where the verdict is "limited" as well. A function that
    ``assumes`` something of its targets is not asked about others.
    """
    # It is judged for what it is said to be: that the mean of a cost might be meant is not asked.
    reduction = SUM if has_reductions(operation) else AUTO
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            report = check(function, operation.name, dtypes=dtypes, seed=seed, reduction=reduction)
            if report.verdict == RIGHT and BEYOND in operation.cases and not assumes:
                case: dict[str, Any] = {"cases": (BEYOND,), "dtypes": dtypes, "seed": seed, "reduction": reduction}
                report = check(function, operation.name, **case)
    except Exception as error:  # a judge that breaks off has not judged: not caught, or a false alarm
        return Answer(mistake is None, raised(error))
    limited = report.verdict == LIMITED and mistake is not None and mistake.limited
    suspect = report.suspects[0].name if report.suspects else ""
    caught = report.verdict == WRONG or limited
    local, end_to_end = (caught and _by(check, operation, report) for check in (LOCAL, END_TO_END))
    return Answer(caught, report.verdict, suspect, report.first_wrong, local, end_to_end)


def _by(check: str, operation: Operation, report: Report) -> bool:
    """Whether something fails in a check of that kind, or shows apart from numbers; a step whose inputs are all
    given is judged locally and end to end at once.
    """

    def of_that_kind(verdict: Verdict) -> bool:
        given = not set(needs(operation.graph[verdict.quantity])) & set(operation.graph)
        return verdict.check == check or given

    failed = [v for v in report.verdicts if v.status == FAIL]
    return any(map(of_that_kind, failed)) or any(seen.outcome.shows for seen in report.observations)
