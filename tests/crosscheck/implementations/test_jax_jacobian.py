"""The contraction of a Jacobian: as if in twice the precision of float64, whatever the axes."""

from fractions import Fraction

import numpy as np
import pytest

from crosscheck.formats import FORMATS
from crosscheck.implementations.jax_jacobian import contracted, dot, stored_twice
from crosscheck.judge import assess
from crosscheck.operations import operation
from crosscheck.truth import read
from reference.softmax import log_softmax


def _exact(a, b):
    return sum(map(lambda x, y: Fraction(x) * Fraction(y), a.tolist(), b.tolist()), Fraction(0))


@pytest.mark.parametrize("seed", range(5))
def test_dot_loses_one_rounding_even_where_everything_cancels(seed):
    rng = np.random.default_rng(seed)
    a = rng.normal(0, 1, 30) * 2.0 ** rng.integers(-20, 20, 30)
    b = rng.normal(0, 1, 30)
    a, b = np.concatenate([a, -a, [1e-12]]), np.concatenate([b, b, [1.0]])
    exact = _exact(a, b)
    # Ogita, Rump, Oishi, Proposition 5.5: u |aᵀb| + γ_n² |a|ᵀ|b|.
    n, u = len(a), Fraction(1, 2**53)
    gamma = n * u / (1 - n * u)
    assert abs(Fraction(float(dot(a, b))) - exact) <= u * abs(exact) + gamma**2 * _exact(np.abs(a), np.abs(b))
    assert abs(Fraction(float(a @ b)) - exact) > u * abs(exact)  # what it is for


def test_nothing_to_sum_is_zero():
    assert dot(np.zeros((2, 0)), np.zeros((2, 0))).tolist() == [0, 0]
    assert dot(np.zeros((0, 3)), np.zeros((0, 3))).shape == (0,)


@pytest.mark.parametrize(("axis", "shape"), [(-1, (2, 5, 4)), (0, (4, 2, 5)), (1, (2, 4, 5)), (-1, (0, 4))])
def test_a_jacobian_is_contracted_on_the_axis_of_the_classes(axis, shape):
    rng = np.random.default_rng(0)
    x, cotangent, tangent = (rng.integers(-3, 4, shape).astype(np.float32) for _ in range(3))
    last = np.moveaxis(x, axis, -1).shape
    jacobian = rng.integers(-3, 4, (*last, 4)).astype(np.float32)
    inputs = {"x": x, "cotangent": cotangent, "tangent": tangent}
    found = contracted(operation("softmax"), {"value": x, "jacobian": jacobian}, inputs, axis)
    by_row = {"vjp": ("...ij,...i->...j", cotangent), "jvp": ("...ij,...j->...i", tangent)}
    assert set(found) == {"value", "vjp", "jvp"}
    for quantity, (sum_, direction) in by_row.items():
        exact = np.einsum(sum_, jacobian, np.moveaxis(direction, axis, -1))
        assert found[quantity].dtype == np.float32
        assert np.array_equal(found[quantity], np.moveaxis(exact, -1, axis))


def test_rows_and_numbers_are_jacobians_too():
    x = np.arange(6.0).reshape(2, 3)
    row = contracted(
        operation("logsumexp"),
        {"value": x[:, 0], "jacobian": x},
        {"x": x, "cotangent": np.array([1.0, 2.0]), "tangent": np.ones((2, 3))},
        -1,
    )
    assert row["vjp"].tolist() == [[0, 1, 2], [6, 8, 10]]
    assert row["jvp"].tolist() == [3, 12]
    number = contracted(
        operation("sigmoid"), {"value": x, "jacobian": x}, {"x": x, "cotangent": x, "tangent": x + 1}, -1
    )
    assert np.array_equal(number["vjp"], x * x)
    assert np.array_equal(number["jvp"], x * (x + 1))


def test_a_wrong_entry_is_still_wrong_under_twice_the_roundoff():
    """J_jj = 1 where it is 1 − ŷ_j, in one row: what a shifted or dropped diagonal does."""
    one, format = operation("log_softmax"), FORMATS["float32"]
    inputs = one.cases["tiny"].inputs(one.name, format, 0)
    model = stored_twice(format)
    truth = read(one, "vjp", {n: inputs[n] for n in ("x", "cotangent")}, model, one.logits)
    value = log_softmax(inputs["x"])
    jacobian = np.eye(10, dtype=np.float32) - np.exp(value)[..., None, :]
    right = contracted(one, {"value": value, "jacobian": jacobian}, inputs, -1)["vjp"]
    assert assess(right, truth, model).status == "pass"
    jacobian[3, 4, 4] = 1
    planted = assess(contracted(one, {"value": value, "jacobian": jacobian}, inputs, -1)["vjp"], truth, model)
    assert planted.status == "fail"
    assert planted.worst.index == (3, 4)


def test_twice_the_roundoff_in_the_same_dtype():
    for format in FORMATS.values():
        model = stored_twice(format)
        assert model.unit_roundoff == 2 * format.unit_roundoff
        assert (model.dtype, model.emin, model.largest >= format.largest / 2) == (format.dtype, format.emin, True)
