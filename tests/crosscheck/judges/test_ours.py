"""Our judge, asked through the public API."""

from types import SimpleNamespace

import numpy as np

from crosscheck.judges.ours import ours
from crosscheck.mistake import Mistake
from crosscheck.operations import operation

SOFTMAX = operation("softmax")
ORDINARY, LIMITED = Mistake("a", "", "value"), Mistake("b", "", "value", limited=True)


def _check(verdict, *suspects):
    named = tuple(SimpleNamespace(name=name) for name in suspects)
    return lambda *args, **how: SimpleNamespace(verdict=verdict, suspects=named, first_wrong="value")


def _ask(verdict, mistake, *suspects):
    return ours(SOFTMAX, SOFTMAX.reference, mistake=mistake, check=_check(verdict, *suspects))


def test_a_limit_counts_only_for_a_mistake_that_is_one():
    assert _ask("wrong", ORDINARY).caught
    assert not _ask("limited", ORDINARY).caught
    assert _ask("limited", LIMITED).caught
    assert not _ask("right", LIMITED).caught


def test_a_limit_of_a_right_implementation_is_no_false_alarm():
    assert _ask("wrong", None).caught
    assert not _ask("limited", None).caught


def test_the_first_suspect_and_the_step_are_told():
    answer = _ask("wrong", ORDINARY, "no shift", "zeros")
    assert (answer.suspect, answer.step) == ("no shift", "value")
    assert _ask("wrong", ORDINARY).suspect == ""


def test_targets_that_do_not_sum_to_1_are_asked_about_where_nothing_else_shows():
    entropy, seen = operation("cross_entropy"), []

    def check(function, name, cases=(), **how):
        seen.append(cases)
        return SimpleNamespace(verdict="limited" if cases else "right", suspects=(), first_wrong="")

    assert ours(entropy, None, mistake=LIMITED, check=check).caught
    assert seen == [(), ("unnormalised",)]
    assert not ours(entropy, None, mistake=LIMITED, assumes="Σy = 1", check=check).caught
    assert not ours(SOFTMAX, None, mistake=LIMITED, check=check).caught
    assert len(seen) == 4


def test_breaking_off_counts_against_it():
    def check(*args, **how):
        raise RuntimeError("gone")

    assert not ours(SOFTMAX, SOFTMAX.reference, mistake=ORDINARY, check=check).caught
    assert ours(SOFTMAX, SOFTMAX.reference, check=check).caught


def test_the_public_api_is_asked():
    assert ours(SOFTMAX, lambda x: np.zeros_like(x)).caught
    assert not ours(SOFTMAX, SOFTMAX.reference).caught
