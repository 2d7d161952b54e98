"""Files as students write them, through the command line: the verdict, where, what stands in the way."""

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crosscheck.cli import main

FOLDER = Path(__file__).resolve().parent.parent / "examples" / "homework"
CONVENTION = ("--convention", "cs224n")


@pytest.fixture
def judge(tmp_path, capsys):
    """The exit status, function → (verdict, first wrong step), and everything that was said in one line."""

    def judged(name, *words):
        results = tmp_path / "results.json"
        status = main(["check", str(FOLDER / name), *words, "--json", str(results)])
        said = " ".join("".join(capsys.readouterr()).split())
        reports = json.loads(results.read_text(encoding="utf-8"))["reports"] if results.exists() else []
        found = {r["function"].rpartition(":")[2]: (r["verdict"], r["first_wrong"]) for r in reports}
        return status, found, said

    return judged


RIGHT = {
    "apply_along_axis": ("right_apply_along_axis.py", CONVENTION, {"softmax"}),
    "loops": ("right_loops.py:softmax", (), {"softmax"}),
    "sum": ("right_sum_and_mean.py:summed", ("--as", "two_layer"), {"summed"}),
    "mean": ("right_sum_and_mean.py:averaged", ("--as", "two_layer"), {"averaged"}),
    "einsum": ("right_einsum.py:softmax", (), {"softmax"}),
    "float32": ("right_float32.py:softmax", (), {"softmax"}),
    "whole assignment": (
        "right_cs224n.py",
        CONVENTION,
        {"softmax", "sigmoid", "sigmoid_grad", "forward_backward_prop"},
    ),
}


@pytest.mark.parametrize(("name", "words", "functions"), RIGHT.values(), ids=RIGHT)
def test_right_in_any_style(judge, name, words, functions):
    status, found, said = judge(name, *words)
    assert (status, found) == (0, dict.fromkeys(functions, ("right", "")))
    assert said.count(": right, on every input that was tried") == len(functions)


NOT_RIGHT = {
    "sigmoid_grad of phi": (
        "wrong_sigmoid_grad_of_phi.py:network",
        ("--as", "two_layer"),
        "network",
        "wrong",
        "d_phi",
        "d_phi is off",
    ),
    "bias gradient averaged": (
        "wrong_bias_gradient.py",
        CONVENTION,
        "forward_backward_prop",
        "wrong",
        "d_b2",
        "d_b2 is off",
    ),
    "last class dropped": (
        "wrong_last_class_dropped.py",
        CONVENTION,
        "forward_backward_prop",
        "wrong",
        "J",
        "J is off",
    ),
    "softmax over everything": (
        "wrong_softmax_over_everything.py:softmax",
        (),
        "softmax",
        "wrong",
        "value",
        "value is off",
    ),
    "no shift": ("limited_no_shift.py:softmax", (), "softmax", "limited", "", "value is NaN"),
    "in place": ("limited_in_place.py:softmax", (), "softmax", "limited", "", "changes its argument x"),
}


@pytest.mark.parametrize(
    ("name", "words", "function", "verdict", "step", "shown"), NOT_RIGHT.values(), ids=NOT_RIGHT
)
def test_wrong_or_limited_and_where(judge, name, words, function, verdict, step, shown):
    status, found, said = judge(name, *words)
    assert status == 1
    assert found.pop(function) == (verdict, step)
    assert set(found.values()) <= {("right", "")}  # the other functions of the file are not blamed
    assert shown in said
    assert (f"first wrong step: {step}" in said) == bool(step)


def test_sum_and_mean_are_told_apart(judge):
    for function, reduction in (("summed", "sum"), ("averaged", "mean")):
        words = ("--as", "two_layer", "--case", "typical")
        assert (
            f"J is judged as the {reduction} over the batch"
            in judge(f"right_sum_and_mean.py:{function}", *words)[2]
        )
        other = {"sum": "mean", "mean": "sum"}[reduction]
        status, found, _ = judge(f"right_sum_and_mean.py:{function}", *words, "--reduction", other)
        assert (status, found) == (1, {function: ("wrong", "J")})


