"""How a judge is asked: exceptions, trials, and mistakes that it cannot see."""

import numpy as np
import pytest

from crosscheck.judges import JUDGES, Answer, Judge, asked, missing, out_of_sight
from crosscheck.judges.answer import touched
from crosscheck.mistake import Mistake
from crosscheck.operations import operation

SOFTMAX, NETWORK = operation("softmax"), operation("two_layer")


def _judge(ask, sees=("value",), trials=1):
    return Judge(
        "planted", "plan-\nted", "says what it is told", (), "float64", ask, lambda one: frozenset(sees), trials
    )


def test_what_a_function_raises_counts_as_caught():
    def ask(one, function, inputs):
        return function(**inputs)

    def function(**inputs):
        raise ZeroDivisionError("no rows\n\nat all\nand more")

    assert asked(_judge(ask), SOFTMAX, function) == Answer(True, "ZeroDivisionError: no rows at all")


def test_it_has_to_pass_every_trial_each_on_inputs_of_its_own():
    seen = []

    def ask(one, function, inputs):
        seen.append(inputs["x"])
        return Answer(len(seen) == 3)

    assert asked(_judge(ask, trials=5), SOFTMAX, None).caught
    assert len(seen) == 3
    assert not np.array_equal(seen[0], seen[1])


def test_the_inputs_have_the_dtype_that_the_judge_wants_and_depend_on_the_seed():
    seen = []

    def ask(one, function, inputs):
        seen.append(inputs["x"])
        return Answer(False)

    for seed in (0, 0, 1):
        asked(_judge(ask), SOFTMAX, None, seed)
    assert seen[0].dtype == np.float64
    assert np.array_equal(seen[0], seen[1])
    assert not np.array_equal(seen[0], seen[2])


def test_a_mistake_is_out_of_sight_only_where_nothing_that_follows_from_it_is_looked_at():
    judge = _judge(None, ("J", "d_x"))
    late = Mistake("late", "", "d_b2", {"d_b2": lambda d_theta: d_theta})
    early = Mistake("early", "", "d_h", {"d_h": lambda d_theta: d_theta})
    assert out_of_sight(judge, NETWORK, late) == "looks at J and d_x only"
    assert out_of_sight(judge, NETWORK, early) == ""
    # What is done to inputs or results might show anywhere.
    assert out_of_sight(judge, NETWORK, Mistake("after", "", "d_b2", {}, after=lambda i, r: r)) == ""


def test_touched_follows_the_graph():
    assert touched(NETWORK, {"d_h"}) == {"d_h", "d_phi", "d_x", "d_W1", "d_b1"}


def test_names_and_headings_fit_a_narrow_column():
    assert len({judge.name for judge in JUDGES}) == len(JUDGES)
    for judge in JUDGES:
        assert max(map(len, judge.heading.split("\n"))) <= 6
        assert judge.sees(SOFTMAX) <= set(SOFTMAX.quantities)
        assert judge.sees(NETWORK) <= set(NETWORK.quantities)


@pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: judge.name)
def test_a_judge_whose_package_is_missing_says_what_to_install(judge, monkeypatch):
    monkeypatch.setattr("crosscheck.judges.find_spec", lambda name: None)
    missing.cache_clear()
    told = missing(judge)
    missing.cache_clear()
    assert told == (
        f"{judge.needs[0]} is not installed: pip install -e '.[{judge.needs[0]}]'" if judge.needs else ""
    )
