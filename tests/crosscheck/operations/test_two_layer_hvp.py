"""The judge of Hessian-vector products: honest ones pass, a wrong one fails at its step, checks are sharp."""

import numpy as np
import pytest

from crosscheck.formats import FORMATS
from crosscheck.graph import evaluate_all
from crosscheck.judge import FAIL, LOCAL, PASS, VACUOUS, Cell, judge
from crosscheck.operations.two_layer_hvp import OPERATION
from reference import equations as eq
from reference import second_equations
from reference.hvp import two_layer_hvp

TANGENTS = tuple(second_equations.NETWORK_TANGENTS)


def _verdicts(function, case="typical", dtype="float32"):
    cell = Cell(OPERATION, "mine", "cpu", FORMATS[dtype], case, 0)
    inputs = OPERATION.cases[case].inputs(OPERATION.name, FORMATS[dtype], 0)
    return list(judge(cell, inputs, function(**inputs)))


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("case", OPERATION.cases)
def test_the_reference_passes(case, dtype):
    found = _verdicts(two_layer_hvp, case, dtype)
    assert {verdict.status for verdict in found} <= {PASS, VACUOUS}
    assert {verdict.quantity for verdict in found} == {*eq.NETWORK, *TANGENTS}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_sharp_case_catches_16_ulp_in_every_tangent(dtype):
    """θ cancels there, and its tangent does not."""
    found = [v for v in _verdicts(two_layer_hvp, "sharp", dtype) if v.check == LOCAL and v.quantity in TANGENTS]
    assert {v.quantity: v.status for v in found} == dict.fromkeys(TANGENTS, PASS)
    assert max(v.resolution[0] for v in found) <= 16


def _by_the_equations(**changed):
    """The textbook equations in the dtype of the inputs, some of them replaced."""
    graph = {**OPERATION.graph, **changed}
    return lambda **inputs: evaluate_all(graph, inputs, tuple(graph))


def test_the_textbook_equations_pass():
    assert {verdict.status for verdict in _verdicts(_by_the_equations())} <= {PASS, VACUOUS}


FAULTS = {
    "t_phi": lambda x, W1, t_x, t_W1, t_b1: x @ t_W1 + t_b1,
    "t_d_theta": lambda theta, y, t_theta: t_theta,
    "t_d_h": lambda d_theta, W2, t_d_theta, t_W2: t_d_theta @ W2.T,
    "t_d_phi": lambda d_h, phi, t_d_h, t_phi: t_d_h * eq.sigmoid_gradient(phi),
    "t_d_W2": lambda h, d_theta, t_h, t_d_theta: h.T @ t_d_theta,
    "t_d_b1": lambda t_d_phi: t_d_phi.mean(axis=0),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_fails_where_it_is_and_nowhere_else_locally(name):
    local = [v for v in _verdicts(_by_the_equations(**{name: FAULTS[name]})) if v.check == LOCAL]
    assert {v.quantity for v in local if v.status == FAIL} == {name}


def test_the_product_with_the_gauss_newton_matrix_is_not_the_hessian():
    """It leaves out what σ″ and the moving W₂ add; its own J, gradients and forward tangents are right."""
    gauss_newton = {
        "t_d_h": lambda d_theta, W2, t_d_theta, t_W2: t_d_theta @ W2.T,
        "t_d_phi": lambda d_h, phi, t_d_h, t_phi: t_d_h * eq.sigmoid_gradient(phi),
        "t_d_x": lambda d_phi, W1, t_d_phi, t_W1: t_d_phi @ W1.T,
        "t_d_W1": lambda x, d_phi, t_x, t_d_phi: x.T @ t_d_phi,
        "t_d_W2": lambda h, d_theta, t_h, t_d_theta: h.T @ t_d_theta,
    }
    failed = {v.quantity for v in _verdicts(_by_the_equations(**gauss_newton)) if v.status == FAIL}
    assert failed == {*gauss_newton, "t_d_b1"}


def test_directions_are_random_and_signed():
    inputs = OPERATION.cases["typical"].inputs(OPERATION.name, FORMATS["float64"], 0)
    for name, tangent in second_equations.ALONG.items():
        assert inputs[tangent].shape == inputs[name].shape
        assert (inputs[tangent] > 0).any()
        assert (inputs[tangent] < 0).any()
        assert not np.array_equal(inputs[tangent], inputs[name])
