"""Enclosures and correct rounding, against mpmath at 300 bits and rounding written here with integers."""

from fractions import Fraction

import ml_dtypes
import mpmath
import numpy as np
import pytest

import crosscheck.enclosure as module
from crosscheck.enclosure import MAX_BITS, Enclosure, UndecidedError, ulps
from crosscheck.formats import FORMATS
from crosscheck.numbers.ball import BITS, Ball, floats
from reference import equations as eq

FORMAT_NAMES = tuple(FORMATS)


def _rounded(sign, mantissa, exponent, format):
    """(−1)^sign mantissa 2^exponent to the nearest number of the format, ties to even, by integers alone."""
    if mantissa == 0:
        return 0.0
    top = mantissa.bit_length() - 1 + exponent
    grid = max(top, format.emin) - format.precision + 1
    shift = grid - exponent
    if shift > mantissa.bit_length() + 1:
        mantissa, exponent = 0, 0
    elif shift > 0:
        whole, rest, half = mantissa >> shift, mantissa & ((1 << shift) - 1), 1 << (shift - 1)
        mantissa, exponent = whole + (rest > half or (rest == half and whole & 1 == 1)), grid
    inf = mantissa and mantissa.bit_length() + exponent > format.emax + 1
    magnitude = np.inf if inf else float(np.ldexp(float(mantissa), exponent))
    return -magnitude if sign else magnitude


def _mpmath_sigmoid(x, format):
    if np.isnan(x):
        return np.nan
    sign, mantissa, exponent, _ = (1 / (1 + mpmath.exp(-mpmath.mpf(x))))._mpf_
    return _rounded(sign, int(mantissa), exponent, format) if mantissa else float(x > 0)


def _bits(array):
    return np.where(np.isnan(array.astype(float)), -1, array.view(np.uint16).astype(int))


def _exactly(*values):
    """The enclosure of numbers that are given."""
    return Enclosure(lambda: Ball.of(np.array(values)))


def _plus_exp(value, power, sign=1):
    """The enclosure of value ± e^power, which is not a float64."""
    return Enclosure(lambda: Ball.of(np.array([value])) + sign * np.exp(Ball.of(np.array([power]))))


def _fraction(ball):
    mantissa, exponent = ball.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


# --- every 16-bit sigmoid ------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16], ids=["float16", "bfloat16"])
def test_sigmoid_of_every_16_bit_number_is_rounded_as_mpmath_says(dtype):
    x = np.arange(65536, dtype=np.uint16).view(dtype)
    format = FORMATS[np.dtype(dtype).name]
    with mpmath.workprec(300), np.errstate(invalid="ignore"):  # some are signalling NaNs
        expected = [_mpmath_sigmoid(v, format) for v in x.astype(np.float64).tolist()]
    actual = Enclosure(lambda: eq.sigmoid(Ball.of(x))).round(format.name)
    assert actual.dtype == format.dtype
    assert (_bits(actual) == _bits(np.array(expected).astype(dtype))).all()


def test_a_rounding_through_float32_is_caught():
    """A planted fault: seven of the sigmoids above change (``test_formats`` counts them)."""
    x = np.arange(65536, dtype=np.uint16).view(np.float16)
    enclosure = Enclosure(lambda: eq.sigmoid(Ball.of(x)))
    through = enclosure.round("float32").astype(np.float16)
    assert (_bits(enclosure.round("float16")) != _bits(through)).sum() == 7


def test_the_sign_of_an_underflowing_sigmoid_is_plus():
    values = Enclosure(lambda: eq.sigmoid(Ball.of(np.array([-1e3, -1e30, -1.7e308, -np.inf])))).round("float64")
    assert (values == 0).all()
    assert not np.signbit(values).any()


# --- ties, limits, zeros -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMAT_NAMES)
@pytest.mark.parametrize("power", [-60.0, -800.0, -3000.0])
def test_values_next_to_ties_go_to_their_side(name, power):
    """The float64 difference of e^−800 and a tie underflowed to "exactly a tie" before: no test was that near."""
    format = FORMATS[name]
    for start, parity in ((1.0, 0), (1 + 2 * format.unit_roundoff, 1), (format.smallest_subnormal, 1)):
        step = format.ulp(start)

        def tie(start=start, step=step):
            return Ball.of(np.array([start])) + Ball.of(np.array([step])) / 2

        exact = Enclosure(tie)
        above = Enclosure(lambda: tie() + np.exp(Ball.of(np.array([power - 800]))))
        below = Enclosure(lambda: tie() - np.exp(Ball.of(np.array([power - 800]))))
        low, high = start, start + float(step)
        assert float(exact.round(name)[0]) == (high if parity else low)
        assert (float(below.round(name)[0]), float(above.round(name)[0])) == (low, high)
        assert above.bits > BITS


