"""The two-layer network: every step at its stored inputs, gradient descent, real digits, bad input."""

import numpy as np
import pytest

from crosscheck.formats import FORMATS
from crosscheck.graph import needs
from crosscheck.truth import enclose, rounded
from reference import two_layer as module
from reference.equations import NETWORK
from reference.two_layer import cost_and_gradients, forward, gradient_descent, initial, two_layer

N, D, H, C = 6, 5, 4, 3
RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, C, N)
GIVEN = {
    "x": RNG.normal(0, 1, (N, D)),
    "y": np.eye(C)[LABELS],
    "W1": RNG.normal(0, 1, (D, H)),
    "b1": RNG.normal(0, 1, H),
    "W2": RNG.normal(0, 1, (H, C)),
    "b2": RNG.normal(0, 1, C),
}
PARAMS = {name: GIVEN[name] for name in ("W1", "b1", "W2", "b2")}


def in_format(dtype):
    return {name: FORMATS[dtype].round(array) for name, array in GIVEN.items()}


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("quantity", NETWORK)
def test_each_step_is_within_the_bound_of_its_stored_inputs(quantity, dtype):
    format = FORMATS[dtype]
    given = in_format(dtype)
    found = two_layer(**given)
    step = {quantity: NETWORK[quantity]}
    seen = {name: (given | found)[name] for name in needs(NETWORK[quantity])}
    bound = rounded(step, quantity, seen, format, frozenset({"phi", "theta"})).bound
    truth = enclose(step, quantity, seen).mid
    assert found[quantity].dtype == format.dtype
    assert found[quantity].shape == truth.shape
    assert (np.abs(found[quantity].astype(np.float64) - truth) <= bound).all()
    assert (np.abs(truth) > bound).any(), "zeros must not pass"


def test_all_quantities_in_the_order_of_the_network():
    assert list(two_layer(**GIVEN)) == list(NETWORK)


def test_labels_and_one_hot_targets_give_the_same_bits():
    from_labels = two_layer(**GIVEN | {"y": LABELS})
    for name, array in two_layer(**GIVEN).items():
        np.testing.assert_array_equal(from_labels[name], array)


def test_forward_gives_the_same_bits():
    seen = forward(GIVEN["x"], **PARAMS)
    assert list(seen) == ["phi", "h", "theta", "y_hat"]
    everything = two_layer(**GIVEN)
    for name, array in seen.items():
        np.testing.assert_array_equal(array, everything[name])


@pytest.mark.parametrize("targets", ["labels", "one-hot"])
@pytest.mark.parametrize("dtype", FORMATS)
def test_cost_and_gradients_alone_have_the_same_bits(dtype, targets):
    given = in_format(dtype) | ({"y": LABELS} if targets == "labels" else {})
    everything = two_layer(**given)
    found = cost_and_gradients(**given)
    assert list(found) == ["J", "d_x", "d_W1", "d_b1", "d_W2", "d_b2"]
    for name, array in found.items():
        np.testing.assert_array_equal(array, everything[name])
        assert array.dtype == everything[name].dtype


def test_read_only_arguments_are_not_modified():
    given = {name: array.copy() for name, array in GIVEN.items()}
    for array in given.values():
        array.setflags(write=False)
    two_layer(**given)
    cost_and_gradients(**given)
    params = {name: given[name] for name in PARAMS}
    trained = gradient_descent(params, given["x"], given["y"], rate=0.1, steps=0)
    for name, array in given.items():
        np.testing.assert_array_equal(array, GIVEN[name])
    for name, array in trained.items():
        np.testing.assert_array_equal(array, GIVEN[name])
        assert not np.shares_memory(array, given[name])
        assert array.flags.writeable


@pytest.mark.parametrize("dtype", FORMATS)
def test_one_step_follows_the_mean_gradient(dtype):
    """p − (η/N) ∂J/∂p to two roundings: of the products and of the difference, in p's format."""
    format = FORMATS[dtype]
    given = in_format(dtype)
    params = {name: given[name] for name in PARAMS}
    new = gradient_descent(params, given["x"], given["y"], rate=0.5, steps=1)
    gradients = two_layer(**given)
    for name, p in params.items():
        step = 0.5 / N * gradients[f"d_{name}"].astype(np.float64)
        exact = p.astype(np.float64) - step
        assert new[name].dtype == format.dtype
        slack = format.unit_roundoff * (np.abs(exact) * 2 + 4 * np.abs(step)) + format.smallest_normal
        assert (np.abs(new[name].astype(np.float64) - exact) <= slack).all()
        assert (np.abs(step) > slack).any(), "a step of zero must not pass"


