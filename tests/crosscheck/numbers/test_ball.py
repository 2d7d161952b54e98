"""Balls against exact fractions and mpmath at 300 bits, which share nothing with Arb."""

import operator
from fractions import Fraction
from types import MappingProxyType

import ml_dtypes
import mpmath
import numpy as np
import pytest
from flint import arb, ctx, fmpq
from hypothesis import given
from hypothesis import strategies as st

from crosscheck.formats import FORMATS
from crosscheck.graph import evaluate_all
from crosscheck.numbers.array import ScalarArray, boxed, mapped
from crosscheck.numbers.ball import BITS, Ball, MaximumBall, floats, precision, undecided
from reference import equations as eq

LARGEST = FORMATS["float64"].largest
MPMATH_BITS = 300
any_float = st.floats(allow_nan=False, allow_infinity=False)


@pytest.fixture(autouse=True)
def _bits():
    with precision(BITS):
        yield


def _of(*values):
    return Ball.of(np.array(values, dtype=np.float64))


def _one(value):
    return Ball.of(np.float64(value))


# --- fractions --------------------------------------------------------------------------------------------

OPERATIONS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}


@pytest.mark.parametrize("symbol", OPERATIONS)
@given(a=any_float, b=any_float)
def test_arithmetic_of_any_floats_encloses_the_fraction(symbol, a, b):
    operation = OPERATIONS[symbol]
    if symbol == "/" and b == 0:
        assert np.isnan(floats(operation(_one(a), _one(b)).data))
        return
    exact = operation(Fraction(a), Fraction(b))
    with precision(BITS):
        result = operation(_one(a), _one(b)).data[()]
    with precision(5000):  # enough for the fraction itself: it spans at most 4200 bits
        assert result.contains(arb(fmpq(exact.numerator, 1)) / exact.denominator)
    assert result.rel_accuracy_bits() >= BITS - 2 or exact == 0


def _rational(rng, depth, leaves):
    """A random expression over + − × ÷, sum and matmul, in balls and in fractions."""
    if depth == 0:
        return leaves[int(rng.integers(len(leaves)))]
    a, exact_a = _rational(rng, depth - 1, leaves)
    b, exact_b = _rational(rng, int(rng.integers(depth)), leaves)
    kind = int(rng.integers(6))
    if kind == 4:
        return a.sum(axis=-1, keepdims=True) * b, exact_a.sum(axis=-1, keepdims=True) * exact_b
    if kind == 5:
        return a @ b.T @ b, exact_a @ exact_b.T @ exact_b
    operation = list(OPERATIONS.values())[kind]
    if kind == 3:
        b, exact_b = 1 + b * b, 1 + exact_b * exact_b
    return operation(a, b), operation(exact_a, exact_b)


@pytest.mark.parametrize("seed", range(40))
def test_random_rational_expressions_enclose_the_fractions(seed):
    rng = np.random.default_rng(seed)
    draws = [rng.normal(size=(2, 3)) * 10.0 ** rng.integers(-12, 12) for _ in range(3)]
    leaves = [(Ball.of(d), np.vectorize(Fraction, otypes=[object])(d)) for d in draws]
    balls, exact = _rational(rng, 4, leaves)
    for item, fraction in zip(balls.data.ravel(), exact.ravel(), strict=True):
        with precision(20_000):
            assert item.contains(arb(fmpq(fraction.numerator, fraction.denominator)))


def test_inputs_are_taken_exactly():
    values = [0.1, LARGEST, -LARGEST, 5e-324, 2.2e-308, 1e300, -0.0]
    for value, item in zip(values, _of(*values).data, strict=True):
        assert item.is_exact()
        assert _fraction(item) == Fraction(value)


def test_numbers_in_an_array_of_objects_become_balls_and_balls_stay():
    third = arb(1) / 3
    taken = Ball.of(np.array([2, 0.5, third], object))
    assert all(type(item) is arb for item in taken.data)
    assert floats(taken.data[:2]).tolist() == [2, 0.5]
    assert taken.data[2].overlaps(third)
    assert not taken.data[2].is_exact()


