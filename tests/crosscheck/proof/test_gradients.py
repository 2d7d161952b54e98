"""Every gradient of ``reference.equations`` is proved; a planted fault is refuted, by algebra and by digits."""

import pytest

from crosscheck.proof import gradients
from crosscheck.proof.points import SHAPES, SMALL
from crosscheck.proof.prove import DIGITS, by_algebra, meet, prove
from crosscheck.proof.verdict import PROVED, REFUTED
from reference import cost_equations, label_equations
from reference import equations as eq
from reference.cost_equations import NETWORK_L2, NETWORK_MEAN

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


OTHER_COSTS = {
    claim.text: claim
    for graph, of in ((NETWORK_MEAN, "mean: "), (NETWORK_L2, "decay: "))
    for claim in gradients.network(graph, of).values()
}


def test_other_costs_are_all_claimed():
    assert set(OTHER_COSTS) == {f"{of}{name}" for of in ("mean: ", "decay: ") for name in gradients.network()}
    own = {f for f in vars(cost_equations).values() if callable(f) and f.__module__ == cost_equations.__name__}
    assert own == {*NETWORK_MEAN.values(), *NETWORK_L2.values()} - {*eq.NETWORK.values()}


@pytest.mark.parametrize("name", OTHER_COSTS)
def test_every_gradient_of_another_cost_is_proved_and_met_at_every_shape(name):
    verdict = prove(OTHER_COSTS[name])
    assert verdict.status == PROVED
    assert [m.shape for m in verdict.meetings] == ["2×3-2-3", "4×5-7-3", "16×20-10-5", "8×64-32-10 digits"]
    assert min(m.digits for m in verdict.meetings) >= DIGITS


def test_a_claim_takes_what_its_cost_and_its_gradient_need():
    cuts = {name: tuple(claim.inputs) for name, claim in gradients.network().items()}
    assert cuts["d_theta"] == ("theta", "y")
    assert cuts["d_h"] == ("h", "W2", "b2", "y")
    assert cuts["d_phi"] == ("phi", "W2", "b2", "y")
    assert {cuts[f"d_{name}"] for name in ("x", "W1", "b1", "W2", "b2")} == {("x", "W1", "b1", "W2", "b2", "y")}
    assert tuple(OTHER_COSTS["decay: d_theta"].inputs) == ("W1", "W2", "theta", "y", "decay")


FAULTS_OF_OTHER_COSTS = [
    # the whole network whose gradients are claimed, what is wrong, and the gradients that are wrong with it
    (NETWORK_MEAN, "d_theta", eq.d_theta, {f"d_{q}" for q in ("theta", "h", "phi", "x", "W1", "b1", "W2", "b2")}),
    (NETWORK_MEAN, "d_theta", lambda theta, y: eq.d_theta(theta, y) / theta.shape[1], None),  # the classes
    (NETWORK_MEAN, "d_theta", lambda theta, y: (eq.softmax(theta) - y) / theta.shape[0], None),
    (NETWORK_MEAN, "d_b1", lambda d_phi: d_phi.sum(axis=0) / d_phi.shape[0], {"d_b1"}),  # a second time
    (NETWORK_L2, "d_W1", eq.d_W1, {"d_W1"}),
    (NETWORK_L2, "d_W1", lambda x, d_phi, W1, decay: eq.d_W1(x, d_phi) + 2 * (decay * W1), {"d_W1"}),
    (NETWORK_L2, "d_W2", lambda h, d_theta, W2, decay: eq.d_W2(h, d_theta) - decay * W2, {"d_W2"}),
    (NETWORK_L2, "d_b2", lambda d_theta, b2, decay: eq.d_b2(d_theta) + decay * b2, {"d_b2"}),
]


@pytest.mark.parametrize(("graph", "name", "fault", "wrong"), FAULTS_OF_OTHER_COSTS)
def test_a_fault_in_another_cost_is_refuted(graph, name, fault, wrong):
    planted = gradients.network({**graph, name: fault})
    assert by_algebra(planted[name], SMALL).shown is False
    assert all(meet(planted[name], shape, 0)[1] is not None for shape in SHAPES[:2])
    if wrong is not None:
        assert {q for q, claim in planted.items() if meet(claim, SMALL, 0)[1] is not None} == wrong


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
