"""Files are judged in a process of their own: right, wrong, unreadable, and files that misbehave.

What does no harm is judged here by what that process runs: to start it, and to import SymPy there, takes five
times as long as to judge a file.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crosscheck.cli import main
from crosscheck.proof.own import BAD_CALL, FAILED, OwnError
from crosscheck.proof.own_child import answer
from crosscheck.proof.own_reading import require_readable
from crosscheck.proof.own_run import SECONDS, judge, result
from crosscheck.proof.prove import DIGITS
from crosscheck.proof.verdict import PROVED, REFUTED, UNDECIDED
from reference.derivations import Derivation, Input, Line

ROOT = Path(__file__).resolve().parents[3]
NUMPY = "import numpy as np\n"
SOFTMAX = (
    NUMPY
    + """
INPUTS = {"theta": "N C", "y": "N C sums to 1"}
WRT = "theta"
def _softmax(t):
    e = np.exp(t - np.max(t, axis=1, keepdims=True))
    e /= np.sum(e, axis=1, keepdims=True)
    return e
def DEFINITION(theta, y):
    return -np.sum(y * np.log(_softmax(theta)))
def difference(theta, y):
    return _softmax(theta) - y
"""
)


@pytest.fixture
def write(tmp_path):
    def written(text):
        path = tmp_path / "mine.py"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return written


def judged_here(path, seed=0):
    """What ``judge`` gives: of the answer its process writes, as JSON."""
    return result(path, seed, json.loads(json.dumps(answer(path, seed, lambda at: None))))


def lines(path):
    found = judged_here(path).derivation
    return found, [line and line.status for line in found.lines]


RIGHT = {
    "the derivative of a definition": (SOFTMAX, [PROVED]),
    "in place on a copy, by a label": (
        NUMPY
        + """
INPUTS = {"x": "N C", "j": "label"}
def _softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)
def one(x, j):
    p = _softmax(x)
    p[:, j] -= 1
    return p / len(x)
def two(x, j):
    return (_softmax(x) - np.eye(x.shape[1])[j]) / x.shape[0]
""",
        [None, PROVED],
    ),
    "in place on the argument": (
        "def one(x):\n    x *= 2\n    return x\ndef two(x): return x + x",  # of the x that was given
        [None, PROVED],
    ),
    "a list": (
        NUMPY
        + "LINES = [lambda x: np.tanh(x), lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x))]\n"
        + "LINES += [('the same', lambda x: 2 * np.sinh(x) / (np.exp(x) + np.exp(-x)))]",
        [None, PROVED, PROVED],
    ),
    "matrices": (
        NUMPY
        + """
INPUTS = {"W": "D H"}
WRT = "x"
def DEFINITION(x, W): return np.sum(np.tanh(np.dot(x, W)) ** 2) / 2
def chain(x, W):
    t = np.tanh(x @ W)
    return np.dot(t * (1 - np.square(t)), W.T)
def indices(x, W):
    t = np.tanh(np.einsum("nd,dh->nh", x, W))
    return np.einsum("nh,dh->nd", t - t**3, W)