def test_ties_told_by_a_float64_difference_are_caught(monkeypatch):
    """A planted fault: what is beyond float64 is told from a difference that underflows."""
    enclosure = _plus_exp(1 + 2.0**-24, -800.0)
    assert enclosure.round("float32")[0] == np.float32(1 + 2.0**-23)
    monkeypatch.setattr(module, "_beyond", lambda points, near: np.sign(floats(points - Ball.of(near).data)))
    assert _plus_exp(1 + 2.0**-24, -800.0).round("float32")[0] == 1


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_overflow_begins_at_half_an_ulp_beyond_the_largest(name):
    format = FORMATS[name]
    largest, half = format.largest, float(format.ulp(format.largest)) / 2

    def beyond(sign, tail):
        return Enclosure(lambda: sign * (Ball.of(np.array([largest])) + Ball.of(np.array([half])) + tail))

    for sign in (1, -1):
        assert float(beyond(sign, 0).round(name)[0]) == sign * np.inf
        assert float(beyond(sign, -np.exp(Ball.of(-900.0))).round(name)[0]) == sign * largest
        assert float(beyond(sign, half / 3).round(name)[0]) == sign * np.inf


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_zeros_have_the_sign_of_the_value(name):
    """The midpoint's float64, a zero, was asked for its sign before: every value that underflowed became +0."""
    signs = np.array([1.0, -1.0, 0.0])
    zeros = Enclosure(lambda: Ball.of(signs) * np.exp(Ball.of(np.full(3, -5000.0)))).round(name)
    assert (zeros == 0).all()
    assert np.signbit(zeros).tolist() == [False, True, False]


def test_subnormals_are_rounded_on_their_own_grid():
    small = FORMATS["float16"].smallest_subnormal
    values = np.array([0.5, 0.500001, 1.5, 2.5, 1022.5, 1023.5]) * small
    assert (_exactly(*values).round("float16").astype(float) / small).tolist() == [0, 1, 2, 2, 1022, 1024]


def test_random_values_of_every_magnitude_agree_with_integers():
    """e^x at 300 bits of mpmath, rounded here; x reaches from under the least subnormal to beyond the largest."""
    x = np.random.default_rng(3).uniform(-760, 720, 300)
    enclosure = Enclosure(lambda: np.exp(Ball.of(x)))
    with mpmath.workprec(300):
        parts = [mpmath.exp(mpmath.mpf(v))._mpf_ for v in x.tolist()]
    for name, format in FORMATS.items():
        expected = [_rounded(sign, int(man), exp, format) for sign, man, exp, _ in parts]
        assert enclosure.round(name).astype(float).tolist() == expected


def test_a_question_that_no_precision_decides_is_an_error():
    tie = 1 + 2.0**-11
    enclosure = Enclosure(lambda: np.exp(np.log(Ball.of(np.array([tie])))))
    with pytest.raises(UndecidedError, match=f"still too wide at {MAX_BITS} bits"):
        enclosure.round("float16")
    assert enclosure.round("float32")[0] == np.float32(tie)


# --- what is no number ------------------------------------------------------------------------------------


def test_unknown_at_first_is_not_nan():
    """1/(1 − σ(100)) divides by a ball around 0 at 128 bits, and was NaN before: no test had such a quotient."""
    x = np.array([100.0, 700.0])
    enclosure = Enclosure(lambda: 1 / (1 - eq.sigmoid(Ball.of(x))))
    same = Enclosure(lambda: 1 + np.exp(Ball.of(x)))
    assert enclosure.round("float64").tolist() == same.round("float64").tolist()
    assert enclosure.bits > BITS


def test_what_has_no_value_is_nan_at_once():
    zero, inf, nan = (Ball.of(np.array([v])) for v in (0.0, np.inf, np.nan))
    for expression in (
        inf - inf,
        zero / zero,
        1 / zero,
        inf / inf,
        nan / 2,
        2 / nan,
        np.exp(nan),
        np.log(nan),
        zero * nan,
    ):
        enclosure = Enclosure(lambda expression=expression: expression)
        assert np.isnan(enclosure.round("float32")[0])
        assert np.isnan(enclosure.split(FORMATS["float32"])[0][0])
        assert enclosure.bits == BITS


def test_infinite_inputs_have_their_limits():
    x = np.array([np.inf, -np.inf])
    assert Enclosure(lambda: eq.sigmoid(Ball.of(x))).round("float32").tolist() == [1, 0]
    assert Enclosure(lambda: np.log(np.exp(Ball.of(x)))).round("float32").tolist() == [np.inf, -np.inf]


def test_special_values_stand_where_the_mask_says():
    mask, special = np.array([False, True]), np.array([0.0, 7.0])
    unknown = Enclosure(lambda: 1 / (Ball.of(np.array([4.0, 0.0])) - 0), (mask, special))
    assert unknown.round("float64").tolist() == [0.25, 7]
    assert unknown.split(FORMATS["float64"])[0].tolist() == [0.25, 7]
    assert unknown.mid.tolist() == [0.25, 7]
    assert (unknown.lower.tolist(), unknown.upper.tolist()) == ([0.25, 7], [0.25, 7])
    assert unknown.radius.tolist() == [0, 0]
    assert unknown.ulp_error(np.array([0.25, 7])).tolist() == [0, 0]


