"""The report of a derivation of one's own fits its width, and says which line is wrong, where, and by how much."""

import pytest

from crosscheck.proof import MET, check_derivation
from crosscheck.proof.own_run import OwnResult
from crosscheck.proof.points import SMALL
from crosscheck.report.own_derivation import text
from reference.derivations import SIGMOID, Definition, Derivation, Input, Line

X = {"x": Input(("N", "C"))}
DOUBLE = Line("2x", lambda x: 2 * x)
SQUARES = Definition("Σ x² by x", lambda x: (x * x).sum(), "x")


def shown(*lines, definition=None, inputs=X, width=100):
    found = check_derivation(Derivation("", "mine.py", inputs, lines, definition), 5, (SMALL,))
    return text(OwnResult("mine.py", 5, found), width)


def test_all_follow():
    assert shown(DOUBLE, Line("x + x", lambda x: x + x)).splitlines()[-1] == "2 lines, all follow; seed 5"
    assert shown(DOUBLE, definition=SQUARES).splitlines()[-1] == "1 line, it follows; seed 5"


@pytest.mark.parametrize("width", [100, 80])
def test_the_first_wrong_line_has_its_witness_and_both_enclosures(width):
    told = shown(DOUBLE, Line("x + x", lambda x: x + x), Line("x", lambda x: x), DOUBLE, width=width)
    lines = [line.strip() for line in told.splitlines()]
    assert max(map(len, told.splitlines())) <= width
    assert lines[0] == "mine.py"
    assert lines[1] == "·  2x"
    assert lines[2].startswith("✓  x + x")
    assert lines[3] == "✗  x"
    why = lines.index("line 2: x + x")
    assert lines[why + 1] == "line 3: x"
    assert lines[why + 2].startswith("at 2×3-2-3, entry [")
    double, single = (lines[why + i].split(" = ")[1].split(" ±")[0] for i in (3, 4))
    assert float(double) == pytest.approx(2 * float(single), rel=1e-9)
    assert lines[why + 6].startswith("x = [[")
    assert lines[-1] == "line 3 of 4 does not follow from line 2; seed 5"


def test_a_wrong_derivative():
    told = shown(Line("x", lambda x: x), definition=SQUARES)
    assert "the first line is the derivative of Σ x² by x" in told
    assert "the derivative = " in told
    assert told.splitlines()[-1] == "line 1 of 1 is not the derivative of the definition; seed 5"


def test_shapes_that_do_not_fit():
    told = shown(DOUBLE, Line("2xᵀ", lambda x: 2 * x.T))
    assert "at 2×3-2-3: shape (3, 2), expected (2, 3)" in told
    assert "does not follow" in told.splitlines()[-1]


def test_what_is_undecided_is_not_called_wrong():
    largest = Line("max x", lambda x: x.max(axis=-1))
    told = shown(largest, Line("max x again", lambda x: x.max(axis=-1)))
    assert "They meet to 38 digits; by algebra: entry [0] does not reduce to 0 where its maxima" in told
    assert told.splitlines()[-1] == "line 2 of 2 is not shown to follow from line 1; seed 5"


def test_a_rounded_constant_is_hinted_at():
    third = Line("x/3", lambda x: x / 3)
    assert "is a constant rounded, such as 1/3" in shown(third, Line("0.333… x", lambda x: 1 / 3 * x))
    assert "is a constant rounded" not in shown(third, Line("x/4", lambda x: x / 4))


def test_large_inputs_are_told_by_their_shape():
    wide = {"x": Input(("4", "5"))}
    told = shown(DOUBLE, Line("x", lambda x: x), inputs=wide)
    assert "x = shape (4, 5), in the JSON" in told


def test_without_sympy_that_is_said(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "crosscheck.numbers.symbol", None)
    found = check_derivation(SIGMOID, shapes=(SMALL,))
    assert found.lines[0].status == MET
    assert "algebra not run: install sympy" in text(OwnResult("mine.py", 0, found))
