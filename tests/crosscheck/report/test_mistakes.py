"""The kill matrix as a table: marks, suspects, totals, and lines that fit."""

import pytest

from crosscheck.judges import JUDGES, Answer
from crosscheck.judges.ours import NAME
from crosscheck.kill import MISTAKE, RIGHT, Kill, Row, Task
from crosscheck.report.mistakes import text


def _row(kind, name, ours, others, operation="label_cross_entropy_mean"):
    answers = {judge.name: Answer(others) for judge in JUDGES}
    return Row(Task(operation, kind, name, "value"), {**answers, NAME: ours})


LONG = "sign of cost and gradient flipped in the mean"
KILL = Kill(
    (
        _row(MISTAKE, "zeros", Answer(True, "wrong", "zeros", local=True, end_to_end=False), False),
        _row(MISTAKE, LONG, Answer(True, "wrong", "gradient halved", local=True, end_to_end=True), None),
        _row(MISTAKE, "stale result", Answer(True, "limited", local=True, end_to_end=True), True),
        _row(RIGHT, "torch", Answer(False, "limited", local=False, end_to_end=False), False),
        _row(RIGHT, "scikit-learn", Answer(False, "right", local=False, end_to_end=False), True, "softmax"),
    ),
    ("check_grads: jax is not installed: pip install -e '.[jax]'",),
    3,
    61.4,
)


def _cells(told, label):
    line = next(line for line in told.splitlines() if line.strip().startswith(label))
    return line.strip().removeprefix(label).split()


def test_marks():
    told = text(KILL)
    assert _cells(told, "zeros") == ["✓", "·", *"······"]
    assert _cells(told, LONG) == ["✓", "✓", *"––––––"]
    assert _cells(told, "stale result") == ["✓", "✓", *"✓✓✓✓✓✓"]
    assert _cells(told, "right: torch") == ["·", "·", *"······"]
    assert _cells(told, "right: scikit-learn") == ["·", "·", *"✗✗✗✗✗✗"]


def test_the_first_suspect_is_told_where_it_is_another():
    told = text(KILL)
    assert "first suspect: gradient halved" in told
    assert "first suspect: none" in told
    assert told.count("first suspect") == 2


def test_totals_are_of_what_a_judge_can_judge():
    told = text(KILL)
    assert _cells(told, "caught, of those that it can judge") == ["100%", "66%", *["50%"] * 6]
    assert _cells(told, "cannot judge") == ["0", "0", *["1"] * 6]
    assert _cells(told, "false alarms on right implementations") == ["0/2", "0/2", *["1/2"] * 6]


def test_the_summary_has_a_row_for_each_operation_and_each_package():
    told = text(KILL, summary=True)
    assert _cells(told, "label_cross_entropy_mean") == ["3", "1", "3", "2", *["1"] * 6]
    assert _cells(told, "scikit-learn") == ["0/1", "0/1", *["1/1"] * 6]
    assert _cells(told, "torch") == ["0/1", "0/1", *["0/1"] * 6]
    assert "zeros" not in told


@pytest.mark.parametrize("summary", [False, True])
def test_what_is_not_validated_and_the_closing_line_are_told(summary):
    told = " ".join(text(KILL, summary=summary).split())
    assert "Not validated – check_grads: jax is not installed: pip install -e '.[jax]'" in told
    assert "gradcheck: torch.autograd.gradcheck, float64" in told
    assert told.endswith(
        "3 of 3 mistakes caught, 1 named first (33%, 90% needed), "
        "0 false alarms on 2 right implementations, seed 3, 61 s"
    )


def test_where_a_judge_objects_to_what_is_right_its_catches_say_little():
    told = " ".join(text(KILL).split())
    assert told.count("objects to right implementations of softmax: there its ✓ says little") == len(JUDGES)
    assert f"{NAME} objects" not in told


def test_what_is_wrong_with_ours_is_told_by_name():
    missed = _row(MISTAKE, "zeros", Answer(False, "right"), True)
    alarm = _row(RIGHT, "jax", Answer(True, "wrong"), False)
    told = text(Kill((missed, alarm), (), 0, 1.0))
    assert "✗ label_cross_entropy_mean: zeros is not caught" in told
    assert "✗ label_cross_entropy_mean: jax is right, and found wrong (wrong)" in told


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize("summary", [False, True])
def test_it_fits(width, summary):
    lines = text(KILL, width, summary).splitlines()
    assert max(map(len, lines)) <= width
    assert not any("…" in line for line in lines)
    assert str(KILL) == text(KILL)
