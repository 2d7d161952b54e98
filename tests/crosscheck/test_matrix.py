"""The matrix on what is installed: one test per quantity, implementation, dtype and case."""

import os
import subprocess
import sys
import threading
import time
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children

import numpy as np
import pytest

from crosscheck import workers
from crosscheck.formats import FORMATS
from crosscheck.implementation import Implementation
from crosscheck.implementations import implementations
from crosscheck.judge import FAIL, Cell
from crosscheck.known import stale
from crosscheck.matrix import Selection, plan, run_cell
from crosscheck.operations import operation, operations
from crosscheck.pytest_plugin import matrix_parameters

REFERENCE = plan(Selection(implementations=("reference",))).cells


def pytest_generate_tests(metafunc):
    if metafunc.function is test_matrix:
        metafunc.parametrize(("number", "quantity"), [*matrix_parameters(metafunc.config)])


def test_matrix(verdicts, number, quantity):
    found = [v for v in verdicts[number] if v.quantity == quantity]
    assert found
    if {v.status for v in found} == {"unavailable"}:
        pytest.skip(found[0].reason)
    wrong = [f"{v.check}: {v.reason}; again: {v.replay}" for v in found if v.status == FAIL]
    assert not wrong


def test_no_record_of_a_known_defect_is_stale(verdicts, pytestconfig):
    """Of those whose cells are among the collected tests; at seed 0, at which they were recorded."""
    if pytestconfig.getoption("xc_seed") != "0":
        pytest.skip("records are strict at seed 0")
    found = stale(verdict for judged in verdicts.values() for verdict in judged)
    assert not [f"{where}: '{defect.name}' no longer fails" for defect, where in found]


def _planted(monkeypatch, run):
    from crosscheck import matrix

    planted = {**implementations(), "planted": Implementation("planted", "", run, lambda: ("cpu",))}
    monkeypatch.setattr(matrix, "implementations", lambda: planted)
    return Cell(operation("softmax"), "planted", "cpu", FORMATS["float32"], "typical", seed=0)


def _zeros(one, inputs, device, axis=-1):
    return {"value": np.zeros_like(inputs["x"])}


def _raises(one, inputs, device, axis=-1):
    raise RuntimeError("no kernel for this\nand a long story")


def _changes(one, inputs, device, axis=-1):
    results = one.reference(**inputs)
    inputs["cotangent"][0, 0] += 1
    return results


def _wide(one, inputs, device, axis=-1):
    return {name: array.astype(np.float64) for name, array in one.reference(**inputs).items()}


def _flat(one, inputs, device, axis=-1):
    return {name: array.ravel() for name, array in one.reference(**inputs).items()}


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (_zeros, "got 0, exact is"),
        (_raises, "raised RuntimeError: no kernel for this"),
        (_changes, "changed its argument cotangent"),
        (_wide, "dtype: got float64, expected float32"),
        (_flat, "shape: got (80,), expected (8, 10)"),
    ],
)
def test_a_misbehaving_implementation_is_a_verdict_with_the_reason(monkeypatch, run, reason):
    verdicts = run_cell(_planted(monkeypatch, run))
    assert {v.quantity for v in verdicts} == {"value", "vjp", "jvp"}
    value = next(v for v in verdicts if v.quantity == "value")
    assert value.status == FAIL
    assert reason in value.reason
    assert "\n" not in value.reason


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (Selection(operations=("sotfmax",)), "operation: got 'sotfmax', expected one of sigmoid, softmax"),
        (
            Selection(implementations=("jaxx",)),
            "implementation: got 'jaxx', expected one of reference, torch.eager",
        ),
        (Selection(dtypes=("float8",)), "dtype: got 'float8', expected one of float64, float32"),
        (Selection(cases=("none",)), "case: got 'none', expected one of typical, tiny"),
        (Selection(device="tpu"), "device: got 'tpu', expected cpu, cuda or auto"),
        (Selection(implementations=("reference",), device="cuda"), "device: got 'cuda', but no CUDA device"),
    ],
)
def test_a_wrong_name_is_an_error_that_lists_the_right_ones(selection, message):
    with pytest.raises(ValueError, match="^" + message.replace("(", r"\(")):
        plan(selection)


