"""The edges of the element-wise rules: what is not known, infinities, zeros, overflow."""

from fractions import Fraction

import numpy as np
import pytest

from crosscheck.formats import FORMATS
from crosscheck.numbers.rounding import Model, Rounded
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


def _quotient(terms, N):
    """Terms / N as quotient + rest, to twice the precision of float64."""
    parts = [(float(q := Fraction(t) / N), float(q - Fraction(float(q)))) for t in terms.tolist()]
    return np.array(parts).T
