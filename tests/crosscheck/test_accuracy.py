"""The promise of the reference: at most 4 ulp in every regime; and that this check can fail."""

import json
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

import reference._rows
import reference.cross_entropy
import reference.sigmoid
import reference.softmax
from crosscheck import accuracy, accuracy_forms
from crosscheck.accuracy import DTYPES, LIMIT, QUANTITIES, REGIMES, Row, inputs, measure, show, table, to_dict
from crosscheck.run import portable

REFERENCE = accuracy_forms.programs(("reference",))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("quantity", QUANTITIES)
def test_reference_is_within_four_ulp(quantity, regime, dtype):
    assert measure(quantity, regime, dtype, REFERENCE).worst["reference"] <= LIMIT


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_float32_is_rounded_once(quantity):
    """Half an ulp, and what float64 may lose before the rounding: 8 ulp of float64 are 2⁻²⁶ ulp of float32.

    But σ is computed in float32, whose exponential errs by up to 2.5 ulp in NumPy.
    """
    worst = measure(quantity, "N(0, 3)", "float32", REFERENCE, seed=1).worst["reference"]
    assert worst <= (LIMIT if quantity == "sigmoid" else 0.5 + 2.0**-26)


def _without_delta(x, m, d):
    return np.zeros_like(d)


def _textbook(x, memory):
    s = reference.sigmoid.sigmoid(x)
    return s * (1 - s)


PLANTED = {
    "softmax without the error of x - m": (
        reference._rows, "subtraction_error", _without_delta, "softmax", "gap 700"
    ),
    "gradient without the error of x - m": (
        reference._rows, "subtraction_error", _without_delta, "cross_entropy_gradient", "gap 700"
    ),
    "log of one plus the others": (
        np, "log1p", lambda s, out=None: np.log(1 + s, out=out), "log_softmax", "gap 40"
    ),
    "subnormal terms summed as they are": (
        reference._rows, "_TINY", 0.0, "cross_entropy", "subnormal"
    ),
    "sigmoid gradient as printed": (
        reference.sigmoid, "gradient_into", _textbook, "sigmoid_gradient", "N(0, 3)"
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_breaks_the_promise(fault, monkeypatch):
    module, name, wrong, quantity, regime = PLANTED[fault]
    assert measure(quantity, regime, "float64", REFERENCE).worst["reference"] <= LIMIT
    monkeypatch.setattr(module, name, wrong)
    with np.errstate(all="ignore"):
        assert measure(quantity, regime, "float64", REFERENCE).worst["reference"] > LIMIT


def test_a_nan_is_an_infinite_error():
    wrong = {"wrong": {"softmax": lambda x, labels: np.full_like(x, np.nan)}}
    assert measure("softmax", "N(0, 3)", "float64", wrong).worst["wrong"] == np.inf


def test_a_number_where_the_truth_is_nan_is_an_infinite_error():
    wrong = {"wrong": {"softmax": lambda x, labels: np.nan_to_num(reference.softmax.softmax(x))}}
    assert measure("softmax", "inf and NaN", "float64", wrong).worst["wrong"] == np.inf


def test_inputs_replay_and_follow_the_seed():
    x, labels = inputs("N(0, 3)", "float32", seed=3)
    again, same = inputs("N(0, 3)", "float32", seed=3)
    other, _ = inputs("N(0, 3)", "float32", seed=4)
    np.testing.assert_array_equal(x, again)
    np.testing.assert_array_equal(labels, same)
    assert (x != other).any()


@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_frameworks_lose_what_the_reference_keeps(framework):
    """One logit ahead by 40: its log softmax is about −e^(−40); both return 0, at least 2²³ ulp off."""
    pytest.importorskip(framework)
    both = accuracy_forms.programs(("reference", framework))
    row = measure("log_softmax", "gap 40", "float32", both)
    assert row.worst[framework] >= 2.0**23
    assert row.worst["reference"] <= LIMIT
    gradient = measure("cross_entropy_gradient", "|x| < 1", "float64", both)
    assert 0 < gradient.worst[framework] < 100, "benign inputs: the form itself is right"


def test_a_framework_that_is_not_installed_is_left_out(monkeypatch):
    def missing():
        raise ImportError("no such framework")

    monkeypatch.setattr(
        accuracy_forms, "IMPLEMENTATIONS", {"reference": accuracy_forms._reference, "torch": missing}
    )
    assert list(accuracy_forms.programs(("reference", "torch"))) == ["reference"]


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(accuracy, "REGIMES", {name: REGIMES[name] for name in ("N(0, 3)", "inf and NaN")})
    return table(seed=0, implementations=("reference",))


def test_table_has_a_row_for_each_quantity_regime_and_dtype(few):
    assert len(few) == len(QUANTITIES) * 2 * len(DTYPES)
    assert {(row.quantity, row.dtype) for row in few} == {(q, d) for q in QUANTITIES for d in DTYPES}


def test_rows_are_portable(few):
    data = json.loads(json.dumps(portable(to_dict(few, seed=0)), allow_nan=False))
    assert data["schema"] == "crosscheck.accuracy/1"
    assert data["rows"][0]["worst"]["reference"] == few[0].worst["reference"]


def test_the_shown_table_fits_80_columns():
    rows = [
        Row(quantity, regime, dtype, {"reference": 0.5, "torch": 1.2e300, "jax": np.inf})
        for quantity in QUANTITIES
        for regime in REGIMES
        for dtype in DTYPES
    ]
    console = Console(file=StringIO(), width=300)
    console.print(show(rows))
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert sum("1e300" in line and "inf" in line for line in lines) == len(QUANTITIES) * len(REGIMES)
