"""The programs: rows under vmap are those of the batch, and a network's quantities are pushed along tangents."""

import numpy as np
import pytest

from crosscheck.implementations.jax_ import IMPLEMENTATIONS
from crosscheck.operation import Operation
from crosscheck.operations import operation

BY_NAME = {implementation.name: implementation for implementation in IMPLEMENTATIONS}


@pytest.fixture(autouse=True)
def _jax_is_there():
    pytest.importorskip("jax")


def _square(jax):
    return lambda tap, x, y, w: (y * tap("theta", x @ w) ** 2).sum()


def _network(**rest):
    """J = Σ y θ², θ = x w: small whole numbers, for which every step is exact."""
    graph = dict.fromkeys(("theta", "J", "d_theta", "d_x", "d_w"), lambda x, y, w: x)
    shapes = {"x": "N D", "y": "N n", "w": "D n", "t_x": "N D", "t_w": "D n"}
    return Operation("square", "", graph, shapes, {}, lambda: {}, {"jax": _square}, taps=True, **rest)


def _whole(*shape):
    return np.random.default_rng(len(shape) + sum(shape)).integers(-3, 4, shape).astype(np.float64)


@pytest.mark.parametrize("name", ["jax.jit", "jax.vmap", "jax.checkpoint"])
def test_all_quantities_have_their_tangents_along_those_of_the_leaves(name):
    one = _network(along={"x": "t_x", "w": "t_w"})
    x, y, w, t_x, t_w = _whole(4, 3), _whole(4, 2), _whole(3, 2), _whole(4, 3) + 1, _whole(3, 2) - 1
    found = BY_NAME[name].run(one, {"x": x, "y": y, "w": w, "t_x": t_x, "t_w": t_w}, "cpu")
    theta, t_theta = x @ w, t_x @ w + x @ t_w
    d, t_d = 2 * y * theta, 2 * y * t_theta
    wanted = {
        **{"theta": theta, "J": (y * theta**2).sum(), "d_theta": d, "d_x": d @ w.T, "d_w": x.T @ d},
        **{"t_theta": t_theta, "t_J": (d * t_theta).sum(), "t_d_theta": t_d},
        **{"t_d_x": t_d @ w.T + d @ t_w.T, "t_d_w": t_x.T @ d + x.T @ t_d},
    }
    assert set(found) == set(wanted)
    for quantity, exact in wanted.items():
        assert np.array_equal(found[quantity], exact), quantity


def test_gradients_of_the_parameters_are_those_of_the_whole_batch():
    one, rows = _network(), 7
    inputs = {"x": _whole(rows, 3), "y": _whole(rows, 2), "w": _whole(3, 2)}
    by_example, whole = (BY_NAME[name].run(one, inputs, "cpu") for name in ("jax.vmap", "jax.jit"))
    assert by_example["d_w"].shape == (3, 2)
    assert set(by_example) == set(whole)
    assert all(np.array_equal(by_example[q], whole[q]) for q in whole)


def test_summed_gradients_are_those_of_the_terms_that_are_returned():
    """Earlier tests summed inside the compiled program, where XLA adds 16-bit terms before they are rounded."""
    import ml_dtypes

    one = operation("two_layer")
    drawn = one.cases["sharp"].draw(np.random.default_rng(0), None)
    found = BY_NAME["jax.vmap"].run(one, {n: a.astype(ml_dtypes.bfloat16) for n, a in drawn.items()}, "cpu")
    for bias, terms in (("d_b1", "d_phi"), ("d_b2", "d_theta")):
        exact = found[terms].astype(np.float64).sum(axis=0)  # 4 numbers of 8 bits: exact in 53
        # One rounding to 8 bits, after γ_4 in float32.
        bound = 2.0**-8 * np.abs(exact) + 4 * 2.0**-24 * np.abs(found[terms].astype(np.float64)).sum(axis=0)
        assert (np.abs(found[bias].astype(np.float64) - exact) <= bound).all()


def test_second_derivatives_agree_in_all_modes_that_have_them():
    def cube(jax):
        return lambda x: x**3

    graph = dict.fromkeys(("value", "vjp", "jvp", "hvp"), lambda x, cotangent, tangent: x)
    shapes = dict.fromkeys(("x", "cotangent", "tangent"), "... n")
    one = Operation("cube", "", graph, shapes, {}, lambda: {}, {"jax": cube})
    x, cotangent, tangent = _whole(4, 3), _whole(4, 3) + 1, _whole(4, 3) - 1
    for name in ("jax.jit", "jax.vmap", "jax.grad", "jax.jacrev", "jax.jacfwd", "jax.checkpoint"):
        found = BY_NAME[name].run(one, {"x": x, "cotangent": cotangent, "tangent": tangent}, "cpu")
        assert np.array_equal(found["value"], x**3)
        assert np.array_equal(found["vjp"], 3 * x**2 * cotangent)
        assert np.array_equal(found["jvp"], 3 * x**2 * tangent)
        assert np.array_equal(found["hvp"], 6 * x * cotangent * tangent), name


def test_without_hvp_in_the_graph_none_is_computed():
    one = operation("softmax")
    found = BY_NAME["jax.grad"].run(one, one.cases["typical"].draw(np.random.default_rng(0), None), "cpu")
    assert set(found) == {"value", "vjp", "jvp"}


def test_rows_are_told_by_the_shapes():
    assert all(operation(name).has_rows for name in ("sigmoid", "logsumexp", "cross_entropy", "two_layer"))
    shapes = {"x": "N D", "y": "N n"}
    assert not Operation("whole", "", {}, {**shapes, "cotangent": ""}, {}, lambda: {}, {}).has_rows