def test_steps_compose():
    x, y = GIVEN["x"], GIVEN["y"]
    twice = gradient_descent(gradient_descent(PARAMS, x, y, 0.5, 3), x, y, 0.5, 4)
    for name, p in gradient_descent(PARAMS, x, y, 0.5, 7).items():
        np.testing.assert_array_equal(twice[name], p)


@pytest.mark.parametrize("dtype", FORMATS)
def test_initial_replays_and_follows_the_seed(dtype):
    dtype = FORMATS[dtype].dtype
    params, again, other = (initial(D, H, C, seed, dtype) for seed in (1, 1, 2))
    for name in PARAMS:
        assert params[name].dtype == dtype
        assert params[name].shape == PARAMS[name].shape
        np.testing.assert_array_equal(params[name], again[name])
    assert (params["W1"] != other["W1"]).any()


def test_initial_keeps_the_scale_of_phi():
    """φ of unit inputs has variance D·(1/D) = 1; of 10,000 entries within 0.1 (7 standard errors)."""
    params = initial(100, 100, 2, seed=0, dtype="float64")
    phi = np.random.default_rng(0).normal(0, 1, (100, 100)) @ params["W1"]
    assert abs(phi.var() - 1) < 0.1


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_training_learns_the_digits(dtype):
    """The mean cost of 256 handwritten digits falls from log 10 ≈ 2.3 to a tenth of it."""
    data = pytest.importorskip("sklearn.datasets").load_digits()
    x, labels = (data.data[:256] / 16).astype(dtype), data.target[:256]
    params = initial(64, 32, 10, seed=0, dtype=dtype)
    trained = gradient_descent(params, x, labels, rate=2.0, steps=120)
    before, after = (two_layer(x, labels, **p) for p in (params, trained))
    assert before["J"] / 256 > 2
    assert after["J"] < before["J"] / 10
    assert (after["y_hat"].argmax(axis=1) == labels).mean() > 0.95


def test_a_saturated_network_keeps_its_gradients():
    """φ near ±50 and a margin of 60: the textbook σ(1 − σ) and ŷ − 1 are 0 there; these are not."""
    given = GIVEN | {"W1": 40 * GIVEN["W1"], "W2": 40 * GIVEN["W2"]}
    seen = forward(given["x"], **{name: given[name] for name in PARAMS})
    found = two_layer(**given | {"y": seen["theta"].argmax(axis=1)})
    assert found["J"] > 0
    assert (found["d_theta"] != 0).all()
    assert (found["d_phi"] != 0).all()


BAD = {
    "x of integers": ({"x": np.ones((N, D), int)}, TypeError, "x: got dtype int64"),
    "x of one row": ({"x": GIVEN["x"][0]}, ValueError, "x: got ndim 1, expected 2"),
    "W1 transposed": ({"W1": GIVEN["W1"].T}, ValueError, r"W1: got shape \(4, 5\), expected \(5, 5\)"),
    "W1 a vector": ({"W1": np.ones(5)}, ValueError, "W1: got ndim 1, expected 2"),
    "b1 a column": ({"b1": np.ones((4, 1))}, ValueError, r"b1: got shape \(4, 1\), expected \(4,\)"),
    "W2 transposed": ({"W2": GIVEN["W2"].T}, ValueError, r"W2: got shape \(3, 4\), expected \(4, 4\)"),
    "b2 too long": ({"b2": np.ones(4)}, ValueError, r"b2: got shape \(4,\), expected \(3,\)"),
    "b2 in float32": ({"b2": np.ones(3, np.float32)}, TypeError, "b2: got dtype float32, expected float64"),
    "no classes": ({"W2": np.ones((4, 0)), "b2": np.ones(0)}, ValueError, r"W2: got shape \(4, 0\), expected at"),
    "y of another batch": ({"y": GIVEN["y"][:2]}, ValueError, r"y: got shape \(2, 3\), expected \(6, 3\)"),
    "a label too large": ({"y": LABELS + 1}, ValueError, "y: got class labels 1 to 3, expected 0 to 2"),
}


