"""The pytest plugin: options, markers, the closing section, and that it costs other projects nothing."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from crosscheck import pytest_plugin
from crosscheck.formats import FORMATS
from crosscheck.implementation import Implementation
from crosscheck.judge import Cell
from crosscheck.operations import operation
from crosscheck.report import summary  # noqa: F401  (loaded here once, not anew in every run of a small project)

ROOT = Path(__file__).resolve().parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

MATRIX = """
from crosscheck.known import with_known
from crosscheck.matrix import run_cell
from crosscheck.pytest_plugin import matrix_parameters, matrix_plan, record

def pytest_generate_tests(metafunc):
    metafunc.parametrize(("number", "quantity"), [*matrix_parameters(metafunc.config)])

def test_cell(request, number, quantity):
    verdicts = with_known(run_cell(matrix_plan(request.config).cells[number]))
    record(request.config, (v for v in verdicts if v.quantity == quantity))
"""
SHOW = """
from crosscheck.pytest_plugin import matrix_plan

def test_show(request):
    cells = matrix_plan(request.config).cells
    print("NAMES", *sorted({c.implementation for c in cells}), *sorted({c.format.name for c in cells}))
    print("REST", *{c.device for c in cells}, *{c.seed for c in cells}, len(cells))
"""


@pytest.fixture
def small(pytester, monkeypatch):
    """A small project with the settings of this one; ``small(source, *options)`` runs its tests."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"][
        "ini_options"
    ]
    pytester.makeini(
        "[pytest]\nstrict = true\nfilterwarnings = error\naddopts = "
        + " ".join(word for word in settings["addopts"] if not word.startswith("--doctest"))
    )
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)

    def run(source, *options):
        pytester.makepyfile(source)
        return pytester.runpytest_inprocess("-p", "crosscheck.pytest_plugin", *options)

    return run


def test_the_options_select_cells(small):
    options = (
        "--xc-implementation=reference",
        "--xc-dtype=float32,float16",
        "--xc-dtype",
        "float64",
        "--xc-seed=7",
    )
    done = small(SHOW, "-s", "--xc-device", "cpu", *options)
    done.assert_outcomes(passed=1)
    done.stdout.fnmatch_lines(["*NAMES reference float16 float32 float64", "REST cpu 7 *"])


def test_extra_cells_are_added_by_an_option(small):
    counts = []
    for extra in ((), ("--xc-all",)):
        done = small(SHOW, "-s", "--xc-implementation=reference", "--xc-dtype=float32", *extra)
        done.assert_outcomes(passed=1)
        counts.append(int(next(line for line in done.outlines if line.startswith("REST")).split()[-1]))
    assert counts[0] < counts[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--xc-device=tpu"], "--xc-device: got 'tpu', expected cpu, cuda or auto"),
        (
            ["--xc-device=cuda", "--xc-implementation=reference"],
            "--xc-device: got 'cuda', but no CUDA device is found by the implementations asked for",
        ),
        (["--xc-implementation=jaxx"], "--xc-implementation: got 'jaxx', expected one of reference, torch.eager*"),
        (["--xc-implementation=reference,"], "--xc-implementation: got '', expected one of reference, *"),
        (["--xc-dtype=float32,float8"], "--xc-dtype: got 'float8', expected one of float64, float32, bfloat16, *"),
        (["--xc-seed=-1"], "--xc-seed: got '-1', expected a whole number from 0"),
    ],
)
def test_a_wrong_value_is_a_usage_error_in_one_line_before_any_test(small, options, message):
    done = small("def test_anything(): raise SystemExit('it ran')", *options)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    told = [line for line in (*done.outlines, *done.errlines) if line.strip()]
    assert len(told) == 1
    done.stderr.fnmatch_lines([f"ERROR: {message}"])


def test_a_run_that_judged_says_what_was_validated(small):
    options = ("--xc-implementation=reference", "--xc-dtype=float32", "-k", "sigmoid-value and typical")
    done = small(MATRIX, *options)
    assert done.ret == 0
    done.stdout.fnmatch_lines(
        [
            "*= crosscheck: what was validated =*",
            "implementations  reference*",
            "on               cpu: *",
            "dtypes           float32",
            "operations       *sigmoid*",
            "verdicts         * pass, 0 known, 0 vacuous, 0 fail",
            "not validated    * cells: their tests were not selected, or did not run",
            "*they run with --xc-all",
        ]
    )


