"""The edges of the element-wise rules: what is not known, infinities, zeros, overflow."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from crosscheck.formats import FORMATS
from crosscheck.numbers.ball import Ball, precision
from crosscheck.numbers.rounding import Model, Rounded
from crosscheck.numbers.rounding_rules import _HALF, K
from reference import equations as eq

MODELS = {name: Model.of(format) for name, format in FORMATS.items()}


def _exact(*values, name="float64"):
    return Rounded.exactly(np.array(values, dtype=np.float64), MODELS[name])


def _with_bound(value, bound, name="float64"):
    return Rounded(np.array([value]), np.array([bound]), MODELS[name])


UNKNOWN = {
    # All but the last two had value ±inf and bound 0 before, "beyond range", though finite numbers are possible:
    # nothing was tested that came to 0 or left the range on its way.
    "1/(0 ± b)": lambda: 1 / _with_bound(0.0, 1e-9),
    "1/0": lambda: 1 / _exact(0.0),
    "log(0 ± b)": lambda: np.log(_with_bound(0.0, 1e-9)),
    "e^800 · 10⁻³⁰⁰": lambda: np.exp(_exact(800.0)) * 1e-300,
    "e^800 / 10³⁰⁰": lambda: np.exp(_exact(800.0)) / 1e300,
    "log(e^800)": lambda: np.log(np.exp(_exact(800.0))),
    "10³⁰⁸ · 10 − 10³⁰⁸": lambda: _exact(1.7e308) * 1.1 - 1.7e308,
    "Σ around the largest": lambda: Rounded(np.full(3, 8e307), np.full(3, 8e307), MODELS["float64"]).sum(),
    "log(−1)": lambda: np.log(_exact(-1.0)),
    "∞ − ∞": lambda: _exact(np.inf) - np.inf,
}


@pytest.mark.parametrize("expression", UNKNOWN)
def test_what_is_not_known_has_no_value_and_an_infinite_bound(expression):
    result = UNKNOWN[expression]()
    assert np.isnan(result.value).all()
    assert np.isinf(result.bound).all()


def test_what_is_surely_beyond_the_range_is_infinite():
    for result in (
        np.exp(_exact(800.0)),
        _exact(1e300) * -1e300,
        1 + np.exp(_exact(800.0)),
        _exact(1e300) / 1e-300,
    ):
        assert np.isinf(result.value).all()
        assert np.isinf(result.bound).all()


def test_infinite_inputs_keep_a_bound_of_zero():
    for start in (Rounded.exactly, Rounded.stored):
        assert start(np.array([np.inf, -np.inf]), MODELS["float32"]).bound.tolist() == [0, 0]


def test_zero_times_an_infinity_is_zero_and_times_nan_is_nan():
    """0 · NaN was 0 before, with bound 0: a NaN input under a zero cotangent looked like a known 0."""
    product = _exact(0.0, 0.0, 0.0) * np.array([np.inf, -np.inf, np.nan])
    assert product.value[:2].tolist() == product.bound[:2].tolist() == [0, 0]
    assert np.isnan(product.value[2])
    assert np.isinf(product.bound[2])


@pytest.mark.parametrize("x", [-60.0, -100.0, -1000.0, -3e38])
def test_the_sigmoid_of_a_far_logit_is_small_in_bfloat16_too(x):
    """The bound was infinite from x = −52 on: e^(−x) was too uncertain for 1 + e^(−x) to be known as positive."""
    bound = eq.sigmoid(Rounded.stored(np.array([x]), MODELS["bfloat16"])).bound[0]
    assert bound < 1e-20


@pytest.mark.parametrize("scale", [100.0, 1e4])
def test_the_bound_of_a_softmax_of_far_logits_is_finite_in_bfloat16(scale):
    x = scale * np.array([[1.0, 0.5, -1.0]])
    reading = eq.logsumexp(Rounded.stored(x, MODELS["bfloat16"]))
    assert np.isfinite(reading.bound).all()
    assert (reading.bound < 8 * scale * 2.0**-8 + 8).all()


def test_an_honest_denominator_may_overflow_to_a_zero_quotient():
    """e^11.1 is an infinity in float16, and 1000/e^11.1 a normal number: the honest 0 was beyond its bound."""
    reading = 1000 / np.exp(Rounded.exactly(np.array([11.1]), MODELS["float16"]))
    assert reading.bound[0] >= 1000 / np.exp(11.1)


def test_what_an_honest_overflow_leads_to_is_within_reach():
    """60000 · 2 · 2⁻⁴ is an infinity in float16 arithmetic, and 7500 in truth."""
    reading = Rounded.exactly(np.array([60000.0]), MODELS["float16"]) * 2 * 2.0**-4
    assert reading.overflows.all()
    assert reading.value[0] + reading.bound[0] >= FORMATS["float16"].largest


def test_a_masked_logit_is_an_exact_infinity_and_its_probability_an_exact_zero():
    """The bound of −inf − m was infinite and that of e^(−inf) one flushed number, as if they rounded."""
    x = Rounded.stored(np.array([[1.0, -np.inf, 2.0]]), MODELS["float32"])
    shifted = x - x.max(axis=-1, keepdims=True)
    assert shifted.value[0, 1] == eq.log_softmax(x).value[0, 1] == -np.inf
    assert shifted.bound[0, 1] == eq.log_softmax(x).bound[0, 1] == 0
    probability = eq.softmax(x)
    assert probability.value[0, 1] == probability.bound[0, 1] == 0
    assert (probability.bound[0, ::2] > 0).all()


@pytest.mark.parametrize("other", [np.inf, 3.4e38, np.nan], ids=str)
def test_an_infinity_is_exact_only_beside_what_cannot_undo_it(other):
    """3.4e38 with an error may be an honest +inf, and −inf + inf has no value."""
    near = Rounded(np.array([other]), np.array([1e37]), MODELS["float32"])
    assert np.isinf((_exact(-np.inf, name="float32") + near).bound[0])


def test_an_exact_zero_over_what_may_be_zero_is_not_known():
    assert (_exact(0.0) / _exact(3.0)).bound[0] == 0
    assert np.isinf((_exact(0.0) / _with_bound(1.0, 1.0)).bound[0])


def _flushed(value):
    return np.where(np.abs(value) < 2.0**-126, 0.0, value)


@pytest.mark.parametrize("scale", [0.0068, 0.5, 40.0])
def test_products_may_be_flushed_in_another_order_or_distributed(scale):
    """s (p (v − w)) as (s p) v − (s p) w, where s p, or both terms, are subnormal and the result is not.

    It was beyond its bound; products of three factors with such a result came with the HVP of the cross-entropy.
    """
    rng = np.random.default_rng(0)
    v, w = rng.normal(size=(2, 1000))
    p = rng.uniform(0.1, 4, 1000) * 2.0**-126 / scale
    s, exact = np.full(1000, scale), scale * (p * (v - w))
    model = MODELS["float32"]
    S, P, V, W = (Rounded(a, np.zeros(1000), model) for a in (s, p, v, w))
    bound = (S * (P * (V - W))).bound
    distributed = _flushed(_flushed(_flushed(s * p) * v) - _flushed(_flushed(s * p) * w))
    reordered = _flushed(_flushed(s * p) * (v - w))
    for honest in (distributed, reordered):
        assert ((honest == 0) & (np.abs(exact) > 2.0**-126)).any()
        assert (np.abs(honest - exact) <= bound).all()
    assert (np.abs(distributed - exact) > 2.0**-126).any(), "one flushed result is not all that is lost"


# --- what a rule allows, and no more ---------------------------------------------------------------------------

STEPS = {
    # step: (its function, units of roundoff that the result may be off by, numbers that may be flushed in it)
    "a + b": (lambda a, b: a + b, 1, lambda a, b: 1),
    "a − b": (lambda a, b: a - b, 1, lambda a, b: 1),
    # and of the parts of a product two, times what is multiplied to them: ``test_products_may_be_flushed…``
    "a b": (lambda a, b: a * b, 1, lambda a, b: 1 + 2 * max(abs(a), 1) * max(abs(b), 1)),
    "a / b": (lambda a, b: a / b, 1, lambda a, b: 1),
    "e^a": (lambda a, b: np.exp(a), K, lambda a, b: 1),
    "log a": (lambda a, b: np.log(a), K, lambda a, b: 1),
}
OPERANDS = [(3.0, 0.7), (0.2, -5.0), (-6.0, -4.0), (2.5, 2.5), (2.5, -2.5)]
FIRST_ORDER = 2.0**-30
"""An error whose square is nothing beside it."""


def _operands(step):
    if step == "a / b":  # by an exact 2ᵏ; what another exact number allows more is tested apart
        return [(a, np.copysign(2.0 ** np.round(np.log2(abs(b))), b)) for a, b in OPERANDS]
    return [(abs(a), b) for a, b in [*OPERANDS, (1.0, 1.0)]] if step == "log a" else OPERANDS


def _worst(step, model, a, b, da, db):
    """The largest error of an honest result, rounded up: exact operands are at an end of a ± δa and b ± δb, honest
    ones δ away from those, on either side.
    """
    function, units, flushed = STEPS[step]
    sign_a, sign_b, side_a, side_b, off = np.array(list(product((-1, 1), (-1, 1), (0, 2), (0, 2), (-1, 1)))).T
    with precision(512):
        u, tiny = Ball.of(units * model.storage), Ball.of(model.tiny)
        exact = function(_at(a, sign_a, da), _at(b, sign_b, db))
        honest = function(_at(a, side_a * sign_a, da), _at(b, side_b * sign_b, db)) * (1 + off * u)
        rounding = (honest - exact).data
        worst = max(abs(error).upper() for error in rounding) + (flushed(a, b) * tiny).data[()]
        return float(worst.upper())


def _at(value, times, error):
    return Ball.of(value) + Ball.of(times.astype(np.float64)) * error


def _read(step, model, a, b, da, db):
    with np.errstate(all="ignore"):
        return STEPS[step][0](*(Rounded(np.array(v), np.array(d), model) for v, d in ((a, da), (b, db))))


@pytest.mark.parametrize("step", STEPS)
def test_the_worst_honest_result_comes_to_the_bound_and_not_past_it(step):
    """Each cost alone and with the others; a roundoff of 2⁻⁴ shows what errors of the operands cost once more."""
    for (a, b), da, db, u, tiny in product(
        _operands(step), (0.0, FIRST_ORDER), (0.0, FIRST_ORDER), (0.0, 2.0**-4, FIRST_ORDER), (0.0, FIRST_ORDER)
    ):
        model = Model(u, u, tiny, 2.0**100)
        worst, bound = _worst(step, model, a, b, da, db), _read(step, model, a, b, da, db).bound
        assert worst <= bound + 2.0**-400, (a, b, da, db, u, tiny)
        assert bound <= worst * (1 + 2.0**-20), (a, b, da, db, u, tiny)


@pytest.mark.parametrize("error", [2.0**-20, 2.0**-8, 0.05, 0.15, 0.3])
@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("step", STEPS)
def test_no_honest_result_passes_the_bound_of_operands_with_large_errors(step, name, error):
    """The logarithm of 3 (1 ± 2⁻⁸) in bfloat16 went past it: its units were of the value and one error, where an
    honest operand is up to two away. No random evaluation leaned to the same end twice.
    """
    for a, b in _operands(step):
        model, da, db = MODELS[name], abs(a) * error, abs(b) * error
        worst, bound = _worst(step, model, a, b, da, db), _read(step, model, a, b, da, db).bound
        assert worst <= bound <= worst / (1 - 2.5 * error) ** 3, (a, b)


# --- lower bounds ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [0.0, FIRST_ORDER, 0.5, 20.0])
def test_the_lower_bound_of_an_exponential_allows_for_its_units_twice_and_for_a_flush(error):
    """Once for the honest result, once for float64's own: e^(a − 2δ) (1 − 2 K u), or 0 where it may be flushed."""
    u, a = 2.0**-12, np.array([-3.0, 0.0, 2.0])
    least = np.exp(a - 2 * error)
    lower = np.exp(Rounded(a, np.full(3, error), Model(u, u, 0.0, 2.0**200))).lower
    assert (lower <= least * (1 - 2 * K * u) * (1 + 2.0**-40)).all()
    assert (lower >= least * (1 - 2 * K * u) * (1 - 2.0**-40)).all()
    tiny = least / np.array([0.9, 2.0, 2.5])  # times 1 − 2 K u: may be flushed, may not be told, surely is not
    for t, positive in zip(tiny, (False, False, True), strict=True):
        lower = np.exp(Rounded(a[tiny == t], np.full(1, error), Model(u, u, t, 2.0**200))).lower
        assert (lower > 0).all() == positive
        assert (lower >= 0).all()