""",
        [PROVED, PROVED],
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_lines_follow(write, name):
    text, statuses = RIGHT[name]
    found, said = lines(write(text))
    assert said == statuses
    assert all(line.digits >= DIGITS and len(line.meetings) == 3 for line in found.lines if line)


def test_its_process_says_the_same(write):
    path = write(SOFTMAX + "def wrong(theta, y): return y + _softmax(theta)\n")
    assert judge(path, 1) == judged_here(path, 1)
    refused = []
    for way in (judge, judged_here):
        with pytest.raises(OwnError) as error:
            way(write(UNJUDGED["a line that raises"][0]))
        refused.append((str(error.value), error.value.status))
    assert refused[0] == refused[1]


def test_a_wrong_line_is_named_with_both_enclosures_and_the_inputs(write):
    right = "def right(theta, y): return y - y + difference(theta, y)\n"
    wrong = "def wrong(theta, y): return y + _softmax(theta)\n"
    found, said = lines(write(SOFTMAX + right + wrong))
    assert said == [PROVED, PROVED, REFUTED]
    assert found.first_wrong == 3
    witness = found.lines[2].witness
    left, right = (float(end.strip("[]").split(" ")[0]) for end in (witness.left, witness.right))
    row, column = map(int, witness.entry.removeprefix("entry [").rstrip("]").split(", "))
    assert right - left == pytest.approx(2 * witness.inputs["y"][row][column], rel=1e-9)


def test_a_wrong_derivative_is_the_first_line(write):
    found, _said = lines(write(SOFTMAX.replace("_softmax(theta) - y", "y - _softmax(theta)")))
    assert found.first_wrong == 1


def test_without_its_assumption_the_printed_gradient_does_not_follow(write):
    found, _said = lines(write(SOFTMAX.replace(" sums to 1", "")))
    assert found.first_wrong == 1


def test_a_constant_that_float64_rounds_is_told_apart(write):
    found, said = lines(write("def one(x): return x / 3\ndef two(x): return 1 / 3 * x"))
    assert said == [None, REFUTED]
    assert found.lines[1].witness.left != found.lines[1].witness.right


def test_another_seed_is_another_point(write):
    path = write("def one(x): return x\ndef two(x): return 2 * x")
    first, again, other = (judged_here(path, seed).derivation.lines[1].witness for seed in (0, 0, 1))
    assert first == again
    assert first.inputs != other.inputs


# --- the maximum ----------------------------------------------------------------------

RELU = NUMPY + "INPUTS = {'x': 'N D'}\nWRT = 'x'\ndef DEFINITION(x): return np.sum(np.maximum(x, 0))\n"


@pytest.mark.parametrize("claimed", ["0 * x", "np.ones_like(x)"], ids=["dead", "alive"])
def test_a_wrong_derivative_of_a_relu_is_refuted(write, claimed):
    """Where a maximum is a constant, 0 is the derivative: algebra and series both said so."""
    found, said = lines(write(RELU + f"def line(x): return {claimed}"))
    assert said == [REFUTED]
    assert found.lines[0].algebra.shown is False


def test_a_right_derivative_of_a_maximum_is_not_refuted_and_not_called_proved(write):
    text = RELU.replace("np.maximum(x, 0)", "np.maximum(x, x - 1)") + "def line(x): return x ** 0"
    found, said = lines(write(text))
    assert said == [UNDECIDED]
    assert found.lines[0].digits >= DIGITS


def test_equal_maxima_of_computed_values_are_not_refuted(write):
    """The midpoints of x/3 + x/7 and of 10x/21 are different numbers: as constants they would refute the line."""
    text = NUMPY + "def one(x): return np.maximum(x / 3 + x / 7, 0)\ndef two(x): return np.maximum(10 * x / 21, 0)"
    found, said = lines(write(text))
    assert said == [None, UNDECIDED]
    assert "where its maxima may be any numbers" in found.lines[1].algebra.note


# --- what cannot be judged ----------------------------------------------------------------------

TWO = NUMPY + "def one(x): return x\n"
UNJUDGED = {
    "np.sort": (TWO + "def two(x): return np.sort(x)", r"line 2 \(two\): np.sort cannot be read", BAD_CALL),
    "a comparison": (RELU + "def line(x): return x > 0", r"line 1 \(line\): np.greater cannot be read", BAD_CALL),
    "a method": (
        TWO + "def two(x): return x.clip(0)",
        r"line 2 \(two\): the attribute 'clip' cannot be",
        BAD_CALL,
    ),
    "math": (
        "import math\nINPUTS = {'a': ''}\ndef one(a): return a\ndef two(a): return math.exp(a)",
        r"line 2 \(two\): cannot be read in exact arithmetic: .* math take floats only",
        BAD_CALL,
    ),
    # The arithmetic's own word for it was told: "power series division".
    "0 / 0": (TWO + "def two(x): return (x - x) / (x - x)", r"line 2 \(two\): divides by 0", BAD_CALL),
    "a definition with an axis": (
        SOFTMAX.replace("-np.sum(y * np.log(_softmax(theta)))", "-np.log(_softmax(theta)).sum(axis=1)"),
        r"DEFINITION \(DEFINITION\): got shape \(2,\), expected one number; sum it",
        BAD_CALL,
    ),
    "a label to differentiate by": (
        "INPUTS = {'j': 'label'}\nWRT = 'j'\ndef DEFINITION(j): return j * 2.0\ndef line(j): return 2.0",
        "WRT: 'j' is a label",
        BAD_CALL,
    ),
    "a line that raises": (TWO + "def two(x):\n    return x + z", r"line 2 \(two\): .*line 4: NameError", FAILED),
    "a line that exits": (TWO + "import sys\ndef two(x): sys.exit(0)", r"line 2 \(two\): .*SystemExit: 0", FAILED),
    "no numbers": (TWO + "def two(x): pass", r"line 2 \(two\): returns NoneType, expected an array", FAILED),
    "first shapes": (
        "def one(x, y): return x * y\ndef two(x, y): return y * x",
        r"line 1 \(one\): .*broadcast.*; the shapes are x \(4, 5\), y \(4, 3\)",
        FAILED,
    ),
}
ENDED = {
    "it exits": ("import os\nos._exit(0)", r"the file itself: its process ended .* \(exit code 0\)", FAILED),
    "it dies": ("import os\nos.abort()", r"its process ended before it was judged \(SIGABRT\)", FAILED),
    "it dies in a line": (
        TWO + "import os\ndef two(x): os._exit(7)",
        r"line 2 \(two\): its process ended .* \(exit code 7\)",
        FAILED,
    ),
}


@pytest.mark.parametrize("name", [*UNJUDGED, *ENDED])
def test_what_cannot_be_judged_is_one_line(write, name):
    way, texts = (judge, ENDED) if name in ENDED else (judged_here, UNJUDGED)
    text, message, status = texts[name]
    with pytest.raises(OwnError, match=message) as refused:
        way(write(text))
    assert refused.value.status == status
    assert "\n" not in str(refused.value)


def test_later_shapes_that_do_not_fit_are_a_verdict(write):
    found, said = lines(write(TWO + "def two(x): return x.T\ndef three(x): return x @ x"))
    assert said == [None, REFUTED, REFUTED]
    assert found.lines[1].witness.error == "shape (3, 2), expected (2, 3)"
    assert found.first_wrong == 2


@pytest.mark.parametrize(
    ("text", "where", "seconds"),
    [
        ("while True: pass", "the file itself", 1),
        ("import time\ndef one(x): return x\ndef two(x): time.sleep(99)", r"line 2 \(two\)", 3),
        ("while True: print('x' * 10000)", "the file itself", 1),
        (
            "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import time; time.sleep(99)'])",
            "the file itself",
            1,
        ),
    ],
    ids=["hangs", "hangs in a line", "prints without end", "starts another that hangs"],
)
def test_a_file_that_takes_too_long_is_ended(write, text, where, seconds):
    start = time.monotonic()
    with pytest.raises(OwnError, match=rf"{where}: not judged within {seconds} s; --time-limit") as refused:
        judge(write(text), seconds=seconds)
    assert refused.value.status == FAILED
    assert time.monotonic() - start < 9


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a list of processes")
def test_what_it_started_is_ended_with_it(write, tmp_path):
    text = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open({str(tmp_path / "pid")!r}, "w").write(str(child.pid))
time.sleep(60)
"""
    with pytest.raises(OwnError, match="not judged"):
        judge(write(text), seconds=3)
    status = Path("/proc", (tmp_path / "pid").read_text(), "status")
    for _ in range(50):
        if not status.exists() or "State:\tZ" in status.read_text():
            return
        time.sleep(0.1)
    raise AssertionError("it still runs")


