"""A whole file by its convention: bad calls are seen before anything is judged, and nothing judged is lost."""

import json

import pytest

from crosscheck.cli import main

RIGHT = """
import numpy as np

def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)

def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))
"""
NETWORK = """
def forward_backward_prop(data, labels, params, dimensions):
    return 0.0, params
"""


@pytest.fixture
def judge(tmp_path, capsys):
    """The exit status, what was printed, the errors, and the JSON or None; ``mine.py:FN`` may name a function."""

    def judged(text, *words, function=""):
        file, results = tmp_path / "mine.py", tmp_path / "results.json"
        file.write_text(text, encoding="utf-8")
        place = f"{file}:{function}" if function else str(file)
        status = main(["check", place, "--convention", "cs224n", *words, "--json", str(results)])
        out, err = capsys.readouterr()
        return status, out, err, json.loads(results.read_text("utf-8")) if results.exists() else None

    return judged


BAD = {
    "quantity": (("--quantity", "value"), "quantity: got 'value', expected none: cs224n says what forward_"),
    "dtype": (
        ("--dtype", "float32"),
        "dtype: got 'float32', expected float64: cs224n says what its functions are",
    ),
    "arrays": (("--arrays", "torch"), "arrays: got 'torch', expected numpy: cs224n says what its functions are"),
    "one dtype of two": (("--dtype", "float64", "--dtype", "float32"), "dtype: got 'float32', expected float64"),
    "operation": (("--as", "sigmoid"), "--as: got 'sigmoid', expected softmax: cs224n says what softmax is"),
    "no such operation": (("--as", "sofmax"), "--as: got 'sofmax', expected softmax"),
    "case": (("--case", "typical", "--case", "none"), "case: got 'none', expected one of typical"),
    "whole numbers": (("--case", "typical", "--case", "whole_uint8"), "case: got 'whole_uint8', expected one of"),
}


@pytest.mark.parametrize(("words", "said"), BAD.values(), ids=BAD)
def test_a_bad_call_is_seen_before_anything_is_judged(judge, words, said):
    """Reports were printed and then lost, or what was asked for was ignored (--dtype, --as, whole numbers)."""
    status, out, err, results = judge(RIGHT + NETWORK, *words)
    assert (status, out, results) == (2, "", None)
    assert err.startswith(f"crosscheck: {said}")
    assert err.count("\n") == 1


def test_a_function_that_cannot_be_called_is_seen_before_anything_is_judged(judge):
    """It was told after the reports on those before it."""
    status, out, err, results = judge(RIGHT.replace("sigmoid(x)", "sigmoid(a, b, c, d)"))
    assert (status, out, results) == (2, "", None)
    assert err == "crosscheck: sigmoid: takes a, b, c, d, expected x for value\n"


def test_what_is_done_anyway_may_be_asked_for(judge):
    words = ("--as", "sigmoid", "--quantity", "value", "--dtype", "float64", "--case", "typical")
    status, _, _, results = judge(RIGHT + NETWORK, *words, function="sigmoid")
    assert (status, len(results["reports"])) == (0, 1)


@pytest.mark.parametrize(
    ("words", "judged", "missing"),
    [
        (("--case", "large_logits"), {"forward_backward_prop"}, ["softmax", "sigmoid"]),
        (("--case", "typical", "--case", "one_vector"), {"softmax", "sigmoid", "forward_backward_prop"}, []),
        (("--case", "one_vector", "--case", "ties"), {"softmax", "sigmoid"}, ["forward_backward_prop"]),
    ],
)
def test_a_case_is_for_the_functions_that_have_it(judge, words, judged, missing):
    """It was a bad call unless all had it, and one that was found out after some of them had been judged."""
    status, out, err, results = judge(RIGHT + NETWORK, *words)
    assert (status, err) == (1 if "forward_backward_prop" in judged else 0, "")
    assert {report["function"].rpartition(":")[2] for report in results["reports"]} == judged
    lines = [line for line in results["missing"] if " has no case " in line]
    assert [line.rpartition(":")[2] for line in lines] == [
        f"{name} has no case {' or '.join(words[1::2])}" for name in missing
    ]
    unwrapped = "".join(out.split())
    assert all("".join(f"– {line}".split()) in unwrapped for line in lines)


def test_a_case_that_no_function_of_the_file_has_is_a_bad_call(judge):
    status, out, err, _ = judge(RIGHT, "--case", "large_logits")
    assert (status, out) == (2, "")
    assert "case: got large_logits, which no function of " in err
    status, out, err, _ = judge(RIGHT, "--case", "large_logits", function="softmax")
    assert (status, out) == (2, "")
    assert err.startswith("crosscheck: case: got 'large_logits', expected one of typical")


def test_what_was_judged_is_kept_where_the_file_cannot_be_loaded_again(judge, tmp_path):
    """It was lost: from the fourth import on, this file refuses."""
    text = "from pathlib import Path\nfor n in '123':\n    p = Path(__file__).with_name(n)\n"
    once = text + "    if not p.exists():\n        p.touch()\n        break\nelse:\n    raise OSError('enough')\n"
    # Imports: to see what is there, for softmax, for sigmoid, for the network.
    status, out, err, results = judge(once + RIGHT + NETWORK, "--case", "typical")
    assert (status, err) == (1, "")
    assert [report["verdict"] for report in results["reports"]] == ["right", "right", "wrong"]
    assert "raised while it was imported: OSError: enough" in results["reports"][-1]["findings"][0]["reason"]
    assert "OSError:enough" in "".join(out.split())
    assert not results["passed"]
