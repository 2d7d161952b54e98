"""The network of the mean and with weight decay: every step at its stored inputs, limits, bad input."""

import numpy as np
import pytest

from crosscheck.formats import FORMATS
from crosscheck.graph import needs
from crosscheck.truth import enclose, rounded
from reference.cost_equations import NETWORK_L2, NETWORK_MEAN
from reference.two_layer import two_layer
from reference.two_layer_costs import two_layer_l2, two_layer_mean

N, D, H, C = 6, 5, 4, 3
RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, C, N)
GIVEN = {
    "x": RNG.normal(0, 1, (N, D)),
    "y": np.eye(C)[LABELS],
    "W1": RNG.normal(0, 1, (D, H)),
    "b1": RNG.normal(0, 1, H),
    "W2": RNG.normal(0, 1, (H, C)),
    "b2": RNG.normal(0, 1, C),
}
DECAYED = {**GIVEN, "decay": np.array(0.1)}
BOTH = [(NETWORK_MEAN, two_layer_mean, GIVEN), (NETWORK_L2, two_layer_l2, DECAYED)]
CASES = [(*one, quantity) for one in BOTH for quantity in one[0]]


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize(("graph", "function", "given", "quantity"), CASES)
def test_each_step_is_within_the_bound_of_its_stored_inputs(graph, function, given, quantity, dtype):
    format = FORMATS[dtype]
    inputs = {name: format.round(array) for name, array in given.items()}
    found = function(**inputs)
    step = {quantity: graph[quantity]}
    seen = {name: (inputs | found)[name] for name in needs(graph[quantity])}
    bound = rounded(step, quantity, seen, format, frozenset({"phi", "theta"})).bound
    truth = enclose(step, quantity, seen).mid
    assert found[quantity].dtype == format.dtype
    assert found[quantity].shape == truth.shape
    assert (np.abs(found[quantity].astype(np.float64) - truth) <= bound).all()
    assert (np.abs(truth) > bound).any(), "zeros must not pass"


@pytest.mark.parametrize(("graph", "function", "given"), BOTH)
def test_all_quantities_in_order_and_no_argument_modified(graph, function, given):
    before = {name: array.copy() for name, array in given.items()}
    assert list(function(**given)) == list(graph)
    for name, array in given.items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize("dtype", FORMATS)
def test_the_mean_of_one_row_and_no_decay_are_the_plain_network(dtype):
    inputs = {name: FORMATS[dtype].round(array) for name, array in GIVEN.items()}
    one_row = inputs | {"x": inputs["x"][:1], "y": inputs["y"][:1]}
    for name, array in two_layer(**one_row).items():
        np.testing.assert_array_equal(two_layer_mean(**one_row)[name], array)
    for name, array in two_layer(**inputs).items():
        np.testing.assert_array_equal(two_layer_l2(**inputs, decay=0)[name], array)


@pytest.mark.parametrize(("graph", "function", "given"), BOTH)
def test_labels_and_one_hot_targets_give_the_same_bits(graph, function, given):
    from_labels = function(**given | {"y": LABELS})
    for name, array in function(**given).items():
        np.testing.assert_array_equal(from_labels[name], array)


def test_the_mean_of_no_rows_is_nan_and_its_gradients_are_zero():
    found = two_layer_mean(**GIVEN | {"x": GIVEN["x"][:0], "y": LABELS[:0]})
    assert np.isnan(found["J"])
    assert not any(found[f"d_{name}"].any() for name in ("W1", "b1", "W2", "b2"))


def test_weights_decay_where_there_are_no_rows_and_biases_do_not():
    found = two_layer_l2(**DECAYED | {"x": GIVEN["x"][:0], "y": LABELS[:0]})
    np.testing.assert_array_equal(found["d_W1"], 0.1 * GIVEN["W1"])
    assert not found["d_b1"].any()
    assert abs(found["J"] - 0.05 * ((GIVEN["W1"] ** 2).sum() + (GIVEN["W2"] ** 2).sum())) < 1e-12


def test_a_decay_that_the_dtype_does_not_hold_keeps_its_digits():
    """0.1 rounded to float16 is off by 2⁻¹³: λ is a number of its own, rounded only with the result."""
    inputs = {name: FORMATS["float16"].round(array) for name, array in GIVEN.items()}
    inputs |= {"x": np.zeros((N, D), np.float16), "W1": np.full((D, H), 1000, np.float16)}
    assert (two_layer_l2(**inputs, decay=0.1)["d_W1"] == 100).all()


@pytest.mark.parametrize(
    ("decay", "error", "message"),
    [
        (-0.1, ValueError, "decay: got -0.1, expected a finite number from 0"),
        (np.nan, ValueError, "decay: got nan, expected a finite number from 0"),
        (np.inf, ValueError, "decay: got inf, expected a finite number from 0"),
        ("much", TypeError, "decay: got str, expected a number"),
        (np.ones(2), TypeError, "decay: got ndarray, expected a number"),
    ],
)
def test_a_bad_decay_is_refused_by_name(decay, error, message):
    with pytest.raises(error, match=message):
        two_layer_l2(**GIVEN, decay=decay)


@pytest.mark.parametrize(("graph", "function", "given"), BOTH)
def test_bad_arguments_are_refused_by_name(graph, function, given):
    with pytest.raises(ValueError, match=r"W1: got shape \(4, 5\), expected \(5, 5\)"):
        function(**given | {"W1": GIVEN["W1"].T})
    with pytest.raises(ValueError, match=r"y: got shape \(2, 3\), expected \(6, 3\)"):
        function(**given | {"y": GIVEN["y"][:2]})
