"""The report of the records: every field, what was got just now, and lines that fit."""

import pytest

from crosscheck.known import DEFECTS, GONE, OUTSIDE, SHOWS, Look
from crosscheck.report.defects import text

WITH_CELLS = next(defect for defect in DEFECTS if defect.name == "bias gradient summed in 16 bits")
WITHIN_BOUND = next(defect for defect in DEFECTS if not defect.cells and len(defect.threads) > 1)


def _words(looks, width=100):
    return " ".join(text(looks, width).split())


def test_a_record_is_told_whole():
    told = _words([Look(WITH_CELLS, SHOWS, "0.10.2", 304.0, 320.0, 8.0)])
    for part in (WITH_CELLS.name, WITH_CELLS.happens, WITH_CELLS.reason, WITH_CELLS.shown.text):
        assert part in told
    assert "jax.optax: two_layer d_b1 d_b2 in bfloat16 float16" in told
    assert "versions jax from 0.10.2; 0.10.2 is installed" in told
    assert "thread none found" in told
    assert "now got 304, exact 320, off by 8 ulp of bfloat16" in told
    assert told.endswith("1 of 1 records show, 0 no longer do, 0 could not be looked at")


def test_a_defect_within_the_bound_says_so_and_names_its_threads():
    told = _words([Look(WITHIN_BOUND, SHOWS, "2.13.0", 0.0, 1e-8, 1e7)])
    assert "within the bound of the textbook's form, so no cell fails" in told
    for thread in WITHIN_BOUND.threads:
        repository, number = thread.split("#")
        assert f"https://github.com/{repository}/issues/{number}" in told


@pytest.mark.parametrize(
    ("look", "line"),
    [
        (
            Look(WITH_CELLS, GONE, "0.11", 320.0, 320.0, 0.0),
            "off by 0 ulp of bfloat16; it no longer shows",
        ),
        (Look(WITH_CELLS, GONE, "0.11", note="raised RuntimeError: gone"), "now raised RuntimeError: gone"),
        (Look(WITH_CELLS, OUTSIDE, "0.2", note="the record is of jax from 1"), "now the record is of jax from 1"),
        (Look(WITH_CELLS, SHOWS, "1", float("nan"), 1.0, float("inf")), "got nan, exact 1, no number of ulp"),
    ],
)
def test_what_it_gave_just_now_is_told(look, line):
    assert line in _words([look])


@pytest.mark.parametrize("width", [80, 100])
def test_every_record_fits(width):
    looks = [Look(d, SHOWS, "2.13.0+cpu", -4.24835426e-18, 1.52299793e-08, 10_271_890.3) for d in DEFECTS]
    lines = text(looks, width).splitlines()
    assert max(map(len, lines)) <= width
    addresses = [line for line in lines if "https://" in line]
    assert len(addresses) == sum(len(d.threads) for d in DEFECTS)  # none is broken