DTYPES = ["float64", "float32", "float16", "bfloat16", "int8", "uint64", "bool"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_is_taken_exactly(dtype):
    """uint64 beyond 2⁶³ wrapped to a negative number before: no test took it."""
    x = np.array(
        [0, 1, 2**64 - 1] if dtype == "uint64" else [0, 1, 1],
        dtype=ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype,
    )
    assert [_fraction(item) for item in Ball.of(x).data] == [Fraction(int(v)) for v in x]


NOT_NUMBERS = {"complex": 1j, "complex64": np.complex64(1j), "text": "1", "void": np.void(b"1234")}


@pytest.mark.parametrize("value", [*NOT_NUMBERS.values(), np.longdouble(1) / 3], ids=[*NOT_NUMBERS, "longdouble"])
def test_dtypes_that_float64_does_not_hold_are_refused(value):
    with pytest.raises(TypeError, match=r"dtype: got \w+, expected integers or floats"):
        Ball.of(np.array([value]))


def test_a_signalling_nan_is_one_like_any_other():
    signalling = np.array([0x7F800001], np.uint32).view(np.float32)
    assert np.isnan(floats(Ball.of(signalling).data)).all()


def _fraction(item):
    mantissa, exponent = item.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


# --- mpmath -----------------------------------------------------------------------------------------------


class Mpmath(ScalarArray):
    """The equations at 300 bits of mpmath, in plain numbers without radii."""

    ufuncs = MappingProxyType(
        {
            np.add: lambda a, b: boxed(a + b),
            np.subtract: lambda a, b: boxed(a - b),
            np.multiply: lambda a, b: boxed(a * b),
            np.divide: lambda a, b: boxed(a / b),
            np.negative: lambda a: boxed(-a),
            np.exp: lambda a: mapped(mpmath.exp, a),
            np.log: lambda a: mapped(mpmath.log, a),
        }
    )

    @classmethod
    def scalar(cls, value):
        return mpmath.mpf(value)

    @classmethod
    def matmul(cls, a, b):
        return a @ b

    def max(self, axis=None, keepdims=False):
        return Mpmath(self.data.max(axis=axis, keepdims=keepdims))


def _agree(balls, numbers):
    """Each ball holds the mpmath number, give or take the 2^−250 that this may have lost itself."""
    with precision(400):
        for item, number in zip(balls.data.ravel(), numbers.data.ravel(), strict=True):
            sign, mantissa, exponent, _ = number._mpf_
            exact = arb(int(mantissa)) * arb(2) ** exponent * (-1 if sign else 1)
            slack = arb(0, abs(exact).upper() * arb(2) ** -250)
            assert (item + slack).contains(exact), (item, number)


def _equation_inputs(rng):
    # near, apart, far: logits whose exponentials span up to 10^±400
    x = rng.normal(size=(3, 4)) * np.array([[1], [40], [900]])
    return x, rng.normal(size=(3, 4)), np.eye(4)[[0, 3, 2]], rng.normal(size=3)


EQUATIONS = {
    f.__name__: (f, names)
    for f, *names in (
        (eq.softmax, "x"),
        (eq.softmax_jvp, "x", "v"),
        (eq.softmax_vjp, "x", "v"),
        (eq.logsumexp, "x"),
        (eq.logsumexp_jvp, "x", "v"),
        (eq.logsumexp_vjp, "x", "row"),
        (eq.log_softmax, "x"),
        (eq.log_softmax_jvp, "x", "v"),
        (eq.log_softmax_vjp, "x", "v"),
        (eq.sigmoid, "x"),
        (eq.sigmoid_gradient, "x"),
        (eq.sigmoid_jvp, "x", "v"),
        (eq.sigmoid_vjp, "x", "v"),
        (eq.cross_entropy, "x", "y"),
        (eq.cross_entropy_gradient, "x", "y"),
        (eq.cross_entropy_jvp, "x", "y", "v"),
        (eq.cross_entropy_vjp, "x", "y", "row"),
        (eq.update, "x", "v", "v"),
    )
}


@pytest.mark.parametrize("equation", EQUATIONS)
def test_equations_enclose_what_mpmath_says(equation):
    function, names = EQUATIONS[equation]
    given_ = dict(zip(("x", "v", "y", "row"), _equation_inputs(np.random.default_rng(1)), strict=True))
    # The far logits cancel in 1 − σ and ŷ − y: mpmath keeps 250 of the bits that remain of 300 + 2600.
    with mpmath.workprec(MPMATH_BITS + 2600):
        _agree(function(*(Ball.of(given_[n]) for n in names)), function(*(Mpmath.of(given_[n]) for n in names)))


def test_the_network_encloses_what_mpmath_says():
    rng = np.random.default_rng(2)
    shapes = {"x": (3, 4), "W1": (4, 5), "b1": (5,), "W2": (5, 3), "b2": (3,), "y": (3, 3)}
    inputs = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    wanted = tuple(eq.NETWORK)
    balls = evaluate_all(eq.NETWORK, {n: Ball.of(a) for n, a in inputs.items()}, wanted)
    with mpmath.workprec(MPMATH_BITS):
        numbers = evaluate_all(eq.NETWORK, {n: Mpmath.of(a) for n, a in inputs.items()}, wanted)
        for name in wanted:
            _agree(balls[name], numbers[name])
            assert min(item.rel_accuracy_bits() for item in balls[name].data.ravel()) > 100


@pytest.mark.parametrize("seed", range(20))
def test_random_expressions_with_exp_and_log_enclose_what_mpmath_says(seed):
    rng = np.random.default_rng(seed)
    steps = rng.integers(5, size=6)
    x, y = rng.normal(size=(2, 6)) * 10.0 ** rng.integers(-8, 2)

    def run(a, b):
        for step in steps:
            softplus, bump = np.log(1 + np.exp(-a * a)), np.exp(a / (2 + a * a))
            a = [np.exp(-a * a) + b, softplus, a * b - a, b / (1 + a * a), bump][step]
        return a

    with mpmath.workprec(3000):
        _agree(run(Ball.of(x), Ball.of(y)), run(Mpmath.of(x), Mpmath.of(y)))


def test_the_comparison_with_mpmath_can_fail(monkeypatch):
    """A planted fault: an exp without its radius, off by 2^−120."""
    wrong = dict(Ball.ufuncs)
    wrong[np.exp] = lambda a: mapped(lambda item: (item.exp() * (1 + arb(2) ** -120)).mid(), a)
    monkeypatch.setattr(Ball, "ufuncs", wrong)
    x = np.array([0.5, 2.0])
    with mpmath.workprec(MPMATH_BITS), pytest.raises(AssertionError):
        _agree(eq.sigmoid(Ball.of(x)), eq.sigmoid(Mpmath.of(x)))


# --- far exponentials ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [1e300, LARGEST, 2.0**60, 2.0**60 + 256, 1e19])
def test_the_logarithm_of_a_far_exponential_is_the_argument(x):
    """e^(10³⁰⁰) was +inf, "larger than 2^(2⁵⁰)", and its logarithm +inf too: no test took one."""
    there, back = np.exp(_of(x, -x)), np.log(np.exp(_of(x, -x)))
    assert all(item.is_finite() and item > 0 for item in there.data)
    assert [item.contains(arb(v)) for item, v in zip(back.data, (x, -x), strict=True)] == [True, True]
    assert min(item.rel_accuracy_bits() for item in back.data) > 100


def test_far_exponentials_agree_with_mpmath():
    x = np.array([1e3, 1e10, 1e18, 2e18, 1e19, -1e18, -2e18, -1e19])
    with mpmath.workprec(MPMATH_BITS), precision(BITS):
        for item, v in zip(np.exp(Ball.of(x)).data, x, strict=True):
            power = mpmath.mpf(v) / mpmath.log(2)
            exponent = int(mpmath.floor(power))
            fraction = mpmath.power(2, power - exponent)
            sign, mantissa, scale, _ = fraction._mpf_
            reduced = item * arb((1, -exponent)) if abs(exponent) < 2**62 else item * arb(2) ** -exponent
            with precision(400):
                off = arb(int(mantissa)) * arb(2) ** scale * (1 + arb(0, arb(2) ** -200))
                assert reduced.overlaps(off)
                assert not sign


def test_far_equations_have_their_limits():
    x = _of(LARGEST, -LARGEST, 1e300, -1e300)
    assert floats(eq.sigmoid(x).data).tolist() == [1, 0, 1, 0]
    assert all(item.contains(0) for item in eq.sigmoid_gradient(x).data[[0, 2]])
    assert all(item > 0 for item in eq.sigmoid(x).data)
    rows = Ball.of(np.array([[LARGEST, -LARGEST, 0.0]]))
    assert floats(eq.softmax(rows).data).tolist() == [[1, 0, 0]]
    assert floats(eq.logsumexp(rows).data).tolist() == [LARGEST]
    assert eq.log_softmax(rows).data[0, 1].contains(arb(-LARGEST) * 2)


def test_far_exponentials_of_balls_enclose():
    with precision(64):
        wide = Ball.of(np.array([1e300])) + 1  # the sum rounds, so that the argument has a radius
        assert not wide.data[0].is_exact()
        assert np.exp(wide).data[0].contains(np.exp(Ball.of(np.array([1e300]))).data[0].mid())


# --- what is not a real number --------------------------------------------------------------------------------


def test_infinite_inputs_are_exact_infinities():
    inf = _one(np.inf)
    assert floats(np.exp(-inf).data) == 0
    assert floats((1 / inf).data) == 0
    assert floats(np.exp(inf).data) == floats((inf + inf).data) == floats((inf * 2).data) == np.inf
    assert floats(np.log(_one(0.0)).data) == -np.inf


def test_a_quotient_with_one_infinity_is_the_infinity_or_zero():
    """1/0 stands beside them: all entries of an array with such an entry are looked at one by one."""
    inf = np.inf
    above, below = _of(1, 1, -1, inf, inf, -inf, inf), _of(0, inf, inf, 2, -2, 2, inf)
    quotients = (above / below).data
    assert floats(quotients)[1:6].tolist() == [0, 0, inf, -inf, -inf]
    assert all(item.is_exact() for item in quotients[1:6])
    assert np.isnan(floats(quotients)[[0, 6]]).all()


def test_only_an_exact_infinity_over_an_exact_infinity_is_known_to_have_no_value():
    unknown = (np.exp(np.log(_one(2.0))) - 2) * np.inf  # an infinity of either sign, or what lies between
    for quotient in (_of(np.inf)[0] / unknown, unknown / np.inf, unknown / unknown):
        assert undecided(quotient.data[()])


@pytest.mark.parametrize("infinite", [np.inf, -np.inf])
def test_zero_times_an_infinity_is_zero(infinite):
    assert floats((_one(0.0) * infinite).data) == floats((infinite * _one(0.0)).data) == 0
    assert floats((_of(0.0, 2.0) * _of(infinite, infinite)).data).tolist() == [0, 2 * infinite]


def test_without_the_convention_of_zero_log_zero_a_hard_label_has_no_loss(monkeypatch):
    """A planted fault: 0 · ∞ = NaN makes the loss beside a logit of −inf NaN."""
    x, y = np.array([[-np.inf, 1.0, 1.0]]), np.array([[0.0, 1.0, 0.0]])
    loss = eq.cross_entropy(Ball.of(x), Ball.of(y)).data[0]
    assert loss.overlaps(arb(2).log())
    assert loss.rel_accuracy_bits() > 100
    wrong = dict(Ball.ufuncs)
    wrong[np.multiply] = lambda a, b: boxed(a * b)
    monkeypatch.setattr(Ball, "ufuncs", wrong)
    assert np.isnan(floats(eq.cross_entropy(Ball.of(x), Ball.of(y)).data)[0])


def test_the_larger_of_two_is_a_midpoint_or_where_that_is_no_number_0():
    third = _one(1.0) / 3
    assert np.maximum(third, 0).data[()] == third.data[()].mid()
    assert np.maximum(0, -third).data[()] == 0
    left, right = _of(np.inf, np.nan, 2.0), Ball.of(np.array([[-1.0], [5.0]]))
    for one, other in ((left, right), (right, left)):
        assert floats(np.maximum(one, other).data).tolist() == [[0, -1, 2], [0, 5, 5]]


def test_softplus_at_infinity_has_its_limit():
    """log(1 + e^x) with the shift max(x, 0); x − inf would be NaN."""
    x = _of(-np.inf, -1e3, 0.0, 1e3, np.inf)
    shift = np.maximum(x, 0)
    softplus = shift + np.log(np.exp(-shift) + np.exp(x - shift))
    exact = np.log(1 + np.exp(x))
    assert floats(softplus.data).tolist() == floats(exact.data).tolist()
    assert all(one.overlaps(other) for one, other in zip(softplus.data[:4], exact.data[:4], strict=True))


NO_NUMBER = {
    "inf − inf": lambda: _one(np.inf) - np.inf,
    "inf / inf": lambda: _one(np.inf) / np.inf,
    "0 / 0": lambda: _one(0.0) / 0,
    "1 / 0": lambda: 1 / _one(0.0),
    "log(−1)": lambda: np.log(_one(-1.0)),
    "0 · NaN": lambda: _one(0.0) * np.nan,
    "NaN / 2": lambda: _one(np.nan) / 2,
    "2 / NaN": lambda: 2 / _one(np.nan),
    "exp NaN": lambda: np.exp(_one(np.nan)),
    "log NaN": lambda: np.log(_one(np.nan)),
    "NaN times a ball": lambda: _one(np.nan) * np.exp(_one(0.5)),
    "NaN in a product of matrices": lambda: (_of(np.nan, 1.0)[None] @ np.exp(_of(1.0, 0.5)[:, None]))[0, 0],
    "inf · 0 in a product of matrices": lambda: (_of(np.inf, 1.0)[None] @ _of(0.0, 1.0)[:, None])[0, 0],
}


@pytest.mark.parametrize("expression", NO_NUMBER)
def test_what_has_no_value_is_nan_for_sure(expression):
    result = NO_NUMBER[expression]().data[()]
    assert result.is_nan()
    assert not undecided(result)


UNKNOWN = {
    "1 / (0 ± r)": lambda zero: 1 / zero,
    "log(0 ± r)": lambda zero: np.log(zero),
    "0 / (0 ± r)": lambda zero: _one(0.0) / zero,
    "0 · (1 / (0 ± r))": lambda zero: _one(0.0) * (1 / zero),
}


@pytest.mark.parametrize("expression", UNKNOWN)
def test_what_this_precision_cannot_tell_is_undecided(expression):
    zero = np.exp(np.log(_one(2.0))) - 2
    assert undecided(UNKNOWN[expression](zero).data[()])


def test_an_infinity_times_an_unknown_sign_has_no_finite_radius():
    product = ((np.exp(np.log(_one(2.0))) - 2) * np.inf).data[()]
    assert not product.rad().is_finite()


def test_a_matrix_product_beside_an_infinity_keeps_its_other_entries():
    product = Ball.of(np.array([[np.inf, 1.0], [2.0, 3.0]])) @ np.ones((2, 2))
    assert floats(product.data).tolist() == [[np.inf, np.inf], [5, 5]]


# --- NumPy's protocols ----------------------------------------------------------------------------------------


LACKING = [np.sin, np.arctan, np.power, np.floor, np.equal, np.less, np.abs]


@pytest.mark.parametrize("ufunc", LACKING, ids=lambda f: f.__name__)
def test_what_balls_lack_is_an_error_and_no_float(ufunc):
    with pytest.raises(TypeError):
        ufunc(*[_of(1.0, 2.0)] * ufunc.nin)


def test_reductions_and_keywords_are_errors():
    for keywords in ({"out": np.zeros(2)}, {"where": False}, {"dtype": np.float64}):
        with pytest.raises(TypeError):
            np.add(_of(1.0, 2.0), 1, **keywords)
    with pytest.raises(TypeError):
        np.add.reduce(_of(1.0, 2.0))


OPERANDS = {
    "array": np.ones(2),
    "int": 2,
    "float": 0.5,
    "float32": np.float32(2),
    "int8": np.ones(2, np.int8),
    "list": [1.0, 2.0],
}


@pytest.mark.parametrize("operand", OPERANDS)
def test_arithmetic_with_arrays_and_numbers_stays_in_balls(operand):
    x, y = _of(1.0, 2.0), OPERANDS[operand]
    for result in (x + y, y * x, y - x, y / x):
        assert isinstance(result, Ball)
        assert all(type(item) is arb for item in result.data)


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0), (2, 3, 4)], ids=str)
def test_shapes_follow_numpy(shape):
    x = np.random.default_rng(0).normal(size=shape)
    b = Ball.of(x)
    assert b.shape == shape
    assert b.ndim == x.ndim
    assert b.T.shape == x.T.shape
    assert repr(b) == f"Ball{shape}"
    assert eq.sigmoid(b).shape == shape
    assert b[..., None].shape == x[..., None].shape
    assert np.allclose(floats(b.sum().data), x.sum(), rtol=0, atol=x.size**2 * 2.0**-53 * 4)  # γ_n Σ|x|, |x| < 4
    for axis in range(x.ndim):
        for keepdims in (False, True):
            assert b.sum(axis, keepdims).shape == x.sum(axis=axis, keepdims=keepdims).shape


