"""A C function through ctypes, and backward passes that users write for PyTorch and JAX, each right and wrong."""

import json
import shutil
from pathlib import Path

import pytest

from crosscheck.cli import main

FOLDER = Path(__file__).resolve().parent.parent / "examples"
CASES = [word for case in ("typical", "thousand", "strided", "one_example") for word in ("--case", case)]


@pytest.mark.parametrize("kind", ["c", "torch", "jax"])
@pytest.mark.parametrize(("function", "verdict", "step"), [("softmax", "right", ""), ("diagonal", "wrong", "vjp")])
def test_a_backward_pass_of_ones_own_is_judged(kind, function, verdict, step, tmp_path, capsys):
    if kind == "c":
        if shutil.which("cc") is None and shutil.which("gcc") is None:
            pytest.skip("no C compiler: neither cc nor gcc is there")
    else:
        pytest.importorskip(kind)
    results = tmp_path / "results.json"
    arrays = [] if kind == "c" else ["--arrays", kind]
    words = ["--as", "softmax", *CASES, *arrays, "--json", str(results)]
    status = main(["check", f"{FOLDER / kind}_softmax.py:{function}", *words])
    (report,) = json.loads(results.read_text(encoding="utf-8"))["reports"]
    assert (report["verdict"], report["first_wrong"]) == (verdict, step), capsys.readouterr().out
    assert status == (0 if verdict == "right" else 1)
    assert {v["quantity"] for v in report["verdicts"] if v["status"] == "pass"} >= {"value", "vjp"} - {step}
