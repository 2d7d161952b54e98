"""From observations to findings: what is wrong, what is limited, each with its smallest example."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from ..formats import FORMATS
from ..guest.signature import main_quantity
from ..judge import LOCAL, Verdict
from ..mistake import ALIASED, CHANGED, REUSED, STALE
from ..operation import Operation
from .calls import ORDINARY
from .diagnose import Suspect, suspects, suspects_of_step
from .examples import Ask, smallest, symptom
from .observe import Observation, Subject
from .result import LIMITED, WRONG, Finding

_SHOWN = {
    ALIASED: "returns {}'s memory",
    CHANGED: "changes its argument {}",
    REUSED: "writes again to the memory of an earlier result, {}",
}
_OF_UNSIGNED = " for unsigned integers, which wrap below 0"
_MILD = ("is a number where there is none", "is off")
"""Symptoms that are told after the others: a NaN, a 0, an exception."""
_MOST = 6
"""Limits that are told, at most."""


def findings(subject: Subject, seen: Sequence[Observation], ask: Ask | None) -> tuple[Finding, ...]:
    """What is wrong first, then the limits; ``ask`` calls the function again, for smaller examples, or none."""
    declined = _declined(seen)
    found = [
        *(_refusal(subject, dtype, reason) for dtype, reason in declined.items()),
        *_shown(subject, seen),
    ]
    judged_ones = [o for o in seen if o.handed not in declined]
    return (*_failures(subject, judged_ones, ask), *found)


def _declined(seen: Sequence[Observation]) -> dict[str, str]:
    """The dtypes that the function always declines, where it takes another; and how."""
    found = {}
    dtypes = dict.fromkeys(o.handed for o in seen if o.handed in FORMATS)
    for dtype in dtypes:
        here = [o for o in seen if o.handed == dtype]
        if all(o.outcome.refused for o in here):
            found[dtype] = here[0].outcome.error
    return found if len(found) < len(dtypes) else {}


def _refusal(subject: Subject, dtype: str, reason: str) -> Finding:
    main = main_quantity(subject.operation)
    return Finding(LIMITED, main, f"does not take {dtype}", reason, {}, replay=subject.again(dtype, "typical"))


def _shown(subject: Subject, seen: Sequence[Observation]) -> Iterator[Finding]:
    """Arguments changed, memory shared."""
    for flag, words in _SHOWN.items():
        having = [o for o in seen if flag in o.outcome.shows]
        because = flag == CHANGED and any(ALIASED in o.outcome.shows for o in having)  # a result was written there
        if having and not because:
            first = having[0]
            shown = words.format(first.outcome.shows[flag].replace(" in ", " in the argument "))
            known = [m for m in subject.operation.mistakes if m.shows == flag]
            named = tuple(Suspect(m.name, m.sentence, m.step, 0.0) for m in known[:1])
            again = subject.again(first.handed, first.case.name)
            yield Finding(LIMITED, "", shown, "", _where(having), suspects=named, replay=again)


Failure = tuple[Observation, Verdict]


def _failures(subject: Subject, seen: Sequence[Observation], ask: Ask | None) -> Iterator[Finding]:
    """What is wrong on ordinary input, a finding for each step; where nothing is, the limits."""
    failures = [(o, v) for o in seen for v in o.failed]
    wrong = [(o, v) for o, v in failures if o.case.name in ORDINARY]
    passing = [o for o in seen if o.passed]

    def finding(
        kind: str,
        here: Sequence[Failure],
        named: tuple[Suspect, ...],
        also: Sequence[str] = (),
        more: Sequence[Failure] = (),
    ) -> Finding:
        """``here`` fails as is shown; ``more`` is what the same mistake explains, which is told by where it is."""
        # What repeats the failure repeats the one whose smallest example is shown.
        o, v = min(here, key=lambda pair: sum(a.size for a in pair[0].inputs.values()))
        places = {id(o) for o, _ in [*here, *more]}
        where, example = _where(o for o in seen if id(o) in places), smallest(subject, o, v, ask) if ask else None
        how = symptom(v, o) + (_OF_UNSIGNED if {*where} == {"whole_uint8"} else "")
        return Finding(kind, v.quantity, how, v.reason, where, tuple(also), named, example, v.replay)

    def explained(here: Sequence[Failure]) -> tuple[Suspect, ...]:
        failing = _observations(here)
        return suspects(subject.operation, failing, passing) or _stale(subject, seen, failing)

    if wrong:
        groups = _by_step(subject.operation, wrong)
        whole = explained(wrong)
        if whole:  # one mistake explains everything
            yield finding(WRONG, groups[0], whole, _beside(subject.operation, groups[0], wrong), wrong)
            return
        for n, here in enumerate(groups):
            step = here[0][1].quantity
            named = suspects_of_step(subject.operation, step, _observations(here), passing)
            yield finding(WRONG, here, named, _following(subject.operation, wrong, groups) if n == 0 else ())
        return
    limits: dict[str | int, tuple[tuple[Suspect, ...], list[list[Failure]]]] = {}
    for here in _alike(subject.operation, failures):
        named = explained(here)
        limits.setdefault(named[0].name if named else len(limits), (named, []))[1].append(here)
    for named, (worst, *others) in limits.values():  # of the ways in which a limit shows, the worst is told
        more = [failure for here in others for failure in here]
        yield finding(LIMITED, worst, named, _beside(subject.operation, worst, more), more)


def _observations(failures: Iterable[Failure]) -> list[Observation]:
    return list({id(o): o for o, _ in failures}.values())


def _by_step(one: Operation, failures: Sequence[Failure]) -> list[list[Failure]]:
    """The failures of every step that is wrong at its own inputs; where none is, of the first that is wrong.

    What could not be computed at all comes last, if there is anything else.
    """
    computed = [(o, v) for o, v in failures if not o.outcome.error]
    raised = [(o, v) for o, v in failures if o.outcome.error]
    wrong = {v.quantity for _, v in computed}
    own = {v.quantity for _, v in computed if v.check == LOCAL}
    steps = [q for q in one.graph if q in own] or [q for q in one.graph if q in wrong][:1]
    # Stable: the order of the calls, local checks first.
    found = [sorted((f for f in computed if f[1].quantity == q), key=lambda f: f[1].check != LOCAL) for q in steps]
    return [*found, *([raised] if raised else [])]


def _beside(one: Operation, shown: Sequence[Failure], failures: Sequence[Failure]) -> list[str]:
    """The quantities that fail beside the one that is shown."""
    quantities = {v.quantity for _, v in failures} - {v.quantity for _, v in shown}
    return [q for q in one.graph if q in quantities]


def _following(one: Operation, failures: Sequence[Failure], groups: Sequence[Sequence[Failure]]) -> list[str]:
    """The quantities that fail although they are right at their own inputs."""
    steps = {here[0][1].quantity for here in groups}
    return [q for q in one.graph if q not in steps and any(v.quantity == q for _, v in failures)]


def _alike(one: Operation, failures: Sequence[Failure]) -> list[list[Failure]]:
    """Failures of a quantity that show in the same way, whole numbers apart, which wrap: these last, before them
    the worst first, and then in the order of the steps.
    """
    groups: dict[tuple[bool, int, int, str], list[Failure]] = {}
    steps = list(one.graph)
    for o, v in failures:
        how = symptom(v, o)
        mild = _MILD.index(how) + 1 if how in _MILD else 0
        groups.setdefault((o.handed not in FORMATS, mild, steps.index(v.quantity), how), []).append((o, v))
    # Stable: two symptoms of a step that are as bad stay in the order of the calls.
    return [groups[key] for key in sorted(groups, key=lambda key: key[:3])][:_MOST]


def _where(seen: Iterable[Observation]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for o in seen:
        found.setdefault(o.case.name, {})[o.handed] = None
    return {case: tuple(dtypes) for case, dtypes in found.items()}


def _stale(subject: Subject, seen: Sequence[Observation], failing: Sequence[Observation]) -> tuple[Suspect, ...]:
    """Whether what failed is the bits of what passed in an earlier call."""
    known = [m for m in subject.operation.mistakes if m.shows == STALE]
    for o in failing:
        results = {q: a.tobytes() for q, a in o.outcome.results.items()}
        earlier = _before(seen, o)
        if results and any({q: a.tobytes() for q, a in e.outcome.results.items()} == results for e in earlier):
            return tuple(Suspect(m.name, m.sentence, m.step, 0.0) for m in known[:1])
    return ()


def _before(seen: Sequence[Observation], one: Observation) -> list[Observation]:
    """The calls before one that were right, and not at the same inputs."""
    earlier = []
    for o in seen:
        if o is one:
            break
        same = all(n in one.inputs and np.array_equal(a, one.inputs[n]) for n, a in o.inputs.items())
        if o.passed and not same:
            earlier.append(o)
    return earlier
