"""Error bounds, against honest evaluations whose error is measured with balls."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.lib.mixins import NDArrayOperatorsMixin

from crosscheck.formats import FORMATS
from crosscheck.graph import evaluate_all
from crosscheck.numbers import rounding_rules
from crosscheck.numbers.ball import Ball, precision
from crosscheck.numbers.rounding import Model, Rounded
from crosscheck.numbers.rounding_rules import K
from reference import equations as eq

MODELS = {name: Model.of(format) for name, format in FORMATS.items()}
by_format = pytest.mark.parametrize("name", FORMATS)


class Honest(NDArrayOperatorsMixin):
    """An evaluation that does what the model allows, and leans to the worst of it.

    Every result is rounded to the format, and numbers below the smallest normal may be flushed; sums run in a
    random order in the accumulation format; exp and log are off by up to K units.
    """

    def __init__(self, value, name, rng, flush):
        self.value, self.name, self.rng, self.flush = value, name, rng, flush

    @classmethod
    def of(cls, value, name, rng, flush):
        return cls(np.asarray(value, np.float64), name, rng, flush)._store(np.asarray(value, np.float64))

    def _store(self, value):
        rounded = np.asarray(FORMATS[self.name].round(value), np.float64)
        if self.flush:
            rounded = np.where(np.abs(rounded) < FORMATS[self.name].smallest_normal, 0.0, rounded)
        return Honest(rounded, self.name, self.rng, self.flush)

    def _off(self, value):
        # exp, log, this factor and storing round once each in float64; in the others only storing costs a unit
        units = K - 3 if self.name == "float64" else K - 1.1
        return value * (1 + self.rng.choice([-1, 1], np.shape(value)) * units * FORMATS[self.name].unit_roundoff)

    def __array_ufunc__(self, ufunc, method, *inputs):
        assert method == "__call__"
        x = [i.value if isinstance(i, Honest) else self.of(i, self.name, self.rng, False).value for i in inputs]
        if ufunc is np.matmul:
            return self._total(x[0][..., :, :, None] * x[1], axis=-2)
        if ufunc in (np.exp, np.log):
            return self._store(self._off(ufunc(*x)))
        result = ufunc(*x)
        if ufunc is np.multiply:
            result = np.where((x[0] == 0) | (x[1] == 0), 0.0, result)  # the convention of "0 log 0 = 0"
        return self._store(result)

    def _total(self, terms, axis, keepdims=False):
        accumulator = np.float64 if self.name == "float64" else np.float32
        terms = np.moveaxis(terms, axis, 0)
        total = np.zeros(terms.shape[1:], accumulator)
        for term in self.rng.permutation(terms, axis=0).astype(accumulator):
            total = total + term
        return self._store(np.expand_dims(total, axis) if keepdims else total)

    def sum(self, axis=None, keepdims=False):
        return self._total(
            self.value.ravel() if axis is None else self.value, 0 if axis is None else axis, keepdims
        )

    def max(self, axis, keepdims=False):
        return Honest(self.value.max(axis=axis, keepdims=keepdims), self.name, self.rng, self.flush)

    def __getitem__(self, key):
        return Honest(np.asarray(self.value[key]), self.name, self.rng, self.flush)

    @property
    def T(self):
        return Honest(self.value.T, self.name, self.rng, self.flush)


def worst(value, bound, truth):
    """The largest |value − exact| / bound; an error is a number, so where nothing is known there is none."""
    with precision(512):
        distance = abs_floats(Ball.of(value).data - truth.data)
    known = np.isfinite(distance) & np.isfinite(value)
    with np.errstate(all="ignore"):
        ratio = np.where(distance == 0, 0.0, distance / bound)
    return float(ratio[known].max(initial=0.0))


def abs_floats(data):
    data = np.asarray(data, object)
    with precision(512):
        return np.array([float(abs(ball).upper()) for ball in data.ravel()]).reshape(data.shape)


def _fits(honest, reading, truth):
    """Where an honest result is an infinity, the reading must have said so; a NaN needs an infinite bound.

    An evaluation that subtracts infinities or multiplies them by zero is not honest, and is not drawn here.
    """
    beyond = ~np.isinf(honest) | reading.overflows
    return bool(beyond.all()) and worst(honest, reading.bound, truth) <= 1


def _read(function, leaves, start):
    with np.errstate(all="ignore"):
        return function(*map(start, leaves))


def _truth(function, leaves):
    with precision(512):
        return _read(function, leaves, Ball.of)


def _unrounded(leaf, name, rng):
    """Exact inputs, as balls, of which the leaf is the stored form: for ``Rounded.stored``."""
    off = rng.uniform(-1, 1, leaf.shape) * FORMATS[name].unit_roundoff
    with precision(512):
        return Ball.of(leaf) / (1 + Ball.of(off))


# --- random expressions --------------------------------------------------------------------------------------


def _expression(rng, depth):
    """A random function of three (3, 4) arrays and a (4, 4) one, over + − × ÷ exp log sum matmul."""
    if depth == 0:
        return _leaf(int(rng.integers(3)))
    first, second = _expression(rng, depth - 1), _expression(rng, int(rng.integers(depth)))
    return _COMBINE[int(rng.integers(len(_COMBINE)))](first, second)


def _leaf(i):
    return lambda *leaves: leaves[i]


_COMBINE = [
    lambda f, g: lambda *a: f(*a) + g(*a),
    lambda f, g: lambda *a: f(*a) - g(*a),
    lambda f, g: lambda *a: f(*a) * g(*a),
    lambda f, g: lambda *a: f(*a) / g(*a),
    lambda f, g: lambda *a: f(*a) / (1 + g(*a) * g(*a)),
    lambda f, g: lambda *a: np.exp(f(*a)),
    lambda f, g: lambda *a: np.exp(-f(*a) * f(*a)),
    lambda f, g: lambda *a: np.log(f(*a)),
    lambda f, g: lambda *a: np.log(1 + f(*a) * f(*a)),
    lambda f, g: lambda *a: f(*a).sum(axis=-1, keepdims=True) * g(*a),
    lambda f, g: lambda *a: f(*a) @ a[3],
]


def _leaves(rng, name):
    scale = 10.0 ** rng.uniform(-3, 1.5)
    draws = [rng.normal(size=(3, 4)) * scale for _ in range(3)] + [rng.normal(size=(4, 4))]
    return [np.asarray(FORMATS[name].round(draw), np.float64) for draw in draws]


@by_format
@pytest.mark.parametrize("flush", [False, True], ids=["gradual", "flush"])
def test_no_honest_evaluation_of_a_random_expression_passes_the_bound(name, flush):
    decided = 0
    for seed in range(120):
        rng = np.random.default_rng([seed, flush])
        function, leaves = _expression(rng, int(rng.integers(1, 5))), _leaves(rng, name)
        truth = _truth(function, leaves)
        reading = _read(function, leaves, partial(Rounded.exactly, model=MODELS[name]))
        honest = _read(function, leaves, lambda x, rng=rng: Honest.of(x, name, rng, flush))
        assert worst(reading.value, reading.bound, truth) <= 1, seed
        assert worst(honest.value, reading.bound, truth) <= 1, seed
        spoiled = np.isinf(honest.value) & ~reading.overflows
        assert not spoiled.any(), seed
        decided += np.isfinite(reading.bound).mean() > 0.5
    assert decided > 60


@pytest.mark.parametrize("seed", range(40))
def test_the_float64_reading_encloses_the_truth(seed):
    rng = np.random.default_rng([seed, 64])
    function, leaves = _expression(rng, 4), _leaves(rng, "float64")
    reading = _read(function, leaves, partial(Rounded.exactly, model=MODELS["float64"]))
    assert worst(reading.value, reading.bound, _truth(function, leaves)) <= 1


# --- the equations --------------------------------------------------------------------------------------------


def _equation_inputs(rng, scale):
    y = np.eye(5)[rng.integers(5, size=4)]
    x, tangent, cotangent, row = (rng.normal(size=s) for s in [(4, 5), (4, 5), (4, 5), (4,)])
    return {"x": scale * x, "y": y, "tangent": tangent, "cotangent": cotangent, "row": row}


EQUATIONS = {
    equation.__name__: (equation, names)
    for equation, *names in (
        (eq.softmax, "x"),
        (eq.softmax_jvp, "x", "tangent"),
        (eq.softmax_vjp, "x", "cotangent"),
        (eq.logsumexp, "x"),
        (eq.logsumexp_jvp, "x", "tangent"),
        (eq.logsumexp_vjp, "x", "row"),
        (eq.log_softmax, "x"),
        (eq.log_softmax_jvp, "x", "tangent"),
        (eq.log_softmax_vjp, "x", "cotangent"),
        (eq.sigmoid, "x"),
        (eq.sigmoid_gradient, "x"),
        (eq.sigmoid_jvp, "x", "tangent"),
        (eq.sigmoid_vjp, "x", "cotangent"),
        (eq.cross_entropy, "x", "y"),
        (eq.cross_entropy_gradient, "x", "y"),
        (eq.cross_entropy_jvp, "x", "y", "tangent"),
        (eq.cross_entropy_vjp, "x", "y", "row"),
    )
}


@by_format
@pytest.mark.parametrize("equation", EQUATIONS)
def test_no_honest_evaluation_of_an_equation_passes_the_bound(equation, name):
    function, names = EQUATIONS[equation]
    for seed, scale in enumerate([0.01, 1, 10, 100, 1000]):
        rng = np.random.default_rng([seed, 1])
        given = _equation_inputs(rng, scale)
        leaves = [np.asarray(FORMATS[name].round(given[n]), np.float64) for n in names]
        for start in (Rounded.exactly, Rounded.stored):
            exact = [_unrounded(leaf, name, rng) if start == Rounded.stored else leaf for leaf in leaves]
            truth = _truth(function, exact)
            reading = _read(function, leaves, partial(start, model=MODELS[name]))
            assert worst(reading.value, reading.bound, truth) <= 1
            for flush in (False, True):
                honest = _read(function, leaves, partial(Honest, name=name, rng=rng, flush=flush))
                assert _fits(honest.value, reading, truth)


@by_format
def test_no_honest_evaluation_of_the_network_passes_a_bound(name):
    rng = np.random.default_rng(2)
    shapes = {"x": (6, 7), "W1": (7, 5), "b1": (5,), "W2": (5, 3), "b2": (3,)}
    inputs = {n: np.asarray(FORMATS[name].round(rng.normal(size=s)), np.float64) for n, s in shapes.items()}
    inputs["y"] = np.eye(3)[rng.integers(3, size=6)]
    wanted = tuple(eq.NETWORK)
    with precision(512):
        truth = evaluate_all(eq.NETWORK, {n: Ball.of(a) for n, a in inputs.items()}, wanted)
    given = {n: Rounded.exactly(a, MODELS[name]) for n, a in inputs.items()}
    readings = evaluate_all(eq.NETWORK, given, wanted)
    for flush in (False, True):
        honest = {n: Honest(a, name, rng, flush) for n, a in inputs.items()}
        results = evaluate_all(eq.NETWORK, honest, wanted)
        for quantity in wanted:
            assert _fits(results[quantity].value, readings[quantity], truth[quantity]), quantity
            assert worst(readings[quantity].value, readings[quantity].bound, truth[quantity]) <= 1


any_float = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize("equation", ["softmax", "log_softmax", "logsumexp", "sigmoid", "sigmoid_gradient"])
@given(x=arrays(np.float64, (2, 3), elements=any_float))
def test_the_float64_reading_encloses_the_truth_at_any_floats(equation, x):
    function, _ = EQUATIONS[equation]
    _encloses(_read(function, [x], partial(Rounded.exactly, model=MODELS["float64"])), _truth(function, [x]))


@given(x=arrays(np.float64, (2, 3), elements=any_float), y=arrays(np.float64, (2, 3), elements=st.floats(0, 1)))
def test_the_float64_reading_of_cross_entropy_encloses_the_truth_at_any_floats(x, y):
    """−Σ y log ŷ beyond y = 0.1 was said to be infinite, with bound 0, where it is finite: no test went so far."""
    reading = _read(eq.cross_entropy, [x, y], partial(Rounded.exactly, model=MODELS["float64"]))
    _encloses(reading, _truth(eq.cross_entropy, [x, y]))


def _encloses(reading, truth):
    assert worst(reading.value, reading.bound, truth) <= 1
    assert not np.isnan(reading.bound).any()
    assert np.isinf(reading.bound[~np.isfinite(reading.value)]).all()
    half = FORMATS["float64"].largest / 2
    assert (abs_floats(truth.data)[np.isinf(reading.value)] >= half).all()


# --- the bounds are tight, and the checks can fail ------------------------------------------------------------

PRIMITIVES = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "exp": lambda a, b: np.exp(a),
    "log": lambda a, b: np.log(b * b),
    "sum": lambda a, b: a.sum(axis=-1),
    "matmul": lambda a, b: a @ b.T,
}


def _ratio(function, name, model, size=20, draw=np.random.Generator.normal):
    rng = np.random.default_rng(4)
    leaves = [np.asarray(FORMATS[name].round(draw(rng, size=(size, size))), np.float64) for _ in range(2)]
    reading = _read(function, leaves, partial(Rounded.exactly, model=model))
    honest = _read(function, leaves, lambda x: Honest(x, name, rng, False))
    return worst(honest.value, reading.bound, _truth(function, leaves))


@by_format
@pytest.mark.parametrize("primitive", PRIMITIVES)
def test_bounds_are_within_a_hundred_times_the_error(primitive, name):
    assert 0.01 < _ratio(PRIMITIVES[primitive], name, MODELS[name]) <= 1


@pytest.mark.parametrize("primitive", ["sum", "matmul"])
def test_a_bound_without_gamma_is_caught(primitive, monkeypatch):
    monkeypatch.setattr(Model, "gamma", lambda self, n: 0.0)
    assert _ratio(PRIMITIVES[primitive], "float32", MODELS["float32"], 200) > 1


def test_bounds_without_storage_roundoff_are_caught():
    model = MODELS["float32"]
    without = Model(0.0, model.accumulation, model.tiny, model.largest)
    for primitive in ("+", "*", "/", "exp", "log"):
        assert _ratio(PRIMITIVES[primitive], "float32", without) > 1, primitive


def test_a_bound_without_the_units_of_exp_is_caught(monkeypatch):
    monkeypatch.setattr(rounding_rules, "K", 1)
    assert _ratio(PRIMITIVES["exp"], "float32", MODELS["float32"]) > 1


def test_a_bound_that_takes_16_bit_sums_for_float64_ones_is_caught():
    model = MODELS["float32"]
    wrong = Model(model.storage / 2**29, model.accumulation / 2**29, model.tiny, model.largest)
    assert _ratio(PRIMITIVES["matmul"], "float32", wrong) > 1


def test_a_bound_without_flushing_is_caught():
    x = np.array([1.5e-38])
    model = MODELS["float32"]
    without = Model(model.storage, model.accumulation, 0.0, model.largest)
    honest = (Honest(x, "float32", None, True) * 0.5).value
    truth = Ball.of(x) * 0.5
    for one, passes in ((model, True), (without, False)):
        reading = Rounded.exactly(x, one) * 0.5
        assert (worst(honest, reading.bound, truth) <= 1) is passes


def test_the_larger_of_two_is_a_shift_without_error():
    """Where it is an infinity or NaN, 0 shifts as well; the softplus of a far logit keeps a sharp bound."""
    x = Rounded.exactly(np.array([[2.0, -2.0, np.inf, np.nan]]), MODELS["float32"])
    shift = np.maximum(0, x * 0.1)
    assert shift.value.tolist() == [[2.0 * 0.1, 0, 0, 0]]
    assert not shift.bound.any()
    far = Rounded.exactly(np.array([-1e4, -50.0, -1.0, 0.0, 2.0, 90.0, 1e30]), MODELS["float32"])
    m = np.maximum(far, 0)
    softplus = m + np.log(np.exp(-m) + np.exp(far - m))
    assert worst(softplus.value, softplus.bound, _truth(_softplus, [far.value])) <= 1
    # below 0 the textbook form loses the small result beside 1: its bound is absolute there
    assert (softplus.bound <= 16 * 2.0**-24 * np.maximum(softplus.value, 1)).all()


def _softplus(x):
    m = np.maximum(x, 0)
    return m + np.log(np.exp(-m) + np.exp(x - m))


# --- the array itself -----------------------------------------------------------------------------------------


def _exact(*values, name="float64"):
    return Rounded.exactly(np.array(values, dtype=np.float64), MODELS[name])


def test_max_of_nothing_is_an_error():
    with pytest.raises(ValueError, match="zero-size"):
        Rounded.exactly(np.zeros((2, 0)), MODELS["float32"]).max(axis=-1)


def test_scalars_and_shapes():
    scalar = eq.sigmoid(Rounded.exactly(np.float64(0.5), MODELS["float32"]))
    assert scalar.shape == scalar.bound.shape == scalar.lower.shape == ()
    matrix = Rounded.exactly(np.arange(6.0).reshape(2, 3), MODELS["float32"])
    assert matrix.T.shape == matrix.T.bound.shape == matrix.T.lower.shape == (3, 2)
    assert matrix[:, None, 1].shape == (2, 1)
    assert matrix.sum().shape == ()
    assert (matrix + np.ones(3)).bound.shape == (2, 3)
    assert (matrix @ np.ones((3, 4))).bound.shape == (2, 4)


def test_constants_that_the_format_lacks_have_an_error():
    """0.1 was taken as exact before: the equations hold no constant but 1."""
    one = Rounded.exactly(np.ones(1), MODELS["float16"])
    assert Rounded.constant(np.array(1.0), MODELS["float16"]).bound == 0
    assert Rounded.constant(np.array(0.1), MODELS["float16"]).bound >= abs(0.1 - float(np.float16(0.1)))
    assert (one * 0.1).bound > (one * 0.125).bound * 1.5 * 0.8


def test_subnormal_inputs_may_be_read_as_zero():
    assert _exact(1e-310).bound[0] >= 1e-310
    assert _exact(1e-300).bound[0] == _exact(FORMATS["float64"].smallest_normal).bound[0] == 0


@by_format
def test_an_exact_one_and_an_exact_zero_round_nothing(name):
    """x·1 = x and x + 0 = x in every format: a mask, a weight of 1, a smoothing of 0."""
    model = MODELS[name]
    x = Rounded.stored(FORMATS[name].round(np.array([1 / 3, -7.0])), model)
    for same in (x * np.array([True, True]), 1 * x, x + 0, 0 - (-x)):
        np.testing.assert_array_equal(same.value, x.value)
        assert (same.bound <= x.bound * (1 + 2.0**-40)).all()  # what a bound costs to compute: ``_UP``
    almost = x * Rounded.stored(np.ones(2).astype(FORMATS[name].dtype), model)
    assert (almost.bound > 2 * x.bound * (1 - 2.0**-7)).all(), "a 1 with an error is not exact"


def test_what_has_no_rule_is_an_error():
    x = _exact(1.0)
    for operation in (np.tanh, np.sqrt, np.add.reduce, partial(np.add, 1, out=np.zeros(1))):
        with pytest.raises(TypeError):
            operation(x)
    with pytest.raises(ValueError, match="different formats"):
        x + _exact(1.0, name="float32")
    with pytest.raises(TypeError):
        x + np.array([1j])


def test_gamma_is_infinite_when_too_many_terms_are_added():
    assert np.isinf(MODELS["float32"].gamma(2**24))
    assert MODELS["float32"].gamma(1) == 2.0**-24 / (1 - 2.0**-24)
