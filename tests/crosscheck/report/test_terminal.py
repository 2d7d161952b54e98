"""The report of a run, on verdicts made by hand: every figure legible, everything vacuous or known listed."""

import math

import pytest

from crosscheck.judge import Verdict, Worst
from crosscheck.matrix import Gap
from crosscheck.report.terminal import text
from crosscheck.run import Run

ALL = ("float64", "float32", "bfloat16", "float16")


def _verdict(status="pass", quantity="value", dtype="float32", case="typical", **fields):
    told = {"worst_ulp": 1.5, "worst_ratio": 0.25, "resolution": (8.0, 9.0), **fields}
    return Verdict(
        status,
        operation="label_cross_entropy_mean",
        quantity=quantity,
        implementation=told.pop("implementation", "jax.jit"),
        device="cpu",
        dtype=dtype,
        arithmetic=dtype,
        case=case,
        check="local",
        replay="crosscheck …",
        **told,
    )


def _text(*verdicts, width=100, gaps=()):
    return text(Run(verdicts, gaps, seed=0, seconds=1.0), width)


def _row(report):
    return next(line for line in report.splitlines() if line.startswith("label_cross_entropy_mean value"))


@pytest.mark.parametrize(
    ("fields", "cell"),
    [
        ({}, "✓   1.50 0.25"),
        ({"worst_ulp": 2.0**53}, "✓   9e15 0.25"),
        ({"worst_ulp": 7e306}, "✓  >9e15 0.25"),
        (
            {"status": "fail", "worst_ratio": math.inf, "worst": Worst((0,), math.nan, 1.0, 1e-3)},
            "✗ NaN or inf",
        ),
        ({"status": "fail", "worst_ratio": math.inf, "worst": Worst((0,), 1.0, 0.0, 0.0)}, "✗   1.50 inf"),
    ],
)
def test_a_cell_has_a_mark_and_figures_that_mean_something(fields, cell):
    assert _row(_text(_verdict(**fields))).rstrip().endswith(cell)


def test_a_known_defect_is_one_line_whatever_it_covers():
    found = [
        _verdict("known", quantity, dtype, case, reason="softplus linear: off", implementation=f"torch.{mode}")
        for quantity in ("value", "vjp")
        for dtype in ALL
        for case in ("wide", "extreme")
        for mode in ("eager", "func")
    ]
    report = " ".join(_text(_verdict(), *found).split())
    line = "! torch: softplus linear (eager func): label_cross_entropy_mean value vjp in all formats; 32"
    assert line in report
    assert report.count("softplus linear") == 1
    assert "crosscheck defects says more" in report


def test_what_is_vacuous_is_listed_with_its_resolution():
    found = [
        *(_verdict("vacuous", "jvp", dtype, "wide", resolution=(300.0, 1e9)) for dtype in ALL),
        _verdict("vacuous", "value", "float16", "wide", resolution=(20.0, 1e9)),
        _verdict("vacuous", "value", "float16", "no_examples", resolution=None),
    ]
    report = " ".join(_text(_verdict(), *found).split())
    place = "○ label_cross_entropy_mean wide, local"
    assert f"{place}: jvp in all formats; value in float16 (bounds from 20.00 ulp)" in report
    assert "○ label_cross_entropy_mean no_examples, local: value in float16 1 checks passed" in report
    assert "6 vacuous" in report


@pytest.mark.parametrize("width", [80, 100])
def test_many_implementations_become_as_many_tables_as_fit(width):
    names = [f"jax.mode{i}" for i in range(9)]
    report = _text(*(_verdict(implementation=name) for name in names), width=width, gaps=(Gap("a GPU", "none"),))
    assert max(map(len, report.splitlines())) <= width
    assert all(name in report for name in names)
    assert report.count("label_cross_entropy_mean value") > 1
    assert "– a GPU: none" in report
