"""Contenders take turns; one that is wrong, raises, dies or hangs loses its own times and no other's."""

import pytest

from crosscheck.bench import turns
from crosscheck.bench.cells import Cell
from crosscheck.bench.plan import Plan
from crosscheck.bench.turns import Field
from crosscheck.environment import usable_cores

CORES = usable_cores()[-1:]
CELLS = (Cell("softmax", (4, 5), "float32", 1), Cell("sigmoid", (4, 5), "float32", 1))
PLAN = Plan(CELLS, (), rounds=3, sample=1e-4, budget=0.01)


def test_rounds_are_taken_in_turn(planted, tmp_path):
    log = tmp_path / "log"
    body = f"""
    def call():
        with open({str(log)!r}, "a") as file:
            file.write(NAME)
        return right.call()

    return Prepared(call, right.values)
    """
    both = [planted(name, body.replace("NAME", repr(name))) for name in ("a", "b")]
    with Field(both, CORES, {}) as field:
        log.write_text("")
        found = field.timed(CELLS[0], PLAN)
    assert [len(one.seconds) for one in found.values()] == [3, 3]
    order = [c for c, before in zip(log.read_text(), "-" + log.read_text(), strict=False) if c != before]
    assert "".join(order) == "ab" * (1 + 3)  # prepared, then three rounds
    assert set(field.at_rest) == {"a", "b"}


def test_all_start_a_round_on_the_same_core_and_each_round_on_the_next(planted, monkeypatch):
    asked = []
    ask = turns.Child.ask

    def noted(child, do, seconds, **request):
        if do == "time":
            asked.append((child.contender.name, request["core"]))
        return ask(child, do, seconds, **request)

    monkeypatch.setattr(turns.Child, "ask", noted)
    with Field([planted(name, "return right") for name in ("a", "b")], CORES, {}) as field:
        field.cores = [5, 7]  # those that the children do not have are left alone
        field.timed(CELLS[0], PLAN)
    assert asked == [("a", 5), ("b", 5), ("a", 7), ("b", 7), ("a", 5), ("b", 5)]


def test_one_that_fails_loses_nothing_but_its_own(planted, monkeypatch):
    monkeypatch.setattr(turns, "PREPARING", 1.5)
    bodies = {
        "right": "return right",
        "dies": "import os, sys\nprint('out of luck', file=sys.stderr, flush=True)\nos._exit(3)",
        "raises": "raise ValueError('no such size')",
        "hangs": "import time\nif workload == 'softmax':\n    time.sleep(60)\nreturn right",
    }
    contenders = [planted(*one) for one in bodies.items()]
    contenders.append(planted("absent", "def start(cores, device):\n    return 'no such device'", whole=True))
    contenders.append(planted("broken", "import no_such_module", whole=True))
    contenders.append(planted("exits", "raise SystemExit(4)", whole=True))
    with Field(contenders, CORES, {}) as field:
        first, second, third = (field.timed(cell, PLAN) for cell in (*CELLS, CELLS[0]))
        pinned = field.pinned
    assert pinned
    assert field.missing == {
        "absent": "no such device",
        "broken": "No module named 'no_such_module'",
        "exits": "its process ended, exit status 4",
    }
    assert set(first) == set(bodies)
    assert [len(found["right"].seconds) for found in (first, second, third)] == [3, 3, 3]
    assert [found["raises"].failure for found in (first, second)] == ["raised ValueError: no such size"] * 2
    assert first["dies"].failure == "its process ended, exit status 3: out of luck"
    assert third["dies"].failure == "given up: its process ended before"
    assert first["hangs"].failure == "its process did not answer within 1.5 s"
    assert len(second["hangs"].seconds) == 3  # it was started again


def test_large_cells_have_fewer_rounds(planted):
    slow = planted("slow", "import time\nreturn Prepared(lambda: time.sleep(0.003), right.values)")
    with Field([slow], CORES, {}) as field:
        found = field.timed(CELLS[0], Plan(CELLS, (), rounds=9, sample=1e-4, budget=0.02))["slow"]
    assert found.calls == 1
    assert 5 <= len(found.seconds) <= 6
    assert found.cpu < found.wall  # it sleeps, and that shows


@pytest.mark.parametrize("name", ["left"])
def test_what_is_not_there_is_not_started_twice(planted, name):
    gone = planted(name, "raise SystemExit(1)", whole=True)
    with Field([gone], CORES, {}) as field:
        assert field.timed(CELLS[0], PLAN) == {}
