"""Other people's judges, each at its documented default tolerances, on the inputs that their users would draw."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

from . import differences, jax_judges, kernelbench, torch_judges
from .answer import Answer, Judge, Subject, asked, out_of_sight, settled

__all__ = ["JUDGES", "Answer", "Judge", "Subject", "asked", "missing", "out_of_sight", "settled"]

JUDGES: tuple[Judge, ...] = (*torch_judges.JUDGES, jax_judges.JUDGE, differences.JUDGE, kernelbench.JUDGE)


@cache
def missing(judge: Judge) -> str:
    """What has to be installed before the judge can be asked, or ''."""
    absent = [name for name in judge.needs if find_spec(name) is None]
    return f"{absent[0]} is not installed: pip install -e '.[{absent[0]}]'" if absent else ""
