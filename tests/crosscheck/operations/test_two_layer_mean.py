"""The judge of the network of the mean: honest orders of the division pass, a wrong divisor fails at its step."""

import numpy as np
import pytest

from crosscheck.formats import FORMATS
from crosscheck.graph import evaluate_all
from crosscheck.implementations import implementations
from crosscheck.judge import END_TO_END, FAIL, LOCAL, PASS, VACUOUS, Cell, judge
from crosscheck.matrix import cell_at, run_cell
from crosscheck.operations import operation
from crosscheck.operations.two_layer_mean import OPERATION
from reference import equations as eq
from reference.two_layer import two_layer
from reference.two_layer_costs import two_layer_mean

OUTER = ("J", "d_x", "d_W1", "d_b1", "d_W2", "d_b2")
SIXTEEN_BITS = ("bfloat16", "float16")


def _verdicts(function, case="typical", dtype="float32"):
    cell = Cell(OPERATION, "mine", "cpu", FORMATS[dtype], case, 0)
    inputs = OPERATION.cases[case].inputs(OPERATION.name, FORMATS[dtype], 0)
    return list(judge(cell, inputs, function(**inputs)))


def _by_the_equations(**changed):
    """The textbook equations in the dtype of the inputs, some of them replaced."""
    graph = {**OPERATION.graph, **changed}
    return lambda **inputs: evaluate_all(graph, inputs, tuple(graph))


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("case", [name for name in OPERATION.cases if name != "many_rows"])
def test_the_reference_passes(case, dtype):
    assert {verdict.status for verdict in _verdicts(two_layer_mean, case, dtype)} <= {PASS, VACUOUS}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_sharp_case_catches_16_ulp_in_every_quantity(dtype):
    local = [v for v in _verdicts(two_layer_mean, "sharp", dtype) if v.check == LOCAL]
    assert {v.quantity: v.status for v in local} == dict.fromkeys(OPERATION.quantities, PASS)
    assert max(v.resolution[0] for v in local) <= 16


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "d_theta",
    [
        lambda theta, y: eq.d_theta(theta, y) / theta.dtype.type(len(theta)),
        lambda theta, y: eq.d_theta(theta, y) * theta.dtype.type(1 / len(theta)),
        lambda theta, y: eq.d_theta(theta, y * theta.dtype.type(1 / len(theta))),
    ],
    ids=["divided", "by the reciprocal", "targets first"],
)
@pytest.mark.parametrize("case", ["typical", "soft", "sharp"])
def test_dividing_early_passes_in_any_form(case, d_theta, dtype):
    assert {v.status for v in _verdicts(_by_the_equations(d_theta=d_theta), case, dtype)} <= {PASS, VACUOUS}


def _late(**inputs):
    """The gradients of the sum, divided at last: what lies inside belongs to the sum."""
    found, N = two_layer(**inputs), len(inputs["x"])
    return {q: (a / N).astype(a.dtype) if q in OUTER else a for q, a in found.items()}


@pytest.mark.parametrize("dtype", FORMATS)
def test_dividing_late_passes_end_to_end(dtype):
    """And sharply so: in none of the quantities would zeros or half the answer, but in 16 bits, have passed."""
    found = _verdicts(lambda **inputs: {q: a for q, a in _late(**inputs).items() if q in OUTER}, dtype=dtype)
    judged = {v.quantity: v.status for v in found if v.check == END_TO_END}
    assert set(judged) == set(OUTER)
    assert set(judged.values()) <= ({PASS, VACUOUS} if dtype in SIXTEEN_BITS else {PASS})


@pytest.mark.parametrize("case", ["typical", "sharp", "soft", "one_row"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dividing_everything_at_last_passes_at_every_step(case, dtype):
    """Each gradient of the sum, divided by N when it is returned: the next step was computed before that."""

    def last(**inputs):
        found, N = two_layer(**inputs), len(inputs["x"])
        of_mean = {q for q in found if q == "J" or q.startswith("d_")}
        return {q: (a / N).astype(a.dtype) if q in of_mean else a for q, a in found.items()}

    assert {v.status for v in _verdicts(last, case, dtype)} <= {PASS, VACUOUS}


def test_dividing_late_fails_at_the_steps_that_belong_to_the_sum():
    """∂J/∂θ is asked for by its definition: of a J that is N times as large it is another one."""
    failed = {v.quantity for v in _verdicts(_late) if v.status == FAIL}
    assert {"d_theta", "d_h", "d_phi"} <= failed
    assert "J" not in failed
    first = next(v.quantity for v in _verdicts(_late) if v.status == FAIL)
    assert first == "d_theta"


FAULTS = {
    "the sum": ({"J": eq.J, "d_theta": eq.d_theta}, {"J", "d_theta"}),
    "the gradient of the sum": ({"d_theta": eq.d_theta}, {"d_theta"}),
    "the mean over the classes too": (
        {"J": lambda theta, y: eq.J(theta, y) / np.float32(theta.size)},
        {"J"},
    ),
    "divided again in a bias": ({"d_b1": lambda d_phi: d_phi.mean(axis=0)}, {"d_b1"}),
    "N − 1": ({"d_theta": lambda theta, y: eq.d_theta(theta, y) / np.float32(len(theta) - 1)}, {"d_theta"}),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_fails_where_it_is_and_nowhere_else_locally(name):
    changed, wrong = FAULTS[name]
    local = [v for v in _verdicts(_by_the_equations(**changed)) if v.check == LOCAL]
    assert {v.quantity for v in local if v.status == FAIL} == wrong


def test_the_mean_of_a_batch_is_not_mapped_over_its_rows():
    """The gradients of single rows add up to those of the sum."""
    assert operation("two_layer").has_rows
    assert not OPERATION.has_rows
    for name in ("torch.vmap", "jax.vmap"):
        assert not implementations()[name].takes(OPERATION, FORMATS["float32"])


@pytest.mark.parametrize("name", ["torch.eager", "torch.func", "torch.module", "jax.jit", "jax.optax"])
@pytest.mark.parametrize("case", ["sharp", "no_rows"])
def test_frameworks_take_the_mean_alike(name, case):
    """NaN from no rows, too."""
    pytest.importorskip("optax" if name == "jax.optax" else name.partition(".")[0])
    found = run_cell(cell_at(OPERATION, implementations()[name], "cpu", FORMATS["float64"], case, 0))
    assert {v.quantity for v in found} == set(OPERATION.quantities)
    assert {v.status for v in found} <= {PASS, VACUOUS}
    assert next(v.status for v in found if v.quantity == "J") == PASS
