"""The command line: exit status, one-line errors, JSON, width."""

import json
import os
import stat
import subprocess
import sys

import pytest

from crosscheck.cli import main

SMALL = ["softmax", "-i", "reference", "--dtype", "float32", "--case", "typical"]


def test_a_small_run_prints_a_table_and_exits_0(capsys):
    assert main(SMALL) == 0
    out = capsys.readouterr().out
    assert "softmax value" in out
    assert "✓" in out
    assert max(map(len, out.splitlines())) <= 100


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["sotfmax"], "operation: got 'sotfmax', expected one of sigmoid, softmax, log_softmax"),
        (["-i", "tensorflow"], "implementation: got 'tensorflow', expected one of reference, torch.eager"),
        (["--dtype", "float8"], "dtype: got 'float8', expected one of float64, float32, bfloat16, float16"),
        (["--case", "none"], "case: got 'none', expected one of typical"),
        (["--device", "tpu"], "device: got 'tpu', expected cpu, cuda or auto"),
        (["-i", "reference", "--device", "cuda"], "device: got 'cuda', but no CUDA device"),
        (["--seed", "x"], "argument --seed: got 'x', expected a whole number from 0"),
        (["--frobnicate"], "unrecognized arguments: --frobnicate"),
        (["--json", "no/such/folder/run.json"], "--json: cannot write 'no/such/folder/run.json'"),
        (["derivations", "--json", "no/such/folder/run.json"], "--json: cannot write"),
        (["sigmoid", "--case", "one_class"], "case: got 'one_class', expected one of typical, tiny, wide"),
    ],
)
def test_a_bad_call_is_one_line_and_exits_2(capsys, words, message):
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith(f"crosscheck: {message}")
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_json_is_versioned_and_holds_every_verdict(tmp_path, capsys):
    path = tmp_path / "run.json"
    assert main([*SMALL, "--case", "special", "--json", str(path)]) == 0
    data = json.loads(path.read_text(encoding="utf-8"))
    assert data["schema"] == "crosscheck.run/1"
    assert data["environment"]["packages"]["numpy"]
    assert data["passed"] is True
    assert data["counts"]["pass"] == 6
    found = {(v["quantity"], v["case"]) for v in data["verdicts"]}
    assert found == {(q, c) for q in ("value", "vjp", "jvp") for c in ("typical", "special")}
    assert [p.name for p in tmp_path.iterdir()] == ["run.json"]


def test_what_fails_is_shown_with_its_replay_and_exits_1(monkeypatch, capsys):
    from crosscheck.implementations import numpy_
    from crosscheck.operations import operation

    right = operation("softmax").reference

    def halved(**inputs):
        return {name: array / 2 for name, array in right(**inputs).items()}

    monkeypatch.setattr(
        "crosscheck.implementations.numpy_._run", lambda one, inputs, device, axis: halved(**inputs)
    )
    planted = numpy_.Implementation("reference", "", numpy_._run, lambda: ("cpu",))
    monkeypatch.setattr("crosscheck.matrix.implementations", lambda: {"reference": planted})
    assert main(SMALL) == 1
    out = capsys.readouterr().out
    assert "✗ softmax-value-reference-float32-typical" in out
    assert "× bound" in out  # it is wrong by a number; a planted function that does not run fails as well
    assert "again: crosscheck softmax -i reference --dtype float32 --case typical --seed 0" in out


def test_the_replay_line_runs_and_gives_the_same_verdicts(tmp_path, capsys):
    main([*SMALL, "--json", str(tmp_path / "a.json")])
    first = json.loads((tmp_path / "a.json").read_text())["verdicts"]
    words = first[0]["replay"].split()[1:]
    main([*words, "--json", str(tmp_path / "b.json")])
    assert json.loads((tmp_path / "b.json").read_text())["verdicts"] == first


def test_python_m_crosscheck_is_the_same():
    command = [sys.executable, "-m", "crosscheck", *SMALL]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "✓" in done.stdout


# What follows failed once; the tests above only wrote to ordinary files and let every run end by itself.


def _run(*words, **rest):
    command = [sys.executable, "-m", "crosscheck", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, **rest)


