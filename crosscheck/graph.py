"""Evaluate a graph of named equations in whatever arithmetic its inputs are in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from inspect import signature
from typing import Any

Graph = Mapping[str, Callable[..., Any]]


@cache
def needs(equation: Callable[..., Any]) -> tuple[str, ...]:
    """The names of the quantities that an equation takes."""
    return tuple(signature(equation).parameters)


def evaluate(graph: Graph, given: Mapping[str, Any], wanted: str) -> Any:
    """The quantity ``wanted``, computed from what is ``given``.

    A quantity that is given is taken as it is, so giving one in the middle cuts the graph there.

    >>> evaluate({"b": lambda a: a + 1, "c": lambda b: 2 * b}, {"a": 1}, "c")
    4
    >>> evaluate({"b": lambda a: a + 1, "c": lambda b: 2 * b}, {"b": 10}, "c")
    20
    """
    return evaluate_all(graph, given, (wanted,))[wanted]


def evaluate_all(graph: Graph, given: Mapping[str, Any], wanted: tuple[str, ...]) -> dict[str, Any]:
    """Every quantity in ``wanted``, each computed once.

    KeyError where a name is neither given nor an equation, ValueError where a quantity needs itself.
    """
    known = dict(given)
    return {name: complete(graph, known, name) for name in wanted}


def complete(graph: Graph, known: dict[str, Any], wanted: str) -> Any:
    """The quantity ``wanted``; what had to be computed for it is added to ``known``."""
    return _find(graph, known, set(), wanted)


def _find(graph: Graph, known: dict[str, Any], underway: set[str], name: str) -> Any:
    # Not a closure: one that calls itself is a cycle, and would keep all that is known until it is collected.
    if name not in known:
        if name not in graph:
            raise KeyError(f"{name}: neither given nor an equation of the graph")
        if name in underway:
            raise ValueError(f"{name}: needs itself")
        underway.add(name)
        known[name] = graph[name](*(_find(graph, known, underway, need) for need in needs(graph[name])))
    return known[name]


def inputs_of(graph: Graph) -> tuple[str, ...]:
    """What the graph needs from outside, in the order in which it is first needed."""
    names = (name for equation in graph.values() for name in needs(equation))
    return tuple(dict.fromkeys(name for name in names if name not in graph))
