"""Cases are seeded, differ from each other, and are exactly representable in their format."""

import numpy as np
import pytest

from crosscheck.formats import FORMATS
from crosscheck.operations import operation, operations
from crosscheck.regimes import WIDTHS
from crosscheck.shapes import check

SKIPPED = {"vocabulary", "many_examples", *(f"width_{n}" for n in WIDTHS[1:])}
PLACES = [
    pytest.param(one, case, format, id=f"{one.name}-{case.name}-{format.name}")
    for one in operations().values()
    for case in one.cases.values()
    for format in FORMATS.values()
    # Extra cases are long, and rounded by the same code; the widths differ from each other in one number.
    if not case.extra or (format.name == "bfloat16" and case.name not in SKIPPED)
]


@pytest.mark.parametrize(("one", "case", "format"), PLACES)
def test_the_same_seed_gives_the_same_bits_in_the_format(one, case, format):
    if "digits" in case.summary:
        pytest.importorskip("sklearn")
    first, again = (case.inputs(one.name, format, seed=3) for _ in range(2))
    assert set(first) == set(one.inputs)
    for name, array in first.items():
        assert array.dtype == (np.int64 if name in one.integers else format.dtype)
        assert array.tobytes() == again[name].tobytes()
    other = case.inputs(one.name, format, seed=4)
    different = any(array.tobytes() != other[name].tobytes() for name, array in first.items())
    assert different or first["x"].size == 0


@pytest.mark.parametrize(
    ("one", "case", "format"), [place for place in PLACES if place.values[2].name == "bfloat16"]
)
def test_inputs_have_the_shapes_that_the_operation_declares(one, case, format):
    if "digits" in case.summary:
        pytest.importorskip("sklearn")
    check(case.inputs(one.name, format, seed=0), one.shapes, one.integers)


def _logits(case, dtype="float64"):
    return operation("softmax").cases[case].inputs("softmax", FORMATS[dtype], 0)["x"].astype(float)


def test_dominant_rows_lead_by_17_40_80_700():
    x = np.sort(_logits("dominant"), axis=-1)
    lead = x[:, -1] - x[:, -2]
    assert lead.min() > 10
    assert lead.max() > 600


def test_ties_are_ties():
    x = _logits("ties")
    assert (x[:4, :6] == x[:4, :1]).all()
    assert (x[4:, :6] != x[4:, :1]).any()


def test_masked_rows_keep_at_least_one_class():
    x = _logits("masked")
    assert np.isneginf(x).any(axis=-1).all()
    assert np.isfinite(x).any(axis=-1).all()


def test_special_rows_stand_beside_ordinary_ones():
    x = _logits("special")
    assert np.isfinite(x[1::2]).all()
    assert not np.isfinite(x[::2]).all(axis=-1).any()


def test_hard_targets_never_ask_for_an_impossible_class():
    one = operation("cross_entropy")
    for case in ("typical", "dominant", "many_classes"):
        inputs = one.cases[case].inputs(one.name, FORMATS["float32"], 0)
        assert (inputs["y"].sum(axis=-1) == 1).all()


@pytest.mark.parametrize("name", ["two_layer", "two_layer_mean"])
def test_every_class_is_the_label_of_a_row(name):
    # A cost without its last class passed where no label was the last.
    for seed in range(5):
        y = operation(name).cases["typical"].inputs(name, FORMATS["float64"], seed)["y"]
        assert y.any(axis=0).all()
        assert (y.sum(axis=1) == 1).all()
