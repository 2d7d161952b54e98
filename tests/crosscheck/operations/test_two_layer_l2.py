"""The judge of weight decay: honest orders pass, a wrong λ fails at its step, and λ is noticed at all."""

import numpy as np
import pytest

import crosscheck
from crosscheck.formats import FORMATS
from crosscheck.graph import evaluate_all
from crosscheck.implementations import implementations
from crosscheck.judge import FAIL, LOCAL, PASS, VACUOUS, Cell, judge
from crosscheck.matrix import cell_at, run_cell
from crosscheck.operations.two_layer_l2 import OPERATION
from reference import equations as eq
from reference.two_layer import two_layer
from reference.two_layer_costs import two_layer_l2


def _inputs(case="typical", dtype="float32"):
    return OPERATION.cases[case].inputs(OPERATION.name, FORMATS[dtype], 0)


def _verdicts(function, case="typical", dtype="float32"):
    cell = Cell(OPERATION, "mine", "cpu", FORMATS[dtype], case, 0)
    inputs = _inputs(case, dtype)
    return list(judge(cell, inputs, function(**inputs)))


def _by_the_equations(**changed):
    """The textbook equations in the dtype of the inputs, some of them replaced."""
    graph = {**OPERATION.graph, **changed}
    return lambda **inputs: evaluate_all(graph, inputs, tuple(graph))


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("case", OPERATION.cases)
def test_the_reference_passes(case, dtype):
    assert {verdict.status for verdict in _verdicts(two_layer_l2, case, dtype)} <= {PASS, VACUOUS}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_sharp_case_catches_16_ulp_in_every_quantity(dtype):
    local = [v for v in _verdicts(two_layer_l2, "sharp", dtype) if v.check == LOCAL]
    assert {v.quantity: v.status for v in local} == dict.fromkeys(OPERATION.quantities, PASS)
    assert max(v.resolution[0] for v in local) <= 16


HONEST = {
    "the decay first": {
        "d_W1": lambda x, d_phi, W1, decay: decay * W1 + x.T @ d_phi,
        "d_W2": lambda h, d_theta, W2, decay: decay * W2 + h.T @ d_theta,
    },
    "λ/2 · 2W": {
        "d_W1": lambda x, d_phi, W1, decay: x.T @ d_phi + (2 * W1) * (decay / 2),
        "d_W2": lambda h, d_theta, W2, decay: h.T @ d_theta + (decay * W2) * 0.5 * 2,
    },
    "dot products": {
        "J": lambda theta, y, W1, W2, decay: (
            eq.J(theta, y) + decay / 2 * (W1.ravel() @ W1.ravel() + W2.ravel() @ W2.ravel())
        )
    },
    "one by one": {
        "J": lambda theta, y, W1, W2, decay: (
            (eq.J(theta, y) + decay / 2 * (W1 * W1).sum()) + decay / 2 * (W2 * W2).sum()
        )
    },
    "λ into the weights": {
        "J": lambda theta, y, W1, W2, decay: (
            eq.J(theta, y) + (((decay * W1) * W1).sum() + ((decay * W2) * W2).sum()) * 0.5
        )
    },
    "the norm": {
        "J": lambda theta, y, W1, W2, decay: (
            eq.J(theta, y) + decay / 2 * np.square(np.sqrt((W1 * W1).sum() + (W2 * W2).sum()))
        )
    },
}


def _of_the_dtype(steps):
    """The steps with their results in the dtype of the inputs, which a 0-d array may leave."""
    graph = {**OPERATION.graph, **steps}

    def run(**inputs):
        found = evaluate_all(graph, inputs, tuple(graph))
        return {name: np.asarray(a).astype(inputs["x"].dtype) for name, a in found.items()}

    return run


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", HONEST)
@pytest.mark.parametrize("case", ["typical", "sharp", "odd"])
def test_honest_orders_pass(case, name, dtype):
    assert {v.status for v in _verdicts(_of_the_dtype(HONEST[name]), case, dtype)} <= {PASS, VACUOUS}