SUMS = {
    "a + b": lambda x: x[0] + x[1],
    "b + a": lambda x: x[1] + x[0],
    "Σ": lambda x: x.sum(axis=0),
}


@pytest.mark.parametrize("step", SUMS)
def test_a_sum_of_numbers_that_are_not_negative_loses_its_roundings_and_no_sign(step):
    """e^(−2 ± 50) is between 0 and e^98: a sum with it is at least the other term, whatever value − 2 bound is."""
    values, u = np.array([[1.5, 1.0, 0.7], [1.0, 2.5, 0.7]]), FIRST_ORDER
    roundings = 2 if step == "Σ" else 1  # a sum counts its terms, of which it has one addition less
    for tiny in (0.0, FIRST_ORDER):
        wide = Rounded(
            values,
            np.full((2, 3), 50.0),
            Model(u, u, tiny, 2.0**200),
            lower=np.array([[1.5, 0.0, 0.7], [0.0, 2.5, 0.7]]),
        )
        lower, below = SUMS[step](wide).lower, wide.lower.sum(axis=0)
        assert (lower <= below * (1 - u) - tiny).all()
        # storing is granted twice: once for the float64 sum of the lower bounds itself
        assert (lower >= below * (1 - (roundings + 2) * u) - (roundings + 1) * tiny - 2.0**-50).all()
    # all of it may be flushed, and what is not known to be positive has no positive sum
    assert SUMS[step](Rounded(values, 0 * values, Model(u, u, 4.0, 2.0**200))).lower.tolist() == [0, 0, 0]
    assert (SUMS[step](np.exp(Rounded(values, values + 50, MODELS["float32"]))).lower <= 0).all()


