"""From observations to findings: what is wrong, what is limited, each with its smallest example."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from ..cases import Arrays
from ..formats import FORMATS
from ..guest.call import Call, Outcome
from ..guest.signature import main_quantity
from ..judge import FAIL, Verdict
from ..mistake import ALIASED, CHANGED, REUSED, STALE
from .calls import ORDINARY
from .diagnose import Suspect, suspects
from .observe import Observation, Subject, call_of, judged
from .result import LIMITED, WRONG, Example, Finding
from .shrink import shrink

Ask = Callable[[Call], Outcome]

_SHOWN = {
    CHANGED: "changes its argument {}",
    ALIASED: "returns {}'s memory",
    REUSED: "writes again to the memory of an earlier result, {}",
}
_MOST = 6
"""Findings of one kind that are shrunk and explained."""


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
    dtypes = dict.fromkeys(o.handed for o in seen)
    for dtype in dtypes:
        here = [o for o in seen if o.handed == dtype]
        if all(o.outcome.refused for o in here):
            found[dtype] = here[0].outcome.error
    return found if len(found) < len(dtypes) else {}


def _refusal(subject: Subject, dtype: str, reason: str) -> Finding:
    main = main_quantity(subject.operation)
    return Finding(LIMITED, main, f"does not take {dtype}", reason, {}, replay=subject.again(dtype, "typical"))


def _shown(subject: Subject, seen: Sequence[Observation]) -> Iterable[Finding]:
    """Arguments changed, memory shared."""
    for flag, words in _SHOWN.items():
        having = [o for o in seen if flag in o.outcome.shows]
        if having:
            first = having[0]
            symptom = words.format(first.outcome.shows[flag].replace(" in ", " in the argument "))
            known = [m for m in subject.operation.mistakes if m.shows == flag]
            named = tuple(Suspect(m.name, m.sentence, m.step, 0.0) for m in known[:1])
            again = subject.again(first.handed, first.case.name)
            yield Finding(LIMITED, "", symptom, "", _where(having), named, replay=again)


def _failures(subject: Subject, seen: Sequence[Observation], ask: Ask) -> Iterable[Finding]:
    """Failures that look alike are one finding, wrong ones before limits, in the order of the steps."""
    groups: dict[tuple[str, str, str], list[tuple[Observation, Verdict]]] = {}
    for o in seen:
        kind = WRONG if o.case.name in ORDINARY else LIMITED
        for v in o.failed:
            groups.setdefault((kind, v.quantity, symptom(v, o)), []).append((o, v))
    wrong = any(kind == WRONG for kind, _, _ in groups)
    steps = list(subject.operation.graph)
    ordered = sorted(groups, key=lambda key: (key[0] != WRONG, steps.index(key[1])))
    passing = [o for o in seen if o.passed]
    count = {WRONG: 0, LIMITED: 0}
    told: set[tuple[str, tuple[str, ...]]] = set()
    for key in ordered:
        kind, quantity, how = key
        if kind == LIMITED and wrong:
            continue  # what is wrong on ordinary input need not be told of the rest
        here = groups[key]
        failing = _unique(o for o, _ in here)
        named = suspects(subject.operation, failing, passing) or _stale(subject, seen, failing)
        signature = (named[0].name if named else f"{quantity} {how}", ())
        if kind == LIMITED and signature in told:
            continue  # the same limit, seen in another quantity
        told.add(signature)
        count[kind] += 1
        smallest = _smallest(subject, here, ask) if count[kind] <= _MOST else None
        o, v = here[0]
        yield Finding(kind, quantity, how, v.reason, _where(failing), named, smallest, v.replay)


def _unique(observations: Iterable[Observation]) -> list[Observation]:
    return list({id(o): o for o in observations}.values())


def _where(seen: Iterable[Observation]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for o in seen:
        found.setdefault(o.case.name, {})[o.handed] = None
    return {case: tuple(dtypes) for case, dtypes in found.items()}


def symptom(verdict: Verdict, seen: Observation) -> str:
    """How a failure shows, in a few words."""
    if seen.outcome.error:
        return seen.outcome.error
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
        found = _again(subject, seen, inputs, ask)
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


def _again(subject: Subject, seen: Observation, inputs: Arrays, ask: Ask) -> Observation:
    """One more call at other inputs, or no failure where these mean nothing."""
    one, case, handed = subject.operation, seen.case, seen.handed
    whole = handed not in FORMATS
    given = {**inputs, "x": inputs["x"].astype(handed)} if whole else inputs
    try:
        if one.check is not None:
            one.check(**inputs)
        format = seen.format if whole else FORMATS[handed]
        return judged(subject, case, handed, format, inputs, ask(call_of(case, given)))
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
    bits = tuple(_bits(np.asarray(v).astype(seen.format.dtype)) for v in (w.got, rounded))
    return Example(call, inputs, verdict.reason, w.index, w.got, w.exact, seen.format.name, (bits[0], bits[1]))


def _bits(value: np.ndarray) -> str:
    """A number as the hexadecimal digits of its bits.

    >>> _bits(np.asarray(1.0))
    '0x3ff0000000000000'
    """
    width = value.dtype.itemsize
    return f"0x{int.from_bytes(value.tobytes(), 'little'):0{2 * width}x}"
