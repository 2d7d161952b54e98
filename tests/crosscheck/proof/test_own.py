"""A file is read as lines, a definition and inputs; what makes no derivation is refused in one line."""

import pytest

from crosscheck.proof.own import BAD_CALL, FAILED, OwnError, load, names, parsed
from reference.derivations import NETWORK_INPUTS, Input


@pytest.fixture
def write(tmp_path):
    def written(text, name="mine.py"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return written


FUNCTIONS = '''
import numpy as np
from math import exp
from functools import reduce

def second_in_the_alphabet(x):
    """first in the file

    and more"""
    return x

def a(theta): return theta * 2

def _helper(q): return q

def several(x):
    y = x
    return y

def broken_over_lines(x):
    return (x +
            x)

named = lambda x: x / 2
again = a
'''


def test_functions_are_lines_in_the_order_of_the_file_and_helpers_are_not(write):
    found = load(write(FUNCTIONS))
    assert [line.text for line in found.lines] == [
        "first in the file",
        "theta * 2",
        "several",
        "broken_over_lines",
        "x / 2",
    ]
    assert names(found)[1] == "line 2 (a)"
    assert found.definition is None
    assert dict(found.inputs) == {name: NETWORK_INPUTS[name] for name in ("x", "theta")}


def test_a_list_of_lines_goes_before_the_functions(write):
    text = "def f(x): return x\ndef g(x): return x\n"
    found = load(write(text + "LINES = [g, ('as I call it', f), lambda x: x * 1, lambda x: x * 2]"))
    assert [line.text for line in found.lines] == ["x", "as I call it", "x * 1", "x * 2"]
    assert [line.function.__name__ for line in found.lines] == ["g", "f", "<lambda>", "<lambda>"]


def test_lambdas_that_share_a_line_keep_their_own_text(write):
    found = load(write("LINES = [lambda x: x, lambda x: -x, lambda x: (x + 1), lambda x, k=[i for i in '1']: x ]"))
    assert [line.text for line in found.lines] == ["x", "-x", "x + 1", "x"]


def test_decorated_functions_are_lines(write):
    text = """
from functools import wraps
def _same(function):
    @wraps(function)
    def inner(*args, **kwargs): return function(*args, **kwargs)
    return inner
@_same
def one(x):
    return x + 1
def two(x): return 1 + x
"""
    found = load(write(text))
    assert [line.text for line in found.lines] == ["x + 1", "1 + x"]


DEFINED = "def J(x): return (x * x).sum()\ndef line(x): return 2 * x\nDEFINITION = J\n"


@pytest.mark.parametrize("wrt", ["WRT = 'x'", ""], ids=["named", "the only one"])
def test_a_definition_is_no_line(write, wrt):
    found = load(write(DEFINED + wrt))
    assert [line.text for line in found.lines] == ["2 * x"]
    assert (found.definition.wrt, found.definition.text) == ("x", "(x * x).sum() by x")


def test_inputs_are_said_or_known(write):
    found = load(
        write("INPUTS = {'q': 'N 1', 'j': 'label'}\ndef f(q, W1): return q\ndef g(q, j, axis=-1): return q")
    )
    expected = {"q": Input(("N", "1")), "j": Input(kind="label"), "W1": NETWORK_INPUTS["W1"]}
    assert dict(found.inputs) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("N C", Input(("N", "C"))),
        ("  C ", Input(("C",))),
        ("", Input()),
        ("3 H", Input(("3", "H"))),
        ("N C sums to 1", Input(("N", "C"), "sums to 1")),
        ("label", Input((), "label")),
        ("other label", Input((), "other label")),
        ("N labels", Input(("N",), "labels")),
        (Input(("D",)), Input(("D",))),
    ],
)
def test_words_for_inputs(words, expected):
    assert parsed(words) == expected


