"""Recorded defects of frameworks: where an implementation misses the bound, why, and what shows it.

A record is strict. A failure that it covers is ``known``; if a run covers the whole record and nothing in it fails
any more, the record is stale, the run fails and says to remove it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatch

from .judge import FAIL, KNOWN, PASS, VACUOUS, Verdict


@dataclass(frozen=True)
class Defect:
    """A recorded defect: ``implementation`` is a pattern, ``shown`` the smallest input that shows it."""

    name: str
    implementation: str
    operation: str
    quantities: tuple[str, ...]
    dtypes: tuple[str, ...]
    found_in: str
    reason: str
    shown: str
    thread: str = ""

    def covers(self, verdict: Verdict) -> bool:
        """Whether a verdict stands where the defect is."""
        return (
            fnmatch(verdict.implementation, self.implementation)
            and verdict.operation == self.operation
            and verdict.quantity in self.quantities
            and verdict.dtype in self.dtypes
        )


DEFECTS = (
    Defect(
        name="bias gradient summed in 16 bits",
        implementation="jax.*",
        operation="two_layer",
        quantities=("d_b1", "d_b2"),
        dtypes=("bfloat16", "float16"),
        found_in="jax 0.10.2",
        reason="the transpose of a broadcast is reduce_sum in the input's dtype, where jnp.sum adds in float32",
        shown="vjp of b ↦ zeros((65, 1)) + b at the cotangent [256, 1, …, 1] in bfloat16: 304, exact is 320",
    ),
    Defect(
        name="cotangent of log_softmax summed in 16 bits",
        implementation="jax.*",
        operation="log_softmax",
        quantities=("vjp",),
        dtypes=("bfloat16", "float16"),
        found_in="jax 0.10.2",
        reason="the backward pass sums the cotangent by reduce_sum in its dtype; the forward pass adds in float32",
        shown="vjp at x = zeros(10), cotangent [256, 1, …, 1, −256], bfloat16: 1 in the middle, exact is 0.2",
    ),
)


def with_known(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """The verdicts, with failures that are recorded marked ``known``."""
    return tuple(_marked(verdict) for verdict in verdicts)


def _marked(verdict: Verdict) -> Verdict:
    if verdict.status != FAIL or verdict.worst is None:
        return verdict  # a missing result or a wrong shape is never a known rounding defect
    for defect in DEFECTS:
        if defect.covers(verdict):
            return replace(verdict, status=KNOWN, reason=f"{defect.name}: {verdict.reason}")
    return verdict


def stale(verdicts: Iterable[Verdict]) -> tuple[tuple[Defect, str], ...]:
    """Records with an implementation for which they were covered whole and nothing failed."""
    from .operations import operations

    verdicts = tuple(verdicts)
    found = []
    for defect in DEFECTS:
        for name in dict.fromkeys(v.implementation for v in verdicts if defect.covers(v)):
            judged = [v for v in verdicts if defect.covers(v) and v.implementation == name]
            judged = [v for v in judged if v.status in (PASS, VACUOUS, FAIL, KNOWN)]
            usual = [case for case in operations()[defect.operation].cases.values() if not case.extra]
            whole = len(defect.dtypes) * len(usual)
            covered = len({(v.dtype, v.case) for v in judged}) >= whole
            if covered and all(v.status != KNOWN for v in judged):
                found.append((defect, name))
    return tuple(found)
