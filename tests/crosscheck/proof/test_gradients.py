"""Every gradient of ``reference.equations`` is proved; a planted fault is refuted, by algebra and by digits."""

import pytest

from crosscheck.proof import gradients
from crosscheck.proof.points import SHAPES, SMALL
from crosscheck.proof.prove import DIGITS, by_algebra, meet, prove
from crosscheck.proof.verdict import PROVED, REFUTED
from reference import equations as eq
from reference import label_equations

CLAIMS = {**gradients.operations(), **gradients.network()}


def test_none_is_forgotten():
    ends = ("_gradient", "_jvp", "_vjp")
    all_equations = {**vars(eq), **vars(label_equations)}
    written = {name for name, value in all_equations.items() if callable(value) and name.endswith(ends)}
    written |= {name for name in eq.NETWORK if name.startswith("d_")}
    assert set(CLAIMS) == written


@pytest.mark.parametrize("name", CLAIMS)
def test_every_gradient_is_proved_and_met_at_every_shape(name):
    verdict = prove(CLAIMS[name])
    assert verdict.status == PROVED
    assert verdict.algebra.shape == "2×3-2-3"
    assert [m.shape for m in verdict.meetings] == ["2×3-2-3", "4×5-7-3", "16×20-10-5", "8×64-32-10 digits"]
    assert min(m.digits for m in verdict.meetings) >= DIGITS


FAULTS = {
    "d_theta": lambda theta, y: eq.softmax(theta) - y,  # right only where Σ y = 1
    "d_h": lambda d_theta, W2: -(d_theta @ W2.T),
    "d_phi": lambda d_h, phi: d_h * eq.sigmoid(phi),
    "d_x": lambda d_phi, W1: d_phi @ (W1.T * 2),
    "d_W1": lambda x, d_phi: x.T @ (d_phi * d_phi),
    "d_b1": lambda d_phi: d_phi[0],
    "d_W2": lambda h, d_theta: (1 - h).T @ d_theta,
    "d_b2": lambda d_theta: d_theta.sum(axis=0) / 2,
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_refuted_by_algebra_and_by_every_shape(name, monkeypatch):
    monkeypatch.setitem(eq.NETWORK, name, FAULTS[name])
    claim = gradients.network()[name]
    assert by_algebra(claim, SMALL).shown is False
    for shape in SHAPES[:-1]:
        assert meet(claim, shape, 0)[1] is not None
    assert prove(claim, (SMALL,)).status == REFUTED


def test_a_fault_spreads_to_the_steps_after_it_only(monkeypatch):
    monkeypatch.setitem(eq.NETWORK, "d_phi", FAULTS["d_phi"])
    wrong = {name for name, claim in gradients.network().items() if meet(claim, SMALL, 0)[1] is not None}
    assert wrong == {"d_phi", "d_x", "d_W1", "d_b1"}


def test_the_printed_gradient_is_met_on_the_digits_where_y_is_one_hot(monkeypatch):
    monkeypatch.setitem(eq.NETWORK, "d_theta", FAULTS["d_theta"])
    meeting, witness = meet(gradients.network()["d_theta"], SHAPES[-1], 0)
    assert witness is None
    assert meeting.digits >= DIGITS


def _without_smoothing_of_the_sum(x, labels, weight, smoothing):
    """ŷ times the weight of the label, where it must be Σ t: the same where ε = 0 or the weights are 1."""
    t = label_equations.label_target(labels, weight, smoothing)
    return (label_equations.chosen(labels, weight) * weight).sum(axis=-1, keepdims=True) * eq.softmax(x) - t


def _ignored_rows_taken_for_the_last_class(x, labels, weight, smoothing, cotangent):
    wrapped = labels % weight.shape[-1]
    return cotangent * label_equations.label_cross_entropy_gradient(x, wrapped, weight, smoothing)


def _mean_over_the_rows(x, labels, weight, smoothing, cotangent):
    rows = int((labels != label_equations.IGNORED).sum())
    return cotangent / rows * label_equations.label_cross_entropy_gradient(x, labels, weight, smoothing)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("softmax_vjp", lambda x, cotangent: eq.softmax(x) * cotangent),
        ("log_softmax_jvp", lambda x, tangent: tangent + (eq.softmax(x) * tangent).sum(axis=-1, keepdims=True)),
        ("sigmoid_gradient", lambda x: eq.sigmoid(x) * eq.sigmoid(x)),
        ("cross_entropy_gradient", lambda x, y: eq.softmax(x) - y),
        ("softplus_vjp", lambda x, cotangent: cotangent * eq.sigmoid(-x)),
        ("log_sigmoid_jvp", lambda x, tangent: eq.sigmoid(x) * tangent),
        ("binary_cross_entropy_gradient", lambda x, y: y - eq.sigmoid(x)),
        ("label_cross_entropy_gradient", _without_smoothing_of_the_sum),
        ("label_cross_entropy_sum_vjp", _ignored_rows_taken_for_the_last_class),
        ("label_cross_entropy_mean_vjp", _mean_over_the_rows),
    ],
)
def test_a_fault_in_an_operation_is_refuted(name, fault):
    planted = {**vars(eq), **vars(label_equations), name: fault}
    claim = gradients.operations(planted)[name]
    assert by_algebra(claim, SMALL).shown is False
    assert meet(claim, SMALL, 0)[1] is not None
