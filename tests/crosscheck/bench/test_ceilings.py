"""Rates are positive numbers of the right unit; the threads of every library are as many as the cores."""

from crosscheck.bench import ceilings, meter
from crosscheck.bench.cells import Cell
from crosscheck.bench.meter import Meter
from crosscheck.bench.process import LostError


def test_a_product_of_matrices_has_a_rate():
    found = ceilings.measured({"float32": 64, "float64": 64}, 0)
    assert set(found) == {"gemm"}
    assert all(1e6 < rate < 1e14 for rate in found["gemm"].values())


def test_a_copy_has_a_rate(monkeypatch):
    monkeypatch.setattr(ceilings, "_COPYING", 1e-4)
    assert 1e7 < ceilings.measured({}, 1000)["copy"] < 1e14


def test_the_best_products_count_and_copies_are_those_of_the_cell(monkeypatch):
    class Child:
        def __init__(self, contender, cores):
            self.asked = []

        def ask(self, do, seconds, gemm, copy):
            self.asked.append((gemm, copy))
            if len(self.asked) == 4:
                raise LostError("ended")
            return {"gemm": dict.fromkeys(gemm, [5.0, 9.0, 7.0][len(self.asked) - 1]), "copy": 2.0 * copy}

    monkeypatch.setattr(meter, "Child", Child)
    network, rows = Cell("two_layer", (2, 3, 5, 7), "float32", 1), Cell("softmax", (3, 5), "float32", 1)
    found = Meter([0], ("float32", "float64"), 64)
    child = found._child
    assert [found.beside(cell) for cell in (network, network, rows, rows)] == [2 * network.bytes] * 2 + [0, 0]
    assert found.gemm == {"float32": 9.0, "float64": 5.0}
    assert child.asked[:2] == [({"float32": 64, "float64": 64}, 0), ({"float32": 64}, network.bytes)]


def test_every_library_is_told_the_number_of_threads():
    found = ceilings.threads(3)
    assert {found[f"{name}_NUM_THREADS"] for name in ("OMP", "MKL", "OPENBLAS")} == {"3"}
