"""Every known mistake can be run and is wrong where it says so; those that must be there are there."""

import numpy as np
import pytest

from crosscheck.checking.calls import ORDINARY
from crosscheck.formats import FORMATS
from crosscheck.graph import needs
from crosscheck.judge import FAIL, LOCAL, Cell, judge
from crosscheck.mistake import ALIASED, CHANGED, REUSED, RIGHT, STALE
from crosscheck.operations import operations
from crosscheck.truth import rounded

FLOAT64 = FORMATS["float64"]
ALL = [(one, mistake) for one in operations().values() for mistake in one.mistakes]
OTHER = (FLOAT64, FORMATS["float32"])
MISFITS = ("without keepdims", "parentheses left out", "W1 not transposed", "W2 not transposed")
"""Whose shapes fit only where some of them are equal."""
CHOICES = ("probabilities clipped", "logs held at −100", "linear from 20 on", "ReLU hidden layer")
"""With a choice between two values, which has no reading with error bounds."""
LARGE = ("vocabulary", "many_examples", "many_rows", "widths")

TOGETHER = "sign of cost and gradient flipped"
MUST_BE_THERE = {
    "flipped sign of cost and gradient together": ("two_layer", TOGETHER),
    "sigmoid output instead of softmax": ("two_layer", "sigmoid output"),
    "an extra sigmoid before the softmax": ("two_layer", "extra sigmoid"),
    "ReLU hidden layer": ("two_layer", "ReLU hidden layer"),
    "tanh hidden layer": ("two_layer", "tanh hidden layer"),
    "squared error": ("two_layer", "squared error"),
    "bias column in the wrong place": ("two_layer", "bias column in the wrong place"),
    "softmax denominator without keepdims": ("softmax", "without keepdims"),
    "normalised over the wrong axis": ("softmax", "wrong axis"),
    "normalised over everything": ("softmax", "over everything"),
    "σ′ given the pre-activation": ("two_layer", "σ′ of the pre-activation"),
    "mean in the cost, sum in the gradient": ("two_layer", "cost of the mean"),
    "sum in the cost, mean in the gradient": ("two_layer_mean", "cost of the sum"),
    "a gradient × N": ("two_layer_mean", "gradient × N"),
    "a gradient ÷ N": ("two_layer", "gradient ÷ N"),
    "L2 term missing": ("two_layer_l2", "L2 term missing"),
    "L2 term off by 2": ("two_layer_l2", "L2 term off by 2"),
    "bias gradient not summed": ("two_layer", "bias gradient not summed"),
    "bias gradient averaged": ("two_layer", "bias gradient averaged"),
    "sum without axis": ("two_layer", "sum without axis"),
    "diagonal-only softmax Jacobian": ("softmax", "diagonal Jacobian"),
    "upstream gradient dropped": ("softmax", "upstream gradient dropped"),
    "label term dropped": ("cross_entropy", "label term dropped"),
    "wrong operand (x for h)": ("two_layer", "x for h"),
    "W transposed where it is square": ("two_layer", "W2 not transposed"),
    "gradient halved": ("two_layer", "gradient halved"),
    "last example dropped": ("two_layer", "last example dropped"),
    "last class dropped": ("softmax", "last class dropped"),
    "stale result of an earlier call": ("softmax", "stale result"),
    "no shift": ("softmax", "no shift"),
    "shift by the global max": ("softmax", "shift by the global max"),
    "shift by the row min": ("softmax", "shift by the row min"),
    "ε in the log": ("cross_entropy", "ε in the log"),
    "clipped probabilities": ("cross_entropy", "probabilities clipped"),
    "float32 inside float64": ("softmax", "float32 inside float64"),
    "bfloat16 accumulation": ("softmax", "bfloat16 accumulation"),
    "integer truncation of the input": ("softmax", "input truncated to integers"),
    "argument changed in place": ("softmax", "argument changed in place"),
    "result aliasing the argument": ("softmax", "result aliasing the argument"),
    "zeros": ("softmax", "zeros"),
    "constant": ("softmax", "constant"),
}


def _cases(one, *names):
    cases = [c for c in one.cases.values() if c.name not in LARGE and c.family not in LARGE and c.axis == -1]
    return [c for c in cases if not names or c.name in names]


def _failures(one, mistake, case, format=FLOAT64):
    """(quantity, check) of what fails, in the order of the steps; or the error that came instead."""
    inputs = case.inputs(one.name, format, 0)
    try:
        results = one.program(mistake)(**{name: a.copy() for name, a in inputs.items()})
    except (ValueError, IndexError) as error:
        return [(type(error).__name__, LOCAL)]
    cell = Cell(one, "planted", "cpu", format, case.name, 0)
    return [(v.quantity, v.check) for v in judge(cell, inputs, results) if v.status == FAIL]


@pytest.mark.parametrize(("item", "place"), MUST_BE_THERE.items(), ids=MUST_BE_THERE)
def test_what_must_be_there_is_there(item, place):
    name, mistake = place
    assert mistake in {m.name for m in operations()[name].mistakes}


def test_there_are_many_and_each_has_a_name_of_its_own():
    assert len({mistake.name for _, mistake in ALL}) > 100
    for one in operations().values():
        names = [mistake.name for mistake in one.mistakes]
        assert len(names) == len(set(names))
        assert all(m.step in one.graph and set(m.steps) <= set(one.graph) and m.sentence for m in one.mistakes)