def test_json_never_replaces_what_is_not_a_file(tmp_path, capsys):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert main([*SMALL, "--json", str(pipe)]) == 2
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    link, target = tmp_path / "link.json", tmp_path / "target.json"
    target.write_text("old")
    link.symlink_to(target)
    assert main([*SMALL, "--json", str(link)]) == 0
    assert link.is_symlink()
    assert json.loads(target.read_text())["passed"]


def test_a_file_that_cannot_be_written_in_the_end_shows_the_report_and_exits_1(monkeypatch, capsys, tmp_path):
    def full(data, path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("crosscheck.run.write_json", full)
    assert main([*SMALL, "--json", str(tmp_path / "run.json")]) == 1
    captured = capsys.readouterr()
    assert "✓" in captured.out
    assert captured.err.endswith("No space left on device\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs the device that is always full")
def test_a_full_disk_is_one_line():
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "crosscheck", *SMALL]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "crosscheck: cannot write the report: No space left on device\n"


def test_a_locale_without_the_marks_still_gets_the_report():
    done = _run(*SMALL, env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u2713" in done.stdout


def test_an_interrupt_is_one_line_and_exits_130(monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("crosscheck.api.execute", interrupted)
    assert main(SMALL) == 130
    assert capsys.readouterr().err == "crosscheck: interrupted\n"


def test_the_version_is_told(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("crosscheck ")


def test_where_the_time_went_is_told_and_saved_where_it_is_asked_for(tmp_path, capsys):
    out = tmp_path / "run.json"
    assert main([*SMALL, "--json", str(out)]) == 0
    assert "profile" not in json.loads(out.read_text())
    assert "Where the time went" not in capsys.readouterr().out
    assert main([*SMALL, "--profile", "--json", str(out)]) == 0
    data, told = json.loads(out.read_text()), capsys.readouterr().out
    assert data["schema"] == "crosscheck.run/1"
    assert {*data["profile"]["implementations"]} == {"reference"}
    assert {*data["profile"]["operations"]} == {"softmax"}
    assert data["profile"]["phases"]["starting processes"] > 0  # this one
    assert "Where the time went: " in told.partition("checks passed")[2]


def test_where_the_time_went_takes_no_argument(capsys):
    assert main(["--profile=all"]) == 2
    assert capsys.readouterr().err == "crosscheck: argument --profile: ignored explicit argument 'all'\n"


@pytest.mark.parametrize(("columns", "width"), [("80", 80), ("240", 100), ("", 100), ("wide", 100)])
def test_a_pipe_is_as_wide_as_columns_says(monkeypatch, columns, width):
    from crosscheck.commands.shared import console

    monkeypatch.setenv("COLUMNS", columns)
    assert console().width == width


def test_a_function_of_another_name_is_told_by_the_option(tmp_path, capsys):
    path = tmp_path / "mine.py"
    path.write_text("def mine(x): return x")
    assert main(["check", f"{path}:mine"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("crosscheck: --as: not given, and 'mine' is none of sigmoid, softmax")
    assert said.count("\n") == 1
    assert main(["check", f"{path}:mine", "--as", "sofmax"]) == 2
    assert capsys.readouterr().err.startswith("crosscheck: --as: got 'sofmax', expected one of")


@pytest.mark.parametrize(
    ("words", "function", "operation"),
    [
        (("{}:mine", "--as", "sigmoid"), ":mine", "sigmoid"),
        (("{}", "--convention", "cs224n"), "", ""),
        (("{}:forward_backward_prop", "--convention", "cs224n"), ":forward_backward_prop", "two_layer"),
    ],
)
def test_a_file_that_ends_its_process_is_wrong_in_the_json_too(tmp_path, capsys, words, function, operation):
    """The verdict was printed, and the file that was asked for never written."""
    path, results = tmp_path / "mine.py", tmp_path / "results.json"
    path.write_text("import os; os._exit(3)")
    assert main(["check", words[0].format(path), *words[1:], "--json", str(results)]) == 1
    reason = f"{path}: ended its process, exit status 3 while it was imported"
    assert "".join(capsys.readouterr().out.split()) == "".join(f"✗ {reason}".split())
    data = json.loads(results.read_text(encoding="utf-8"))
    assert (data["schema"], data["passed"]) == ("crosscheck.check/1", False)
    (report,) = data["reports"]
    assert (report["function"], report["operation"]) == (f"{path}{function}", operation)
    assert (report["verdict"], report["findings"][0]["reason"]) == ("wrong", reason)