def test_a_run_without_verdicts_says_nothing(small):
    done = small("def test_something(): assert True", "--xc-dtype=float32", "--xc-implementation=reference")
    done.assert_outcomes(passed=1)
    assert "crosscheck: what was validated" not in done.stdout.str()


def test_the_markers_are_registered_and_select(small):
    options = ("--xc-implementation=reference", "--xc-dtype=float32", "--xc-all", "--collect-only", "-q")
    whole, slow, usual = (
        {line for line in small(MATRIX, *options, *chosen).outlines if "::" in line}
        for chosen in ((), ("-m", "slow"), ("-m", "not slow"))
    )
    assert slow | usual == whole
    assert not slow & usual
    assert any("first_axis" in line for line in slow)
    assert not any("first_axis" in line for line in usual)
    assert not any("::" in line for line in small(MATRIX, *options, "-m", "gpu or compile").outlines)


@pytest.mark.parametrize(
    ("name", "device", "case", "extra", "markers"),
    [
        ("torch.eager", "cpu", "typical", False, ()),
        ("torch.eager", "cuda:0", "typical", False, ("gpu",)),
        ("torch.compile", "cpu", "typical", True, ("slow", "compile")),
        ("jax.jit", "cpu", "first_axis", False, ("slow",)),
        ("torch.compile", "cuda:0", "first_axis", False, ("slow", "gpu", "compile")),
    ],
)
def test_markers_of_a_cell(name, device, case, extra, markers):
    cell = Cell(operation("softmax"), name, device, FORMATS["float32"], case, seed=0)
    implementation = Implementation(name, "", lambda *_, **__: {}, lambda: (device,), extra=extra)
    assert pytest_plugin.markers_of(cell, implementation) == markers


KERNELS = """
import numpy as np

def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)

def mine(x):
    e = np.exp(x)
    return e / e.sum(axis=-1, keepdims=True)
"""
CONFORMANCE = (
    "--pyargs",
    "crosscheck.conformance",
    "--xc-dtype=float64",
    "-k",
    "thousand and not hundred or memory",
)


@pytest.fixture
def conformance(small, pytester, monkeypatch):
    """The shipped tests, run beside a file ``kernels.py``."""
    pytester.makepyfile(kernels=KERNELS)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(pytester.path), str(ROOT)]))
    return lambda *options: small("", *CONFORMANCE, *options)


def test_a_function_named_by_its_module_is_judged_without_a_checkout(conformance):
    done = conformance("--xc-implementation=kernels:softmax")
    done.assert_outcomes(passed=2, deselected=done.parseoutcomes()["deselected"])
    done.stdout.fnmatch_lines(
        ["implementations  kernels:softmax", "operations       softmax", "verdicts         1 pass, *"]
    )


def test_a_wrong_function_of_a_file_fails_with_the_finding(conformance):
    done = conformance("--xc-implementation=kernels.py:mine", "--xc-as=softmax")
    assert done.parseoutcomes()["failed"] == 1
    done.stdout.fnmatch_lines(
        [
            "*test_function[[]softmax-float64-thousand[]]*",
            "*AssertionError: value is NaN: kernels.py:mine as softmax",
            "* matches   no shift: *",
            "* again     crosscheck check kernels.py:mine --as softmax --dtype float64 --case thousand",
            "implementations  kernels.py:mine",
            "verdicts         0 pass, 0 known, 0 vacuous, 1 fail",
        ]
    )


def test_several_functions_have_ids_of_their_own(conformance):
    both = "--xc-implementation=kernels:softmax,kernels:mine"
    done = conformance(both, "--xc-as=softmax", "--collect-only", "-q")
    ids = [line.partition("[")[2] for line in done.outlines if "::" in line]
    assert ids == [
        "kernels:softmax-softmax-float64-thousand]",
        "kernels:softmax-softmax-memory]",
        "kernels:mine-softmax-float64-thousand]",
        "kernels:mine-softmax-memory]",
    ]


