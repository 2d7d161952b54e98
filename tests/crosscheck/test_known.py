"""Records of defects are strict: they cover failures only, and one that no longer shows is reported."""

import subprocess
import sys
from dataclasses import replace

import pytest

from crosscheck import known
from crosscheck.judge import Verdict, Worst
from crosscheck.known import (
    DEFECTS,
    GONE,
    OUTSIDE,
    SHOWS,
    UNINSTALLED,
    Cells,
    Defect,
    Reproduction,
    all_show,
    look,
)
from crosscheck.known.match import _places, stale, with_known
from crosscheck.known.record import release
from crosscheck.operations import operations
from crosscheck.run import Run


def _verdict(status, case="typical", dtype="bfloat16", quantity="d_b1", **rest):
    place = {"operation": "two_layer", "implementation": "jax.jit", "device": "cpu", "check": "local"}
    worst = Worst((0,), 1.0, 2.0, 0.1)
    fields = {"status": status, "worst": worst, "replay": "", "arithmetic": dtype, **place, **rest}
    return Verdict(quantity=quantity, dtype=dtype, case=case, **fields)


CELLS = Cells("two_layer", ("d_b1", "d_b2"), ("bfloat16", "float16"))
RECORD = Defect(
    name="planted",
    implementations=("jax.*",),
    package="numpy",
    since="1.0",
    happens="a sum stops growing",
    reason="it is planted",
    shown=Reproduction("1 beside 2", "float32", lambda: (1.0, 2.0)),
    cells=(CELLS,),
)


def _record(**changes):
    cells = {name: changes.pop(name) for name in ("cases", "device", "raises", "quantities") if name in changes}
    return replace(RECORD, cells=(replace(CELLS, **cells),), **changes)


def test_a_covered_failure_is_known_and_any_other_stays_a_failure():
    failures = [_verdict("fail"), _verdict("fail", quantity="d_x"), _verdict("fail", worst=None)]
    assert [v.status for v in with_known(failures, [RECORD])] == ["known", "fail", "fail"]
    assert with_known(failures, [RECORD])[0].reason.startswith("planted: ")
    elsewhere = [
        _verdict("fail", implementation="torch.eager"),
        _verdict("fail", dtype="float32"),
        _verdict("fail", operation="softmax"),
    ]
    assert all(v.status == "fail" for v in with_known(elsewhere, [RECORD]))


def test_cases_and_devices_of_a_record_are_patterns():
    masked = _record(cases=("masked*", "special"))
    found = with_known([_verdict("fail", case) for case in ("masked", "masked_rows", "special", "wide")], [masked])
    assert [v.status for v in found] == ["known", "known", "known", "fail"]
    on_a_gpu = _record(device="cuda*")
    found = with_known([_verdict("fail"), _verdict("fail", device="cuda:0")], [on_a_gpu])
    assert [v.status for v in found] == ["fail", "known"]


def test_a_result_that_is_missing_is_known_only_where_the_record_says_how_it_is_missing():
    raised = _verdict("fail", worst=None, reason="raised RuntimeError: not implemented for 'Half'")
    records = [_record(raises="raised RuntimeError: not implemented*")]
    assert with_known([raised], records)[0].status == "known"
    other = _verdict("fail", worst=None, reason="raised RuntimeError: out of memory")
    assert with_known([other, _verdict("fail")], records)[0].status == "fail"


def test_a_record_says_nothing_outside_its_versions(monkeypatch):
    for since, mended, applies in (("1.0", "", True), ("99", "", False), ("1.0", "1.1", False)):
        record = _record(since=since, mended=mended)
        assert record.applies is applies
        monkeypatch.setattr(known, "DEFECTS", (record,))
        assert with_known([_verdict("fail")])[0].status == ("known" if applies else "fail")
        assert bool(stale(_whole("pass"))) is applies
    assert not _record(package="no-such-package").applies


@pytest.mark.parametrize(
    ("version", "numbers"),
    [
        ("2.13.0+cpu", (2, 13)),
        ("0.10.2", (0, 10, 2)),
        ("2.14.0.dev20260901", (2, 14)),
        ("3.0rc1", (3,)),
        ("0", (0,)),
    ],
)
def test_versions_are_compared_as_numbers(version, numbers):
    assert release(version) == numbers


def test_a_version_without_numbers_is_refused():
    with pytest.raises(ValueError, match=r"^version: got 'dev', expected numbers with dots between"):
        release("dev")


def _whole(status, device="cpu", cases=None):
    chosen = cases or operations()["two_layer"].cases
    return [_verdict(status, case, dtype, device=device) for dtype in CELLS.dtypes for case in chosen]