def test_sums_and_products_of_nothing_are_zero():
    assert floats(Ball.of(np.ones((2, 0))).sum(axis=-1).data).tolist() == [0, 0]
    assert floats((Ball.of(np.ones((2, 0))) @ np.ones((0, 3))).data).tolist() == [[0] * 3] * 2


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("keepdims", [False, True])
def test_max_is_an_exact_entry(axis, keepdims):
    x = np.random.default_rng(3).normal(size=(3, 4))
    largest = Ball.of(x).max(axis=axis, keepdims=keepdims)
    assert floats(largest.data).tolist() == x.max(axis=axis, keepdims=keepdims).tolist()
    assert all(item.is_exact() for item in np.exp(Ball.of(x)).max(axis=axis).data)


def test_max_passes_over_what_has_no_value_and_takes_away_only_its_axis():
    assert floats(Ball.of(np.array([[np.nan, -1.0, -2.0], [3.0, np.nan, 2.0]])).max(axis=1).data).tolist() == [
        -1,
        3,
    ]
    assert Ball.of(np.ones((3, 1))).max(axis=0).shape == (1,)


def test_max_over_all_and_of_nothing():
    assert floats(Ball.of(np.arange(6.0).reshape(2, 3)).max(keepdims=True).data).tolist() == [[5]]
    with pytest.raises(ValueError, match="empty"):
        Ball.of(np.ones((2, 0))).max(axis=-1)


