"""What was timed is judged: right answers pass, wrong ones are told with their place."""

import numpy as np
import pytest

from crosscheck.bench import check, of_reference
from crosscheck.bench.cells import DTYPES, WORKLOADS, Cell


def _right(cell, rows=None):
    prepared = of_reference.prepare(cell.workload, cell.inputs(0), "cpu")
    values = prepared.values(prepared.call())
    return values if rows is None else tuple(a[rows] for a in values)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", WORKLOADS)
@pytest.mark.parametrize("which", [0, 1], ids=["balls", "error analysis"])
def test_the_reference_is_right_and_zeros_are_not(name, dtype, which):
    sizes = ((20, 10, 5, 10), (32, 64, 16, 10)) if name == "two_layer" else ((32, 10), (64, 257))
    cell = Cell(name, sizes[which], dtype, 1)
    right = _right(cell)
    found = check.judge(cell, cell.inputs(0), {"it": right, "zeros": tuple(map(np.zeros_like, right))})
    assert found["it"].wrong == ""
    assert found["it"].elements == found["it"].all == sum(a.size for a in right)
    assert 0 <= found["it"].worst_ratio <= 1
    assert found["it"].vacuous == ()
    first = WORKLOADS[name].returns[0]
    assert found["zeros"].wrong.startswith(f"{first}: got 0" if first == "J" else f"{first}: at [")


@pytest.mark.parametrize("i", range(6))
def test_each_gradient_of_the_network_is_judged(i):
    cell = Cell("two_layer", (20, 10, 5, 10), "float32", 1)
    values = list(_right(cell))
    values[i] = values[i] * np.float32(1.01)
    wrong = check.judge(cell, cell.inputs(0), {"it": tuple(values)})["it"].wrong
    assert wrong.startswith(f"{WORKLOADS['two_layer'].returns[i]}: at [" if i else "J: got")


def test_one_element_in_the_last_rows_is_found(monkeypatch):
    monkeypatch.setattr(check, "_TOGETHER", 1000)  # rows are judged three at a time
    cell = Cell("softmax", (64, 257), "float64", 1)
    (right,) = _right(cell)
    right[62, 100] *= 1 + 1e-13
    wrong = check.judge(cell, cell.inputs(0), {"it": (right,)})["it"].wrong
    assert wrong.startswith("value, rows from 60: at [2, 100] got ")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda a: a[:-1], "value: shape: got (31, 10), expected (32, 10)"),
        (lambda a: a.astype(np.float64), "value: dtype: got float64, expected float32"),
        (lambda a: a * np.nan, "value: at [31, 9] got nan, exact is "),
    ],
)
def test_what_is_no_such_array_is_told(spoil, said):
    cell = Cell("softmax", (32, 10), "float32", 1)
    (right,) = _right(cell)
    assert check.judge(cell, cell.inputs(0), {"it": (spoil(right),)})["it"].wrong.startswith(said)


def test_too_few_results_are_told():
    cell = Cell("cross_entropy", (32, 10), "float32", 1)
    found = check.judge(cell, cell.inputs(0), {"it": _right(cell)[:1], "right": _right(cell)})
    assert found["it"].wrong == "returned 1 arrays, expected value, vjp"
    assert found["right"].wrong == ""


def test_of_many_rows_some_are_judged(monkeypatch):
    monkeypatch.setattr(check, "MOST", 257 * 5)
    cell = Cell("cross_entropy", (64, 257), "float32", 1)
    rows = check.sampled(cell, seed=3)
    assert rows == sorted(set(rows)) == check.sampled(cell, seed=3)
    assert len(rows) == 5
    assert (rows[0], rows[-1]) == (0, 63)
    found = check.judge(cell, cell.inputs(0), {"it": _right(cell, rows)}, rows)["it"]
    assert (found.wrong, found.elements, found.all) == ("", 5 * 258, 64 * 258)
    spoilt = _right(cell, rows)
    spoilt[1][3] = 0
    assert check.judge(cell, cell.inputs(0), {"it": spoilt}, rows)["it"].wrong.startswith("vjp: at [3, ")


def test_nothing_is_sampled_where_it_is_small_or_a_network():
    assert check.sampled(Cell("softmax", (256, 1000), "float32", 1), 0) is None
    assert check.sampled(Cell("two_layer", (512, 2048, 2048, 1000), "float32", 1), 0) is None
    assert len(check.sampled(Cell("softmax", (64, 128_000), "float32", 1), 0)) == 8
    assert check.sampled(Cell("softmax", (2, 2**21), "float32", 1), 0) == [0, 1]


def test_what_would_let_zeros_pass_is_told(monkeypatch):
    monkeypatch.setattr(check, "would_pass", lambda truth, format: "zeros")
    cell = Cell("softmax", (32, 10), "float32", 1)
    assert check.judge(cell, cell.inputs(0), {"it": _right(cell)})["it"].vacuous == ("value",)
