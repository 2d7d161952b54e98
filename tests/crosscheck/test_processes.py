"""A process finds this package before any other, and is ended with what it has started."""

import subprocess
import time
from pathlib import Path

import pytest

from crosscheck import processes

_STARTS = "import subprocess, time; print(subprocess.Popen(['sleep', '60']).pid, flush=True)"


def test_it_runs_the_package_of_its_caller(tmp_path, monkeypatch):
    """Another of the same name, first on the caller's path, is not found."""
    (tmp_path / "crosscheck").mkdir()
    (tmp_path / "crosscheck" / "__init__.py").write_text("raise SystemExit(3)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    words, more = ("-i", "nothing"), {"NO_COLOR": "1"}
    process = processes.start("crosscheck", words, more, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert said.startswith("crosscheck: implementation: got 'nothing', expected one of ")


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a list of processes")
def test_what_it_has_started_ends_with_it():
    process = processes.start(
        "timeit", ("-n1", "-r1", "-s", _STARTS, "time.sleep(60)"), stdout=subprocess.PIPE, text=True
    )
    child = int(process.stdout.readline())
    processes.end(process)
    process.stdout.close()
    for _ in range(100):
        if not Path(f"/proc/{child}").exists() or " Z " in Path(f"/proc/{child}/stat").read_text():
            break
        time.sleep(0.05)
    else:
        pytest.fail("it is still there")


def test_to_end_one_that_is_gone_is_nothing():
    process = processes.start("timeit", ("-n1", "-r1", "pass"), stdout=subprocess.DEVNULL)
    assert process.wait(timeout=60) == 0
    processes.end(process)
    assert process.returncode == 0
