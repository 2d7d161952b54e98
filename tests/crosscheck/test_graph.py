"""Evaluation of graphs of named equations."""

import gc
import weakref

import pytest

from crosscheck.graph import evaluate, evaluate_all, inputs_of, needs
from reference import equations as eq

CHAIN = {"b": lambda a: a + 1, "c": lambda b, a: 10 * b + a}


def test_evaluate_follows_the_names():
    assert evaluate(CHAIN, {"a": 2}, "c") == 32


def test_what_is_given_is_taken_and_cuts_the_graph():
    assert evaluate(CHAIN, {"a": 2, "b": 5}, "c") == 52
    assert evaluate(CHAIN, {"b": 5}, "b") == 5


def test_each_quantity_is_computed_once():
    calls = []
    graph = {"b": lambda a: calls.append("b") or a, "c": lambda b: b, "d": lambda b, c: b + c}
    assert evaluate_all(graph, {"a": 1}, ("d", "c", "b")) == {"d": 2, "c": 1, "b": 1}
    assert calls == ["b"]


def test_only_what_is_wanted_is_computed():
    graph = {"b": lambda a: a, "broken": lambda a: 1 / 0}
    assert evaluate_all(graph, {"a": 1}, ("b",)) == {"b": 1}


def test_what_is_given_is_left_as_it_is():
    given = {"a": 2}
    evaluate(CHAIN, given, "c")
    assert given == {"a": 2}


@pytest.mark.parametrize(("given", "missing"), [({}, "a"), ({"b": 1}, "a")], ids=["input", "behind the cut"])
def test_a_missing_name_is_named(given, missing):
    with pytest.raises(KeyError, match=f"{missing}: neither given nor an equation of the graph"):
        evaluate(CHAIN, given, "c")


def test_an_unknown_quantity_is_named():
    with pytest.raises(KeyError, match="z: neither given nor an equation"):
        evaluate(CHAIN, {"a": 1}, "z")


def test_a_graph_that_runs_in_a_circle_is_refused():
    # It recursed until Python gave up before: no test had a circle.
    graph = {"a": lambda b: b, "b": lambda a: a}
    with pytest.raises(ValueError, match="a: needs itself"):
        evaluate(graph, {}, "a")


def test_a_quantity_that_is_none_is_given():
    assert evaluate({"b": lambda a: a is None}, {"a": None}, "b") is True


def test_inputs_of_the_network_in_the_order_of_need():
    assert inputs_of(eq.NETWORK) == ("x", "W1", "b1", "W2", "b2", "y")


def test_needs_are_the_parameters():
    assert needs(eq.d_phi) == ("d_h", "phi")


def test_what_is_known_is_freed_at_once():
    """It was kept by a cycle until the collector came: at 22 MB a block of balls, over a gigabyte for many."""

    class Value:
        pass

    graph = {"b": lambda a: Value(), "c": lambda b: weakref.ref(b)}
    gc.disable()
    try:
        assert evaluate(graph, {"a": 1}, "c")() is None
    finally:
        gc.enable()
