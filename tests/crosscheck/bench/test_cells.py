"""Inputs are the same in every process; the formulas of work are those of the workload, counted by hand."""

import numpy as np
import pytest

from crosscheck.bench.cells import DTYPES, ROW_WISE, TWO_LAYER, WORKLOADS, Cell
from crosscheck.operations import operations


def test_the_sizes_are_those_of_the_assignment_and_up():
    assert WORKLOADS["two_layer"].sizes == ((20, 10, 5, 10), (64, 784, 128, 10), (512, 2048, 2048, 1000))
    for name in ("sigmoid", "softmax", "log_softmax", "cross_entropy"):
        assert WORKLOADS[name].sizes == ((32, 10), (256, 1000), (64, 128_000))
    assert {one.group for one in WORKLOADS.values()} == {ROW_WISE, TWO_LAYER}


@pytest.mark.parametrize("name", WORKLOADS)
def test_what_is_returned_is_a_quantity_of_the_operation(name):
    work = WORKLOADS[name]
    assert set(work.returns) <= set(operations()[work.operation].quantities)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", WORKLOADS)
def test_inputs_are_drawn_from_the_seed(name, dtype):
    cell = Cell(name, WORKLOADS[name].quick[0], dtype, 1)
    first, again, other = cell.inputs(0), cell.inputs(0), cell.inputs(1)
    for key, array in first.items():
        assert array.dtype.name in (dtype, "int64")
        np.testing.assert_array_equal(array, again[key])
    assert any(not np.array_equal(a, other[key]) for key, a in first.items())


def test_the_work_of_a_softmax():
    cell = Cell("softmax", (3, 5), "float32", 1)
    assert (cell.flops, cell.bytes) == (5 * 15, 2 * 15 * 4)


def test_the_work_of_a_cross_entropy():
    # x and the gradient, three labels of 8 bytes, three costs of 8
    cell = Cell("cross_entropy", (3, 5), "float64", 1)
    assert (cell.flops, cell.bytes) == (6 * 15, 2 * 15 * 8 + 3 * (8 + 8))


def test_the_work_of_a_network():
    # six products of matrices, a multiplication and an addition each; inputs, gradients, the targets and J
    cell = Cell("two_layer", (2, 3, 5, 7), "float32", 1)
    assert cell.flops == 3 * 2 * (2 * 3 * 5) + 3 * 2 * (2 * 5 * 7)
    assert cell.bytes == 4 * (2 * (6 + 15 + 5 + 35 + 7) + 14 + 1)


def test_a_cell_is_told_in_words():
    assert Cell("softmax", (3, 5), "float32", 2).name == "softmax 3×5 float32, 2 cores"
