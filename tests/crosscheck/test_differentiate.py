"""Equations differentiated along directions: names, the network against Taylor series, planted faults."""

import numpy as np
import pytest

from crosscheck.differentiate import along, tangent_graph
from crosscheck.formats import FORMATS
from crosscheck.graph import evaluate_all, inputs_of, needs
from crosscheck.numbers.ball import Ball, floats, precision
from crosscheck.numbers.rounding import Model, Rounded
from crosscheck.numbers.taylor import Taylor
from reference import equations as eq

LEAVES = ("x", "W1", "b1", "W2", "b2")
TANGENTS = {name: f"t_{name}" for name in LEAVES}
GRAPH = tangent_graph(eq.NETWORK, TANGENTS)


def _inputs(seed=0, rows=6, scale=1.0):
    rng = np.random.default_rng(seed)
    shapes = {"x": (rows, 7), "W1": (7, 5), "b1": (5,), "W2": (5, 3), "b2": (3,)}
    drawn = {name: rng.normal(0, scale, shape) for name, shape in shapes.items()}
    drawn |= {f"t_{name}": rng.normal(size=shape) for name, shape in shapes.items()}
    return {**drawn, "y": rng.uniform(size=(rows, 3))}


# --- one equation ---------------------------------------------------------------------------------------------


def test_it_takes_the_parameters_then_the_tangents():
    slope = along(eq.cross_entropy_vjp, {"x": "tangent", "b": "unused"})
    assert needs(slope) == ("x", "y", "cotangent", "tangent")
    assert slope.__name__ == "t_cross_entropy_vjp"
    assert needs(along(eq.theta, {"h": "t_h", "b2": "t_b2"})) == ("h", "W2", "b2", "t_h", "t_b2")


def test_by_position_and_by_name():
    slope = along(lambda a, b: a * b * b, {"b": "v"})
    assert slope(2.0, np.array(3.0), np.array(1.0)) == slope(v=np.array(1.0), b=np.array(3.0), a=2.0) == 12


@pytest.mark.parametrize(
    ("equation", "tangents", "message"),
    [
        (eq.d_b1, {"x": "t_x"}, "d_b1: takes d_phi, none of which has a tangent"),
        (eq.softmax_vjp, {"x": "cotangent"}, "softmax_vjp: cotangent cannot name a tangent"),
        (eq.softmax_vjp, {"x": "v", "cotangent": "v"}, "softmax_vjp: v, v cannot name a tangent"),
    ],
)
def test_tangents_without_meaning_are_refused(equation, tangents, message):
    with pytest.raises(ValueError, match=message):
        along(equation, tangents)


def test_a_shift_has_no_derivative():
    with pytest.raises(ValueError, match="shift: depends on x only through a shift"):
        along(eq.shift, {"x": "v"})(np.ones((2, 3)), np.ones((2, 3)))


# --- the network ----------------------------------------------------------------------------------------------


def test_every_quantity_has_its_tangent_from_its_own_inputs():
    assert set(GRAPH) == {*eq.NETWORK, *(f"t_{name}" for name in eq.NETWORK)}
    for name in eq.NETWORK:
        own = needs(eq.NETWORK[name])
        assert needs(GRAPH[f"t_{name}"]) == (*own, *(f"t_{need}" for need in own if need != "y"))
    assert set(inputs_of(GRAPH)) == {*LEAVES, "y", *TANGENTS.values()}


def test_what_does_not_move_has_no_tangent_and_is_a_constant():
    graph = tangent_graph(eq.NETWORK, {"W2": "v"})
    assert {name for name in graph if name.startswith("t_")} == {
        f"t_{name}" for name in eq.NETWORK if name not in ("phi", "h")
    }
    assert needs(graph["t_theta"]) == ("h", "W2", "b2", "v")
    assert needs(graph["t_d_phi"]) == ("d_h", "phi", "t_d_h")


def test_the_order_of_a_graph_does_not_matter():
    backwards = tangent_graph(dict(reversed(eq.NETWORK.items())), TANGENTS)
    assert {name: needs(equation) for name, equation in backwards.items()} == {
        name: needs(equation) for name, equation in GRAPH.items()
    }


