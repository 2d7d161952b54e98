"""A function is called by what its parameters are named, or by how many there are."""

import numpy as np
import pytest

from crosscheck.guest.call import UnusableError
from crosscheck.guest.signature import quantities, takes
from crosscheck.operations import operation

SOFTMAX, NETWORK = operation("softmax"), operation("two_layer")


@pytest.mark.parametrize(
    ("fn", "names", "keywords", "returns"),
    [
        (lambda x: x, ("x",), True, "value"),
        (lambda z: z, ("x",), False, "value"),
        (lambda x, cotangent: x, ("x", "cotangent"), True, "vjp"),
        (lambda z, v: z, ("x", "cotangent"), False, "vjp"),
        (lambda x, dtype=None: x, ("x",), True, "value"),
        (np.exp, ("x",), False, "value"),  # one of C, which names nothing
    ],
)
def test_how_it_is_called_and_what_a_bare_array_is(fn, names, keywords, returns):
    how = takes(fn, SOFTMAX)
    assert (how.names, how.keywords, how.returns) == (names, keywords, returns)


def test_an_axis_is_handed_over_where_it_is_taken():
    assert takes(lambda x, axis=-1: x, SOFTMAX).axis
    assert not takes(lambda x: x, SOFTMAX).axis


def test_what_fits_nothing_names_what_is_expected():
    with pytest.raises(UnusableError, match="takes a, b, c, d, expected x for value"):
        takes(lambda a, b, c, d: a, SOFTMAX)


@pytest.mark.parametrize(
    ("returned", "found", "ignored"),
    [
        (1.0, {"J"}, ()),
        ({"J": 1, "dW1": 2, "grad_b1": 3, "d_W2": 4}, {"J", "d_W1", "d_b1", "d_W2"}, ()),
        ((1.0, {"W1": 2, "b1": 3}), {"J", "d_W1", "d_b1"}, ()),
        ({"J": 1, "accuracy": 2}, {"J"}, ("accuracy",)),
    ],
)
def test_what_a_network_may_return(returned, found, ignored):
    got, left = quantities(returned, NETWORK, takes(lambda x, y, W1, b1, W2, b2: 0, NETWORK))
    assert (set(got), left) == (found, ignored)


def test_what_has_no_meaning_is_declined_by_name():
    how = takes(lambda x: x, SOFTMAX)
    for returned, said in ((None, "returned None"), ({"cost": 1}, "returned cost"), ({}, "returned nothing")):
        with pytest.raises(UnusableError, match=said):
            quantities(returned, SOFTMAX, how)
