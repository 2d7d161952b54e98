"""Whatever a function does, the checker goes on: a clear line, no traceback, exit status 1 (2 for a bad call)."""

import os
import subprocess
import sys
import time
from pathlib import Path
from textwrap import indent

import pytest

from crosscheck.cli import main
from crosscheck.guest.isolated import _STARTING


@pytest.fixture
def judge(tmp_path, capsys):
    def judged(text, *words):
        file = tmp_path / "hostile.py"
        file.write_text(text, encoding="utf-8")
        status = main(["check", f"{file}:softmax", "--case", "typical", "--dtype", "float64", *words])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return status, " ".join((out + err).split())

    return judged


def _function(body):
    return f"import numpy as np\ndef softmax(x):\n{indent(body, '    ')}\n"


IN_A_CALL = {
    "hangs": ("while True: pass", "did not return within 0.5 s"),
    "exits": ("import sys; sys.exit(3)", "raised SystemExit: 3"),
    "exits at once": ("import os; os._exit(3)", "ended its process, exit status 3"),
    "exits at once, well": ("import os; os._exit(0)", "ended its process, exit status 0"),
    "crashes": ("import ctypes; ctypes.string_at(0)", "was ended by SIGSEGV"),
    "kills itself": ("import os; os.kill(os.getpid(), 9)", "was ended by SIGKILL"),
    "prints without end": ("while True: print('z' * 10**6)", "printed more than 100 MB"),
    "interrupts": ("raise KeyboardInterrupt", "raised KeyboardInterrupt"),
    "ends the generator": ("raise GeneratorExit", "raised GeneratorExit"),
    "recurses": ("return softmax(x)", "raised RecursionError"),
    "reads": ("return input()", "raised EOFError"),
    "returns None": ("return None", "returned None"),
    "returns text": ("return 'softmax'", "returned a str, expected an array of numbers"),
    "returns objects": ("return np.array([object()])", "expected an array of real numbers"),
    "returns a generator": ("return (v for v in x)", "returned a generator"),
    "returns complex numbers": ("return x * 1j", "returned an array of dtype complex128"),
    "returns ragged lists": ("return [[1.0], [1.0, 2.0]]", "returned a list that is no array"),
    "returns a wrong shape": ("return x[0]", "has the wrong shape"),
    "returns an array without end": ("return np.broadcast_to(1.0, 2**40)", "too large to be looked at"),
    "returns what cannot be read": (
        "class Odd:\n    def __array__(self, *a, **k): raise RuntimeError('odd')\nreturn Odd()",
        "that is no array: RuntimeError: odd",
    ),
    "raises what cannot be told": (
        "class Odd(Exception):\n    def __str__(self): raise RuntimeError\nraise Odd",
        "raised Odd",
    ),
    "closes everything": ("import os\nos.closerange(0, 100)\nreturn x", "broke the connection to its process"),
    "forges an answer": (
        'import os\nfor fd in range(3, 100):\n    try: os.write(fd, b\'{"data": [], "arrays": []}\\n\')\n'
        "    except OSError: pass\nreturn x",
        "broke the connection",
    ),
    "forges an array without end": (
        'import os\nfor fd in range(3, 100):\n    try: os.write(fd, b\'{"data": {}, "arrays": [["value", '
        '"float64", [1000000000000]]]}\\n\')\n    except OSError: pass\nreturn x',
        "broke the connection",
    ),
    "forges what nests too deep": (
        "import os\nfor fd in range(3, 100):\n    try: os.write(fd, b'[' * 50000 + b'\\n')\n"
        "    except OSError: pass\nreturn x",
        "broke the connection",
    ),
    "stops": ("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", "did not return within 0.5 s"),
    "writes to the terminal": ("raise ValueError('\\x1b[2J')", r"raised ValueError: \x1b[2J"),
    "writes to everything": (
        "import os\nfor fd in range(3, 100):\n    try: os.write(fd, b'rubbish\\n')\n"
        "    except OSError: pass\nreturn x",
        "broke the connection",
    ),
}


@pytest.mark.parametrize(("body", "said"), IN_A_CALL.values(), ids=IN_A_CALL)
def test_what_a_call_does_cannot_take_the_checker_down(judge, body, said):
    status, told = judge(_function(body), "--time-limit", "0.5" if "within 0.5 s" in said else "10")
    assert status == 1, told
    assert "as softmax: wrong" in told
    assert said in told


