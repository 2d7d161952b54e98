"""Every framework's programs at a small size: their results are judged, as after a timing."""

from importlib import import_module

import pytest

from crosscheck.bench.cells import DTYPES, WORKLOADS, Cell
from crosscheck.bench.check import judge

MODULES = {"of_reference": "numpy", "of_torch": "torch", "of_jax": "jax"}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", WORKLOADS)
@pytest.mark.parametrize("module", MODULES)
def test_it_computes_what_it_should(module, name, dtype):
    jax = pytest.importorskip(MODULES[module])
    programs = import_module(f"crosscheck.bench.{module}")
    cell = Cell(name, WORKLOADS[name].quick[0], dtype, 1)
    if module == "of_jax":
        with jax.enable_x64(True), jax.default_matmul_precision("highest"):
            _judged(programs, cell)
    else:
        _judged(programs, cell)


def _judged(programs, cell):
    prepared = programs.prepare(cell.workload, cell.inputs(0), "cpu")
    prepared.call()
    found = judge(cell, cell.inputs(0), {"it": prepared.values(prepared.call())})["it"]
    assert found.wrong == ""
    assert (prepared.compile_seconds is not None) == (programs.__name__ == "crosscheck.bench.of_jax")


def test_where_torch_cannot_compile_it_says_so(monkeypatch):
    torch = pytest.importorskip("torch")
    from crosscheck.bench import of_torch_compile

    def no_compiler(f, **options):
        raise RuntimeError("no C++ compiler was found")

    monkeypatch.setattr(torch, "set_num_threads", lambda cores: None)
    monkeypatch.setattr(torch, "compile", no_compiler)
    said = of_torch_compile.start(1, "cpu")
    assert said == "torch.compile does not work here: RuntimeError: no C++ compiler was found"


@pytest.mark.parametrize("name", ["softmax", "cross_entropy", "two_layer"])
def test_what_torch_compiles_computes_what_it_should(name, monkeypatch):
    torch = pytest.importorskip("torch")
    from crosscheck.bench import of_torch_compile

    # Generating code takes seconds for each program: here it is traced whole, and what was traced is run.
    compiler = torch.compile
    monkeypatch.setattr(torch, "compile", lambda f, **options: compiler(f, backend="eager", **options))
    cell = Cell(name, WORKLOADS[name].quick[0], "float32", 1)
    prepared = of_torch_compile.prepare(name, cell.inputs(0), "cpu")
    assert prepared.compile_seconds > 0
    assert judge(cell, cell.inputs(0), {"it": prepared.values(prepared.call())})["it"].wrong == ""
