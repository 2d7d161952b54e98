"""The signatures of cs224n, in the terms of the operations."""

import numpy as np
import pytest

from crosscheck.guest.call import UnusableError
from crosscheck.guest.conventions import adapted, member, members

N, H, D = 2, 3, 4
INPUTS = {
    "x": np.ones((N, D)),
    "y": np.ones((N, 2)),
    "W1": np.ones((D, H)),
    "b1": np.ones(H),
    "W2": np.ones((H, 2)),
    "b2": np.ones(2),
}


def test_the_flat_gradient_is_cut_in_the_order_of_the_parameters():
    def network(data, labels, params, dimensions):
        assert dimensions == [D, H, 2]
        return 7.0, np.arange(params.size)

    found = adapted("cs224n", "forward_backward_prop", network)[1](**INPUTS)
    assert found["J"] == 7
    assert {n: a.shape for n, a in found.items() if n != "J"} == {
        f"d_{n}": INPUTS[n].shape for n in ("W1", "b1", "W2", "b2")
    }
    assert found["d_b1"].tolist() == [12, 13, 14]  # after the 4×3 of W1


def test_a_step_on_the_flat_parameters_is_seen_in_the_parameters():
    """They are a copy, to which nobody looked: training within the call was right."""

    def network(data, labels, params, dimensions):
        params -= 1
        return 7.0, params

    given = {name: a.copy() for name, a in INPUTS.items()}
    adapted("cs224n", "forward_backward_prop", network)[1](**given)
    assert [given[name].max() for name in ("x", "y", "W1", "b1", "W2", "b2")] == [1, 1, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (None, r"returned None, expected \(cost, grad\)"),
        ((1, 2, 3), "returned 3 values"),
        ((1.0, np.ones(3)), r"grad of shape \(3,\), expected \(23,\)"),
    ],
)
def test_what_is_no_cost_and_gradient_is_said(returned, said):
    network = adapted("cs224n", "forward_backward_prop", lambda *_: returned)[1]
    with pytest.raises(UnusableError, match=said):
        network(**INPUTS)


def test_unknown_names_list_the_known():
    with pytest.raises(ValueError, match="expected one of cs224n"):
        members("cs999")
    with pytest.raises(ValueError, match="expected one of softmax, sigmoid, sigmoid_grad"):
        member("cs224n", "relu")
