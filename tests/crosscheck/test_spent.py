"""Phases do not overlap, nothing is lost, and what a slow implementation takes is found where it was spent."""

import time

import numpy as np
import pytest

from crosscheck import api, matrix, workers
from crosscheck.implementation import Implementation
from crosscheck.implementations import implementations
from crosscheck.matrix import Selection, plan
from crosscheck.spent import (
    CALL,
    FIRST_CALL,
    JUDGING,
    REST,
    STARTING,
    TRUTH,
    WRITING,
    Profile,
    Spent,
    measured,
    phase,
)

NAP = 0.02


def _nap(seconds=NAP):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:  # a sleep may be shorter than it was asked to be
        time.sleep(seconds / 10)


def test_an_inner_phase_stops_the_outer_one():
    start = time.perf_counter()
    with measured() as seconds:
        with phase(JUDGING):
            _nap()
            with phase(TRUTH):
                _nap(3 * NAP)
            _nap()
        _nap()
    wall = time.perf_counter() - start
    assert set(seconds) == {JUDGING, TRUTH, REST}
    assert seconds[TRUTH] >= 3 * NAP
    assert seconds[JUDGING] >= 2 * NAP
    assert seconds[REST] >= NAP
    assert sum(seconds.values()) <= wall


def test_an_error_ends_its_phase():
    with measured() as seconds:
        with pytest.raises(ValueError, match="no"), phase(TRUTH):
            raise ValueError("no")
        _nap()
    assert seconds[REST] >= NAP


def test_where_nothing_is_measured_a_phase_is_nothing():
    with phase(TRUTH), phase(JUDGING):
        pass
    with measured() as seconds:
        pass
    assert set(seconds) == {REST}


def test_what_is_measured_inside_is_not_counted_outside():
    with measured() as outer, measured() as inner, phase(CALL):
        _nap()
    assert inner[CALL] >= NAP
    assert sum(outer.values()) < sum(inner.values())


def test_a_phase_is_a_decorator():
    @phase(TRUTH)
    def slow():
        _nap()

    with measured() as seconds:
        slow()
        slow()
    assert seconds[TRUTH] >= 2 * NAP


@pytest.fixture
def profiled(monkeypatch):
    """The profile of ``softmax`` by the reference, and by one that naps before it answers."""
    calls = []

    def sleepy(one, inputs, device, axis=-1):
        calls.append(one.name)
        _nap()
        return one.reference(**inputs)

    slow = Implementation("sleepy", "", sleepy, lambda: ("cpu",))
    planted = {"reference": implementations()["reference"], "sleepy": slow}
    monkeypatch.setattr(matrix, "implementations", lambda: planted)
    monkeypatch.setattr(matrix, "_CALLED", set())
    selection = Selection(("softmax", "sigmoid"), dtypes=("float32",), cases=("typical", "tiny"))
    return api.execute(plan(selection), 0).profile, calls


def test_what_a_slow_implementation_takes_is_its_own(profiled):
    profile, calls = profiled
    assert len(calls) == 4
    assert next(iter(profile.implementations)) == "sleepy"
    assert profile.implementations["sleepy"] >= 4 * NAP
    assert {spent.implementation for spent in profile.slowest(4)} == {"sleepy"}
    assert all(
        spent.seconds.get(FIRST_CALL, 0.0) + spent.seconds.get(CALL, 0.0) >= NAP for spent in profile.slowest(4)
    )
    assert profile.phases[FIRST_CALL] >= 2 * NAP
    assert sum(profile.operations.values()) == pytest.approx(sum(profile.phases.values()))
    assert (profile.processes, STARTING in profile.phases) == (1, False)
    assert profile.wall >= sum(profile.phases.values())


def test_the_first_call_at_a_shape_is_told_from_the_others(profiled):
    profile, _ = profiled
    first = [spent for spent in profile.cells if FIRST_CALL in spent.seconds]
    shapes = {(spent.implementation, spent.operation) for spent in profile.cells}
    assert {(spent.implementation, spent.operation) for spent in first} == shapes


def test_a_slow_truth_is_no_fault_of_the_implementation(monkeypatch):
    from crosscheck import truth

    enclose = truth.enclose
    monkeypatch.setattr(truth, "enclose", lambda *given, **more: (_nap(), enclose(*given, **more))[1])
    monkeypatch.setattr(truth, "_KEPT", truth._Kept(0))
    selection = Selection(("softmax",), ("reference",), ("float64",), ("typical",))
    profile = api.execute(plan(selection), 0).profile
    assert profile.phases[TRUTH] >= 3 * NAP  # value, vjp, jvp
    assert sum(profile.implementations.values()) < sum(profile.phases.values()) - 3 * NAP


def test_processes_hand_in_what_they_spent():
    cells = plan(Selection(implementations=("reference",), dtypes=("float32", "float64"))).cells[: workers.FEW + 5]
    ledger = workers.Ledger()
    found = dict(workers.run(cells, jobs=2, ledger=ledger))
    assert set(ledger.cells) == set(found) == set(range(len(cells)))
    assert ledger.processes == 2
    assert ledger.around > 0
    assert ledger.cpu > 0
    assert all(
        spent.case == cell.case
        for spent, cell in zip(map(ledger.cells.get, range(len(cells))), cells, strict=True)
    )


def test_what_is_spent_beside_the_run_is_added():
    spent = Spent("softmax", "reference", "cpu", "float32", "typical", {CALL: 1.0, JUDGING: 3.0})
    profile = Profile(4.0, 6.0, 2, 3, {STARTING: 1.0}, (spent,)).beside({STARTING: 0.5, WRITING: 0.5})
    assert (profile.wall, profile.cpu, profile.busy) == (5.0, 7.0, 0.7)
    assert profile.phases == {STARTING: 1.5, CALL: 1.0, JUDGING: 3.0, WRITING: 0.5}
    assert (spent.total, spent.mostly) == (4.0, JUDGING)
    assert (profile.implementations, profile.operations) == ({"reference": 1.0}, {"softmax": 4.0})
    data = profile.to_dict()
    assert data["phases"] == profile.phases
    assert data["slowest_cells"][0]["seconds"] == {CALL: 1.0, JUDGING: 3.0}
    assert np.isclose(data["busy"], 0.7)
    assert Profile(0.0, 0.0, 2, 1, {}, ()).busy == 0
