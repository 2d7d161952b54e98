"""Which known mistake a function most likely has, and at which step it goes wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..cases import Arrays
from ..formats import Format
from ..graph import Graph, needs
from ..judge import FAIL, LOCAL, PASS, Cell, judge
from ..mistake import Mistake
from ..operation import Operation
from ..truth import rounded
from .observe import Observation, in_format
from .precision import imprecise, of_another_kind

_UNKNOWN = 0.5
"""The share of a quantity of which a mistake may predict nothing, and still be said to agree."""

_MOST = 10_000
"""Elements of the inputs of an observation that is compared with every mistake, at most."""


@dataclass(frozen=True)
class Suspect:
    """A known mistake that agrees with a function wherever it was looked at; ``apart`` is the largest difference
    from it over the bound, so the smaller the likelier.
    """

    name: str
    sentence: str
    step: str
    apart: float


def suspects(one: Operation, failing: Sequence[Observation], others: Sequence[Observation]) -> tuple[Suspect, ...]:
    """The mistakes that explain what failed, the likeliest first.

    A mistake must agree with the function in every quantity, where it failed and where it passed. Mistakes of
    precision come last, since many a small error lies within their bounds, and of them the one first that leaves
    the least room.
    """
    failing, others = _small(failing), _small(others)
    if not failing:
        return ()
    # Most mistakes are refuted by the first few, so that all of them are computed for few mistakes.
    watched = [*failing[:4], *others[:2], *failing[4:], *others[2:]]
    agreeing = [s for m in one.mistakes if (s := _explains(one, m, watched)) is not None]
    coarse = {m.name for m in one.mistakes if m.model is not None}
    if any(s.name in coarse for s in agreeing) and of_another_kind(one, failing):
        agreeing = [s for s in agreeing if s.name not in coarse]
    return tuple(sorted(agreeing, key=lambda s: (True, -s.apart) if s.name in coarse else (False, s.apart)))


def suspects_of_step(
    one: Operation, step: str, failing: Sequence[Observation], others: Sequence[Observation] = ()
) -> tuple[Suspect, ...]:
    """The mistakes that explain one step at the inputs that the function itself returned: there may be others."""
    found = (_explains_step(one, m, step, [*_small(failing), *_small(others)]) for m in one.mistakes)
    return tuple(sorted((s for s in found if s is not None), key=lambda s: s.apart))


def _small(observations: Iterable[Observation]) -> list[Observation]:
    return [o for o in observations if sum(a.size for a in o.inputs.values()) <= _MOST]


def _explains(one: Operation, mistake: Mistake, watched: Sequence[Observation]) -> Suspect | None:
    apart = 0.0
    for seen in watched:
        found = _agreement(one, mistake, seen)
        if found is None or not found <= 1:
            return None
        apart = max(apart, found)
    return Suspect(mistake.name, mistake.sentence, mistake.step, apart)


def _agreement(one: Operation, mistake: Mistake, seen: Observation) -> float | None:
    """How far the function is from the mistake, over the bound; None where that says nothing, or is too far."""
    if mistake.shows:
        return 0.0 if mistake.shows in seen.outcome.shows and not seen.failed else None
    if mistake.model is not None:
        return imprecise(one, mistake, seen)
    try:
        predicted = one.program(mistake)(**seen.inputs)
    except Exception:
        # A mistake that cannot be computed explains a function that cannot be either.
        return 0.0 if seen.outcome.error and seen.outcome.refused else None
    if seen.outcome.error:
        return None
    failed = {v.quantity for v in seen.failed}
    worst, informed = 0.0, not failed
    for quantity, actual in seen.outcome.results.items():
        apart = _apart(actual, predicted[quantity], _bound(one, mistake, quantity, seen))
        if apart is None:
            return None
        if apart.size == 0:
            continue
        worst = max(worst, float(np.nanmax(apart, initial=0.0)))
        informed = informed or (quantity in failed and np.isnan(apart).mean() < _UNKNOWN)
        if not worst <= 1:
            return None
    return worst if informed and (not failed or _fails(one, predicted, failed, seen)) else None


def _fails(one: Operation, predicted: Arrays, failed: set[str], seen: Observation) -> bool:
    """Whether what a mistake predicts fails where the function did: what is right there explains no failure."""
    kept = failed.union(*(needs(one.graph[q]) for q in failed)) & set(seen.outcome.results)
    _, results = in_format({q: predicted[q] for q in kept}, seen.format)
    cell = Cell(one, "", "cpu", seen.format, seen.case.name, 0)
    return any(v.status == FAIL and v.quantity in failed for v in judge(cell, seen.inputs, results))


def _apart(actual: np.ndarray, predicted: np.ndarray, bound: np.ndarray | float) -> np.ndarray | None:
    """|actual − predicted| over the bound: 0 where both are the same special value, NaN where nothing is known."""
    if actual.shape != predicted.shape:
        return None
    a, b = actual.astype(np.float64), predicted.astype(np.float64)
    with np.errstate(all="ignore"):
        special = ~np.isfinite(a) | ~np.isfinite(b)
        ratio = np.abs(a - b) / bound
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        unknown = ~special & ~np.isfinite(np.broadcast_to(bound, a.shape))
    return np.where(same, 0.0, np.where(special, np.inf, np.where(unknown, np.nan, ratio)))


def _bound(one: Operation, mistake: Mistake, quantity: str, seen: Observation) -> np.ndarray | float:
    """Twice what an honest evaluation with the mistake may lose; where that cannot be read off it, without it."""
    given = mistake.before(dict(seen.inputs)) if mistake.before else seen.inputs
    for graph in ({**one.graph, **mistake.steps}, one.graph):
        bound = bound_of(graph, quantity, given, seen.format)
        if bound is not None:
            whole = not mistake.after and bound.shape == seen.outcome.results[quantity].shape
            return 2 * bound if whole else 2 * _largest(bound)
    return 0.0


def _largest(bound: np.ndarray) -> float:
    """Of a result whose shape is not that of the bounds every element is granted the largest."""
    return float(bound[np.isfinite(bound)].max(initial=0.0))


def bound_of(graph: Graph, quantity: str, given: Arrays, format: Format) -> np.ndarray | None:
    """What an honest evaluation of a quantity may lose, or None where the graph cannot be read so."""
    leaves: dict[str, None] = {}

    def visit(name: str) -> None:
        for need in needs(graph[name]) if name in graph and name not in given else (name,):
            if need in given:
                leaves[need] = None
            elif need != name:
                visit(need)

    for need in needs(graph[quantity]):
        visit(need)
    chosen = {name: given[name] for name in leaves}
    try:
        return rounded(dict(graph), quantity, chosen, format, frozenset(chosen)).bound
    except Exception:
        return None


def _explains_step(one: Operation, mistake: Mistake, step: str, watched: Sequence[Observation]) -> Suspect | None:
    equation = mistake.steps.get(step)
    apart = 0.0
    for seen in watched:
        known = {**seen.inputs, **seen.outcome.results}
        elsewhere = mistake.step != step and mistake.step in known  # what it breaks first is judged itself
        if equation is None or elsewhere or not {step, *needs(equation)} <= set(known):
            return None
        given = {name: known[name] for name in needs(equation)}
        try:
            with np.errstate(all="ignore"):
                predicted = np.asarray(equation(*given.values()))
        except (ValueError, IndexError):  # it does not fit these shapes, and the function did
            return None
        bound = bound_of({step: equation}, step, given, seen.format)
        if bound is None:
            honest = {name: known[name] for name in needs(one.graph[step]) if name in known}
            bound = bound_of({step: one.graph[step]}, step, honest, seen.format)
        actual = seen.outcome.results[step]
        if bound is None:
            return None
        found = _apart(actual, predicted, 2 * (bound if bound.shape == actual.shape else _largest(bound)))
        if found is None or (seen.failed and np.isnan(found).all()):
            return None
        apart = max(apart, float(np.nanmax(found, initial=0.0)))
        if not apart <= 1:
            return None
    return Suspect(mistake.name, mistake.sentence, mistake.step, apart) if watched else None


def first_wrong(one: Operation, observation: Observation) -> tuple[str, ...]:
    """The step that is wrong, or the steps of which one must be, where not all were returned.

    A step that fails at the inputs which the function itself returned is wrong, and the first such one is it.
    Otherwise one step is wrong such that all that fails follows from it, and nothing that passes does.
    """
    local = [v.quantity for v in observation.failed if v.check == LOCAL]
    if local or not one.taps:
        return tuple(local[:1]) or tuple(v.quantity for v in observation.failed[:1])
    failing = {v.quantity for v in observation.failed}
    passing = {v.quantity for v in observation.verdicts if v.status == PASS} - failing
    upstream = {q: _upstream(one.graph, q) for q in one.graph}
    innocent = set().union(*(upstream[q] for q in passing)) if passing else set()
    guilty = [s for s in one.graph if s not in innocent and all(s in upstream[q] for q in failing)]
    if guilty:
        return tuple(guilty)
    return tuple(q for q in one.graph if q in failing)[:1]


def _upstream(graph: Graph, quantity: str) -> set[str]:
    """A quantity and the steps that it follows from."""
    found: set[str] = set()

    def visit(name: str) -> None:
        if name in graph and name not in found:
            found.add(name)
            for need in needs(graph[name]):
                visit(need)

    visit(quantity)
    return found
