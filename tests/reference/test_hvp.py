"""σ″ and Hessian-vector products: accuracy, every step of the network at its stored inputs, bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from crosscheck.enclosure import Enclosure
from crosscheck.formats import FORMATS
from crosscheck.graph import evaluate_all, needs
from crosscheck.numbers.ball import Ball
from crosscheck.numbers.rounding import Model, Rounded
from crosscheck.operations import operation
from crosscheck.truth import enclose, rounded
from reference import second_equations
from reference.equations import NETWORK
from reference.hvp import cross_entropy_hvp, sigmoid_hvp, sigmoid_second, two_layer_hvp
from reference.two_layer import two_layer

GRAPH = {**NETWORK, **second_equations.NETWORK_TANGENTS}
N, D, H, C = 6, 5, 4, 3
RNG = np.random.default_rng(0)
SHAPES = {"x": (N, D), "W1": (D, H), "b1": (H,), "W2": (H, C), "b2": (C,)}
LABELS = RNG.integers(0, C, N)
GIVEN = {
    **{name: RNG.normal(0, 1, shape) for name, shape in SHAPES.items()},
    "y": np.eye(C)[LABELS],
    **{f"t_{name}": RNG.normal(0, 1, shape) for name, shape in SHAPES.items()},
}
X = RNG.normal(0, 3, (3, 4, 5))
TANGENT = RNG.normal(0, 1, X.shape)


def _ulps(name, actual, *args):
    return Enclosure(lambda: getattr(second_equations, name)(*map(Ball.of, args))).ulp_error(actual)


# --- σ″ -------------------------------------------------------------------------------------------------------


@given(x=arrays(np.float64, 4, elements=st.floats(allow_nan=False)))
def test_the_second_derivative_of_sigmoid_at_any_float_within_four_ulp(x):
    assert _ulps("sigmoid_second", sigmoid_second(x), x).max() <= 4


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
def test_narrow_formats_are_rounded_once(dtype):
    """Half an ulp and 2⁻¹⁷: bfloat16 is cast by way of float32, whose half ulp is 2⁻¹⁷ of a bfloat16's."""
    x = FORMATS[dtype].round(np.concatenate([np.linspace(-100, 100, 2001), np.logspace(-40, 0, 200)]))
    assert _ulps("sigmoid_second", sigmoid_second(x), x).max() <= 0.5 + 2.0**-16


@pytest.mark.parametrize("dtype", FORMATS)
def test_special_values_of_the_second_derivative(dtype):
    x = np.array([np.inf, -np.inf, 0.0, -0.0, np.nan], FORMATS[dtype].dtype)
    with np.errstate(all="raise"):
        found = sigmoid_second(x).astype(np.float64)
    np.testing.assert_array_equal(found, [0, 0, 0, 0, np.nan])


def test_the_textbook_form_is_not_that_accurate():
    """A planted fault: σ(1 − σ)(1 − 2σ) gives 0 at 40 and nothing but noise at 10⁻²⁰."""
    x = np.array([40.0, 1e-20])
    assert (_ulps("sigmoid_second", second_equations.sigmoid_second(x), x) > 1e6).all()


def test_the_product_of_sigmoid_is_the_derivative_of_its_vjp():
    x, cotangent, tangent = np.float32([-40, -1, 3]), np.float32([2, -3, 0.5]), np.float32([1, 5, -4])
    actual = sigmoid_hvp(x, cotangent, tangent)
    assert actual.dtype == np.float32
    assert _ulps("sigmoid_hvp", actual, x, cotangent, tangent).max() <= 0.5


# --- cross-entropy --------------------------------------------------------------------------------------------

REGIMES = ("typical", "tiny", "wide", "dominant", "ties", "apart", "soft", "unnormalised", "sharp", "level")


@pytest.mark.parametrize("regime", REGIMES)
def test_cross_entropy_in_float32_within_half_an_ulp(regime):
    """float64 inside: the rest of the error is 2⁻²⁹ ulp, times what cancels."""
    inputs = operation("cross_entropy").cases[regime].inputs("cross_entropy", FORMATS["float32"], 0)
    args = [inputs[name] for name in ("x", "y", "cotangent", "tangent")]
    assert _ulps("cross_entropy_hvp", cross_entropy_hvp(*args), *args).max() <= 0.5 + 2.0**-10


def test_a_dominant_class_keeps_what_is_left_of_it():
    """ẋ_k − Σ ŷ_i ẋ_i is 0 in float64 at ŷ_k = 1 − 4·10⁻¹⁸; it was the direct form that lost it."""
    args = np.array([[40.0, 0.0, 1.0]]), np.array([[1.0, 0.0, 0.0]]), np.ones(1), np.array([[1.5, 2.0, 3.0]])
    assert second_equations.cross_entropy_hvp(*args)[0, 0] == 0
    assert _ulps("cross_entropy_hvp", cross_entropy_hvp(*args), *args).max() <= 4


@pytest.mark.parametrize("axis", [0, 1, 2, -2])
def test_any_axis_gives_the_same_bits(axis):
    y, cotangent = np.abs(TANGENT), RNG.normal(0, 1, X.shape[:-1])
    moved = (np.moveaxis(a, -1, axis) for a in (X, y))
    tangent = np.moveaxis(TANGENT, -1, axis)
    found = cross_entropy_hvp(*moved, cotangent, tangent, axis=axis)
    np.testing.assert_array_equal(np.moveaxis(found, axis, -1), cross_entropy_hvp(X, y, cotangent, TANGENT))


