"""The kill matrix: what is asked of whom, what is counted, and when it is all right."""

import json
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from crosscheck import kill as module
from crosscheck.cli import main
from crosscheck.judges import JUDGES, Answer
from crosscheck.judges.ours import END_TO_END_ONLY, LOCAL_ONLY, NAME
from crosscheck.kill import MISTAKE, RIGHT, Count, Kill, Row, Task, kill, tasks
from crosscheck.mistake import Mistake
from crosscheck.operations import operation, operations

SOFTMAX = operation("softmax")
NEGATIVE = Mistake("negative", "−softmax(x)", "value", {"value": lambda x: -SOFTMAX.graph["value"](x)})
LATE = Mistake("late", "half the JVP", "jvp", {"jvp": lambda x, tangent: SOFTMAX.graph["jvp"](x, tangent) / 2})


@pytest.fixture
def planted(monkeypatch):
    """Softmax has two mistakes, and nobody else's implementation is asked."""
    monkeypatch.setitem(operations(), "softmax", replace(SOFTMAX, mistakes=(NEGATIVE, LATE)))
    parties = tuple(
        party for party in module.third_parties(["softmax"]) if party.package in ("reference", "scipy")
    )
    monkeypatch.setattr(module, "third_parties", lambda names: parties)


def _kill(*answers, kind=MISTAKE, extra=()):
    """A matrix of rows that our judge alone has judged."""
    rows = [Row(Task("softmax", kind, f"row {i}"), _by_all(answer)) for i, answer in enumerate(answers)]
    return Kill((*rows, *extra), (), 0, 1.0)


def _by_all(answer):
    others = {judge.name: Answer(None) for judge in JUDGES}
    return {**others, NAME: answer}


def test_every_mistake_and_every_right_implementation_stands_before_every_judge(planted):
    seen = []
    found = kill(["softmax"], progress=lambda done, total: seen.append((done, total)), jobs=1)
    assert [(row.task.kind, row.task.name) for row in found.rows][:3] == [
        (MISTAKE, "negative"),
        (MISTAKE, "late"),
        (RIGHT, "reference"),
    ]
    assert seen == [(i + 1, len(found.rows)) for i in range(len(found.rows))]
    for row in found.rows:
        assert tuple(row.answers) == (NAME, *(judge.name for judge in JUDGES))
        assert row.said(LOCAL_ONLY).caught is row.said(END_TO_END_ONLY).caught is row.answers[NAME].caught
        assert row.answers[NAME].caught is (row.task.kind == MISTAKE)
    negative, late = found.of(MISTAKE)
    assert negative.named
    assert late.named
    assert negative.answers["differences"].caught
    assert late.answers["differences"] == Answer(None, "looks at value and vjp only")
    assert found.passed


def test_processes_say_the_same(planted):
    """The catalog of the workers is their own: only tasks by name travel."""
    todo, _ = tasks(["softmax"])
    right = [task for task in todo if task.kind == RIGHT]
    answers = {row.task: row.answers[NAME].caught for row in module._run(right, 0, 2)}
    assert answers == dict.fromkeys(right, False)


def test_products_in_its_processes_get_one_thread(monkeypatch):
    seen = []

    class Looks(ProcessPoolExecutor):
        def submit(self, *words):
            if not seen:
                seen.append(super().submit(os.getenv, "OPENBLAS_NUM_THREADS"))
            return super().submit(*words)

    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.setattr(module, "ProcessPoolExecutor", Looks)
    todo, _ = tasks(["sigmoid"])
    assert len(list(module._run(todo[:2], 0, 2))) == 2
    assert seen[0].result() == "1"


def test_an_unknown_operation_is_named():
    with pytest.raises(ValueError, match="operation: got 'sotfmax'"):
        kill(["sotfmax"])


def test_what_is_not_installed_is_not_validated(monkeypatch):
    monkeypatch.setattr(
        module, "missing", lambda judge: "torch is not installed" if "torch" in judge.needs else ""
    )
    monkeypatch.setattr(module, "installed", lambda party: party.package != "scipy")
    todo, gaps = tasks(["softmax"])
    assert gaps[0] == "gradcheck: torch is not installed"
    assert gaps[-1] == "scipy, as a right implementation: pip install scipy"
    assert "scipy" not in {task.name for task in todo}


