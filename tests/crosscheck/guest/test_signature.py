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


def test_what_is_passed_on_to_another_function_is_what_the_value_needs():
    """What takes whatever comes was handed a tangent too, which the function behind it does not know."""

    def wrapper(*args, **kwargs):
        return args

    for fn in (wrapper, lambda *args: args, np.vectorize(lambda v: v)):
        how = takes(fn, SOFTMAX)
        assert (how.names, how.keywords, how.returns) == (("x",), False, "value")
    assert takes(wrapper, operation("label_cross_entropy")).names == ("x", "labels")  # what it can do without
    how = takes(lambda x, **more: x, SOFTMAX)
    assert (how.names, how.keywords, how.returns) == (("x",), True, "value")
    assert takes(lambda x, **more: x, SOFTMAX, "vjp").names == ("x", "cotangent")
    assert takes(lambda x, labels, weight, **more: x, operation("label_cross_entropy")).names == (
        "x",
        "labels",
        "weight",
    )


def test_parameters_of_a_network_may_be_taken_together_and_directions_too():
    assert set(takes(lambda x, y, **params: 0, NETWORK).names) == {"x", "y", "W1", "b1", "W2", "b2"}
    second = operation("two_layer_hvp")
    assert set(takes(second.reference, second).names) == set(second.inputs)


def test_what_names_nothing_at_all_is_handed_everything():
    assert takes(lambda **inputs: 0, SOFTMAX).names == SOFTMAX.inputs


@pytest.mark.parametrize(
    "fn",
    [
        lambda X, t, A, a, B, b: 0,
        lambda *args: 0,
        lambda X, t, *params: 0,
        lambda x, y, W1, b1, W2, b2, /: 0,
    ],
    ids=["own names", "any number", "some of any number", "by place alone"],
)
def test_by_place_a_network_is_handed_its_targets_after_x(fn):
    """They came last, whatever README and the reference say."""
    how = takes(fn, NETWORK)
    assert (how.names, how.keywords) == (("x", "y", "W1", "b1", "W2", "b2"), False)


def test_names_that_can_only_be_given_by_place_say_which_place():
    assert takes(lambda y, x, /: 0, operation("cross_entropy")).names == ("y", "x")


LABELS = operation("label_cross_entropy")


@pytest.mark.parametrize(
    ("fn", "names", "beside"),
    [
        (lambda input, target, size_average=None, reduce=None: 0, ("x", "labels"), ()),
        (lambda input, target, weight=None, size_average=None: 0, ("x", "labels", "weight"), ("weight",)),
        (
            lambda z, t, smoothing=0.0, weight=None: 0,
            ("x", "labels", "weight", "smoothing"),
            ("weight", "smoothing"),
        ),
        (lambda z, t, *, weight=None: 0, ("x", "labels", "weight"), ("weight",)),
        (lambda z, t, w, e: 0, ("x", "labels", "weight", "smoothing"), ()),
    ],
    ids=["own names", "weight", "the other way round", "by keyword alone", "all of its own"],
)
def test_what_a_function_can_do_without_is_handed_over_by_its_name(fn, names, beside):
    """Smoothing went to ``size_average``, by place; and weights that a function names were left out."""
    how = takes(fn, LABELS)
    assert (how.names, how.keywords, how.beside) == (names, False, beside)
    given = {"x": 1, "labels": 2, "weight": 3, "smoothing": 4}
    assert how.call(lambda *args, **more: (args, more), given) == (
        tuple(given[name] for name in names if name not in beside),
        {name: given[name] for name in beside},
    )


def test_a_value_may_come_with_either_derivative():
    how = takes(lambda x, tangent: 0, SOFTMAX)
    assert quantities((1, 2), SOFTMAX, how) == ({"value": 1, "jvp": 2}, ())


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