def test_what_it_prints_and_reads_is_dropped(write, capfd):
    printing = "import sys\nprint('out')\nsys.stderr.write('err')\ndef one(x): print(x); return x\n"
    judge(write(printing + "def two(x): return 1 * x"))
    assert capfd.readouterr() == ("", "")
    with pytest.raises(OwnError, match="line 1: EOFError"):
        judge(write("input()"))


def test_a_readable_derivation_is_no_error():
    told = []
    right = Derivation("", "", {"x": Input(("N",))}, (Line("x", lambda x: x), Line("1 x", lambda x: 1 * x)))
    require_readable(right, "mine.py", told.append)
    assert told == ["line 1 (<lambda>)", "line 2 (<lambda>)"]


# --- the command ----------------------------------------------------------------------


def test_the_command_exits_0_where_all_follow_and_1_at_the_first_that_does_not(write, tmp_path, capsys):
    path, out = write(TWO + "def two(x): return x + x - x"), tmp_path / "found.json"
    assert main(["derivations", path, "--json", str(out)]) == 0
    assert "2 lines, all follow; seed 0" in capsys.readouterr().out
    data = json.loads(out.read_text())
    assert (data["schema"], data["all_right"], data["first_wrong"]) == ("crosscheck.own_derivation/1", True, None)
    assert data["derivation"]["lines"][1]["status"] == "proved"
    assert data["environment"]["python"]
    path = write(TWO + "def two(x): return x + x")
    assert main(["derivations", path, "--json", str(out), "--seed", "3"]) == 1
    assert "line 2 of 2 does not follow from line 1; seed 3" in capsys.readouterr().out
    data = json.loads(out.read_text())
    assert (data["first_wrong"], data["seed"], data["file"]) == (2, 3, path)
    assert data["derivation"]["lines"][1]["witness"]["inputs"]["x"]


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["nothing.py"], 2, "nothing.py: No such file or directory; expected a Python file"),
        (["--time-limit", "3"], 2, "--time-limit: got no FILE.py"),
        (
            ["x.py", "--time-limit", "soon"],
            2,
            "argument --time-limit: got 'soon', expected a number of seconds",
        ),
        (["x.py", "--time-limit", "0"], 2, "argument --time-limit: got '0', expected a number of seconds"),
        (["exits.py"], 1, "exits.py: line 1: it ends the program"),
    ],
)
def test_a_call_that_cannot_be_answered_is_one_line(tmp_path, monkeypatch, capsys, words, status, message):
    (tmp_path / "exits.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)
    assert main(["derivations", *words]) == status
    captured = capsys.readouterr()
    assert captured.err.startswith(f"crosscheck: {message}")
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_the_help_tells_the_time_limit_and_the_names(capsys):
    assert main(["derivations", "--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert f"may take before it is ended ({SECONDS:g})" in told
    for name in ("LINES", "DEFINITION", "WRT", "INPUTS"):
        assert name in told


def test_it_runs_from_any_folder_beside_files_of_any_name(tmp_path):
    """A neighbour called numpy.py must not stand in for NumPy."""
    (tmp_path / "numpy.py").write_text("raise SystemExit('not this one')")
    (tmp_path / "mine.py").write_text(TWO + "def two(x): return x * 1")
    command = [sys.executable, "-P", "-m", "crosscheck", "derivations", "mine.py"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