@pytest.mark.parametrize("one", [one for one in operations().values() if one.mistakes], ids=lambda one: one.name)
def test_without_a_mistake_the_program_is_right(one):
    for case in _cases(one, *ORDINARY):
        assert _failures(one, RIGHT, case) == [], case.name


@pytest.mark.parametrize(("one", "mistake"), ALL, ids=lambda value: value.name.replace(" ", "-"))
def test_a_mistake_is_wrong_where_it_says_so(one, mistake):
    ordinary = [failed for case in _cases(one, *ORDINARY) if (failed := _failures(one, mistake, case))]
    if not mistake.limited:
        first = [failed[0][0] for failed in ordinary if failed[0][0] in one.graph]
        assert ordinary
        assert not first or mistake.step in first
    else:
        assert not any(_failures(one, mistake, case) for case in _cases(one, "typical", "tiny"))
        elsewhere = (_failures(one, mistake, case, f) for f in OTHER for case in _cases(one))
        assert mistake.shows or any(elsewhere)


@pytest.mark.parametrize("one", [one for one in operations().values() if one.mistakes], ids=lambda one: one.name)
def test_a_mistake_keeps_the_names_and_the_dtype_of_the_results(one):
    """In every format; where its shapes do not fit, there are no results."""
    for mistake in one.mistakes:
        for format in FORMATS.values():
            inputs = one.cases["typical"].inputs(one.name, format, 0)
            try:
                results = one.program(mistake)(**inputs)
            except ValueError:
                assert mistake.name in MISFITS
                continue
            assert set(results) == set(one.graph)
            assert {a.dtype for a in results.values()} == {format.dtype}, mistake.name


@pytest.mark.parametrize("one", [one for one in operations().values() if one.mistakes], ids=lambda one: one.name)
def test_the_variants_can_be_read_with_error_bounds_and_hold_what_they_compute(one):
    inputs = one.cases["typical"].inputs(one.name, FLOAT64, 0)
    unread = set()
    for mistake in one.mistakes:
        try:
            results = one.program(mistake)(**{n: a.copy() for n, a in inputs.items()})
            graph = {**one.graph, **mistake.steps}
            read = {q: rounded(graph, q, inputs, FLOAT64, frozenset(inputs)) for q in mistake.steps}
        except (TypeError, ValueError):
            unread.add(mistake.name)
            continue
        for q, bounded in read.items():
            known = np.isfinite(results[q]) & (mistake.model is None)
            assert bounded.shape == results[q].shape
            assert (np.abs(results[q] - bounded.value) <= bounded.bound)[known].all(), (mistake.name, q)
    assert unread <= {*MISFITS, *CHOICES}


def test_a_step_of_a_network_takes_x_only_where_it_means_the_input():
    """The functions of ``reference.equations`` call their argument x: as a step that would be the network's x."""
    for one in operations().values():
        for mistake in one.mistakes if one.taps else ():
            of_x = {q for q, equation in mistake.steps.items() if "x" in needs(equation)}
            assert of_x <= {"phi", "d_W1", "d_b1"} or mistake.name == "x for h", (one.name, mistake.name)


def test_the_forgotten_keepdims_is_wrong_without_a_word_for_a_square():
    """A vector it gets right, and what fits no other way raises."""
    one = operations()["softmax"]
    mistake = next(m for m in one.mistakes if m.name == "without keepdims")
    found = {
        case: _failures(one, mistake, one.cases[case]) for case in ("square", "vector", "three_axes", "typical")
    }
    raised = [("ValueError", LOCAL)]
    assert found == {"square": [("value", LOCAL)], "vector": [], "three_axes": raised, "typical": raised}


@pytest.mark.parametrize(
    ("one", "mistake"),
    [(one, mistake) for one, mistake in ALL if mistake.shows],
    ids=lambda value: value.name.replace(" ", "-"),
)
def test_what_is_done_with_memory_shows(one, mistake):
    function = one.program(mistake)
    first, second = (one.cases["typical"].inputs(one.name, FLOAT64, seed) for seed in (0, 1))
    before = {name: a.copy() for name, a in first.items()}
    results = function(**first)
    kept = {q: a.copy() for q, a in results.items()}
    changed = any(a.tobytes() != before[name].tobytes() for name, a in first.items())
    aliased = any(np.shares_memory(r, a) for r in results.values() for a in first.values())
    again = function(**second)
    stale = all(again[q].tobytes() == kept[q].tobytes() for q in kept)
    reused = not stale and any(results[q].tobytes() != kept[q].tobytes() for q in kept)
    # What is written into an argument's memory changes the argument.
    assert (changed, aliased, stale, reused) == (
        mistake.shows in (CHANGED, ALIASED),
        mistake.shows == ALIASED,
        mistake.shows == STALE,
        mistake.shows == REUSED,
    )


def test_a_mistake_that_shows_itself_in_memory_returns_what_is_right():
    for one, mistake in ALL:
        if mistake.shows and one.name == "softmax":
            assert _failures(one, mistake, one.cases["typical"]) == []


def test_the_program_leaves_its_arguments_alone_where_the_mistake_does():
    one = operations()["softmax"]
    inputs = one.cases["typical"].inputs("softmax", FLOAT64, 0)
    before = inputs["x"].copy()
    one.program()(**inputs)
    np.testing.assert_array_equal(inputs["x"], before)
    in_place = next(m for m in one.mistakes if m.name == "argument changed in place")
    one.program(in_place)(**inputs)
    assert not np.array_equal(inputs["x"], before)