@pytest.mark.parametrize(
    "words",
    ["n c", "N, C", "N C label", "sums to 1", "N C labels", "labels", "0", "K", 3, None, ("N",), "label N"],
)
def test_other_words_for_inputs_are_refused(words):
    with pytest.raises(OwnError, match=r"^INPUTS\['x'\]: got .*, expected lengths among N, D, H, C") as refused:
        parsed(words)
    assert refused.value.status == BAD_CALL


TWO = "def f(x): return x\ndef g(x): return x\n"
REFUSED = {
    "syntax": ("x = 1\ndef f(x) return x\n", "line 2: expected ':'; expected Python", BAD_CALL),
    "Python 2 print": ("def f(x):\n  print 'x'\n", "line 2 is Python 2 .*; expected Python 3", BAD_CALL),
    "Python 2 except": ("try: pass\nexcept A, e: pass\n", "line 2 is Python 2", BAD_CALL),
    "Python 2 names": ("for i in xrange(3): pass\n", "line 1: xrange is Python 2; expected Python 3", FAILED),
    "a null byte": (b"x = 1\0", "expected Python", BAD_CALL),
    "bytes that are no text": (b"x = '\xff'", "expected Python", BAD_CALL),
    "empty": ("", "has no lines; expected functions, or a list LINES", BAD_CALL),
    "only imports": ("from math import exp\nfrom numpy import mean", "has no lines", BAD_CALL),
    "an empty list": ("LINES = []", "has no lines", BAD_CALL),
    "one line": ("def f(x): return x", "got one line; expected two, or one and its DEFINITION and WRT", BAD_CALL),
    "a list of others": ("LINES = [len, 3]", "LINES: item 2 is 3, expected a function", BAD_CALL),
    "no list": ("LINES = 3", "LINES: got int, expected a list", BAD_CALL),
    "no signature": ("LINES = [dict, dict]", r"line 1 \(dict\): ", BAD_CALL),
    "an unknown shape": (
        "def f(x): return x\ndef g(x, q): return x",
        r"line 2 \(g\): the shape of 'q' is not known; say INPUTS = \{'q': 'N C'\}",
        BAD_CALL,
    ),
    "stars": (
        "def f(x): return x\ndef g(*q): return q",
        r"line 2 \(g\): takes '\*q', expected parameters",
        BAD_CALL,
    ),
    "no dict": (TWO + "INPUTS = 'x'", "INPUTS: got str, expected a dict", BAD_CALL),
    "an unused input": (TWO + "INPUTS = {'z': 'N'}", "INPUTS: 'z' is a parameter of no line", BAD_CALL),
    "WRT alone": (TWO + "WRT = 'x'", "WRT: got 'x' without a DEFINITION", BAD_CALL),
    "WRT of another": (
        DEFINED + "WRT = 'y'",
        "WRT: got 'y', expected the parameter to differentiate by: x",
        BAD_CALL,
    ),
    "no function": (TWO + "DEFINITION = 3", "DEFINITION: got 3, expected a function", BAD_CALL),
    "it raises": ("def f(x): return x\n1 / 0", "line 2: ZeroDivisionError: division by zero", FAILED),
    "it exits": ("import sys\nsys.exit('done')", r"line 2: it ends the program \(SystemExit: done\)", FAILED),
    "it recurses": ("def f(): f()\nf()", "RecursionError", FAILED),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_makes_no_derivation_is_refused_in_one_line(write, name):
    text, message, status = REFUSED[name]
    with pytest.raises(OwnError, match=message) as refused:
        load(write(text))
    assert refused.value.status == status
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("path", ["nothing.py", "."])
def test_what_is_no_file_is_refused(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OwnError, match="expected a Python file") as refused:
        load(path)
    assert refused.value.status == BAD_CALL


def test_a_file_may_import_its_neighbours(write):
    write("def twice(x): return x + x", "a_neighbour_of_mine.py")
    found = load(write("from a_neighbour_of_mine import twice\ndef f(x): return twice(x)\ndef g(x): return 2 * x"))
    assert [line.text for line in found.lines] == ["twice(x)", "2 * x"]