def test_a_sum_with_what_may_be_negative_has_no_lower_bound_but_its_error():
    model = MODELS["float32"]
    x, W = np.full((1, 64), 1024.0), np.full((64, 1), 1.0)
    product = Rounded.exactly(x, model) @ Rounded.exactly(W, model)
    for result in (product + (-65535.0), -65535.0 + product, product - 65535.0):
        assert result.value == 1
        assert result.lower == result.value - 2 * result.bound
        assert result.lower < 0.99


def test_an_entry_keeps_its_lower_bound():
    wide = np.exp(Rounded(np.array([-2.0, 1.0]), np.full(2, 50.0), MODELS["float32"]))
    assert wide.lower.tolist() == [0, wide.lower[1]]
    for part in (wide[:1], wide[None, 0], wide[0], wide[:1, None].T):
        assert (part.lower == 0).all()
        assert np.isfinite((1 / (1 + part)).bound).all()


@pytest.mark.parametrize("lower", [0.25, 0.0])
def test_a_quotient_of_positive_numbers_is_off_by_no_more_than_the_largest(lower):
    """And one of numbers of unknown sign by twice that, where the enclosures are too wide for the first order."""
    model = Model(0.0, 0.0, 0.0, 2.0**200)
    below = Rounded(np.array(1.0), np.array(10.0), model, lower=0.5)
    largest = (1 + 2 * 0.5) / 0.5
    assert np.isclose(
        (Rounded(np.array(1.0), np.array(0.5), model, lower=lower) / below).bound, largest, rtol=1e-12
    )
    signed = Rounded(np.array(0.9), np.array(0.55), model)
    assert signed.lower < 0
    assert np.isclose((signed / below).bound, 2 * (0.9 + 2 * 0.55) / 0.5, rtol=1e-12)


