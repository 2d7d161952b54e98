"""Blocks of rows against the whole, bit by bit; an operation whose rows do interact is caught."""

from dataclasses import replace

import numpy as np
import pytest

from crosscheck import blocks, truth
from crosscheck.blocks import Blocks, enclosure, in_rows, lead, of_some_rows
from crosscheck.cases import CaseUnavailableError
from crosscheck.enclosure import Enclosure
from crosscheck.formats import FORMATS
from crosscheck.numbers.ball import BITS, Ball
from crosscheck.operation import Operation
from crosscheck.operations import operation, operations
from crosscheck.truth import enclose, read, special_values
from reference import equations as eq

FLOAT32 = FORMATS["float32"]
WITH_ROWS = [name for name, one in operations().items() if any(s.startswith("...") for s in one.shapes.values())]
CASES = ("typical", "masked", "special", "saturated", "subnormal", "three_axes", "one_class")


def _asked(one, quantity, given, by_blocks):
    special = special_values(one, quantity, given)
    found = enclose(one.graph, quantity, given, special, one.shapes if by_blocks else None)
    assert isinstance(found, Blocks) == by_blocks
    hi, lo = found.split(FLOAT32)
    arrays = {"round": found.round("float32"), "lower": found.lower, "upper": found.upper, "mid": found.mid}
    return {**arrays, "hi": hi, "lo": lo, "radius": found.radius, "shape": np.asarray(found.shape)}


def _check(one, monkeypatch, names=CASES):
    """Every quantity that is said to have rows is the same in blocks of three rows and as a whole."""
    compared = 0
    monkeypatch.setattr(blocks, "SIZE", 30)
    monkeypatch.setattr(blocks, "LARGE", 30)
    for name in names:
        if name not in one.cases:
            continue
        try:
            inputs = one.cases[name].inputs(one.name, FLOAT32, seed=0)
        except CaseUnavailableError:
            continue
        for quantity in one.quantities:
            given = {leaf: inputs[leaf] for leaf in one.leaves(quantity)}
            axes = lead(one.shapes, given)
            if axes is None or np.prod(axes) < 4 or max(a.size for a in given.values()) <= 30:
                continue
            whole, parts = (_asked(one, quantity, given, by_blocks) for by_blocks in (False, True))
            for asked, expected in whole.items():
                got = parts[asked]
                assert got.shape == expected.shape, (name, quantity, asked)
                if asked != "lo":
                    np.testing.assert_array_equal(got, expected, err_msg=f"{name} {quantity} {asked}")
                else:  # the last bits of it depend on the precision that was needed
                    assert (np.abs(got - expected) <= FLOAT32.ulp(whole["hi"]) * 2.0**-10).all()
            compared += 1
    return compared


@pytest.mark.parametrize("name", WITH_ROWS)
def test_blocks_of_rows_are_the_whole(name, monkeypatch):
    assert _check(operations()[name], monkeypatch) >= 2


def test_which_operations_have_rows():
    assert set(WITH_ROWS) >= {"sigmoid", "softmax", "log_softmax", "logsumexp", "cross_entropy", "softplus"}
    assert not {"two_layer", "two_layer_mean", "label_cross_entropy_mean"} & set(WITH_ROWS)


def test_an_operation_whose_rows_interact_is_caught(monkeypatch):
    """A planted fault: softmax over the whole batch, declared as if every row were on its own."""

    def over_all(x):
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        return e / e.sum()

    right = operation("softmax")
    wrong = replace(right, graph={"value": over_all})
    assert isinstance(wrong, Operation)
    with pytest.raises(AssertionError):
        _check(wrong, monkeypatch, ("typical",))


def test_small_arrays_and_single_rows_are_taken_whole():
    shapes = {"x": "... n"}
    for x in (np.ones((4, 3)), np.ones(100_000), np.ones((1, 100_000)), np.ones((0, 3))):
        found = enclosure(lambda given: Ball.of(given["x"]), shapes, {"x": x})
        assert type(found) is Enclosure
    assert isinstance(enclosure(lambda given: Ball.of(given["x"]), shapes, {"x": np.ones((400, 100))}), Blocks)


def test_rows_need_the_same_leading_axes_and_a_shape_that_begins_with_them():
    x, y = np.ones((4, 3, 2)), np.ones((4, 3))
    assert lead({"x": "... n", "y": "..."}, {"x": x, "y": y}) == (4, 3)
    assert lead({"x": "... n", "y": "... n"}, {"x": x, "y": y}) is None
    assert lead({"x": "N n"}, {"x": y}) is None
    assert lead({}, {"x": x}) is None
    assert lead({"x": "..."}, {}) is None
    rows = in_rows({"x": "... n", "y": "..."}, {"x": x, "y": y})
    assert (rows["x"].shape, rows["y"].shape) == ((12, 2), (12,))


def test_precision_grows_in_the_blocks_that_need_it(monkeypatch):
    monkeypatch.setattr(blocks, "SIZE", 4)
    monkeypatch.setattr(blocks, "LARGE", 4)
    x = np.array([[1.0], [2.0], [3.0], [4.0], [400.0], [1.0], [2.0], [3.0]])
    used = []

    def hard(given):
        used.append(len(given["x"]))
        return 1 / (1 - eq.sigmoid(Ball.of(given["x"])))  # at 400 a quotient by a ball around 0, at 128 bits

    found = enclosure(hard, {"x": "... n"}, {"x": x})
    first = found.round("float64")
    assert first[4, 0] > 1e170
    assert found.bits > BITS
    assert found._reached[0] == BITS < found._reached[1]
    count = len(used)
    found.round("float64")
    assert len(used) == count + 2  # what was reached is kept


def test_rows_that_the_fast_truth_does_not_know_sharply_are_mended_by_balls(monkeypatch):
    """One row of thousands cancels: its JVP is a difference of numbers near 10⁶."""
    one = operation("softmax")
    rng = np.random.default_rng(0)
    x, tangent = (rng.normal(size=(3000, 4)).astype(np.float32) for _ in range(2))
    tangent[5] = np.float32(1e6) + np.arange(4, dtype=np.float32) / 16
    given = {"x": x, "tangent": tangent}
    fast = truth.enclose_fast(one.graph, "jvp", given)
    assert not truth.negligible(fast, FLOAT32)[5].all()
    reading = read(one, "jvp", given, FLOAT32, frozenset({"x"}))
    assert not np.any(reading.slack)
    hi, lo = enclose(one.graph, "jvp", {name: a[:20] for name, a in given.items()}).split(FLOAT32)
    off = np.abs((reading.hi[:20] - hi) + (reading.lo[:20] - lo))
    assert (off <= FLOAT32.ulp(hi) / 64).all()
    assert (reading.hi[5] == hi[5]).all()


def test_some_rows_are_those_in_which_anything_is_wanted():
    x, y = np.arange(24.0).reshape(2, 3, 4), np.arange(6.0).reshape(2, 3)
    wanted = np.zeros((2, 3, 4), bool)
    wanted[1, 2, 3] = True
    rows, where = of_some_rows({"x": "... n", "y": "..."}, {"x": x, "y": y}, wanted)
    assert rows["x"].tolist() == [x[1, 2].tolist()]
    assert rows["y"].tolist() == [5.0]
    assert np.argwhere(where).tolist() == [[1, 2]]
    assert of_some_rows({"x": "N n"}, {"x": y}, y > 1) is None
