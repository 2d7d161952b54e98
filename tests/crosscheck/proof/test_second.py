"""Every second derivative is proved; a planted fault is refuted, by algebra and by digits."""

import pytest

from crosscheck.graph import needs
from crosscheck.proof import second
from crosscheck.proof.points import SHAPES, SMALL
from crosscheck.proof.prove import DIGITS, by_algebra, meet, prove
from crosscheck.proof.verdict import PROVED
from reference import equations as eq
from reference import second_equations

CLAIMS = {**second.operations(), **second.steps()}
R = second_equations.NETWORK_TANGENTS


def test_none_is_forgotten():
    written = {name for name, value in vars(second_equations).items() if callable(value) and name not in vars(eq)}
    assert set(CLAIMS) == written
    assert {name.removeprefix("t_") for name in R} == set(eq.NETWORK)


@pytest.mark.parametrize("name", CLAIMS)
def test_every_second_derivative_is_proved_and_met_at_every_shape(name):
    verdict = prove(CLAIMS[name])
    assert verdict.status == PROVED
    assert min(m.digits for m in verdict.meetings) >= DIGITS


@pytest.mark.parametrize("name", second.network())
def test_the_hessian_vector_product_is_the_derivative_of_the_gradient(name):
    verdict = prove(second.network()[name], small=second.SMALLEST)
    assert verdict.status == PROVED
    assert [m.shape for m in verdict.meetings] == ["2×3-2-3", "4×5-7-3", "16×20-10-5", "8×64-32-10 digits"]
    assert min(m.digits for m in verdict.meetings) >= DIGITS


FAULTS = {
    "t_phi": lambda x, W1, t_x, t_W1, t_b1: x @ t_W1 + t_b1,
    "t_J": lambda theta, y, t_theta: -(y * t_theta).sum(),
    "t_d_theta": lambda theta, y, t_theta: eq.softmax_jvp(theta, t_theta),  # right only where Σ y = 1
    "t_d_h": lambda d_theta, W2, t_d_theta, t_W2: t_d_theta @ W2.T,
    "t_d_phi": lambda d_h, phi, t_d_h, t_phi: t_d_h * eq.sigmoid_gradient(phi),  # Gauss–Newton
    "t_d_x": lambda d_phi, W1, t_d_phi, t_W1: t_d_phi @ W1.T - d_phi @ t_W1.T,
    "t_d_W1": lambda x, d_phi, t_x, t_d_phi: x.T @ t_d_phi,
    "t_d_b1": lambda t_d_phi: t_d_phi[0],
    "t_d_W2": lambda h, d_theta, t_h, t_d_theta: h.T @ t_d_theta,
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_refuted_in_its_step_and_in_the_product(name):
    wrong = {**R, name: FAULTS[name]}
    claim = second.steps(wrong)[name]
    assert by_algebra(claim, SMALL).shown is False
    assert all(meet(claim, shape, 0)[1] is not None for shape in SHAPES[:-1])
    spoiled = {q for q, whole in second.network(wrong).items() if meet(whole, SMALL, 0)[1] is not None}
    assert spoiled == {q for q in second.network() if _depends(q, name)}


def _depends(name, on):
    return name == on or any(_depends(need, on) for need in needs(R[name]) if need in R)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("sigmoid_second", lambda x: eq.sigmoid_gradient(x) * (2 * eq.sigmoid(x) - 1)),
        ("sigmoid_hvp", lambda x, cotangent, tangent: cotangent * eq.sigmoid_gradient(x) * tangent),
        (
            "cross_entropy_hvp",
            lambda x, y, cotangent, tangent: cotangent[..., None] * eq.softmax_jvp(x, tangent),
        ),
    ],
)
def test_a_fault_in_an_operation_is_refuted(name, fault):
    claim = second.operations({**vars(eq), **vars(second_equations), name: fault})[name]
    assert by_algebra(claim, SMALL).shown is False
    assert meet(claim, SMALL, 0)[1] is not None