def test_what_may_be_zero_is_no_denominator_and_what_is_above_it_is():
    """1 ± ½ has the lower bound 0, with the errors of an honest result beside it."""
    for above in (0.0, 1.0):
        assert np.isinf((_exact(above) / _with_bound(1.0, 0.5)).bound[0])
    assert np.isinf((_exact(0.0) / np.exp(_with_bound(-2.0, 800.0))).bound[0])
    assert (_exact(0.0) / _exact(0.5)).bound[0] == 0
    assert np.isfinite((_exact(1.0) / _with_bound(1.0, 0.49)).bound[0])


def test_a_negative_denominator_is_as_far_from_zero_as_a_positive_one():
    assert (1 / _with_bound(-1.0, 0.25)).bound == (1 / _with_bound(1.0, 0.25)).bound
    assert np.isfinite((1 / _with_bound(-1.0, 0.49)).bound)


def test_what_is_flushed_in_a_product_counts_with_all_its_other_factors():
    """Of (a b) c a part of a b may be flushed before c, and of (a + b) c either a c or b c: see ``_multiply``."""
    model = Model(0.0, 0.0, FIRST_ORDER, 2.0**200)
    a, b, c, half = (Rounded(np.array(v), np.array(0.0), model) for v in (3.0, -5.0, 7.0, 0.5))
    for result, flushed in (
        (a * b, 1 + 2 * 15),
        ((a * b) * c, (1 + 2 * 15) * 7 + 1 + 2 * 15 * 7),
        (c * (b * a), (1 + 2 * 15) * 7 + 1 + 2 * 15 * 7),
        ((a + b) * c, 7 + 1 + 2 * (3 + 5) * 7),
        (c * (b - a), 7 + 1 + 2 * (3 + 5) * 7),
        # what is below 1 leaves of a flushed number less than all of it: it counts as 1
        (half * c, 1 + 2 * 7),
        ((half * half) * c, (1 + 2) * 7 + 1 + 2 * 7),
        ((half * half + half) * c, ((1 + 2) + 1) * 7 + 1 + 2 * 7),
    ):
        assert flushed * FIRST_ORDER <= result.bound <= flushed * FIRST_ORDER * (1 + 2.0**-20)


