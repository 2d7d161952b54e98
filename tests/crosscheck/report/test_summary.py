"""The closing section of a test run: what was validated, on what, and what was not."""

from crosscheck.judge import Verdict
from crosscheck.known import DEFECTS
from crosscheck.matrix import Gap, Plan, Selection, plan, run_cell
from crosscheck.report import summary
from crosscheck.report.summary import lines

FACTS = {
    "packages": {"softmax-crosscheck": "0.1.0", "torch": "2.13.0", "jax": "0.10.2"},
    "processor": "a processor",
    "platform": "Linux",
    "cores": 2,
    "devices": ["NVIDIA H200"],
}


def _verdict(status="pass", implementation="torch.eager", device="cpu", dtype="float32", **rest):
    place = {"operation": "softmax", "quantity": "value", "case": "typical", "check": "local", "replay": ""}
    fields = {"implementation": implementation, "device": device, "dtype": dtype, "arithmetic": dtype}
    return Verdict(status=status, **{**place, **fields, **rest})


def _told(monkeypatch, verdicts, plan=None, width=100):
    monkeypatch.setattr(summary, "environment", lambda: FACTS)
    return list(lines(verdicts, plan, width))


def _row(told, label):
    """The lines of a label, joined."""
    start = next(i for i, line in enumerate(told) if line.startswith(label))
    end = next((i for i in range(start + 1, len(told)) if not told[i].startswith(" ")), len(told))
    return " ".join(" ".join(told[start:end]).removeprefix(label).split())


def test_implementations_have_versions_and_devices_names(monkeypatch):
    verdicts = [
        _verdict(),
        _verdict(implementation="reference"),
        _verdict(device="cuda:0"),
        _verdict(device="cuda:7"),
    ]
    told = _told(monkeypatch, verdicts)
    assert _row(told, "implementations") == "torch.eager 2.13.0, reference 0.1.0"
    on = "cpu: a processor, 2 cores cuda:0: NVIDIA H200 cuda:7: a GPU, its name not known"
    assert _row(told, "on") == on


def test_verdicts_are_counted_and_only_what_was_judged_is_validated(monkeypatch):
    absent = _verdict("unavailable", dtype="float16", case="digits", reason="scikit-learn is not installed")
    told = _told(monkeypatch, [_verdict(), _verdict("vacuous"), _verdict("fail", dtype="float64"), absent])
    assert _row(told, "verdicts") == "1 pass, 0 known, 1 vacuous, 1 fail, 1 unavailable"
    assert _row(told, "dtypes") == "float32, float64"
    assert _row(told, "not validated") == "digits: scikit-learn is not installed"


def test_known_defects_that_were_met_are_named(monkeypatch):
    known = _verdict("known", reason="a sum in 16 bits: at [0] got 1, exact is 2")
    assert _row(_told(monkeypatch, [known, known]), "known") == "torch: a sum in 16 bits (2)"


def test_a_record_that_is_stale_is_told(monkeypatch):
    told = _told(monkeypatch, [_verdict()])
    assert not any(line.startswith("stale") for line in told)
    monkeypatch.setattr(summary, "stale", lambda verdicts: ((DEFECTS[0], "torch.eager"),))
    told = _told(monkeypatch, [_verdict()])
    assert _row(told, "stale") == f"torch.eager: '{DEFECTS[0].name}' no longer fails"


def test_gaps_of_one_reason_are_one_line(monkeypatch):
    no_gpu = "torch finds no CUDA device"
    gaps = (Gap("torch.eager on a GPU", no_gpu), Gap("torch.func on a GPU", no_gpu), Gap("jax.jit", "not there"))
    told = _row(_told(monkeypatch, [_verdict()], Plan((), gaps)), "not validated")
    assert told.startswith("torch.eager, torch.func on a GPU: torch finds no CUDA device jax.jit: not there")


def test_cells_that_did_not_run_and_extra_ones_are_told(monkeypatch):
    usual = plan(Selection(operations=("sigmoid",), implementations=("reference",), dtypes=("float32",)))
    judged = [verdict for cell in usual.cells[:2] for verdict in run_cell(cell)]
    told = _row(_told(monkeypatch, judged, usual), "not validated")
    left = len(usual.cells) - 2
    assert f"{left} of {len(usual.cells)} cells: their tests were not selected, or did not run" in told
    assert "the extra implementations and cases: they run with --xc-all" in told
    extra = plan(Selection(operations=("sigmoid",), implementations=("reference",), dtypes=("float32",), all=True))
    assert "--xc-all" not in _row(_told(monkeypatch, judged, extra), "not validated")


def test_it_fits_80_columns(monkeypatch):
    names = [f"torch.mode{i}" for i in range(40)]
    gaps = tuple(Gap(f"{name} on a GPU", "torch finds no CUDA device") for name in names)
    told = _told(monkeypatch, [_verdict(implementation=name) for name in names], Plan((), gaps), width=80)
    assert max(map(len, told)) <= 80
