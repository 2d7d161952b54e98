"""Ratios, means and shares of known numbers; the data is plain."""

import json

import pytest

from crosscheck.bench.cells import Cell
from crosscheck.bench.check import Judgement
from crosscheck.bench.record import Bench, Cores, Row, Timing
from crosscheck.bench.statistics import Spread

RIGHT = Judgement("", 10, 10, 0.5)


def timing(name, *samples, wrong="", **how):
    judged = Judgement(wrong, 10, 10, 2.0) if wrong else RIGHT
    return Timing(name, samples, 1, 1.0, None, judged, f"wrong: {wrong}" if wrong else "", **how)


def row(workload, size, dtype, cores, reference, jax):
    timings = (timing("reference", *reference), timing("jax.jit", *jax))
    return Row(Cell(workload, size, dtype, cores), timings, 1e9)


SOFTMAX = row("softmax", (10, 100), "float32", 1, (4e-6, 8e-6, 6e-6), (1e-6, 2e-6, 3e-6))
SIGMOID = row("sigmoid", (10, 100), "float32", 1, (1e-6,), (1e-6,))
NETWORK = row("two_layer", (2, 3, 5, 7), "float64", 1, (1e-6,), (2e-6,))
LOST = Row(
    Cell("softmax", (1, 2), "float32", 1), (timing("reference", wrong="value: no"), timing("jax.jit", 1.0)), 1e9
)


def made(*rows):
    return Bench(rows, (Cores(1, {"float32": 2e9, "float64": 1e9}, True, {}),), (), 3, 0, 1.0)


def test_ratios_are_those_of_each_round():
    assert SOFTMAX.ratio() == Spread(3.0, 4.0, 4.0)
    assert SOFTMAX.ratio("jax.jit", "reference").median == 0.25
    assert SOFTMAX.ratio("reference", "torch.eager") is None
    assert LOST.ratio() is None


def test_means_are_geometric_by_group_and_name_the_worst():
    network, rows = made(SOFTMAX, SIGMOID, NETWORK, LOST).means()
    assert (network.group, network.cells, network.mean) == ("two-layer", 1, 0.5)
    assert (rows.cells, rows.mean, rows.worst) == (2, pytest.approx(2.0), 4.0)
    assert rows.worst_cell == "softmax 10×100 float32"


def test_the_share_of_the_ceiling():
    # 2 · 1000 · 4 bytes in 6 µs, of 10⁹ bytes a second; 3·2·(2·3·5 + 2·5·7) operations in 1 µs, of 10⁹
    assert made(SOFTMAX).ceiling(SOFTMAX) == (pytest.approx(8000 / 6e-6), 1e9)
    assert made(NETWORK).ceiling(NETWORK) == (pytest.approx(600 / 1e-6), 1e9)
    assert made(LOST).ceiling(LOST)[0] == 0


def test_a_run_passes_where_nothing_failed():
    assert made(SOFTMAX).passed
    assert not made(SOFTMAX, LOST).passed
    assert not made().passed


def test_the_data_is_plain_and_has_every_sample():
    told = json.loads(json.dumps(made(SOFTMAX, LOST).to_dict()))
    assert told["cells"][0]["timings"][0]["samples"] == [4e-6, 8e-6, 6e-6]
    assert told["cells"][0]["reference_over_jax"]["median"] == 4.0
    assert told["cells"][1]["timings"][0]["seconds"] is None
    assert told["environment"]["packages"]["numpy"]
