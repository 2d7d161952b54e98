"""The process that times: what it answers, and that it counts what it should."""

import hashlib
import json
import os
import threading
import time

import pytest

from crosscheck.bench import child, of_reference
from crosscheck.environment import usable_cores

CELL = {"workload": "softmax", "size": [4, 5], "dtype": "float32", "cores": 1}


def _asked(*requests):
    worker = child.Worker(of_reference, "cpu")
    return list(child.answers((json.dumps(one) + "\n" for one in requests), worker))


def test_a_cell_is_prepared_timed_and_its_values_left(tmp_path):
    import numpy as np

    file = str(tmp_path / "values.npz")
    prepared, sample, left, forgotten = _asked(
        {"do": "prepare", "cell": CELL, "seed": 0},
        {"do": "time", "calls": 3, "core": usable_cores()[0]},
        {"do": "values", "file": file, "rows": [0, 3]},
        {"do": "forget"},
    )
    assert prepared["compile_seconds"] is None
    assert prepared["per_call"] > 0
    assert set(sample) == {"wall", "cpu", "waited_wall", "waited_cpu"}
    assert "error" not in left | forgotten
    with np.load(file) as arrays:
        assert arrays["0"].shape == (2, 5)


def test_an_error_is_an_answer_and_the_next_request_is_answered():
    wrong, right = _asked({"do": "prepare", "cell": {**CELL, "workload": "tanh"}, "seed": 0}, {"do": "forget"})
    assert wrong["error"] == "KeyError: 'tanh'"
    assert "error" not in right


@pytest.mark.parametrize(("busy", "looks"), [(0, 1), (3, 4), (1000, child._MOST_LOOKS)])
def test_it_answers_once_its_threads_are_at_rest_or_do_not_come_to_it(monkeypatch, busy, looks):
    seen = iter([True] * busy + [False])
    slept = []
    monkeypatch.setattr(child, "at_work", lambda: next(seen))
    monkeypatch.setattr(child.time, "sleep", slept.append)
    child.settle()
    assert len(slept) == looks


@pytest.mark.parametrize("tasks", [child._TASKS, "/no/such/folder"], ids=["by states", "by the clock"])
def test_a_thread_that_spins_is_at_work_at_every_look(tasks, monkeypatch):
    """Its CPU clock stood still in every other look of 2 ms, and JAX had its turn beside OpenBLAS's spinning."""
    if tasks == child._TASKS and not os.path.isdir(tasks):
        pytest.skip("this system does not tell what threads do")
    monkeypatch.setattr(child, "_TASKS", tasks)
    data, over = bytes(2**26), threading.Event()

    def spin():
        while not over.is_set():
            hashlib.sha256(data)  # without the interpreter's lock

    child.settle()  # what other tests have started
    assert not child.at_work()
    spinning = threading.Thread(target=spin)
    spinning.start()
    try:
        looks = [(time.sleep(2e-3), child.at_work())[1] for _ in range(20)]
    finally:
        over.set()
        spinning.join()
    assert sum(looks) >= 18  # within its loop it asks for the lock that this thread has
    child.settle()
    assert not child.at_work()


def test_every_call_is_made():
    made = []
    child.timed(lambda: made.append(1), 5)
    assert len(made) == 5


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system cannot pin")
def test_a_process_is_pinned():
    before = os.sched_getaffinity(0)
    try:
        assert child.pin([usable_cores()[-1]])
        assert os.sched_getaffinity(0) == {usable_cores()[-1]}
    finally:
        os.sched_setaffinity(0, before)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system cannot pin")
def test_a_thread_goes_on_with_a_core_and_keeps_the_others(monkeypatch):
    asked = []
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {3, 4})
    monkeypatch.setattr(os, "sched_setaffinity", lambda pid, cores: asked.append((pid, cores)))
    child.start_on(4)
    assert asked == [(0, {4}), (0, {3, 4})]
    child.start_on(5)
    assert len(asked) == 2, "not one of its own"