FAULTS = {
    "no decay": {"J": lambda theta, y: eq.J(theta, y), "d_W1": eq.d_W1, "d_W2": eq.d_W2},
    "λ for λ/2": {"J": lambda theta, y, W1, W2, decay: eq.J(theta, y) + decay * ((W1**2).sum() + (W2**2).sum())},
    "2 λ W": {"d_W1": lambda x, d_phi, W1, decay: eq.d_W1(x, d_phi) + 2 * decay * W1},
    "the first layer only": {
        "J": lambda theta, y, W1, W2, decay: eq.J(theta, y) + decay / 2 * (W1**2).sum(),
        "d_W2": eq.d_W2,
    },
    "the sign": {"d_W2": lambda h, d_theta, W2, decay: eq.d_W2(h, d_theta) - decay * W2},
    "|W|": {"d_W1": lambda x, d_phi, W1, decay: eq.d_W1(x, d_phi) + decay * np.sign(W1)},
    "a bias decays": {"d_b1": lambda d_phi, b1, decay: eq.d_b1(d_phi) + decay * b1},
    "over the batch": {"d_W1": lambda x, d_phi, W1, decay: eq.d_W1(x, d_phi) + decay / np.float32(len(x)) * W1},
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_fails_where_it_is_and_nowhere_else_locally(name):
    local = [v for v in _verdicts(_by_the_equations(**FAULTS[name])) if v.check == LOCAL]
    assert {v.quantity for v in local if v.status == FAIL} == set(FAULTS[name])


@pytest.mark.parametrize("dtype", FORMATS)
def test_a_network_without_decay_is_convicted_in_every_format(dtype):
    failed = {
        v.quantity
        for v in _verdicts(lambda decay, **inputs: two_layer(**inputs), dtype=dtype)
        if v.status == FAIL and v.check == LOCAL
    }
    assert failed == {"J", "d_W1", "d_W2"}


def test_the_bound_is_not_vacuous():
    """It is far below what λ adds: to J, and to the gradients of the weights."""
    inputs = _inputs()
    plain = two_layer(**{name: a for name, a in inputs.items() if name != "decay"})
    decayed = two_layer_l2(**inputs)
    for quantity in ("J", "d_W1", "d_W2"):
        bound = crosscheck.tolerance("two_layer_l2", quantity, **inputs)
        added = np.abs(decayed[quantity].astype(np.float64) - plain[quantity])
        assert np.median(added / bound) > 10


def test_the_scalar_is_called_decay_and_is_refused_below_zero():
    assert OPERATION.scalars == {"decay"}
    assert "decay" in OPERATION.leaves("d_W1")
    assert "decay" not in OPERATION.leaves("d_b1")
    inputs = _inputs("sharp", "float64")
    for wrong in (-0.5, np.inf, np.nan):
        with pytest.raises(ValueError, match=r"decay: got .*, expected a finite number from 0"):
            crosscheck.exact("two_layer_l2", "J", **inputs | {"decay": np.float64(wrong)})
    without = {name: inputs[name] for name in OPERATION.leaves("d_b1")}
    assert crosscheck.exact("two_layer_l2", "d_b1", **without).shape == inputs["b1"].shape


def test_decay_is_not_added_up_row_by_row():
    for name in ("torch.vmap", "jax.vmap"):
        assert not implementations()[name].takes(OPERATION, FORMATS["float32"])


@pytest.mark.parametrize("name", ["torch.eager", "torch.func", "torch.module", "jax.jit", "jax.optax"])
def test_frameworks_decay_alike(name):
    pytest.importorskip("optax" if name == "jax.optax" else name.partition(".")[0])
    found = run_cell(cell_at(OPERATION, implementations()[name], "cpu", FORMATS["float64"], "sharp", 0))
    assert {v.quantity: v.status for v in found if v.check == LOCAL} == dict.fromkeys(OPERATION.quantities, PASS)
