"""Our own judge, asked as anybody would: through ``crosscheck.check``."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

from ..checking import LIMITED, RIGHT, WRONG, Report, check
from ..checking.reduction import AUTO, SUM, has_reductions
from ..mistake import Mistake
from ..operation import Operation
from .answer import Answer, Subject, raised

NAME, HEADING = "crosscheck", "cross-\ncheck"
SUMMARY = "crosscheck.check, then --case unnormalised, float64"
DTYPES = ("float64",)
BEYOND = "unnormalised"
"""Targets that do not sum to 1: a case that runs where it is named, because §2.2's ŷ − y assumes that they do."""


def ours(
    operation: Operation,
    function: Subject,
    seed: int = 0,
    dtypes: tuple[str, ...] = DTYPES,
    mistake: Mistake | None = None,
    assumes: str = "",
    check: Callable[..., Report] = check,
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
                case = {"cases": (BEYOND,), "dtypes": dtypes, "seed": seed, "reduction": reduction}
                report = check(function, operation.name, **case)
    except Exception as error:  # a judge that breaks off has not judged: not caught, or a false alarm
        return Answer(mistake is None, raised(error))
    limited = report.verdict == LIMITED and mistake is not None and mistake.limited
    suspect = report.suspects[0].name if report.suspects else ""
    return Answer(report.verdict == WRONG or limited, report.verdict, suspect, report.first_wrong)