def test_labels_and_one_hot_targets_give_the_same_bits():
    labels, cotangent = RNG.integers(0, 5, (3, 4)), RNG.normal(0, 1, (3, 4))
    found = cross_entropy_hvp(X, labels, cotangent, TANGENT)
    np.testing.assert_array_equal(found, cross_entropy_hvp(X, np.eye(5)[labels], cotangent, TANGENT))


def test_special_rows_touch_no_other():
    x = np.array([[np.nan, 1, 2], [-np.inf, 1, 2], [np.inf, 1, 2], [0, 1, 2.0]])
    found = cross_entropy_hvp(x, np.zeros(4, int), np.ones(4), np.tile([1.0, 2, 4], (4, 1)))
    assert np.isnan(found[[0, 2]]).all()
    assert found[1, 0] == 0
    assert np.isfinite(found[[1, 3]]).all()


# --- the network ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("quantity", second_equations.NETWORK_TANGENTS)
def test_each_step_is_within_the_bound_of_its_stored_inputs(quantity, dtype):
    format = FORMATS[dtype]
    inputs = {name: format.round(array) for name, array in GIVEN.items()}
    found = two_layer_hvp(**inputs)
    seen = {name: (inputs | found)[name] for name in needs(GRAPH[quantity])}
    bound = rounded(GRAPH, quantity, seen, format, frozenset({"phi", "theta"})).bound
    truth = enclose(GRAPH, quantity, seen).mid
    assert found[quantity].dtype == format.dtype
    assert found[quantity].shape == truth.shape
    assert (np.abs(found[quantity].astype(np.float64) - truth) <= bound).all()
    assert (np.abs(truth) > bound).any(), "zeros must not pass"


def test_all_quantities_in_order_and_the_values_those_of_the_network():
    found = two_layer_hvp(**GIVEN)
    assert list(found) == list(GRAPH)
    for name, array in two_layer(**{n: a for n, a in GIVEN.items() if not n.startswith("t_")}).items():
        np.testing.assert_array_equal(found[name], array)


def test_network_labels_give_the_same_bits():
    from_labels = two_layer_hvp(**GIVEN | {"y": LABELS})
    for name, array in two_layer_hvp(**GIVEN).items():
        np.testing.assert_array_equal(from_labels[name], array)


def test_the_hessian_is_symmetric():
    """v·Hw = w·Hv, to the sum of the bounds of both products in float64."""
    model = Model.of(FORMATS["float64"])
    primal = {n: a for n, a in GIVEN.items() if not n.startswith("t_")}
    ends, slack = [], 0.0
    v, w = ({n: RNG.normal(0, 1, shape) for n, shape in SHAPES.items()} for _ in range(2))
    for along, other in ((v, w), (w, v)):
        given_ = {**primal, **{f"t_{n}": a for n, a in along.items()}}
        found = two_layer_hvp(**given_)
        start = {n: Rounded.exactly(a, model) for n, a in given_.items()}
        bounds = evaluate_all(GRAPH, start, tuple(f"t_d_{n}" for n in SHAPES))
        ends.append(sum((other[n] * found[f"t_d_{n}"]).sum() for n in SHAPES))
        # and what the sum of some hundred products adds, which is less than one bound again
        slack += 2 * sum((np.abs(other[n]) * bounds[f"t_d_{n}"].bound).sum() for n in SHAPES)
    assert abs(ends[0] - ends[1]) <= slack
    assert abs(ends[0]) > 1e6 * slack


# --- bad input ------------------------------------------------------------------------------------------------

BAD = {
    "a tangent of another shape": (
        lambda: sigmoid_hvp(np.ones(2), np.ones(2), np.ones(3)),
        ValueError,
        r"tangent: got shape \(3,\), expected \(2,\)",
    ),
    "a cotangent of another dtype": (
        lambda: cross_entropy_hvp(np.ones((2, 3)), [0, 1], np.float32([1, 1]), np.ones((2, 3))),
        TypeError,
        "cotangent: got dtype float32, expected float64, the dtype of x",
    ),
    "integers": (lambda: sigmoid_second([1]), TypeError, "x: got dtype int64"),
    "no direction": (
        lambda: two_layer_hvp(**{n: a for n, a in GIVEN.items() if n != "t_b2"}),
        TypeError,
        "directions: got t_x, t_W1, t_b1, t_W2, expected t_x, t_W1, t_b1, t_W2, t_b2",
    ),
    "a direction of another shape": (
        lambda: two_layer_hvp(**GIVEN | {"t_b2": np.ones(C + 1)}),
        ValueError,
        r"t_b2: got shape \(4,\), expected \(3,\)",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named(name):
    call, error, message = BAD[name]
    with pytest.raises(error, match=message):
        call()


def test_no_argument_is_modified():
    before = {name: array.copy() for name, array in GIVEN.items()}
    two_layer_hvp(**GIVEN)
    for name, array in GIVEN.items():
        np.testing.assert_array_equal(array, before[name])
