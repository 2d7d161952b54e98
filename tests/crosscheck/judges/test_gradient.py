"""A NumPy function as those see it who differentiate."""

import numpy as np
import pytest

from crosscheck.formats import format_of
from crosscheck.judges.gradient import gradient, quantities, returned
from crosscheck.operations import operation

SOFTMAX, NETWORK = operation("softmax"), operation("two_layer")


def _inputs(one):
    return one.cases["typical"].inputs(one.name, format_of("float64"), 0)


def test_a_function_is_its_value_with_its_vjp_at_any_cotangent():
    inputs = _inputs(SOFTMAX)
    found = gradient(SOFTMAX, SOFTMAX.reference, inputs)
    right = SOFTMAX.reference(**inputs)
    assert found.names == ("x",)
    np.testing.assert_array_equal(found.of(inputs["x"]), right["value"])
    np.testing.assert_array_equal(found.pull(inputs["cotangent"], inputs["x"])[0], right["vjp"])
    np.testing.assert_array_equal(found.push(inputs["tangent"], inputs["x"]), right["jvp"])
    assert not np.array_equal(found.pull(2 * inputs["cotangent"], inputs["x"])[0], right["vjp"])


def test_a_network_is_its_cost_with_the_gradients_that_it_returns():
    inputs = _inputs(NETWORK)
    found = gradient(NETWORK, NETWORK.reference, inputs)
    assert found.names == ("x", "W1", "b1", "W2", "b2")
    assert found.push is None
    right = NETWORK.reference(**inputs)
    np.testing.assert_array_equal(found.of(*found.points), right["J"])
    for name, array in zip(found.names, found.pull(np.float64(2), *found.points), strict=True):
        np.testing.assert_array_equal(array, 2 * right[f"d_{name}"])
    some = gradient(NETWORK, lambda **i: {q: right[q] for q in ("J", "d_b1")}, inputs)
    assert some.names == ("b1",)


@pytest.mark.parametrize(
    ("one", "function"),
    [(SOFTMAX, lambda x: x), (SOFTMAX, lambda x: {"vjp": x}), (NETWORK, lambda x: {"d_x": x})],
)
def test_without_value_and_gradient_there_is_nothing_to_judge(one, function):
    assert gradient(one, function, _inputs(one)) is None


def test_a_function_is_given_the_inputs_that_it_names():
    assert set(returned(SOFTMAX, lambda x: {"value": x, "more": x}, _inputs(SOFTMAX))) == {"value"}
    assert set(returned(SOFTMAX, lambda **inputs: inputs["tangent"], _inputs(SOFTMAX))) == {"value"}


def test_an_array_alone_is_the_value_or_the_cost():
    assert set(quantities(SOFTMAX, [1.0])) == {"value"}
    assert set(quantities(NETWORK, 1.0)) == {"J"}


def test_the_inputs_stay_what_they_are():
    inputs = _inputs(SOFTMAX)
    before = inputs["x"].copy()

    def spoils(x, **others):
        x[...] = 0
        return {"value": x, "vjp": x}

    gradient(SOFTMAX, spoils, inputs)
    np.testing.assert_array_equal(inputs["x"], before)
