"""Central differences of its own cost: a wrong gradient is caught, what is wrong together is not."""

import pytest

from crosscheck.judges import asked
from crosscheck.judges.differences import JUDGE
from crosscheck.operations import operation, operations

SOFTMAX, NETWORK = operation("softmax"), operation("two_layer")


@pytest.mark.parametrize("name", operations())
def test_the_reference_passes(name):
    one = operation(name)
    answer = asked(JUDGE, one, one.reference)
    assert answer.caught is False, answer.reason


def test_half_a_gradient_is_caught():
    def half(**inputs):
        found = SOFTMAX.reference(**inputs)
        return {**found, "vjp": found["vjp"] / 2}

    answer = asked(JUDGE, SOFTMAX, half)
    assert answer.caught
    assert answer.reason.startswith("x[0, ")


def test_a_gradient_of_another_shape_is_caught():
    answer = asked(JUDGE, NETWORK, lambda **i: {"J": NETWORK.reference(**i)["J"], "d_b1": i["b2"]})
    assert answer.reason == "b1: a gradient of shape (10,), expected (5,)"


def test_one_wrong_entry_is_caught():
    def one_entry(**inputs):
        found = NETWORK.reference(**inputs)
        found["d_W2"] = found["d_W2"].copy()
        found["d_W2"][3, 7] += 1e-2
        return found

    assert asked(JUDGE, NETWORK, one_entry).reason.startswith("W2[3, 7]")


def test_what_cost_and_gradient_have_wrong_together_passes():
    def doubled(**inputs):
        return {name: 2 * a for name, a in NETWORK.reference(**inputs).items()}

    assert asked(JUDGE, NETWORK, doubled).caught is False


def test_nothing_is_said_of_a_function_without_gradient():
    assert asked(JUDGE, SOFTMAX, lambda x: x).caught is None