@pytest.mark.parametrize("moving", [LEAVES, ("x",), ("W1", "b2")], ids="-".join)
def test_the_network_meets_the_series_to_30_digits(moving):
    given = _inputs()
    graph = tangent_graph(eq.NETWORK, {name: f"t_{name}" for name in moving})
    wanted = tuple(name for name in eq.NETWORK if f"t_{name}" in graph)
    with precision(160):
        lines = {n: Taylor.line(given[n], given[f"t_{n}"]) if n in moving else given[n] for n in (*LEAVES, "y")}
        series = evaluate_all(eq.NETWORK, {n: Taylor.of(line) for n, line in lines.items()}, wanted)
        balls = evaluate_all(graph, {n: Ball.of(a) for n, a in given.items()}, tuple(f"t_{n}" for n in wanted))
        for name in wanted:
            for one, other in zip(
                balls[f"t_{name}"].data.ravel(), series[name].derivative.data.ravel(), strict=True
            ):
                assert one.overlaps(other), name
                assert min(one.rel_accuracy_bits(), other.rel_accuracy_bits()) > 100, name


# --- error bounds: honest products pass, wrong ones do not ----------------------------------------------------


def _judged(evaluate, wanted):
    """The worst error over bound of each quantity, end to end in float32."""
    given = {name: FORMATS["float32"].round(a) for name, a in _inputs(3, scale=0.5).items()}
    with precision(160):
        truth = evaluate_all(GRAPH, {n: Ball.of(a) for n, a in given.items()}, wanted)
    model = Model.of(FORMATS["float32"])
    bounds = evaluate_all(GRAPH, {n: Rounded.stored(a, model) for n, a in given.items()}, wanted)
    got = evaluate(given)
    return {n: float((np.abs(got[n] - floats(truth[n].data)) / bounds[n].bound).max()) for n in wanted}


PRODUCTS = tuple(name for name in GRAPH if name.startswith("t_d_"))


def test_forward_mode_in_float32_passes():
    found = _judged(lambda given: evaluate_all(GRAPH, given, PRODUCTS), PRODUCTS)
    assert max(found.values()) <= 1


def test_a_difference_of_exact_gradients_passes_and_one_of_float32_gradients_does_not():
    """(∇J(p + ε v) − ∇J(p − ε v)) / 2ε: with ε = 2⁻¹⁷ in float64 it is off by ε² and 2⁻⁵³/ε, far below 2⁻²⁴."""

    def central(dtype, step):
        def evaluate(given):
            ends = []
            for sign in (1, -1):
                moved = {n: (given[n] + dtype(sign * step) * given[f"t_{n}"]).astype(dtype) for n in LEAVES}
                ends.append(evaluate_all(eq.NETWORK, {**moved, "y": given["y"]}, GRADIENTS))
            return {f"t_{n}": (ends[0][n].astype(float) - ends[1][n]) / (2 * step) for n in GRADIENTS}

        return evaluate

    def in_float64(given):
        return central(np.float64, 2.0**-17)({n: a.astype(np.float64) for n, a in given.items()})

    assert max(_judged(in_float64, PRODUCTS).values()) <= 1
    assert max(_judged(central(np.float32, 2.0**-8), PRODUCTS).values()) > 1


GRADIENTS = tuple(name for name in eq.NETWORK if name.startswith("d_"))

FAULTS = {
    # the quantity that is computed wrongly, and how
    "no σ″": ("t_d_phi", lambda d_h, phi, t_d_h, t_phi: t_d_h * eq.sigmoid_gradient(phi)),
    "σ″ without its sign": (
        "t_d_phi",
        lambda d_h, phi, t_d_h, t_phi: (
            t_d_h * eq.sigmoid_gradient(phi) - d_h * eq.sigmoid_gradient(phi) * (1 - 2 * eq.sigmoid(phi)) * t_phi
        ),
    ),
    "Gauss–Newton: W₂ does not move on the way back": (
        "t_d_h",
        lambda d_theta, W2, t_d_theta, t_W2: t_d_theta @ W2.T,
    ),
    "x does not move": ("t_d_W1", lambda x, d_phi, t_x, t_d_phi: x.T @ t_d_phi),
    "h does not move": ("t_d_W2", lambda h, d_theta, t_h, t_d_theta: h.T @ t_d_theta),
    "Σ y = 1 taken for granted": (
        "t_d_theta",
        lambda theta, y, t_theta: eq.softmax_jvp(theta, t_theta),
    ),
    "b₁ moves backwards": ("t_phi", lambda x, W1, b1, t_x, t_W1, t_b1: t_x @ W1 + x @ t_W1 - t_b1),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_hessian_vector_product_fails(fault):
    name, wrong = FAULTS[fault]
    found = _judged(lambda given: evaluate_all({**GRAPH, name: wrong}, given, PRODUCTS), PRODUCTS)
    assert max(found.values()) > 1