def test_products_of_other_than_matrices_are_refused():
    with pytest.raises(ValueError, match=r"@ takes matrices, got 3 dimensions"):
        Ball.of(np.ones((2, 2, 2))) @ np.ones((2, 2))
    with pytest.raises(ValueError, match="incompatible shapes"):
        Ball.of(np.ones((2, 3))) @ np.ones((2, 3))


def test_the_maximum_of_computed_balls_is_enclosed_where_it_is_no_shift():
    """``Ball.max`` is a midpoint: in a line whose value depends on it, it would refute what is right."""
    x = MaximumBall.of(np.array([[1.0, 2.0], [-4.0, -3.0]])) / 3
    for largest in (x.max(axis=1), np.max(x, axis=1), x.max(axis=-1, keepdims=True)[:, 0]):
        assert (largest.data[0] * 3).contains(2)
        assert (largest.data[1] * 3).contains(-3)
    assert (np.maximum(x, 0).data[0, 1] * 3).contains(2)
    assert np.maximum(x, 0).data[1, 0] == 0
    assert (x.max().data.item() * 3).contains(2)
    assert not (np.maximum(Ball.of(x.data), 0).data[0, 1] * 3).contains(2)


def test_precision_is_restored_after_an_error():
    before = ctx.prec
    with pytest.raises(RuntimeError), precision(999):
        raise RuntimeError
    assert ctx.prec == before
