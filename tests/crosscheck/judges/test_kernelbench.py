"""KernelBench's comparison: what it catches, and that zeros pass its softmax."""

import numpy as np
import pytest

from crosscheck.judges import asked, settled
from crosscheck.judges.kernelbench import JUDGE
from crosscheck.operations import operation

pytest.importorskip("torch")

SOFTMAX, NETWORK = operation("softmax"), operation("two_layer")


@pytest.mark.parametrize("name", ["sigmoid", "softmax", "log_softmax", "cross_entropy", "two_layer"])
def test_the_reference_passes(name):
    one = operation(name)
    answer = asked(JUDGE, one, one.reference)
    assert answer.caught is False, answer.reason


def test_a_wrong_value_and_a_wrong_gradient_are_caught():
    assert asked(JUDGE, SOFTMAX, lambda x: 1.01 * SOFTMAX.reference(x, x, x)["value"]).caught
    assert asked(JUDGE, NETWORK, lambda **i: {"d_x": -NETWORK.reference(**i)["d_x"]}).reason == "d_x: not close"


def test_another_shape_is_caught():
    assert asked(JUDGE, SOFTMAX, lambda x: x[:1]).reason == "value: shape (1, 10), expected (8, 10)"


def test_a_result_of_the_first_call_is_caught_by_the_second():
    kept = []

    def stale(**inputs):
        kept.append(SOFTMAX.reference(**inputs))
        return kept[0]

    assert asked(JUDGE, SOFTMAX, stale).caught
    assert len(kept) == 2


def test_zeros_pass_its_softmax():
    # Its own shape is 4096 × 393216, drawn from [0, 1): no class has more than e/393216 = 7·10⁻⁶ < 10⁻⁴.
    x = np.random.default_rng(0).uniform(0, 1, (1, 393_216)).astype(np.float32)
    assert (
        settled(JUDGE, SOFTMAX, lambda x: np.zeros_like(x), [{"x": x, "cotangent": x, "tangent": x}]).caught
        is False
    )
