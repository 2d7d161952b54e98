"""Points: seeded, of the asked shapes, and as constrained as the inputs say."""

from fractions import Fraction

import numpy as np
import pytest

from crosscheck.digits import digits
from crosscheck.proof.points import SHAPES, SMALL, Shape, point, symbols
from reference.derivations import LABEL, NETWORK_INPUTS, OTHER, Input
from reference.label_equations import IGNORED


@pytest.mark.parametrize("shape", SHAPES, ids=repr)
def test_a_point_has_the_shapes_asked_for_and_replays(shape):
    first, again, other = (point(NETWORK_INPUTS, shape, seed) for seed in (0, 0, 1))
    for name, wanted in NETWORK_INPUTS.items():
        assert first[name].shape == shape.of(wanted.dims)
        assert np.array_equal(first[name], again[name])
    assert not np.array_equal(first["x"], other["x"])


@pytest.mark.parametrize("shape", SHAPES, ids=repr)
def test_targets_that_sum_to_1_do_so_exactly(shape):
    y = point(NETWORK_INPUTS, shape, 3)["y"]
    assert all(sum(map(Fraction, row)) == 1 for row in y.tolist())


def test_the_largest_shape_is_real_handwritten_digits():
    images, labels = digits()
    values = point({"x": NETWORK_INPUTS["x"], "theta": Input(("C",)), "j": LABEL}, SHAPES[-1], 0)
    where = [int(np.flatnonzero((images == row).all(axis=1))[0]) for row in values["x"]]
    assert values["j"] == labels[where[0]].argmax()
    assert str(SHAPES[-1]) == "8×64-32-10 digits"


def test_labels_differ_from_those_before_them():
    drawn = [point({"j": LABEL, "k": OTHER}, Shape(1, 1, 1, 2), seed) for seed in range(10)]
    assert {(values["j"], values["k"]) for values in drawn} <= {(0, 1), (1, 0)}


def test_symbols_go_through_every_pair_of_labels_and_sum_to_1():
    inputs = {"y": NETWORK_INPUTS["y"], "j": LABEL, "k": OTHER}
    cases = list(symbols(inputs, SMALL))
    assert {(case["j"], case["k"]) for case in cases} == {(j, k) for j in range(3) for k in range(3) if j != k}
    assert all(total == 1 for total in cases[0]["y"].sum(axis=-1).data.ravel())


ROWS = {"labels": Input(("N",), kind="labels"), "x": Input(("N", "C"))}


@pytest.mark.parametrize("shape", SHAPES, ids=repr)
def test_labels_of_rows_are_classes_but_for_the_last_which_is_ignored(shape):
    labels = point(ROWS, shape, 0)["labels"]
    assert labels.dtype.kind == "i"
    assert labels[-1] == IGNORED
    assert ((labels[:-1] >= 0) & (labels[:-1] < shape.C)).all()


def test_symbols_put_every_class_and_the_ignored_label_in_every_row():
    chosen = np.array([case["labels"] for case in symbols(ROWS, SMALL)])
    assert all(set(column) == {0, 1, 2, IGNORED} for column in chosen.T)
    assert (chosen != IGNORED).any(axis=1).all(), "the mean over no rows has no value"
    assert (chosen[:, 0] == chosen[:, 1]).any()


def test_without_scikit_learn_the_digits_say_so(monkeypatch):
    from crosscheck import digits as module
    from crosscheck.proof.points import CaseUnavailableError

    module.digits.cache_clear()
    module.trained.cache_clear()
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(CaseUnavailableError, match="scikit-learn"):
        point(NETWORK_INPUTS, SHAPES[-1], 0)
