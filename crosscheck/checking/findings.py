"""From observations to findings: what is wrong, what is limited, each with its smallest example."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from ..cases import Arrays
from ..formats import FORMATS
from ..graph import needs
from ..guest.call import Call, Outcome
from ..guest.signature import main_quantity
from ..judge import FAIL, LOCAL, Verdict
from ..mistake import ALIASED, CHANGED, REUSED, STALE
from ..operation import Operation
from .calls import ORDINARY
from .diagnose import Suspect, suspects, suspects_of_step
from .observe import Observation, Subject, call_of, judged
from .result import LIMITED, WRONG, Example, Finding
from .shrink import shrink

Ask = Callable[[Call], Outcome]

_SHOWN = {
    ALIASED: "returns {}'s memory",
    CHANGED: "changes its argument {}",
    REUSED: "writes again to the memory of an earlier result, {}",
}
_OF_UNSIGNED = " for unsigned integers, which wrap below 0"
_MOST = 6
"""Limits that are told, at most."""


def findings(subject: Subject, seen: Sequence[Observation], ask: Ask) -> tuple[Finding, ...]:
    """What is wrong first, then the limits; ``ask`` calls the function again, for smaller examples."""
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


def _failures(subject: Subject, seen: Sequence[Observation], ask: Ask) -> Iterator[Finding]:
    """What is wrong on ordinary input, a finding for each step; where nothing is, the limits."""
    failures = [(o, v) for o in seen for v in o.failed]
    wrong = [(o, v) for o, v in failures if o.case.name in ORDINARY]
    passing = [o for o in seen if o.passed]

    def finding(
        kind: str, here: Sequence[Failure], named: tuple[Suspect, ...], also: Sequence[str] = ()
    ) -> Finding:
        o, v = here[0]
        where, smallest = _where(o for o, _ in here), _smallest(subject, here, ask)
        how = symptom(v, o) + (_OF_UNSIGNED if {*where} == {"whole_uint8"} else "")
        return Finding(kind, v.quantity, how, v.reason, where, tuple(also), named, smallest, v.replay)

    def explained(here: Sequence[Failure]) -> tuple[Suspect, ...]:
        failing = _observations(here)
        return suspects(subject.operation, failing, passing) or _stale(subject, seen, failing)

    if wrong:
        groups = _by_step(subject.operation, wrong)
        whole = explained(wrong)
        if whole:  # one mistake explains everything
            first = groups[0][0][1].quantity
            quantities = {v.quantity for _, v in wrong} - {first}
            yield finding(WRONG, groups[0], whole, [q for q in subject.operation.graph if q in quantities])
            return
        for n, here in enumerate(groups):
            step = here[0][1].quantity
            named = suspects_of_step(subject.operation, step, _observations(here))
            yield finding(WRONG, here, named, _following(subject.operation, wrong, groups) if n == 0 else ())
        return
    told: set[str] = set()
    for here in _alike(subject.operation, failures):
        found = finding(LIMITED, here, explained(here))
        name = found.suspects[0].name if found.suspects else ""
        if name not in told:  # the same limit in another quantity need not be told
            yield found
        told |= {name} - {""}


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


def _following(one: Operation, failures: Sequence[Failure], groups: Sequence[Sequence[Failure]]) -> list[str]:
    """The quantities that fail although they are right at their own inputs."""
    steps = {here[0][1].quantity for here in groups}
    return [q for q in one.graph if q not in steps and any(v.quantity == q for _, v in failures)]


def _alike(one: Operation, failures: Sequence[Failure]) -> list[list[Failure]]:
    """Failures of a quantity that show in the same way, in the order of the steps; the commonest first."""
    groups: dict[tuple[str, str], list[Failure]] = {}
    for o, v in failures:
        groups.setdefault((v.quantity, symptom(v, o)), []).append((o, v))
    steps = list(one.graph)
    return [groups[key] for key in sorted(groups, key=lambda key: steps.index(key[0]))][:_MOST]


def _where(seen: Iterable[Observation]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for o in seen:
        found.setdefault(o.case.name, {})[o.handed] = None
    return {case: tuple(dtypes) for case, dtypes in found.items()}


def symptom(verdict: Verdict, seen: Observation) -> str:
    """How a failure shows, in a few words."""
    if seen.outcome.error:
        raised, _, _ = seen.outcome.error.partition(":")
        return raised if raised.startswith("raised") else seen.outcome.error
    for word in ("shape", "dtype"):
        if verdict.reason.startswith(f"{word}:"):
            return f"has the wrong {word}"
    w = verdict.worst
    if w is None:
        return "has no meaning at what was returned before it"
    if not np.isfinite(w.got) and np.isfinite(w.exact):
        return "is NaN" if np.isnan(w.got) else "is infinite"
    if not np.isfinite(w.exact) and np.isfinite(w.got):
        return "is a number where there is none"
    return "is 0" if w.got == 0 and w.exact != 0 else "is off"


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


def _smallest(subject: Subject, here: Sequence[tuple[Observation, Verdict]], ask: Ask) -> Example | None:
    """The smallest input found that shows the first of the failures in the same quantity, in the same way."""
    seen, verdict = min(here, key=lambda pair: sum(a.size for a in pair[0].inputs.values()))
    if seen.outcome.ended:
        return _example(subject, seen, verdict)
    kind = symptom(verdict, seen)
    best: list[tuple[Observation, Verdict]] = [(seen, verdict)]

    def fails(inputs: Arrays) -> bool:
        if not _sums_kept(seen, inputs):
            return False
        found = _again(subject, seen, verdict.quantity, inputs, ask)
        match = [v for v in found.failed if v.quantity == verdict.quantity and symptom(v, found) == kind]
        if match:
            best.append((found, match[0]))
        return bool(match)

    format = FORMATS.get(seen.handed, FORMATS["float64"])
    chosen = shrink(subject.operation, seen.inputs, format, fails, subject.seed)
    for found, v in reversed(best):
        if all(a is found.inputs.get(n) for n, a in chosen.items()):
            return _example(subject, found, v)
    return _example(subject, seen, verdict)


def _sums_kept(seen: Observation, inputs: Arrays) -> bool:
    """Whether targets that summed to 1 still do: of others ŷ − y is no gradient, and right code fails too."""
    if "y" not in inputs or seen.inputs["y"].ndim == 0:
        return True

    def normalised(y: np.ndarray) -> bool:
        off = np.abs(y.astype(np.float64).sum(axis=-1) - 1)
        return bool((off <= y.shape[-1] * 2.0 ** (1 - seen.format.precision)).all())

    return normalised(inputs["y"]) or not normalised(seen.inputs["y"])


def _again(subject: Subject, seen: Observation, quantity: str, inputs: Arrays, ask: Ask) -> Observation:
    """One more call at other inputs, or no failure where these mean nothing."""
    one, case, handed = subject.operation, seen.case, seen.handed
    whole = handed not in FORMATS
    given = {**inputs, "x": inputs["x"].astype(handed)} if whole else inputs
    try:
        if one.check is not None:
            one.check(**inputs)
        format = seen.format if whole else FORMATS[handed]
        outcome = ask(call_of(case, given))
        # Nothing else need be judged than the quantity, at what it was computed from.
        kept = {quantity, *needs(one.graph[quantity])}
        outcome = outcome.with_results({q: a for q, a in outcome.results.items() if q in kept})
        return judged(subject, case, handed, format, inputs, outcome)
    except (ValueError, ArithmeticError, TypeError, IndexError):
        return Observation(case, handed, seen.format, inputs, Outcome(), ())


def _example(subject: Subject, seen: Observation, verdict: Verdict) -> Example:
    needed = [n for n in subject.operation.leaves(verdict.quantity) if n in seen.inputs]
    inputs = {n: seen.inputs[n] for n in needed}
    function = subject.name.rpartition(":")[2]
    call = f"{function}({', '.join(needed)}) in {seen.handed}"
    w = verdict.worst
    if w is None or verdict.status != FAIL or not verdict.reason.strip() or seen.outcome.error:
        return Example(call, inputs, verdict.reason)
    rounded = seen.format.round(np.asarray(w.exact))
    words = tuple(bits(np.asarray(v).astype(seen.format.dtype)) for v in (w.got, rounded))
    return Example(call, inputs, verdict.reason, w.index, w.got, w.exact, seen.format.name, (words[0], words[1]))


def bits(value: np.ndarray) -> str:
    """A number as the hexadecimal digits of its bits.

    >>> bits(np.asarray(1.0))
    '0x3ff0000000000000'
    """
    width = value.dtype.itemsize
    return f"0x{int.from_bytes(value.tobytes(), 'little'):0{2 * width}x}"