def test_the_logarithm_of_a_wide_positive_number_is_between_its_ends():
    """log(1 ± 10) from ½ up: δ/½ is 20, and from log ½ to log 21 it is 3.7."""
    wide = Rounded(np.array(1.0), np.array(10.0), Model(0.0, 0.0, 0.0, 2.0**200), lower=0.5)
    bound = np.log(wide).bound
    assert np.log(21 / 0.5) <= bound <= np.log(21 / 0.5) * (1 + 1e-13)


# --- out of range ---------------------------------------------------------------------------------------------

LOST = {
    "a + b": lambda a: a + np.array([-64000.0, 1.0]),
    "b + a": lambda a: np.array([-64000.0, 1.0]) + a,
    "a − b": lambda a: a - np.array([64000.0, 1.0]),
    "b − a": lambda a: np.array([64000.0, 1.0]) - a,
    "a b": lambda a: a * 0.25,
    "b a": lambda a: 0.25 * a,
    "a / b": lambda a: a / 8,
    "log a": np.log,
    "Σ": lambda a: a.sum(axis=-1, keepdims=True),
    "a @ b": lambda a: a @ np.full((2, 1), 0.25),
}


@pytest.mark.parametrize("step", LOST)
def test_what_may_have_overflowed_may_be_an_infinity_ever_after(step):
    """65000 ± 300 may be an infinity in float16, and what is computed from it however small its value is."""
    values, errors = np.array([[65000.0, -64000.0], [2.0, 1.0]]), np.array([[300.0, 0.0], [0.25, 0.0]])
    result = LOST[step](Rounded(values, errors, MODELS["float16"]))
    assert result.overflows[0, 0]
    # the exact value is within a bound, and the honest result within another one: together as far as an infinity
    distance = FORMATS["float16"].largest - np.abs(result.value[0, 0])
    assert 2 * distance <= result.bound[0, 0] <= 2 * distance * (1 + 2.0**-10)
    if step in ("a b", "a / b", "log a", "Σ", "a @ b"):
        assert not result.overflows[1].any()


