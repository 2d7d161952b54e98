"""The smallest input that shows a failure, with what was got and what is exact there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..cases import Arrays
from ..formats import FORMATS
from ..graph import needs
from ..guest.call import Call, Outcome
from ..judge import FAIL, Verdict
from .observe import Observation, Subject, call_of, judged
from .result import Example
from .shrink import shrink

Ask = Callable[[Call], Outcome]
"""The function again, for one more call."""


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
    if np.isnan(w.got) and not np.isnan(w.exact):
        return "is NaN"
    if not np.isfinite(w.got) and np.isfinite(w.exact):
        return "is infinite"
    if not np.isfinite(w.exact) and np.isfinite(w.got):
        return "is a number where there is none"
    return "is 0" if w.got == 0 and w.exact != 0 else "is off"


def smallest(subject: Subject, seen: Observation, verdict: Verdict, ask: Ask) -> Example | None:
    """The smallest input found that shows the failure in the same quantity, in the same way."""
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