def test_a_framework_that_is_missing_is_a_gap_and_if_named_an_error(monkeypatch):
    from crosscheck import matrix

    def missing():
        raise ImportError("jax is not installed: pip install -e '.[jax]'")

    absent = Implementation("jax.jit", "", lambda *_: {}, missing)
    monkeypatch.setattr(matrix, "implementations", lambda: {"jax.jit": absent})
    monkeypatch.setattr(matrix, "select", lambda name: [absent])
    found = plan(Selection())
    assert not found.cells
    assert found.gaps[0].why == "jax is not installed: pip install -e '.[jax]'"
    with pytest.raises(ValueError, match=r"^implementation: jax\.jit cannot run: jax is not installed"):
        plan(Selection(implementations=("jax",)))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_quantity_has_a_sharp_check(dtype):
    """In the default run some local check of every quantity is sure to catch an error of 16 ulp, in the median.

    A promise of the project, and a guard against bounds that grow unnoticed.
    """
    sharpest: dict[tuple[str, str], float] = {}
    for cell in plan(Selection(implementations=("reference",), dtypes=(dtype,))).cells:
        for v in run_cell(cell):
            if v.check == "local" and v.status == "pass" and v.resolution:
                place = (v.operation, v.quantity)
                sharpest[place] = min(sharpest.get(place, np.inf), v.resolution[0])
    assert len(sharpest) == sum(len(one.quantities) for one in operations().values())
    assert not {place: ulp for place, ulp in sharpest.items() if ulp > 16}


def test_a_worker_that_dies_is_a_verdict_and_the_rest_goes_on(monkeypatch):
    """A case that takes its process down fails with the reason; the cells after it are judged."""
    cells = [*REFERENCE][: workers.FEW + 1]
    submitted = []

    class Dies:
        def __init__(self):
            submitted.append(self)

        def submit(self, function, names):
            from concurrent.futures import Future

            future = Future()
            if len(submitted) == 1:
                future.set_exception(BrokenProcessPool())
            else:
                future.set_result(function(names))
            return future

        def shutdown(self):
            pass

    monkeypatch.setattr(workers, "_process", Dies)
    found = dict(workers.run(cells, jobs=2))
    assert len(found) == len(cells)
    reasons = {v.reason for verdicts in found.values() for v in verdicts if v.status == FAIL}
    assert reasons == {"the process that ran it, or a neighbouring case, died"}
    assert any(v.status == "pass" for verdicts in found.values() for v in verdicts)


def test_processes_give_the_same_verdicts_as_one(tmp_path):
    cells = [*REFERENCE][: workers.FEW + 5]
    assert dict(workers.run(cells, jobs=2)) == dict(workers.run(cells, jobs=1))


def test_the_matrix_holds_every_operation_implementation_and_format():
    """Of what is installed; a sharp verdict for each is what ``test_matrix`` and the guard above ask for."""
    cells = plan(Selection()).cells
    installed = {cell.implementation for cell in cells}
    assert "reference" in installed
    assert {cell.operation.name for cell in cells} == set(operations())
    taken = {
        (one.name, name, format.name)
        for one in operations().values()
        for name in installed
        for format in FORMATS.values()
        if implementations()[name].takes(one, format)
    }
    assert {(cell.operation.name, cell.implementation, cell.format.name) for cell in cells} == taken
    stages = {cell.case for cell in cells if cell.operation.name == "two_layer"}
    assert {"untrained", "half_trained", "saturated"} <= stages