def test_the_cap_is_not_reached_for_what_the_table_settles():
    straddle = Enclosure(lambda: np.log(np.exp(np.log(Ball.of(2.0))) - 2), (np.array(True), np.array(np.nan)))
    assert np.isnan(straddle.round("float64"))
    assert straddle.bits == BITS


# --- ends, middle, distance -------------------------------------------------------------------------------


def test_lower_and_upper_are_the_float64_neighbours():
    x = np.random.default_rng(5).normal(size=200) * 40
    enclosure = Enclosure(lambda: np.exp(Ball.of(x)))
    lower, upper, mid, radius = enclosure.lower, enclosure.upper, enclosure.mid, enclosure.radius
    for ball, low, high, middle, off in zip(enclosure.balls(), lower, upper, mid, radius, strict=True):
        assert Fraction(low) < _fraction(ball.mid()) - _fraction(ball.rad())
        assert _fraction(ball.mid()) + _fraction(ball.rad()) < Fraction(high)
        assert abs(_fraction(ball.mid()) - Fraction(middle)) + _fraction(ball.rad()) <= Fraction(off)
    assert (np.nextafter(lower, np.inf) == upper).all()
    assert (radius <= upper - lower).all()


def test_ends_keep_what_float64_cannot_hold():
    """The upper end of e^−800 was 0 before, less than the value: no test enclosed one that underflows."""
    enclosure = Enclosure(lambda: np.exp(Ball.of(np.array([-800.0, 800.0]))))
    largest = FORMATS["float64"].largest
    assert enclosure.lower.tolist() == [0, largest]
    assert enclosure.upper.tolist() == [5e-324, np.inf]


def test_numbers_that_are_given_have_no_radius():
    values = [0.0, 0.1, -1e300, 5e-324]
    enclosure = _exactly(*values)
    assert enclosure.radius.tolist() == [0, 0, 0, 0]
    assert enclosure.lower.tolist() == enclosure.upper.tolist() == enclosure.mid.tolist() == values


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_split_is_good_to_a_thousandth_of_an_ulp(name):
    x = np.random.default_rng(6).normal(size=100) * 30
    enclosure = Enclosure(lambda: eq.sigmoid(Ball.of(x)))
    hi, lo = enclosure.split(FORMATS[name])
    ulp = FORMATS[name].ulp(hi)
    for ball, h, low, u in zip(enclosure.balls(), hi, lo, ulp, strict=True):
        assert abs(Fraction(h) + Fraction(low) - _fraction(ball.mid())) <= Fraction(u) / 1024


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_ulp_error_counts_ulps(name):
    format = FORMATS[name]
    exact = 1 + 2.0**-30
    enclosure = _exactly(exact, exact, -exact, 0.0, format.smallest_subnormal)
    steps = np.array([0, 3, -2, 1, 2])
    base = enclosure.round(name).astype(float)
    actual = base + steps * format.ulp(base)
    expected = np.abs(actual - enclosure.mid) / format.ulp(enclosure.mid)
    assert (enclosure.ulp_error(actual.astype(format.dtype)) == expected).all()


def test_ulp_error_of_special_values():
    enclosure = _exactly(np.nan, np.nan, np.inf, np.inf, 1e39, 1e39, 1.0, 1.0)
    actual = np.array([np.nan, 1, np.inf, -np.inf, np.inf, -np.inf, np.inf, np.nan], np.float32)
    assert enclosure.ulp_error(actual).tolist() == [0, np.inf, 0, np.inf, 0, np.inf, np.inf, np.inf]


def test_ulp_error_refuses_other_shapes():
    with pytest.raises(ValueError, match=r"actual: got shape \(2, 1\), expected \(2,\)"):
        _exactly(1.0, 2.0).ulp_error(np.ones((2, 1)))


def test_ulps_see_a_wrong_result():
    assert ulps(np.float32([1.5]), np.array([1.0]), np.array([0.0]), FORMATS["float32"])[0] == 2.0**22


# --- shapes, precision ------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (0,), (1, 3), (2, 0, 2)], ids=str)
def test_shapes_are_kept(shape):
    enclosure = Enclosure(lambda: eq.sigmoid(Ball.of(np.ones(shape))))
    for array in (enclosure.round("float16"), enclosure.mid, enclosure.radius, enclosure.lower, enclosure.upper):
        assert array.shape == shape == enclosure.shape
    assert enclosure.split(FORMATS["float32"])[1].shape == shape


def test_far_arguments_are_decided_below_the_cap():
    """σ'(x) at |x| up to 1e30 and the largest: 1 − σ cancels, and is settled when 2^−bits is under every ulp."""
    rng = np.random.default_rng(9)
    x = rng.choice([-1, 1], 1000) * 10 ** rng.uniform(-30, 30, 1000)
    x[:2] = FORMATS["float64"].largest, -FORMATS["float64"].largest
    enclosure = Enclosure(lambda: eq.sigmoid_gradient(Ball.of(x)))
    rounded = enclosure.round("float64")
    assert enclosure.bits == 2048
    assert (rounded[np.abs(x) > 800] == 0).all()
    small = np.abs(x) < 1e-9
    assert (rounded[small] == 0.25).all()