@pytest.mark.parametrize("bad", BAD)
def test_bad_arguments_are_refused_by_name(bad):
    change, error, message = BAD[bad]
    given = GIVEN | change
    for function in (two_layer, cost_and_gradients):
        with pytest.raises(error, match=message) as caught:
            function(**given)
        assert "\n" not in str(caught.value)
    params = {name: given[name] for name in PARAMS}
    with pytest.raises(error, match=message):
        gradient_descent(params, given["x"], given["y"], rate=0.1, steps=1)


CHANGES = {
    "as it is": np.asarray,
    "float32": np.float32,
    "integers": np.int64,
    "another byte order": lambda a: a.astype(">f8"),
    "a list": np.ndarray.tolist,
    "masked": np.ma.masked_array,
    "a row more": lambda a: np.concatenate([a, a[:1]]),
    "a column more": lambda a: np.concatenate([a, a[..., :1]], axis=-1),
    "an axis more": lambda a: a[..., None],
    "transposed": np.transpose,
    "no rows": lambda a: a[:0],
    "no columns": lambda a: a[..., :0],
    "a number": np.sum,
}


def outcome(given):
    """The arrays that ``_checked`` makes of arguments, or what it raises."""
    try:
        found = module._checked(**given)
    except (TypeError, ValueError) as error:
        return repr(error)
    return [(type(a), a.dtype, a.tolist()) for a in found]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("names", [("x",), *((name,) for name in PARAMS), ("x", *PARAMS), ("W2", "b2")])
def test_what_fits_at_once_is_what_fits(names, change, monkeypatch):
    """What sees the usual case at once takes nothing that is refused one by one, all of integers for example."""
    given = {"x": GIVEN["x"], **PARAMS}
    given |= {name: CHANGES[change](given[name]) for name in names}
    at_once = outcome(given)
    monkeypatch.setattr(module, "_fit", lambda *_: False)
    assert at_once == outcome(given)
    assert isinstance(at_once, str) or all(kind is np.ndarray for kind, *_ in at_once)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"params": {"W1": GIVEN["W1"]}}, ValueError, "params: got W1, expected W1, b1, W2, b2"),
        ({"rate": np.nan}, ValueError, "rate: got nan, expected a finite number"),
        ({"rate": "fast"}, TypeError, "rate: got str, expected a number"),
        ({"steps": -1}, ValueError, "steps: got -1, expected at least 0"),
        ({"steps": 1.5}, TypeError, "steps: got 1.5, expected an integer"),
        ({"x": GIVEN["x"][:0], "y": GIVEN["y"][:0]}, ValueError, "x: got shape .0, 5., expected at least one row"),
    ],
    ids=["missing parameters", "rate NaN", "rate fast", "steps -1", "steps 1.5", "no rows"],
)
def test_bad_training_is_refused_by_name(change, error, message):
    asked = {"params": PARAMS, "x": GIVEN["x"], "y": GIVEN["y"], "rate": 0.1, "steps": 1} | change
    with pytest.raises(error, match=message):
        gradient_descent(**asked)


def test_bad_sizes_and_dtypes_are_refused_by_name():
    with pytest.raises(ValueError, match="hidden: got 0, expected at least 1"):
        initial(2, 0, 2, seed=0, dtype="float64")
    with pytest.raises(TypeError, match="dtype: got int64, expected one of float64"):
        initial(2, 2, 2, seed=0, dtype="int64")
    with pytest.raises(ValueError, match="seed: got -1, expected at least 0"):
        initial(2, 2, 2, seed=-1, dtype="float64")
    for seed in (None, 0.5):  # None would draw other numbers each time
        with pytest.raises(TypeError, match=f"seed: got {seed}, expected an integer"):
            initial(2, 2, 2, seed=seed, dtype="float64")


def test_an_empty_batch_costs_nothing():
    found = two_layer(**GIVEN | {"x": GIVEN["x"][:0], "y": LABELS[:0]})
    assert found["J"] == 0
    assert (found["d_W1"] == 0).all()
