"""Our own judge, asked as anybody would: through ``crosscheck.check``."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ..mistake import Mistake
from ..operation import Operation
from .answer import Answer, Subject, raised

NAME, HEADING = "crosscheck", "cross-\ncheck"
SUMMARY = "crosscheck.check, on all small cases, float64"
DTYPES = ("float64",)


def ours(
    operation: Operation,
    function: Subject,
    seed: int = 0,
    dtypes: tuple[str, ...] = DTYPES,
    mistake: Mistake | None = None,
    check: Callable[..., Any] | None = None,
) -> Answer:
    """Whether the function is found wrong, and of what it is suspected first.

    A mistake that ordinary input does not show is caught where the verdict is "limited" as well. ``check`` is
    ``crosscheck.check`` where nothing else is given.
    """
    if check is None:
        import crosscheck

        check = crosscheck.check
    # A function is judged for what it is said to be: that the mean of a cost might be meant is not asked.
    how = {"reduction": "sum"} if operation.name == "two_layer" else {}
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            report = check(function, operation.name, dtypes=dtypes, seed=seed, **how)
    except Exception as error:  # a judge that breaks off has not judged: not caught, or a false alarm
        return Answer(mistake is None, raised(error))
    caught = report.verdict == "wrong" or (report.verdict == "limited" and mistake is not None and mistake.limited)
    suspect = report.suspects[0].name if report.suspects else ""
    return Answer(caught, report.verdict, suspect, report.first_wrong)
