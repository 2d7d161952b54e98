"""Benchmarks of the reference, one for each workload: ``pytest tests/benchmarks --benchmark-enable``.

Without that option each runs once. Either way the result is judged.
"""

import pytest

from crosscheck.bench.cells import WORKLOADS, Cell
from crosscheck.bench.check import judge
from crosscheck.bench.of_reference import prepare

SIZES = {"two_layer": (20, 10, 5, 10)}


@pytest.mark.parametrize("workload", WORKLOADS)
def test_reference(benchmark, workload):
    cell = Cell(workload, SIZES.get(workload, (32, 10)), "float32", 1)
    inputs = cell.inputs(seed=0)
    prepared = prepare(workload, inputs, "cpu")
    found = prepared.values(benchmark(prepared.call))
    assert judge(cell, inputs, {"reference": found})["reference"].wrong == ""
