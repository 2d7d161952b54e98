"""``crosscheck bench``: from the words to the exit status, the table, the files and the complaints."""

import json

import pytest

from crosscheck.bench import of_reference, plan
from crosscheck.cli import main

SMALL = ("bench", "sigmoid", "--size", "4x5", "--dtype", "float32", "--cores", "1", "--contender", "reference")


def test_it_times_saves_draws_and_compares(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    old, new, picture = (str(tmp_path / name) for name in ("old.json", "new.json", "new.png"))
    assert main([*SMALL, "--quick", "--json", old]) == 0
    said = capsys.readouterr().out
    assert "sigmoid, float32, 1 core" in said
    assert "1 timed and right, 0 wrong or lost" in said
    assert main([*SMALL, "--quick", "--rounds", "1", "--json", new, "--plot", picture, "--against", old]) == 0
    said = capsys.readouterr().out
    assert "new / old, geometric mean" in said
    assert "rounds: 3 → 1" in said
    assert (tmp_path / "new.png").stat().st_size > 10_000
    with open(new, encoding="utf-8") as file:
        assert json.load(file)["schema"] == "crosscheck.bench/1"
    assert main(["bench", "--read", new, "--against", old]) == 0
    assert "rounds: 3 → 1" in capsys.readouterr().out


def test_a_wrong_answer_is_exit_status_1(planted, monkeypatch, capsys):
    wrong = planted("wrong", "return Prepared(right.call, lambda found: (0 * found,))")
    monkeypatch.setattr(plan, "CONTENDERS", (plan.Contender("reference", "numpy", wrong.programs),))
    assert main([*SMALL, "--quick"]) == 1
    said = capsys.readouterr().out
    assert "✗ wrong" in said
    assert "0 timed and right, 1 wrong or lost" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("tanh",),
            "workload: got 'tanh', expected one of sigmoid, softmax, log_softmax, cross_entropy, two_layer",
        ),
        (("--size", "4"), "size: got '4', expected 2 or 4 numbers from 1, such as 256x1000 or 64x784x128x10"),
        (("--rounds", "0"), "argument --rounds: got '0', expected a whole number from 1"),
        (("--cores", "none"), "cores: got 'none', expected 1 to "),
        (("--plot", "a.txt"), "--plot: got 'a.txt', expected a name that ends in .png, .svg, .pdf"),
        (("--plot", "no/such/folder/a.png"), "--plot: cannot write 'no/such/folder/a.png': expected a file in a"),
        (("--against", "no.json"), "--against: cannot read 'no.json': No such file or directory"),
        (
            ("--oracle", "--cores", "1"),
            "--oracle: got cores too, expected only --quick, --seed and --json beside it",
        ),
        (("--oracle", "--read", "a.json"), "--oracle: got read too, expected only --quick, --seed and --json"),
        (("--read", "", "--plot", "a.png"), "--read: cannot read '': No such file or directory"),
        (("--against", ""), "--against: cannot read '': No such file or directory"),
        (("--read", "a", "--plot", "a.png", "softmax"), "--read: got workload too, expected only --against and"),
        (("--read", "a", "--against", "b", "--json", "c"), "--read: got json too, expected only --against and"),
        (("--json", "s.png", "--plot", "./s.png"), "--plot: got './s.png', which --json is to be written to"),
        (("--read", "no.json"), "--read: got neither --against nor --plot, expected what is to be made of the"),
    ],
)
def test_a_call_that_makes_no_sense_is_one_line(words, said, capsys):
    assert main(["bench", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"crosscheck: {said}")
    assert err.count("\n") == 1


def test_the_functions_that_are_timed_are_those_of_every_workload():
    from crosscheck.bench.cells import WORKLOADS

    assert set(of_reference.FUNCTIONS) == set(WORKLOADS)
