"""Whether a network's J is the sum over the batch or its mean: both are right, and a function need not say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..judge import END_TO_END, FAIL, Verdict
from ..operation import Operation
from ..operations import operation

SUM, MEAN, AUTO = "sum", "mean", "auto"
REDUCTIONS = (SUM, MEAN, AUTO)


def with_reduction(one: Operation, reduction: str) -> Operation:
    """The network whose J is reduced so; the cases are those of the sum."""
    if reduction == SUM or not has_reductions(one):
        return one
    mean = operation(f"{one.name}_mean")
    return replace(mean, cases=one.cases, mistakes=mean.mistakes)


def has_reductions(one: Operation) -> bool:
    """Whether the operation comes as a sum and as a mean."""
    return one.name == "two_layer"


def likelier(verdicts: Mapping[str, tuple[Verdict, ...]]) -> str:
    """The reduction under which J is right on ordinary input; where it is so under neither, the one under which
    fewer quantities are wrong; the sum where that does not tell either.
    """

    def wrong(reduction: str) -> tuple[bool, int]:
        found = [v for v in verdicts[reduction] if v.check == END_TO_END or v.quantity == "J"]
        of_cost = [v for v in found if v.quantity == "J"]
        return any(v.status == FAIL for v in of_cost), sum(v.status == FAIL for v in found)

    return min((SUM, MEAN), key=wrong)