RIGHT = "e = np.exp(x - x.max(axis=-1, keepdims=True))\nreturn e / e.sum(axis=-1, keepdims=True)"
HARMLESS = {
    "forks, and both come back": "import os\nos.fork()\n",
    "puts something in the place of json.dumps": "import json\njson.dumps = None\n",
    "stops itself later": (
        "import os, signal, threading\n"
        "if not threading.active_count() > 1:\n"
        "    threading.Timer(600, os.kill, (os.getpid(), signal.SIGSTOP)).start()\n"
    ),
    "closes stdout": "import os\nos.close(1)\n",
    "goes elsewhere": "import os\nos.chdir('/')\n",
    "prints much": "for _ in range(20): print('z' * 10**6)\n",
    "leaves a child behind": "import subprocess\nsubprocess.Popen(['sleep', '600'])\n",
    "leaves a fork behind, in a session of its own": (
        "import os, time\nif x.shape and os.fork() == 0:\n    os.setsid()\n    time.sleep(30)\n    os._exit(0)\n"
    ),
    "replaces stdout": "import sys\nsys.stdout = sys.stderr = None\n",
    "floats raise": "np.seterr(all='raise')\n",
}


@pytest.mark.parametrize("before", HARMLESS.values(), ids=HARMLESS)
def test_a_right_function_is_right_whatever_it_does_beside(judge, before):
    folder = os.getcwd()
    status, told = judge(_function(before + RIGHT), "--time-limit", "20")
    assert status == 0, told
    assert os.getcwd() == folder


def test_what_is_printed_is_counted_and_its_beginning_shown(judge):
    told = judge(_function(HARMLESS["prints much"] + RIGHT))[1]
    assert "printed 20.0 MB, starting with 'zzz" in told


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("raise RuntimeError('no')", 2, "hostile.py, line 1: raised while it was imported: RuntimeError: no"),
        ("raise KeyboardInterrupt", 2, "line 1: raised while it was imported: KeyboardInterrupt"),
        ("import sys; sys.exit(4)", 2, "line 1: raised while it was imported: SystemExit: 4"),
        ("def softmax(:", 2, "line 1: is no Python"),
        ("\0", 2, "hostile.py: is no Python: source code string cannot contain null bytes"),
        ("softmax = 3; import sys; sys.exit()", 2, "raised while it was imported: SystemExit"),
        (
            'import os\nfor fd in range(3, 100):\n    try: os.write(fd, b\'{"data": {}, "arrays": []}\\n\')\n'
            "    except OSError: pass",
            1,
            "broke the connection to its process while it was imported",
        ),
        ("import os; os._exit(4)", 1, "ended its process, exit status 4 while it was imported"),
    ],
)
def test_what_a_file_does_when_it_is_imported(judge, line, status, said):
    found, told = judge(f"{line}\n{_function(RIGHT)}")
    assert (found, said in told) == (status, True), told


def test_a_file_that_hangs_when_it_is_imported_is_ended(judge, monkeypatch):
    monkeypatch.setattr("crosscheck.guest.isolated._STARTING", 1.0)
    status, told = judge(f"while True: pass\n{_function(RIGHT)}", "--time-limit", "0.5")
    assert status == 1
    assert "hostile.py: did not return within" in told


@pytest.mark.skipif(os.name != "posix", reason="process groups are POSIX")
def test_what_it_started_ends_with_it(judge, tmp_path):
    started = tmp_path / "pid"
    before = f"import subprocess\nopen({str(started)!r}, 'w').write(str(subprocess.Popen(['sleep', '600']).pid))\n"
    judge(_function(before + RIGHT))
    pid = started.read_text(encoding="utf-8")
    # A signal is on its way when the caller goes on: whoever it is for dies a moment later.
    for _ in range(200):
        state = subprocess.run(
            ["ps", "-o", "stat=", "-p", pid], capture_output=True, text=True, check=False
        ).stdout
        if not state.strip() or state.startswith("Z"):  # gone, or dead and waiting to be collected
            return
        time.sleep(0.05)
    pytest.fail(f"process {pid} still runs: {state}")


def test_in_a_process_the_first_line_is_the_verdict(tmp_path):
    file = tmp_path / "hostile.py"
    file.write_text(_function("import os; os._exit(3)"), encoding="utf-8")
    command = [sys.executable, "-m", "crosscheck", "check", f"{file}:softmax"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, encoding="utf-8", check=False)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert ran.stdout.startswith("✗ ")
    assert "left alone after 2 of" in " ".join(ran.stdout.split())


def test_how_long_an_import_may_take_is_said(capsys):
    """A file that hung at import with ``--time-limit 1`` was ended after 31 s, which was written nowhere."""
    readme = (Path(__file__).resolve().parents[3] / "README.md").read_text(encoding="utf-8")
    assert main(["check", "--help"]) == 0
    for text in (readme, capsys.readouterr().out):
        assert f"to start Python and import the file may take {_STARTING:g} more" in " ".join(text.split())
