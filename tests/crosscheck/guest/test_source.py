"""A function is found by its name, and what stands in the way is said with its line."""

import sys

import pytest

from crosscheck.guest.call import UnusableError
from crosscheck.guest.source import divided, function_of, functions_in, load


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch):
    """To load a file changes the path, the arguments and the modules of its process."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "argv", [*sys.argv])
    monkeypatch.setattr(sys, "modules", {**sys.modules})


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("hw.py", ("hw.py", "")),
        ("hw.py:fn", ("hw.py", "fn")),
        ("a/b.py:Net.forward", ("a/b.py", "Net.forward")),
        ("C:\\\\hw.py", ("C:\\\\hw.py", "")),
        ("pkg.module:fn", ("pkg.module", "fn")),
    ],
)
def test_a_name_is_a_place_and_a_function(name, parts):
    assert divided(name) == parts


@pytest.mark.parametrize("name", ["", "hw", "hw.py:", ":fn", "pkg.module:"])
def test_a_name_that_is_none(name):
    with pytest.raises(UnusableError, match=r"expected FILE\.py:FN or pkg\.module:fn"):
        divided(name)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\nprint 'a'\n", r"line 2: a statement of Python 2, \"print 'a'\"; in Python 3 it is a call: print"),
        ("if True:\n        x = 1\n\ty = 2\n", r"line 3: tabs and spaces are mixed"),
        ("x = (\n", r"line 1: is no Python"),
        ("import nowhere_at_all\n", r"hw\.py: imports nowhere_at_all, which is not there"),
        ("x = 1\nx / 0\n", r"line 2: raised while it was imported: ZeroDivisionError"),
        ("raise KeyboardInterrupt\n", r"line 1: raised while it was imported: KeyboardInterrupt"),
    ],
)
def test_what_stands_in_the_way(tmp_path, text, said):
    file = tmp_path / "hw.py"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UnusableError, match=said):
        load(str(file))


def test_a_file_finds_its_neighbour_and_lists_its_own_functions(tmp_path):
    (tmp_path / "beside_it.py").write_text("def other(x): return x\n", encoding="utf-8")
    text = "from beside_it import other\ndef mine(x): return x\nclass Net:\n    def go(x): return x\n"
    (tmp_path / "hw.py").write_text(text, encoding="utf-8")
    module = load(str(tmp_path / "hw.py"))
    assert functions_in(module) == ["mine"]
    assert function_of(module, "other")(1) == function_of(module, "Net.go")(1) == 1
    with pytest.raises(UnusableError, match="hw: yours is not there; functions in it: mine"):
        function_of(module, "yours")
