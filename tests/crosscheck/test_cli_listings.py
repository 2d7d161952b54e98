"""``crosscheck defects`` and ``crosscheck cases``: what they print, their exit status and their JSON."""

import json

import pytest

from crosscheck import known
from crosscheck.cli import main
from crosscheck.known import Defect, Reproduction
from crosscheck.operations import operations


def _record(name, got):
    shown = Reproduction("a number beside 1", "float32", lambda: (got, 1.0))
    return Defect(name, ("numpy",), "numpy", "1.0", "it is off", "it is planted", shown)


def test_defects_exit_0_where_all_show_and_1_where_one_no_longer_does(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(known, "DEFECTS", (_record("one that shows", 0.0),))
    assert main(["defects"]) == 0
    assert "1 of 1 records show" in capsys.readouterr().out
    monkeypatch.setattr(known, "DEFECTS", (_record("one that shows", 0.0), _record("one that went", 1.0)))
    path = tmp_path / "defects.json"
    assert main(["defects", "--json", str(path)]) == 1
    out = capsys.readouterr().out
    assert "✗ one that went" in out
    assert max(map(len, out.splitlines())) <= 100
    data = json.loads(path.read_text(encoding="utf-8"))
    assert data["schema"] == "crosscheck.defects/1"
    assert data["passed"] is False
    assert [one["status"] for one in data["defects"]] == ["shows", "gone"]
    assert data["defects"][0]["ulps"] == 2.0**23  # 0 beside 1, whose ulp is 2^−23
    assert data["environment"]["packages"]["numpy"]


def test_a_result_that_is_no_number_travels_as_a_word(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(known, "DEFECTS", (_record("not a number", float("nan")),))
    path = tmp_path / "defects.json"
    assert main(["defects", "--json", str(path)]) == 0
    one = json.loads(path.read_text(encoding="utf-8"))["defects"][0]
    assert (one["got"], one["ulps"]) == ("nan", "inf")


def test_cases_are_all_in_one_table(capsys, tmp_path):
    path = tmp_path / "cases.json"
    assert main(["cases", "--json", str(path)]) == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[0].split() == ["operation", "case", "inputs", "run", "arrays"]
    assert max(map(len, lines)) <= 100
    for one in operations().values():
        assert one.name in out
        for case in one.cases.values():
            assert case.family or any(case.name in line.split() for line in lines), case.name
    data = json.loads(path.read_text(encoding="utf-8"))
    assert data["schema"] == "crosscheck.cases/1"
    assert len(data["cases"]) == sum(len(one.cases) for one in operations().values())


def test_the_table_tells_extra_cases_axes_layouts_and_families(capsys):
    assert main(["cases", "softmax"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = {line.split()[0]: line for line in lines if line.startswith(" ") and line.strip()}
    assert rows["tiny"].split()[-1] == "usual"
    assert rows["first_axis"].split()[-3:] == ["extra", "axis", "0"]
    assert rows["fortran"].split()[-2:] == ["extra", "fortran"]
    family = [case for case in operations()["softmax"].cases.values() if case.family == "widths"]
    assert f"{len(family)} cases" in rows["width_1"]
    assert "width_2" not in rows


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["cases", "sotfmax"], "operation: got 'sotfmax', expected one of sigmoid, softmax"),
        (["cases", "--seed"], "unrecognized arguments: --seed"),
        (["defects", "torch"], "unrecognized arguments: torch"),
        (["defects", "--json", "no/such/folder/run.json"], "--json: cannot write"),
    ],
)
def test_a_bad_call_is_one_line_and_exits_2(capsys, words, message):
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(f"crosscheck: {message}")
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_the_help_says_what_all_adds(capsys):
    assert main(["--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "add the extra implementations (on the usual cases) and the extra cases" in told
    assert "crosscheck defects, crosscheck cases" in told
