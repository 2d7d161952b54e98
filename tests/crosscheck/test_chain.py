"""What is kept between quantities never changes what they are."""

import numpy as np
import pytest

from crosscheck.chain import evaluate_from_inputs
from crosscheck.formats import FORMATS
from crosscheck.operations import operation
from crosscheck.truth import enclose, rounded

GRAPH = {"b": lambda a: a + 1, "c": lambda b: 2 * b, "d": lambda c, k: c * k}


def _counting(counts):
    def b(a):
        counts.append("b")
        return a + 1

    return {**GRAPH, "b": b}


def _evaluate(graph, given, quantity, reading="number"):
    arrays = {name: np.asarray(value) for name, value in given.items()}
    return evaluate_from_inputs(graph, arrays, quantity, lambda name, array: array, reading)


def test_a_step_is_computed_once_for_the_quantities_that_share_it():
    counts = []
    graph = _counting(counts)
    assert _evaluate(graph, {"a": 1.0}, "c") == 4
    assert _evaluate(graph, {"a": 1.0, "k": 3.0}, "d") == 12
    assert counts == ["b"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [({"a": 2.0}, 6), ({"a": np.float32(1)}, 4), ({"a": [1.0, 1.0]}, [4, 4]), ({"b": 5.0}, 10)],
)
def test_other_inputs_are_never_answered_from_memory(given, expected):
    counts = []
    graph = _counting(counts)
    _evaluate(graph, {"a": 1.0}, "c")
    np.testing.assert_array_equal(_evaluate(graph, given, "c"), expected)
    assert len(counts) == (1 if "b" in given else 2)


def test_an_input_that_is_changed_in_place_is_another_input():
    a = np.ones(3)
    graph = dict(GRAPH)
    evaluate_from_inputs(graph, {"a": a}, "c", lambda name, array: array, "number")
    a += 1
    found = evaluate_from_inputs(graph, {"a": a}, "c", lambda name, array: array, "number")
    np.testing.assert_array_equal(found, [6, 6, 6])


def test_another_reading_starts_anew():
    counts = []
    graph = _counting(counts)
    _evaluate(graph, {"a": 1.0}, "c", "one")
    _evaluate(graph, {"a": 1.0}, "c", "two")
    assert len(counts) == 2


def test_the_readings_of_a_network_are_the_same_in_any_order_and_interleaved():
    one = operation("two_layer")
    inputs = one.cases["square"].inputs(one.name, FORMATS["float32"], 0)
    formats = [FORMATS["float32"], FORMATS["float64"]]

    def everything(order):
        found = {}
        for q in order:
            given = {name: inputs[name] for name in one.leaves(q)}
            for format in formats:
                for stored in (frozenset(given), frozenset()):
                    r = rounded(one.graph, q, given, format, stored)
                    found[q, format.name, bool(stored)] = (r.value.tobytes(), r.bound.tobytes())
            found[q, "ball"] = enclose(one.graph, q, given).round("float64").tobytes()
        return found

    forwards = everything(one.quantities)
    assert forwards == everything(reversed(one.quantities))
    assert all(forwards[q, "float32", True] != forwards[q, "float32", False] for q in one.quantities)