def test_out_of_range_begins_at_the_largest_number():
    largest = FORMATS["float16"].largest
    assert _exact(largest, -largest, np.inf, np.nan, name="float16").overflows.all()
    assert not _exact(largest - 32, 0.0, name="float16").overflows.any()


FAR = np.exp(_exact(800.0))
BEYOND = {
    # e^800 > 10³⁴⁷: what leaves it beyond float64's range, and what may bring it back from half the largest number
    "e^800 · 1": (lambda: FAR * 1, lambda: FAR * 0.99),
    "1 · e^800": (lambda: 1 * FAR, lambda: 0.99 * FAR),
    "1.5 e^800": (lambda: 1.5 * FAR, lambda: 0.99 * FAR),
    "e^800 · (2 ± ½)": (lambda: FAR * _with_bound(2.0, 0.49), lambda: FAR * _with_bound(2.0, 0.51)),
    "(2 ± ½) e^800": (lambda: _with_bound(2.0, 0.49) * FAR, lambda: _with_bound(2.0, 0.51) * FAR),
    "e^800 / 1": (lambda: FAR / 1, lambda: FAR / 1.01),
    "e^800 / (¾ ± ⅛)": (lambda: FAR / _with_bound(0.75, 0.12), lambda: FAR / _with_bound(0.75, 0.13)),
    "e^800 − 5": (lambda: FAR - 5, lambda: FAR - 1e300),
    "−5 + e^800": (lambda: -5 + FAR, lambda: -1e300 + FAR),
    "e^800 + 10³⁰⁰": (lambda: FAR + 1e300, lambda: FAR + _with_bound(1e300, 1.1e300)),
    "10³⁰⁰ + e^800": (lambda: 1e300 + FAR, lambda: _with_bound(1e300, 1.1e300) + FAR),
    "e^800 + (10³⁰⁰ ± 10³⁰⁰)": (
        lambda: FAR + _with_bound(1e300, 0.99e300),
        lambda: FAR + _with_bound(-1e300, 0.0),
    ),
    "e^800 + e^800": (lambda: FAR + FAR, lambda: FAR - FAR),
    "e^e^800": (lambda: np.exp(FAR), lambda: np.exp(FAR) * 0.5),
    "1 + e^e^800": (lambda: 1 + np.exp(FAR), lambda: np.exp(FAR) - 1e300),
}


@pytest.mark.parametrize("expression", BEYOND)
def test_a_value_beyond_the_range_stands_where_nothing_can_bring_it_back(expression):
    beyond, unknown = BEYOND[expression]
    assert (beyond().value == np.inf).all()
    assert np.isinf(beyond().bound).all()
    assert np.isnan(unknown().value).all()
    assert np.isinf(unknown().bound).all()


def test_it_stands_below_zero_too():
    assert (
        (-FAR).value
        == (-FAR - 1e300).value
        == (-1 - FAR).value
        == (FAR * -2).value
        == (FAR / -0.5).value
        == -np.inf
    )


