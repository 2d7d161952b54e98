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
    return lambda *args, **how: _report(verdict, named, "value")


def _report(verdict, suspects=(), first_wrong=""):
    return SimpleNamespace(
        verdict=verdict, suspects=suspects, first_wrong=first_wrong, verdicts=(), observations=()
    )


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
        return _report("limited" if cases else "right")

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


def test_by_which_checks_it_is_caught():
    """∂J/∂b₁ averaged is off at its own inputs; the digits of φ alone are lost in what follows, or not at all."""
    network = operation("two_layer")
    averaged = next(m for m in network.mistakes if m.name == "bias gradient averaged")
    answer = ours(network, network.program(averaged), mistake=averaged)
    assert (answer.caught, answer.local, answer.end_to_end) == (True, True, True)
    right = ours(network, network.reference)
    assert (right.caught, right.local, right.end_to_end) == (False, False, False)


def test_a_step_that_is_off_by_less_than_what_is_lost_before_it_is_caught_locally_alone():
    network = operation("two_layer")

    def slightly(**given):
        results = network.reference(**given)
        return {**results, "d_x": results["d_x"] * (1 + 2.0**-50)}

    answer = ours(network, slightly)
    assert (answer.caught, answer.local, answer.end_to_end) == (True, True, False)
