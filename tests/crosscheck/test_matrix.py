"""The matrix on what is installed: one test per quantity, implementation, dtype and case."""

from functools import cache

import numpy as np
import pytest

from crosscheck.formats import FORMATS
from crosscheck.implementation import Implementation
from crosscheck.implementations import implementations
from crosscheck.judge import FAIL, Cell
from crosscheck.known import with_known
from crosscheck.matrix import Selection, plan, run_cell
from crosscheck.operations import operation


@cache
def _verdicts(cell: Cell):
    return with_known(run_cell(cell))


def _parameters():
    for cell in plan(Selection()).cells:
        for quantity in cell.operation.quantities:
            device = "" if cell.device == "cpu" else f"@{cell.device}"
            where = f"{cell.operation.name}-{quantity}-{cell.implementation}{device}"
            yield pytest.param(cell, quantity, id=f"{where}-{cell.format.name}-{cell.case}")


@pytest.mark.parametrize(("cell", "quantity"), _parameters())
def test_matrix(cell, quantity):
    verdicts = [v for v in _verdicts(cell) if v.quantity == quantity]
    assert verdicts
    if {v.status for v in verdicts} == {"unavailable"}:
        pytest.skip(verdicts[0].reason)
    wrong = [f"{v.check}: {v.reason}; again: {v.replay}" for v in verdicts if v.status == FAIL]
    assert not wrong


def _planted(monkeypatch, run):
    from crosscheck import matrix

    planted = {**implementations(), "planted": Implementation("planted", "", run, lambda: ("cpu",))}
    monkeypatch.setattr(matrix, "implementations", lambda: planted)
    return Cell(operation("softmax"), "planted", "cpu", FORMATS["float32"], "typical", seed=0)


def _zeros(one, inputs, device):
    return {"value": np.zeros_like(inputs["x"])}


def _raises(one, inputs, device):
    raise RuntimeError("no kernel for this\nand a long story")


def _changes(one, inputs, device):
    results = one.reference(**inputs)
    inputs["cotangent"][0, 0] += 1
    return results


def _wide(one, inputs, device):
    return {name: array.astype(np.float64) for name, array in one.reference(**inputs).items()}


def _flat(one, inputs, device):
    return {name: array.ravel() for name, array in one.reference(**inputs).items()}


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (_zeros, "got 0, exact is"),
        (_raises, "raised RuntimeError: no kernel for this"),
        (_changes, "changed its argument cotangent"),
        (_wide, "dtype: got float64, expected float32"),
        (_flat, "shape: got (80,), expected (8, 10)"),
    ],
)
def test_a_misbehaving_implementation_is_a_verdict_with_the_reason(monkeypatch, run, reason):
    verdicts = run_cell(_planted(monkeypatch, run))
    assert {v.quantity for v in verdicts} == {"value", "vjp", "jvp"}
    value = next(v for v in verdicts if v.quantity == "value")
    assert value.status == FAIL
    assert reason in value.reason
    assert "\n" not in value.reason


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (Selection(operations=("sotfmax",)), "operation: got 'sotfmax', expected one of sigmoid, softmax"),
        (
            Selection(implementations=("jaxx",)),
            "implementation: got 'jaxx', expected one of reference, torch.eager",
        ),
        (Selection(dtypes=("float8",)), "dtype: got 'float8', expected one of float64, float32"),
        (Selection(cases=("odd",)), "case: got 'odd', expected one of typical, tiny"),
        (Selection(device="tpu"), "device: got 'tpu', expected cpu, cuda or auto"),
        (Selection(implementations=("reference",), device="cuda"), "device: got 'cuda', but no CUDA device"),
    ],
)
def test_a_wrong_name_is_an_error_that_lists_the_right_ones(selection, message):
    with pytest.raises(ValueError, match="^" + message.replace("(", r"\(")):
        plan(selection)


def test_a_framework_that_is_missing_is_a_gap_and_if_named_an_error(monkeypatch):
    from crosscheck import matrix

    def missing():
        raise ImportError("jax is not installed: pip install 'softmax-crosscheck[jax]'")

    absent = Implementation("jax.jit", "", lambda *_: {}, missing)
    monkeypatch.setattr(matrix, "implementations", lambda: {"jax.jit": absent})
    monkeypatch.setattr(matrix, "select", lambda name: [absent])
    found = plan(Selection())
    assert not found.cells
    assert found.gaps[0].why == "jax is not installed: pip install 'softmax-crosscheck[jax]'"
    with pytest.raises(ValueError, match=r"^implementation: jax\.jit cannot run: jax is not installed"):
        plan(Selection(implementations=("jax",)))


def test_every_operation_quantity_and_dtype_has_a_sharp_check():
    """In float32 and float64 the median resolution of some local check is at most 16 ulp."""
    for cell in plan(Selection(implementations=("reference",), dtypes=("float64", "float32"))).cells:
        if cell.case != "typical":
            continue
        for quantity in cell.operation.quantities:
            sharp = [
                v.resolution[0]
                for v in _verdicts(cell)
                if v.quantity == quantity and v.check == "local" and v.status == "pass" and v.resolution
            ]
            assert sharp, (cell.operation.name, quantity)
            print(cell.operation.name, quantity, cell.format.name, sharp)