def test_an_exponential_of_what_is_far_below_is_flushed():
    """e^(−e^800): the error of −e^800 is infinite, but not such that it might be a number near 0."""
    nothing = np.exp(-FAR)
    assert nothing.value == 0
    assert 0 < nothing.bound <= 1.01 * FORMATS["float64"].smallest_normal
    assert np.exp(FAR).lower == _HALF


def test_a_sum_with_a_positive_lower_bound_stands_beyond_the_range():
    """e^(720 ± 400) + 10⁻³ may be anything from 10⁻³ on: its value is beyond float64, its lower bound is not."""
    wide = np.exp(Rounded(np.array([720.0]), np.array([400.0]), MODELS["float64"]))
    for result in (wide + 1e-3, 1e-3 + wide):
        assert result.value[0] == np.inf
        assert 0.99e-3 < result.lower[0] <= 1e-3
        assert 1 / 1e-3 <= (1 / result).bound[0] <= 1.01 / 1e-3


def test_a_value_that_left_the_range_by_its_error_is_not_known():
    """2·10³⁰⁸ is beyond float64: it is beyond half the largest number if its error is under a quarter of that."""
    near, off = _with_bound(2e154, 3.5e153), _with_bound(2e154, 1.2e154)
    assert (near * 1e154).value == (1e154 * near).value == np.inf
    assert np.isnan((off * 1e154).value)


def test_infinities_and_exact_zeros_multiply_in_either_order():
    zero, inf, nan = _exact(0.0), _exact(np.inf), _exact(np.nan)
    for product_ in (zero * inf, inf * zero, zero * -inf, -inf * zero):
        assert product_.value[0] == product_.bound[0] == 0
    for product_ in (zero * nan, nan * zero):
        assert np.isnan(product_.value[0])
        assert np.isinf(product_.bound[0])


def test_the_logarithm_of_an_exact_infinity_is_infinite():
    assert np.log(_exact(np.inf)).value[0] == np.inf
    assert np.log(_exact(0.0)).value[0] != 0


@pytest.mark.parametrize("name", FORMATS)
def test_a_division_by_a_count_may_be_a_product_with_its_reciprocal(name):
    """Compilers fold 1/N: one rounding more than the division, and none where N is a power of 2."""
    format, rng = FORMATS[name], np.random.default_rng(0)
    terms = format.round(rng.uniform(1, 2, 400)).astype(np.float64)
    u = format.unit_roundoff

    def bound(N):
        return (Rounded.exactly(terms, MODELS[name]) / N).bound / (terms / N)

    for N in (3, 5, 7, 11, 20):
        by_reciprocal = format.round(terms * format.round(np.array(1 / N)).astype(np.float64))
        quotient, rest = _quotient(terms, N)
        off = np.abs((by_reciprocal.astype(np.float64) - quotient) - rest)
        assert (off <= bound(N) * terms / N).all()
        assert (off > u * terms / N).any()
        assert bound(N).max() < 2.1 * u + 1.1 * N * format.smallest_normal
    assert bound(4).max() < 1.1 * u + 1.1 * 4 * format.smallest_normal


@pytest.mark.parametrize("name", FORMATS)
def test_a_reciprocal_that_is_flushed_loses_the_quotient_whole(name):
    """1/N is flushed where it is below the smallest normal number, and kept where it is that number."""
    tiny = FORMATS[name].smallest_normal
    for N, flushed in ((1.5 / tiny, True), (1 / tiny, False)):
        quotient = Rounded.exactly(np.array([N]), MODELS[name]) / N
        assert bool(quotient.bound[0] >= 1) is flushed


def _quotient(terms, N):
    """Terms / N as quotient + rest, to twice the precision of float64."""
    parts = [(float(q := Fraction(t) / N), float(q - Fraction(float(q)))) for t in terms.tolist()]
    return np.array(parts).T