def test_a_judge_without_its_package_cannot_judge(planted, monkeypatch):
    monkeypatch.setattr(
        module, "missing", lambda judge: "torch is not installed" if "torch" in judge.needs else ""
    )
    row = module.judged(Task("softmax", MISTAKE, "negative", "value"), 0)
    assert row.answers["gradcheck"] == Answer(None, "torch is not installed")


def test_a_remembering_mistake_is_made_anew_for_every_judge(monkeypatch):
    made = []

    def wrap(function):
        made.append(function)
        return function

    mistake = Mistake("remembers", "", "value", wrap=wrap)
    monkeypatch.setitem(operations(), "softmax", replace(SOFTMAX, mistakes=(mistake,)))
    module.judged(Task("softmax", MISTAKE, "remembers"), 0)
    assert len(made) >= 1 + len(JUDGES)


CAUGHT = Answer(True, "wrong", "row 0", "value")


def test_it_passes_only_if_all_are_caught_enough_are_named_and_no_alarm_is_false():
    assert _kill(CAUGHT).passed
    assert not _kill().passed
    assert not _kill(CAUGHT, Answer(False, "right", "row 1")).passed
    nine = [replace(CAUGHT, suspect=f"row {i}") for i in range(9)]
    assert _kill(*nine, CAUGHT).passed
    assert not _kill(*nine[:8], CAUGHT, CAUGHT).passed
    quiet, alarm = (Row(Task("softmax", RIGHT, "torch"), _by_all(Answer(caught))) for caught in (False, True))
    assert _kill(CAUGHT, extra=[quiet]).passed
    assert not _kill(CAUGHT, extra=[alarm]).passed


def test_counts_leave_out_what_cannot_be_judged():
    found = _kill(CAUGHT, Answer(False))
    assert found.caught(NAME) == Count(1, 2)
    assert found.caught("gradcheck") == Count(0, 0, 2)
    assert found.caught("gradcheck").share == 0
    assert found.named() == Count(1, 2)
    assert found.caught(NAME, operation="sigmoid") == Count(0, 0)


def test_the_command_exits_0_where_all_is_right_and_writes_json(planted, capsys, tmp_path):
    path = tmp_path / "kill.json"
    assert main(["mistakes", "softmax", "-j", "1", "--json", str(path)]) == 0
    out = capsys.readouterr().out
    assert "2 of 2 mistakes caught, 2 named first (100%, 90% needed), 0 false alarms" in out
    data = json.loads(path.read_text(encoding="utf-8"))
    assert data["schema"] == "crosscheck.mistakes/1"
    assert data["passed"] is True
    assert data["caught"][NAME] == {"hit": 2, "of": 2, "more": 0}
    assert data["operations"]["softmax"]["named"]["hit"] == 2
    assert set(data["judges"]) == set(data["rows"][0]["answers"])
    assert set(data["false_alarms"]) == {*data["judges"], LOCAL_ONLY, END_TO_END_ONLY}
    assert data["environment"]["packages"]["numpy"] == np.__version__


def test_the_command_exits_1_where_a_mistake_is_missed(monkeypatch, capsys):
    invisible = Mistake("none at all", "", "value", {"value": SOFTMAX.graph["value"]})
    monkeypatch.setitem(operations(), "softmax", replace(SOFTMAX, mistakes=(invisible,)))
    monkeypatch.setattr(module, "third_parties", lambda names: ())
    assert main(["mistakes", "softmax", "-j", "1", "--summary"]) == 1
    assert "✗ softmax: none at all is not caught" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["mistakes", "sotfmax"], "operation: got 'sotfmax'"),
        (["mistakes", "-j", "0"], "argument -j/--jobs: got '0'"),
        (["mistakes", "--json", "no/such/folder/run.json"], "--json: cannot write"),
    ],
)
def test_a_bad_call_is_one_line_and_exits_2(capsys, words, message):
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(f"crosscheck: {message}")
    assert captured.err.count("\n") == 1