def test_without_a_function_there_is_nothing_to_judge_and_that_is_an_error(conformance):
    done = conformance()
    assert done.ret == pytest.ExitCode.INTERRUPTED
    done.stdout.fnmatch_lines(
        ["crosscheck.conformance: no function to judge: name one with --xc-implementation *"]
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--xc-implementation=kernels:none", "--xc-as=softmax"],
            "--xc-implementation: kernels: none is not there; *",
        ),
        (
            ["--xc-implementation=kernel:softmax"],
            "--xc-implementation: kernel: cannot be imported: ModuleNotFound*",
        ),
        (["--xc-implementation=kernels:mine"], "--xc-as: not given, and 'mine' is none of sigmoid, softmax, *"),
        (["--xc-implementation=kernels:mine", "--xc-as=max"], "--xc-as: got 'max', expected one of sigmoid, *"),
        (
            ["--xc-implementation=kernels:softmax", "--xc-arrays=cupy"],
            "--xc-arrays: got 'cupy', expected one of *",
        ),
        (["--xc-implementation=kernels:softmax", "--xc-device=cuda"], "--xc-device: got 'cuda', expected cpu: *"),
        (["--xc-as=softmax"], "--xc-as: says what a function is, and --xc-implementation names none"),
    ],
)
def test_what_means_nothing_for_a_function_is_told_before_any_test(conformance, options, message):
    done = conformance(*options)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert len([line for line in (*done.outlines, *done.errlines) if line.strip()]) == 1
    done.stderr.fnmatch_lines([f"ERROR: {message}"])


def test_a_function_that_no_test_is_about_is_an_error(small, pytester, monkeypatch):
    """Its name would have been ignored, and the run green."""
    pytester.makepyfile(kernels=KERNELS)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(pytester.path), str(ROOT)]))
    for source in ("def test_something(): assert True", MATRIX):
        done = small(source, "--xc-implementation=kernels:softmax")
        assert done.ret == pytest.ExitCode.USAGE_ERROR
        done.stderr.fnmatch_lines(
            ["*'kernels:softmax', a function, but no test of it was collected: add --pyargs *"]
        )


FOREIGN = """
import sys

def pytest_unconfigure(config):
    heavy = ("numpy", "torch", "jax", "flint", "ml_dtypes", "rich", "reference")
    ours = sorted(name for name in sys.modules if name.startswith("crosscheck"))
    print("LOADED", [name for name in heavy if name in sys.modules], ours)
"""


def test_another_project_pays_nothing_for_the_plugin(tmp_path):
    (tmp_path / "conftest.py").write_text(FOREIGN)
    (tmp_path / "test_it.py").write_text("def test_it(): assert True")
    (tmp_path / "reference.py").write_text("raise RuntimeError('a module of the other project')")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-s",
        "-p",
        "crosscheck.pytest_plugin",
        "-p",
        "no:cacheprovider",
    ]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "LOADED [] ['crosscheck', 'crosscheck.pytest_plugin']" in done.stdout


def test_a_shadowed_reference_is_told_in_one_line_by_the_command_line(tmp_path):
    (tmp_path / "reference.py").write_text("raise RuntimeError('a module of the other project')")
    command = [sys.executable, "-m", "crosscheck", "cases"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(
        f"crosscheck: reference: got {tmp_path / 'reference.py'}, expected its sibling in "
    )
    assert done.stderr.count("\n") == 1


def test_the_package_hands_out_what_it_names():
    import crosscheck

    assert all(getattr(crosscheck, name).__name__ == name for name in crosscheck.__all__)
    assert set(dir(crosscheck)) >= set(crosscheck.__all__)
    with pytest.raises(AttributeError, match="module 'crosscheck' has no attribute 'nothing'"):
        crosscheck.nothing  # noqa: B018


def test_the_entry_point_is_named_as_its_module():
    """pytest then sees one plugin, whether it comes by the entry point, by ``-p`` or by a conftest."""
    name = pytest_plugin.__name__
    assert PROJECT["project"]["entry-points"]["pytest11"] == {name: name}


def test_what_the_processes_of_xdist_judged_is_told_by_the_one_that_started_them(small):
    pytest.importorskip("xdist")
    options = ("--xc-implementation=reference", "--xc-dtype=float32", "-k", "softmax-value-reference", "-n", "2")
    done = small(MATRIX, *options, "-p", "xdist")
    outcomes = done.parseoutcomes()
    assert outcomes["passed"] > 2
    told = done.stdout.str()
    assert f"{outcomes['passed']} pass" in told.replace("verdicts         ", "")
    assert "implementations  reference" in told
    assert "cells: their tests were not selected" in told  # the plan is known there as well