def test_the_smallest_example_keeps_targets_that_sum_to_1(judge, tmp_path):
    # Shrunk to y = [[0]], where right code fails too, it would show nothing.
    judge("wrong_sigmoid_grad_of_phi.py:network", "--as", "two_layer")
    (report,) = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["reports"]
    targets = report["findings"][0]["smallest"]["inputs"]["y"]
    assert [sum(row) for row in targets] == [1.0] * len(targets)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("wrong_sigmoid_grad_of_phi.py:network", ("--as", "two_layer")),
        ("wrong_last_class_dropped.py", CONVENTION),  # its softmax lacks the cases of a network
        ("limited_no_shift.py:softmax", ()),
    ],
)
def test_the_replay_line_shows_the_same_example_again(judge, tmp_path, name, words):
    def findings():
        reports = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["reports"]
        return [finding for report in reports for finding in report["findings"]]

    judge(name, *words)
    first = findings()[0]
    program, command, place, *rest = shlex.split(first["replay"])
    assert (program, command) == ("crosscheck", "check")
    assert judge(place, *rest)[0] == 1
    assert findings()[0]["smallest"] == first["smallest"]


def test_a_convention_of_vectors_and_matrices_is_tried_at_both(judge, tmp_path):
    # The assignment tells them apart (§1.2), and its own first example is a vector.
    file = tmp_path / "rows.py"
    rows = "np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)"
    file.write_text(f"import numpy as np\ndef softmax(x):\n    return {rows}\n", encoding="utf-8")
    status, found, said = judge(file, *CONVENTION)
    assert (status, found) == (1, {"softmax": ("wrong", "value")})
    assert "in one_vector (float64)" in said
    assert "axis 1 is out of bounds" in said


def test_float32_is_not_judged_at_what_float32_cannot_hold(judge):
    # float64's largest number is infinite in float32: the function has been handed something else.
    status, found, said = judge(
        "right_float32.py:softmax", "--dtype", "float64", "--case", "largest", "--case", "typical"
    )
    assert (status, found) == (0, {"softmax": ("right", "")})
    assert "2 calls, 1 checks" in said


def test_a_name_of_python_2_is_said_to_be_one(judge):
    assert (
        "name 'xrange' is not defined (a name of Python 2; in Python 3: range)"
        in judge("old_xrange.py:softmax")[2]
    )


def test_the_file_beside_is_found_and_what_is_missing_is_said(judge):
    status, found, said = judge("q2_neural.py", *CONVENTION)
    assert status == 0
    assert found == dict.fromkeys(("sigmoid", "sigmoid_grad", "forward_backward_prop"), ("right", ""))
    assert "q2_neural.py has no softmax(x)" in said
    assert "J is judged as the mean over the batch" in said


def test_prints_and_seeds_at_import_are_told_and_harmless(judge):
    status, found, said = judge("old_prints_and_seeds.py", *CONVENTION)
    assert (status, found) == (0, {"softmax": ("right", "")})
    assert "starting with 'Testing with random matrices:'" in said


def test_xrange_is_told_as_what_python_3_raises(judge):
    status, found, said = judge("old_xrange.py:softmax")
    assert (status, found) == (1, {"softmax": ("wrong", "value")})
    assert "raised NameError: name 'xrange' is not defined" in said


BAD = {
    "old_print_statement.py:softmax": "line 12: a statement of Python 2, 'print \"Running basic tests...\"'",
    "old_missing_module.py:softmax": "old_missing_module.py: imports cs224d, which is not there",
    "no_such_file.py:softmax": "no_such_file.py: there is no such file",
    "q1_softmax.py:sigmoid": "sigmoid is not there; functions in it: softmax",
}


@pytest.mark.parametrize(("name", "said"), BAD.items(), ids=BAD)
def test_what_stands_in_the_way_is_said_in_one_line(judge, name, said):
    status, found, told = judge(name)
    assert (status, found) == (2, {})
    assert said in told


@pytest.mark.parametrize(
    ("name", "status", "word"),
    [("right_loops.py", 0, ": right,"), ("wrong_softmax_over_everything.py", 1, ": wrong,")],
)
def test_from_a_shell_in_the_folder_of_the_file(tmp_path, name, status, word):
    shutil.copy(FOLDER / name, tmp_path)
    command = [sys.executable, "-m", "crosscheck", "check", f"{name}:softmax", "--case", "typical"]
    ran = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=120, encoding="utf-8", check=False
    )
    assert (ran.returncode, ran.stderr) == (status, "")
    assert f"{name}:softmax as softmax{word}" in ran.stdout
