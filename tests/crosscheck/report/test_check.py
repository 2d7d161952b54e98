"""The report on a function: the verdict, the smallest input, decimal and bits, what repeats it; its width."""

import re

import numpy as np
import pytest

import crosscheck
from crosscheck.report.check import text


def overflowing(x):
    e = np.exp(x)
    return e / e.sum(axis=-1, keepdims=True)


@pytest.fixture(scope="module")
def limited():
    return crosscheck.check(overflowing, "softmax", dtypes=("float64", "float32"))


def test_the_first_line_is_the_verdict(limited):
    first = str(limited).splitlines()[0]
    assert first == "! overflowing as softmax: limited, right on ordinary input, but it has limits"


def test_a_finding_has_its_smallest_input_and_both_numbers_in_decimal_and_bits(limited):
    lines = [line.strip() for line in str(limited).splitlines()]
    start = lines.index("! value is NaN")
    finding = "\n".join(lines[start : lines.index("", start)])
    assert "smallest  overflowing(x) in float64" in finding
    x = float(re.search(r"^x = \[\[(.*)\]\]$", finding, flags=re.MULTILINE)[1])
    assert x == round(x) > np.log(np.finfo(np.float64).max)
    assert re.search(r"^got       nan  0x[f7]ff8000000000000 at \[0, 0\]$", finding, flags=re.MULTILINE)
    assert "exact     1    0x3ff0000000000000, to the nearest float64" in finding


def test_the_line_that_repeats_it_repeats_it(limited):
    again = re.search(r"again +(crosscheck\.check\(.*\))", str(limited))[1]
    report = eval(again, {"crosscheck": crosscheck, "overflowing": overflowing})
    assert report.findings[0].symptom == limited.findings[0].symptom == "is NaN"


def test_where_only_a_limit_was_tried_it_is_not_called_ordinary():
    """The line that repeats a limit asks for its case alone: the same function was "wrong, on ordinary input"."""
    report = crosscheck.check(overflowing, "softmax", dtypes=("float64",), cases=("thousand",))
    first, *_ = str(report).splitlines()
    assert first.startswith(
        "✗ overflowing as softmax: wrong, on the inputs that were tried, none of them ordinary;"
    )
    assert "ordinary" not in str(report).replace(first, "")
    ordinary = crosscheck.check(lambda x: x, "softmax", dtypes=("float64",), cases=("typical", "thousand"))
    assert "wrong, on ordinary input" in str(ordinary)


def test_what_was_not_judged_is_told(limited):
    assert "– not returned, so not judged: vjp, jvp" in str(limited)
    assert re.search(r"\d+ calls, \d+ checks, \d+ passed; seed 0, [\d.]+ s$", str(limited))


@pytest.mark.parametrize("width", [80, 100])
def test_it_fits_the_width(limited, width):
    lines = text(limited, width).splitlines()
    assert max(map(len, lines)) <= width
    assert all(line == line.rstrip() for line in lines if line.startswith("✗"))


def test_of_many_cases_the_first_are_listed_and_the_rest_counted():
    def in_place(x):
        x[...] = overflowing(x)
        return x.copy()

    shown = str(crosscheck.check(in_place, "softmax", dtypes=("float64",)))
    assert re.search(r"in +typical tiny .* and \d+ more \(float64\)", shown.replace("\n", " "))