def test_a_record_that_no_longer_fails_is_stale_for_that_implementation_and_device():
    assert not stale(_whole("pass")[1:], [RECORD])  # not the whole record
    assert not stale([*_whole("pass"), _verdict("known")], [RECORD])
    assert not stale([*_whole("pass"), _verdict("fail", worst=None)], [RECORD])  # wrong in another way
    everywhere = [*_whole("pass"), *_whole("known", device="cuda:0")]
    assert stale(everywhere, [RECORD]) == ((RECORD, "jax.jit"),)
    everywhere = [*_whole("known"), *_whole("vacuous", device="cuda:0")]
    assert stale(everywhere, [RECORD]) == ((RECORD, "jax.jit@cuda:0"),)


def test_the_whole_of_a_record_is_its_usual_cases_or_the_extra_ones_that_it_names():
    one = operations()["two_layer"]
    usual = [case.name for case in one.cases.values() if not case.extra]
    extra = [case.name for case in one.cases.values() if case.extra]
    assert stale(_whole("pass", cases=usual), [RECORD])
    assert not stale(_whole("pass", cases=extra), [RECORD])
    rows = _record(cases=("many_*",))
    assert stale(_whole("pass", cases=["many_rows"]), [rows])
    assert not stale(_whole("unavailable", cases=["many_rows"]), [rows])


def test_a_stale_record_fails_the_run_and_is_told(monkeypatch):
    monkeypatch.setattr(known, "DEFECTS", (RECORD,))
    run = Run(tuple(_whole("pass")), (), seed=0, seconds=0.0)
    assert not run.passed
    assert run.stale[0].startswith("jax.jit: 'planted' no longer fails; remove")
    assert run.stale[0] in " ".join(str(run).split())
    assert not Run(tuple(_whole("pass")), (), seed=7, seconds=0.0).stale  # other inputs need not show it


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda d: f"{d.package}-{d.name}".replace(" ", "_"))
def test_every_record_shows_on_what_is_installed(defect):
    seen = look(defect)
    if seen.status in (UNINSTALLED, OUTSIDE):
        pytest.skip(seen.note)
    assert seen.status == SHOWS, (
        f"{defect.name}: got {seen.got}, exact {seen.exact}, {seen.note}: remove the record"
    )


@pytest.mark.parametrize(
    ("numbers", "status"),
    [
        ((1.0, 1.0), GONE),
        ((1.0 + 4 * 2.0**-23, 1.0), GONE),  # 4 ulp: what the reference attains
        ((1.0 + 5 * 2.0**-23, 1.0), SHOWS),
        ((float("nan"), 1.0), SHOWS),
        ((float("nan"), float("nan")), GONE),
        ((0.0, 1e-8), SHOWS),
        ((1.0, float("inf")), SHOWS),
    ],
)
def test_a_program_shows_a_defect_where_it_errs_beyond_what_can_be_attained(numbers, status):
    seen = look(_record(shown=Reproduction("numbers", "float32", lambda: numbers)))
    assert seen.status == status


def _raises():
    raise RuntimeError("no longer there")


def test_a_program_that_raises_no_longer_shows_and_one_that_cannot_run_says_why():
    raised = look(_record(shown=Reproduction("", "float32", _raises)))
    assert (raised.status, raised.note) == (GONE, "raised RuntimeError: no longer there")
    assert not all_show([raised])
    outside, absent = look(_record(since="99")), look(_record(package="no-such-package", shown=RECORD.shown))
    assert (outside.status, absent.status) == (OUTSIDE, UNINSTALLED)
    assert "the record is of numpy from 99" in outside.note
    assert absent.note == "no-such-package is not installed"
    assert all_show([outside, absent])


def test_every_record_says_what_is_needed_to_see_it():
    assert len({(d.package, d.name) for d in DEFECTS}) == len(DEFECTS)
    for defect in DEFECTS:
        assert all((defect.name, defect.since, defect.happens, defect.reason, defect.shown.text))
        assert all("/" in thread and thread.partition("#")[2].isdecimal() for thread in defect.threads)
        for cells in defect.cells:
            one = operations()[cells.operation]
            assert set(cells.quantities) <= set(one.graph)
            assert list(_places(cells, "any")), f"{defect.name}: no case matches {cells.cases}"


def test_the_records_are_read_without_their_frameworks():
    program = "import sys, crosscheck.known; print([m for m in ('torch', 'jax') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_run_of_known_defects_alone_is_all_right():
    """The command that repeats one ended with 1, and said that nothing was checked."""
    run = Run((_verdict("known"),), (), seed=1, seconds=0.0)
    assert run.passed
    assert "nothing was checked" not in str(run)