def test_finding_no_driver_needs_no_framework():
    """The frameworks take seconds to import; a machine without a GPU driver is known without them."""
    program = (
        "import sys; from crosscheck.implementations import _driver, jax_, torch_;"
        "jax_.gpu_driver = torch_.gpu_driver = lambda: False;"
        "from crosscheck.matrix import Selection, plan; found = plan(Selection()).cells;"
        "print({c.device for c in found}, [m for m in ('torch', 'jax') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "{'cpu'} []"


def test_a_library_that_does_not_load_is_no_driver():
    from crosscheck.implementations._driver import _loads

    assert not _loads("libno-such-driver.so.9")


def _left(before, seconds=30.0):
    """Processes that are alive when the time is over. For the moment in which another thread takes note that one
    has ended, it counts as alive, and ``join`` does not wait for it: a test that asked once failed at times.
    """
    until = time.monotonic() + seconds
    while left := [process for process in set(active_children()) - before if process.is_alive()]:
        if time.monotonic() > until:
            return left
        time.sleep(0.01)
    return []


@pytest.mark.parametrize("asked", ["", "3"])
def test_products_in_a_worker_get_one_thread_unless_the_user_says_how_many(asked, monkeypatch):
    """OpenBLAS's threads spun on the other worker's core: a run took half as long again.

    The earlier tests looked at what workers find, and nobody at what they leave to each other.
    """
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    if asked:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", asked)
    seen, start = set(), workers._process

    def looked_at():
        pool = start()
        submit = pool.submit

        def look(function, names):
            seen.add(submit(os.getenv, "OPENBLAS_NUM_THREADS").result())
            return submit(function, names)

        pool.submit = look
        return pool

    monkeypatch.setattr(workers, "_process", looked_at)
    assert len(list(workers.run([*REFERENCE][: workers.FEW + 1], jobs=2))) == workers.FEW + 1
    assert seen == {asked or "1"}
    assert os.environ.get("OPENBLAS_NUM_THREADS", "") == asked


def test_a_run_that_is_given_up_leaves_no_process_behind():
    cells = [*REFERENCE]
    before = set(active_children())
    running = workers.run(cells, jobs=2)
    next(running)
    running.close()
    assert not _left(before)


def test_a_process_that_would_start_while_the_run_is_given_up_does_not(monkeypatch):
    """It started after the others were ended, and worked on; the test above met it only on a busy machine."""
    first, second = workers._process(), workers._process()
    pools, given_up = iter((first, second)), threading.Event()

    def late():
        pool = next(pools)
        if pool is second:
            given_up.wait(30)
        return pool

    monkeypatch.setattr(workers, "_process", late)
    before = set(active_children())
    running = workers.run([*REFERENCE], jobs=2)
    next(running)
    threading.Timer(0.5, given_up.set).start()
    running.close()
    assert given_up.is_set()
    assert not _left(before, seconds=1.0)


def test_a_worker_that_cannot_be_started_is_an_error_and_not_a_silence(monkeypatch):
    """The thread that served it died with a traceback, and the run waited for ever."""

    def none():
        raise OSError("no process could be started")

    monkeypatch.setattr(workers, "_process", none)
    cells = [*REFERENCE]
    with pytest.raises(RuntimeError, match=r"a worker process could not be used: no process could be started"):
        list(workers.run(cells, jobs=2))


def test_a_mode_of_gpus_is_a_gap_without_one_and_if_named_an_error(monkeypatch):
    """It was neither: no cell, and no word of it."""
    from crosscheck import matrix

    absent = Implementation("torch.tf32", "", lambda *_: {}, lambda: ())
    monkeypatch.setattr(matrix, "implementations", lambda: {"torch.tf32": absent})
    monkeypatch.setattr(matrix, "select", lambda name: [absent])
    found = plan(Selection())
    assert (found.cells, found.gaps[0].what) == ((), "torch.tf32")
    with pytest.raises(ValueError, match=r"^implementation: torch\.tf32 cannot run: torch finds no CUDA device"):
        plan(Selection(implementations=("torch.tf32",)))


def test_a_framework_can_be_named_where_one_of_its_modes_cannot_run(monkeypatch):
    """``-i torch`` was an error without a GPU: the tests named single modes only."""
    from crosscheck import matrix

    here = Implementation("torch.eager", "", lambda *_: {}, lambda: ("cpu",))
    absent = Implementation("torch.tf32", "", lambda *_: {}, lambda: ())
    monkeypatch.setattr(matrix, "select", lambda name: [here, absent])
    found = plan(Selection(implementations=("torch",), operations=("softmax",)))
    assert {cell.implementation for cell in found.cells} == {"torch.eager"}
    assert "torch.tf32" in {gap.what for gap in found.gaps}


def test_an_unknown_case_is_told_without_naming_every_width():
    with pytest.raises(ValueError, match=r"masked, .* width_1 … width_129$") as error:
        plan(Selection(operations=("softmax",), cases=("width_400",)))
    assert "width_2," not in str(error.value)


def test_a_selection_that_selects_nothing_is_an_error_that_says_so():
    selection = Selection(implementations=("reference",), operations=("sigmoid",), cases=("masked",))
    with pytest.raises(ValueError, match=r"^case: got 'masked'"):
        plan(selection)
    pytest.importorskip("torch")
    with pytest.raises(ValueError, match=r"^selection: none of torch\.autocast runs two_layer in such formats"):
        plan(Selection(("two_layer",), ("torch.autocast",), dtypes=("float64",)))


def test_every_verdict_has_an_id_of_its_own():
    """Both checks of a quantity had one."""
    cells = plan(Selection(operations=("two_layer",), implementations=("reference",), cases=("square",))).cells
    ids = [verdict.id for cell in cells for verdict in run_cell(cell)]
    assert len(set(ids)) == len(ids)
