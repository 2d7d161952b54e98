"""The README is true: its commands run, its figures' columns are the program's, its links lead somewhere.

Its Python examples are run as doctests.
"""

import re
import shlex
from pathlib import Path

import pytest

from crosscheck.cli import main

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ crosscheck (.*)$", README, flags=re.MULTILINE)
# Their own tests run what they run.
LONG = ("--all", "--profile", "derivations", "mistakes", "accuracy", "defects", "bench")


def test_the_two_commands_stand_first():
    assert re.findall(r"^\$ (.*)$", README, flags=re.MULTILINE)[:2] == [
        'pip install -e ".[all]" && crosscheck',
        "pytest",
    ]


WRONG = [c for c in COMMANDS if c.split()[0] == "check" and "/wrong_" in c]


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.split()[0] not in LONG and c not in WRONG])
def test_a_command_of_the_readme_runs(command, capsys):
    for framework in ("torch", "jax"):
        if framework in command:
            pytest.importorskip(framework)
    assert main(shlex.split(command)) == 0
    shown = capsys.readouterr().out
    assert ("operation  case" if command.startswith("cases") else "✓") in shown


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.split()[0] in LONG])
def test_a_long_command_of_the_readme_is_known(command, capsys):
    assert main([*shlex.split(command), "--help"]) == 0
    assert "usage: crosscheck" in capsys.readouterr().out


def common(text):
    """The text without the digits and bits in which processors differ, whose ``exp`` of NumPy are not the same."""
    # So many digits may be one more or less, which moves the bits beside them.
    text = re.sub(r"(\.[0-9]{13})[0-9]{2,}\b( ) *", r"\1\2", text)
    return re.sub(r"(0x[0-9a-f]{10})[0-9a-f]{6}\b", r"\1", text)


@pytest.mark.parametrize("command", WRONG)
def test_the_function_that_is_judged_is_told_as_the_program_tells_it(command, capsys):
    assert main(shlex.split(command)) == 1
    *said, closing = capsys.readouterr().out.rstrip().splitlines()
    assert closing.endswith(" s")  # it has the seconds that it took
    shown = f"$ crosscheck {command}\n" + "\n".join(line.rstrip() for line in said) + "\n```"
    assert common(shown) in common(README)


def test_what_processors_share_of_a_number_is_compared():
    one, other = (
        "got 0.063306089249100167   0x3fb034d3eef6692e at",
        "got 0.063306089249100195   0x3fb034d3eef66930 at",
    )
    assert common(one) == common(other) == "got 0.0633060892491 0x3fb034d3ee at"
    assert common(one) != common(one.replace("0.06330608", "0.06330609"))
    assert common("a bound of 0.25") == "a bound of 0.25"


def test_the_test_file_that_is_shown_runs_and_says_what_is_shown(pytester):
    file, said = re.search(
        r"```python\n(# test_softmax\.py\n.*?)```.*?```text\n(.*?)```", README, re.DOTALL
    ).groups()
    pytester.makepyfile(test_softmax=file)
    done = pytester.runpytest_inprocess("-p", "crosscheck.pytest_plugin")
    counts = done.parseoutcomes()
    assert (counts["xfailed"], counts["failed"]) == (1, 2)
    assert counts["passed"] > 50
    done.stdout.fnmatch_lines_random(["FAILED *softmax-float32-special*", "FAILED *softmax-whole_uint8*"])
    shown = "\n".join(line.removeprefix("E").strip() for line in done.outlines if line.startswith("E "))
    assert "\n".join(line.strip() for line in said.splitlines()) in shown.replace("AssertionError: ", "")


def test_the_derivation_that_is_shown_is_the_file_and_what_the_program_says():
    from crosscheck.proof.own_run import judge
    from crosscheck.report.own_derivation import text

    path = "tests/examples/derivation.py"
    file = (ROOT / path).read_text(encoding="utf-8")
    assert f"```python\n{file}```" in README
    pytest.importorskip("sympy")
    said = "\n".join(line.rstrip() for line in text(judge(str(ROOT / path))).splitlines())
    assert f"$ crosscheck derivations {path}\n{said}\n```" in README


def test_the_table_shows_every_quantity_of_the_operations_it_shows():
    from crosscheck.operations import operations

    rows = re.findall(r"^(\w+) (\w+) +✓", README, flags=re.MULTILINE)
    shown = dict.fromkeys(name for name, _ in rows)
    assert {"sigmoid", "softmax", "cross_entropy", "two_layer"} <= set(shown)
    assert rows == [(name, quantity) for name in shown for quantity in operations()[name].quantities]


def test_every_operation_and_implementation_is_named():
    from crosscheck.implementations import implementations
    from crosscheck.operations import operations

    for name in (*operations(), *implementations()):
        assert f"`{name}`" in README, name


@pytest.mark.parametrize("command", re.findall(r"^\$ pytest (.*)$", README, flags=re.MULTILINE))
def test_the_options_of_pytest_are_those_of_the_plugin(command, pytestconfig):
    options = [word for word in shlex.split(command) if word.startswith("--")]
    assert options
    for option in options:
        pytestconfig.getoption(option.removeprefix("--").replace("-", "_"))  # ValueError where there is none


def test_every_special_value_of_an_operation_is_in_its_table():
    from crosscheck.operations import operations

    for one in operations().values():
        assert all(len(row) == 3 and all(row) for row in one.table)


@pytest.mark.parametrize("name", ["LICENSE", "CITATION.cff", "CHANGELOG.md", "pyproject.toml"])
def test_what_the_readme_leans_on_is_there(name):
    assert (ROOT / name).stat().st_size > 0


def test_the_version_is_the_same_everywhere():
    versions = {
        re.search(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), flags=re.MULTILINE)[1],
        re.search(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text(), flags=re.MULTILINE)[1],
        re.search(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)[1],
    }
    assert len(versions) == 1
