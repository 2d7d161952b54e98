"""The smallest input is found: few rows, few classes, round numbers; and it still fails."""

import numpy as np

from crosscheck.checking.shrink import axes, labels, part, shrink
from crosscheck.formats import FORMATS
from crosscheck.operations import operation

SOFTMAX, NETWORK = operation("softmax"), operation("two_layer")
FLOAT64 = FORMATS["float64"]


def _inputs(one, case="typical"):
    return one.cases[case].inputs(one.name, FLOAT64, 0)


def test_one_number_is_enough_where_one_fails():
    inputs = _inputs(SOFTMAX, "thousand")
    found = shrink(SOFTMAX, inputs, FLOAT64, lambda drawn: bool((drawn["x"] > 710).any()), seed=0)
    assert found["x"].size == 1
    assert found["x"].item() > 710
    assert found["x"].item() == round(found["x"].item())


def test_arrays_keep_fitting_each_other():
    def fails(drawn):
        return bool((drawn["x"] @ drawn["W1"] + drawn["b1"]).size and np.ptp(drawn["y"]) == 1)

    found = shrink(NETWORK, _inputs(NETWORK), FLOAT64, fails, seed=0)
    assert found["x"].shape[1] == found["W1"].shape[0]
    assert found["y"].shape == (len(found["x"]), found["W2"].shape[1])
    assert sum(a.size for a in found.values()) < 15


def test_what_only_the_whole_input_shows_stays_whole():
    inputs = _inputs(SOFTMAX)
    found = shrink(SOFTMAX, inputs, FLOAT64, lambda drawn: drawn["x"].shape == (8, 10), seed=0)
    assert found["x"].shape == (8, 10)


def test_where_nothing_fails_again_the_input_itself_is_the_smallest():
    inputs = _inputs(SOFTMAX)
    assert shrink(SOFTMAX, inputs, FLOAT64, lambda drawn: False, seed=0) is inputs


def test_long_axes_are_cut_before_they_are_chosen_from():
    x = np.zeros((2, 5000))
    x[1, 4321] = 1
    inputs = {"x": x, "cotangent": x, "tangent": x}
    found = shrink(SOFTMAX, inputs, FLOAT64, lambda drawn: bool(drawn["x"].any()), seed=0)
    assert found["x"].shape == (1, 1)


def test_numbers_stay_numbers_of_the_format():
    half = FORMATS["float16"]
    inputs = SOFTMAX.cases["largest"].inputs("softmax", half, 0)
    found = shrink(SOFTMAX, inputs, half, lambda drawn: bool((drawn["x"] == half.largest).any()), seed=0)
    assert found["x"].dtype == np.float16
    assert found["x"].max() == half.largest


def test_labels_stay_whole_numbers():
    one = operation("label_cross_entropy")
    found = shrink(one, _inputs(one), FLOAT64, lambda drawn: drawn["labels"].size > 0, seed=0)
    assert found["labels"].dtype.kind == "i"


def test_axes_are_told_apart_by_name():
    assert axes(NETWORK, _inputs(NETWORK)) == {"N": 20, "D": 10, "n": 10, "H": 5}
    assert labels("...", 2) == [("...0", 0), ("...1", 1)]
    chosen = part(NETWORK, _inputs(NETWORK), {"H": [0, 3]})
    assert (chosen["W1"].shape, chosen["b1"].shape, chosen["W2"].shape) == ((10, 2), (2,), (2, 10))


def test_what_rounds_to_zero_has_no_sign():
    drawn = []
    shrink(SOFTMAX, {"x": np.full((2, 3), -0.3)}, FLOAT64, lambda part: drawn.append(part["x"]) or True, seed=0)
    zeros = [a for a in drawn if (a == 0).all()]
    assert zeros
    assert not any(np.signbit(a).any() for a in zeros)
