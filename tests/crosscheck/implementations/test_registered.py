"""Implementations of other packages: they join the matrix, and one that is broken is told, and breaks nothing."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from crosscheck.guest.signature import takes
from crosscheck.implementations import registered as module
from crosscheck.operations import operation

ROOT = Path(__file__).resolve().parent.parent.parent.parent

MYLIB = """
import numpy as np
import crosscheck

def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)

def overflowing(x):
    e = np.exp(x)
    return e / e.sum(axis=-1, keepdims=True)

def cross_entropy_of_labels(x, labels):
    return np.zeros(len(x))

def wide(x):
    return softmax(x.astype(np.float64))

def exits(x):
    raise SystemExit(3)

def run(operation, inputs, device, axis=-1):
    return operation.reference(**inputs, axis=axis) if axis != -1 else operation.reference(**inputs)

def rubbish(operation, inputs, device, axis=-1):
    return None

def only_softmax(operation, format):
    return operation.name == "softmax"

def confused(operation, format):
    raise KeyError(operation.name)

FUNCTIONS = {"softmax": softmax}
NUMBER = 3
WHOLE = crosscheck.Implementation("whatever", "its own", run, lambda: ("cpu",), takes=only_softmax, on_gpu=False)
RUBBISH = crosscheck.Implementation("rubbish", "", rubbish, lambda: ("cpu",), takes=only_softmax, on_gpu=False)
CONFUSED = crosscheck.Implementation("confused", "", run, lambda: ("cpu",), takes=confused)
"""


@pytest.fixture
def package(tmp_path):
    """A package that registers, ``package({"name": "object"}, …)``; it returns how to run a command beside it."""

    def install(points, name="mylib"):
        (tmp_path / "mylib.py").write_text(MYLIB)
        info = tmp_path / f"{name}-1.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.5\n")
        lines = [f"{point} = {value}" for point, value in points.items()]
        (info / "entry_points.txt").write_text("\n".join([f"[{module.GROUP}]", *lines, ""]))

        def run(*words, status=0):
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
            command = [sys.executable, "-P", *words]
            done = subprocess.run(
                command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
            )
            assert done.returncode == status, done.stdout + done.stderr
            return done.stdout + done.stderr

        return run

    return install


def judged(run, tmp_path, *words, status=0):
    """The verdicts of the command line, and what was not validated."""
    file = tmp_path / "run.json"
    shown = run("-m", "crosscheck", *words, "--json", str(file), status=status)
    data = json.loads(file.read_text())
    return data["verdicts"], {gap["what"]: gap["why"] for gap in data["not_validated"]}, shown


def test_functions_join_the_matrix_in_the_operations_that_they_have(package, tmp_path):
    run = package({"mylib": "mylib:FUNCTIONS"})
    verdicts, gaps, shown = judged(run, tmp_path, "softmax", "sigmoid", "-i", "reference", "-i", "mylib")
    mine = [v for v in verdicts if v["implementation"] == "mylib"]
    assert {v["operation"] for v in mine} == {"softmax"}
    assert {v["dtype"] for v in mine} == {"float64", "float32"}
    assert {v["status"] for v in mine if v["quantity"] == "value"} <= {"pass", "vacuous"}
    assert not gaps
    lines = shown.splitlines()
    assert lines[0].split() == ["ulp,", "error/bound", "reference", "mylib"]
    # What it does not return is told once, and is no failure.
    assert [line.strip() for line in lines if "not return" in line] == ["– mylib does not return softmax vjp jvp"]
    assert " 0 failed" in lines[-1]


def test_they_run_by_default_and_are_listed(package):
    run = package({"mylib.fast": "mylib:FUNCTIONS", "mylib.whole": "mylib:WHOLE"})
    program = """
    import crosscheck
    from crosscheck.matrix import plan
    print(crosscheck.list_implementations()[-2:])
    print([name for name in dict.fromkeys(c.implementation for c in plan(crosscheck.Selection()).cells)][-2:])
    print({c.format.name for c in plan(crosscheck.Selection(implementations=("mylib.whole",))).cells})
    """
    shown = run("-c", textwrap.dedent(program)).splitlines()
    assert shown[:2] == ["('mylib.fast', 'mylib.whole')", "['mylib.fast', 'mylib.whole']"]
    assert "bfloat16" in shown[2]  # an Implementation takes what it says it takes


def test_a_wrong_function_fails_with_the_command_that_repeats_it(package, tmp_path):
    run = package({"mylib": "mylib:FUNCTIONS"})
    (tmp_path / "mylib.py").write_text(MYLIB.replace("x - x.max(axis=axis, keepdims=True)", "x"))
    verdicts, _, _ = judged(run, tmp_path, "softmax", "-i", "mylib", "--dtype", "float64", status=1)
    failed = [v for v in verdicts if v["status"] == "fail"]
    assert "thousand" in {v["case"] for v in failed}
    again = failed[0]["replay"].split()
    assert again[0] == "crosscheck"
    assert "Wrong: 1" in run("-m", *again, status=1)


def test_worker_processes_know_them(package, tmp_path):
    run = package({"mylib": "mylib:FUNCTIONS"})
    program = """
    import crosscheck
    from crosscheck import workers
    if __name__ == "__main__":
        chosen = crosscheck.Selection(("softmax",), ("mylib",), dtypes=("float32",), all=True)
        found = crosscheck.validate(chosen, jobs=2)
        print(len({v.case for v in found.verdicts}) > workers.FEW, found.passed, found.counts["fail"])
    """
    (tmp_path / "program.py").write_text(textwrap.dedent(program))
    assert run("program.py").split() == ["True", "True", "0"]


BROKEN = {
    "absent": (
        "nolib:FUNCTIONS",
        "crosscheck.implementations, nolib:FUNCTIONS of mylib 1.5 cannot be loaded: ModuleNot",
    ),
    "nothing": ("mylib:NOTHING", "mylib:NOTHING of mylib 1.5 cannot be loaded: AttributeError: "),
    "number": ("mylib:NUMBER", "mylib:NUMBER of mylib 1.5: got a int, expected an Implementation, a mapping of"),
    "unnamed": (
        "mylib:overflowing",
        "mylib:overflowing of mylib 1.5: got 'overflowing', expected one of sigmoid, ",
    ),
    "confused": ("mylib:CONFUSED", "KeyError: 'sigmoid'"),
    "a name": ("mylib:FUNCTIONS", "got the name 'a name', expected one such as mylib or mylib.fast"),
    "reference": ("mylib:FUNCTIONS", "the name is taken by another implementation"),
    "torch.mine": ("mylib:FUNCTIONS", "the name is taken by another implementation"),
}


def test_what_is_broken_is_not_validated_with_the_reason_and_the_rest_is_judged(package, tmp_path):
    run = package({**{name: value for name, (value, _) in BROKEN.items()}, "mylib": "mylib:FUNCTIONS"})
    words = ("softmax", "--dtype", "float64", "--case", "typical")
    verdicts, gaps, shown = judged(run, tmp_path, *words)
    assert {"reference", "mylib"} <= {v["implementation"] for v in verdicts}
    for name, (_, why) in BROKEN.items():
        told = [reason for what, reason in gaps.items() if what in (name, f"{name} of mylib 1.5")]
        assert [why in reason for reason in told] == [True], name
    assert "Not validated" in shown
    message = run("-m", "crosscheck", *words, "-i", "absent", status=2)
    assert message.startswith("crosscheck: implementation: absent cannot run: crosscheck.implementations, nolib")
    assert message.count("\n") == 1


def test_two_packages_of_one_name(package, tmp_path):
    package({"mylib": "mylib:FUNCTIONS"})
    run = package({"mylib": "mylib:overflowing"}, "other")
    _, gaps, _ = judged(run, tmp_path, "softmax", "--dtype", "float64", "--case", "typical", "-i", "reference")
    shown = run("-c", "import crosscheck; print(crosscheck.list_implementations()[-2:])")
    assert sorted(eval(shown)) in (["mylib", "mylib of mylib 1.5"], ["mylib", "mylib of other 1.5"])
    assert not gaps  # those that were not asked for need no word


def test_a_file_of_entry_points_that_is_none(monkeypatch):
    def torn(**_):
        raise TypeError("not a pair")

    monkeypatch.setattr(module, "entry_points", torn)
    [broken] = module.registered(set())
    with pytest.raises(ImportError, match=r"^TypeError: not a pair$"):
        broken.devices()


def test_rubbish_at_run_time_is_a_failure_with_the_reason(package, tmp_path):
    run = package({"rubbish": "mylib:RUBBISH"})
    verdicts, _, _ = judged(run, tmp_path, "softmax", "-i", "rubbish", "--case", "typical", status=1)
    assert {v["reason"] for v in verdicts} == {
        "raised TypeError: returned a NoneType, expected a mapping of quantities to arrays"
    }


# --- functions, without a package -----------------------------------------------------------------------------


def called(fn, name, inputs, axis=-1):
    one = operation(name)
    run = module._contained(module._calling({name: (fn, takes(fn, one))}))
    return run(one, inputs, "cpu", axis=axis)


def test_wider_results_are_stored_in_the_format_of_the_inputs():
    x = np.float32([[1, 2, 3]])
    found = called(lambda x: np.exp(x.astype(np.float64)), "softmax", {"x": x})
    assert found["value"].dtype == np.float32
    narrow = called(lambda x: x.astype(np.float16), "softmax", {"x": x})
    assert narrow["value"].dtype == np.float16  # which the judge refuses


def test_what_a_function_does_not_take_is_a_case_that_is_not_validated():
    from crosscheck.cases import CaseUnavailableError

    x, labels = np.zeros((2, 3)), np.array([0, 1])
    given = {"x": x, "labels": labels, "weight": np.ones(3), "smoothing": np.float64(0)}

    def loss(x, labels):
        return np.full(len(x), np.log(3))

    assert called(loss, "label_cross_entropy", given)["value"].shape == (2,)
    with pytest.raises(CaseUnavailableError, match=r"^loss takes no weight$"):
        called(loss, "label_cross_entropy", {**given, "weight": np.array([1.0, 2, 1])})
    with pytest.raises(CaseUnavailableError, match=r"^<lambda> takes no axis$"):
        called(lambda x: x, "softmax", {"x": x}, axis=0)
    assert (called(lambda x, axis: x + axis, "softmax", {"x": x}, axis=0)["value"] == 0).all()


def test_a_function_that_exits_is_an_error_of_its_own():
    def exits(x):
        raise SystemExit(3)

    with pytest.raises(RuntimeError, match=r"^it exited, with status 3$"):
        called(exits, "softmax", {"x": np.zeros(3)})
