"""Rates are positive numbers of the right unit; the threads of every library are as many as the cores."""

from crosscheck.bench import ceilings


def test_a_product_of_matrices_has_a_rate():
    found = ceilings.measured({"float32": 64, "float64": 64}, 0)
    assert set(found) == {"gemm"}
    assert all(1e6 < rate < 1e14 for rate in found["gemm"].values())


def test_a_copy_has_a_rate(monkeypatch):
    monkeypatch.setattr(ceilings, "_COPYING", 1e-4)
    assert 1e7 < ceilings.measured({}, 1000)["copy"] < 1e14


def test_every_library_is_told_the_number_of_threads():
    found = ceilings.threads(3)
    assert {found[f"{name}_NUM_THREADS"] for name in ("OMP", "MKL", "OPENBLAS")} == {"3"}
