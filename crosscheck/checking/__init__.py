"""Judge anybody's function: ``check(fn, operation)``.

``options``    how it is judged
``calls``      by which calls
``observe``    call it at the inputs of a case, judge what comes back
``replay``     what repeats a verdict
``reduction``  whether its J is a sum or a mean
``diagnose``   which known mistake it has, at which step it goes wrong
``shrink``     the smallest input that shows it
``examples``   that input, with what was got and what is exact
``findings``   what is wrong and what is limited
``notes``      what a reader should know beside it
``result``     the report
``candidate``  a function that is asked more than once
``run``        all of it in order
``convention`` all functions of a file
"""

from __future__ import annotations

from .convention import check_convention
from .options import DTYPES, Options
from .result import LIMITED, RIGHT, WRONG, Example, Finding, Report, to_dict, unjudged
from .run import check, check_with

__all__ = [
    "DTYPES",
    "LIMITED",
    "RIGHT",
    "WRONG",
    "Example",
    "Finding",
    "Options",
    "Report",
    "check",
    "check_convention",
    "check_with",
    "to_dict",
    "unjudged",
]
