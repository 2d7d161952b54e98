"""The line that repeats a verdict judges the same thing: every option that bears on it stands in the line."""

import json
import shlex
from dataclasses import fields

import numpy as np
import pytest

import crosscheck
from crosscheck.checking import WRONG, Options
from crosscheck.checking.replay import bearing, line, start
from crosscheck.cli import main
from crosscheck.guest.conventions import member
from crosscheck.operations import operation

SLOW = "import time\nimport numpy as np\ndef softmax(x):\n    time.sleep(1)\n    return x\n"
NETWORK = """
import numpy as np

def forward_backward_prop(data, labels, params, dimensions):
    return 0.0, params
"""
CONVENTION = ("--convention", "cs224n")


@pytest.fixture
def replays(tmp_path, capsys):
    """The lines that repeat the findings of a file, as words after ``crosscheck``."""

    def of(name, text, *words):
        file, results = tmp_path / name, tmp_path / "results.json"
        file.write_text(text, encoding="utf-8")
        assert main(["check", f"{file}:{words[0]}", *words[1:], "--json", str(results)]) == 1
        capsys.readouterr()
        reports = json.loads(results.read_text(encoding="utf-8"))["reports"]
        found = [shlex.split(finding["replay"]) for report in reports for finding in report["findings"]]
        assert all(program == "crosscheck" for program, *_ in found)
        return [rest for _, *rest in found]

    return of


def test_a_convention_keeps_the_reduction(replays, capsys):
    """It was dropped: after ``--reduction mean`` the line judged the sum, or what it found J to be."""
    words = replays("f.py", NETWORK, "forward_backward_prop", *CONVENTION, "--reduction", "mean")[0]
    assert words[words.index("--reduction") + 1] == "mean"
    assert main(words) == 1
    assert "J is judged as the mean over the batch" in capsys.readouterr().out


def test_a_convention_keeps_the_arrays():
    """They were dropped: with ``--arrays torch`` a tensor was handed over, and by the line an array."""
    pytest.importorskip("torch")
    of = member("cs224n", "sigmoid")
    asked = {**bearing("f.py:sigmoid", Options(arrays="torch"), ""), "cases": ("typical",)}
    command = "crosscheck check f.py:sigmoid --convention cs224n --arrays torch --case typical"
    assert line(start("f.py:sigmoid", of.operation(), of), asked) == command


def test_a_place_is_one_word_of_the_shell():
    """``my file.py`` was two."""
    first = start("my file.py:sigmoid", operation("sigmoid"), None)
    assert shlex.split(first) == ["crosscheck", "check", "my file.py:sigmoid", "--as", "sigmoid"]


def test_a_function_that_is_too_slow_is_so_again(replays, capsys):
    """The time limit was dropped, and what did not return within it was right when repeated."""
    words = replays("my file-1.py", SLOW, "softmax", "--case", "typical", "--time-limit", "0.1")[0]
    assert main(words) == 1
    assert "did not return within 0.1 s" in capsys.readouterr().out


def test_every_option_is_kept_unless_the_case_settles_it():
    """A new option of ``check`` stands in the line without anybody remembering to add it."""
    other = {"quantity": "vjp", "arrays": "torch", "device": "cuda", "time_limit": 3.0, "all": True}
    options = Options()
    for name, value in other.items():  # as if torch and a GPU were there
        object.__setattr__(options, name, value)
    kept = {f.name for f in fields(Options)} - {"dtypes", "cases", "seed", "all", "examples"}
    assert set(bearing("f.py:f", options, "mean")) == kept
    assert set(bearing(abs, options, "mean")) == kept - {"time_limit"}  # which this process has not
    assert bearing("f.py:f", Options(all=True, seed=3, cases=("tiny",)), "") == {}


def test_the_line_of_python_keeps_the_options():
    """It had the dtype, the case and the seed alone."""

    def half(x, cotangent):
        return cotangent / 2

    report = crosscheck.check(half, "softmax", quantity="jvp", seed=3)
    assert report.findings[0].replay == (
        "crosscheck.check(half, 'softmax', quantity='jvp', dtypes=('float64',), cases=('square',), seed=3)"
    )
    again = eval(report.findings[0].replay)
    assert (again.verdict, again.findings[0].quantity) == (WRONG, "jvp")


def test_the_line_of_python_for_a_mean_names_a_case_that_is_there():
    """It named the operation ``two_layer_mean``, which draws other inputs and has no case ``square``."""

    def nothing(x, y, W1, b1, W2, b2):
        given = {"x": x, "y": y, "W1": W1, "b1": b1, "W2": W2, "b2": b2}
        return {"J": operation("two_layer").reference(**given)["J"] / len(x), "d_b2": 0 * b2}

    replay = crosscheck.check(nothing, "two_layer", dtypes=("float64",)).findings[0].replay
    assert replay == (
        "crosscheck.check(nothing, 'two_layer', reduction='mean', dtypes=('float64',), cases=('square',))"
    )
    assert eval(replay).findings[0].quantity == "d_b2"


def test_a_default_is_not_said():
    def halved(x):
        return 0.5 / (1 + np.exp(-x))

    replay = crosscheck.check(halved, "sigmoid", dtypes=("float64",), cases=("typical",)).findings[0].replay
    assert replay == "crosscheck.check(halved, 'sigmoid', dtypes=('float64',), cases=('typical',))"
