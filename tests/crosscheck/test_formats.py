"""Rounding to the formats, against rounding written here with fractions and against NumPy's own casts."""

from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosscheck.formats import AUTOCAST, FORMATS, TF32, Format, format_of, with_stored_products

NARROW = [FORMATS[name] for name in ("float32", "bfloat16", "float16")]
ALL_FLOAT16 = np.arange(65536, dtype=np.uint16).view(np.float16)
SIGMOIDS_ROUNDED_TWICE = 7  # of the 65,536 float16


def ulp_of(value: Fraction, format: Format) -> Fraction:
    """The spacing of the grid at a value, from the definition: by the largest 2^e that is at most |value|."""
    n, d = abs(value).as_integer_ratio()
    exponent = n.bit_length() - d.bit_length() if n else format.emin
    exponent -= n and abs(value) < Fraction(2) ** exponent
    return Fraction(2) ** (min(max(exponent, format.emin), format.emax) - format.precision + 1)


def nearest(value: Fraction, format: Format) -> float:
    """The nearest number of the format, ties to even (``round`` of a Fraction); IEEE 754 §4.3.1 on overflow."""
    ulp = ulp_of(value, format)
    rounded = round(value / ulp) * ulp
    if abs(rounded) >= Fraction(2) ** (format.emax + 1):
        return float("inf") if value > 0 else float("-inf")
    return float(rounded)


def _same(actual, expected):
    """Equal bits in float64, so that NaN, infinities and the sign of zero count."""
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    nan = np.isnan(actual) & np.isnan(expected)
    return bool((nan | ((actual == expected) & (np.signbit(actual) == np.signbit(expected)))).all())


def _edges(format):
    """Powers of two, their neighbours and midpoints, and what lies around the format's limits."""
    exponents = np.arange(format.emin - format.precision - 2, format.emax + 1, 3)
    exponents = np.concatenate([exponents, [format.emin - 1, format.emin, format.emax]])
    powers = np.ldexp(1.0, exponents)
    tie = 1 + format.unit_roundoff
    values = [powers, powers * tie, powers * (tie + 2.0**-50), powers * (tie - 2.0**-50), powers * (1 + 2.0**-52)]
    values += [np.nextafter(powers * tie, np.inf), np.nextafter(powers * tie, 0)]
    limit = format.largest + format.ulp(format.largest) / 2
    small = format.smallest_subnormal
    values.append(np.array([format.largest, limit, np.nextafter(limit, 0), 2 * limit, 1e300, 5e-324]))
    values.append(small * np.array([0.5, 0.5 + 2.0**-50, 0.5 - 2.0**-50, 1, 1.5, 2.5, 3.5, 0.25]))
    flat = np.concatenate(values)
    return np.concatenate([flat, -flat])


@pytest.mark.parametrize("format", NARROW, ids=lambda f: f.name)
def test_round_on_edges_is_the_nearest_by_fractions(format):
    values = _edges(format)
    expected = [nearest(Fraction(v), format) for v in values]
    assert _same(format.round(values), np.copysign(expected, values))


@pytest.mark.parametrize("format", FORMATS.values(), ids=lambda f: f.name)
@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_round_and_ulp_of_any_float64_are_those_by_fractions(format, value):
    assert _same(format.round(np.float64(value)), np.copysign(nearest(Fraction(value), format), value))
    assert Fraction(float(format.ulp(value))) == ulp_of(Fraction(value), format)


def test_every_float16_with_its_midpoints_and_what_lies_beside_them():
    finite = np.unique(ALL_FLOAT16[np.isfinite(ALL_FLOAT16)].astype(np.float64))
    middle = (finite[1:] + finite[:-1]) / 2
    values = np.concatenate([finite, middle, np.nextafter(middle, np.inf), np.nextafter(middle, -np.inf)])
    assert _same(FORMATS["float16"].round(values), values.astype(np.float16))
    even = finite[1:].astype(np.float16).view(np.uint16) % 2 == 0
    assert _same(FORMATS["float16"].round(middle), np.copysign(np.where(even, finite[1:], finite[:-1]), middle))


@pytest.mark.parametrize("name", ["float32", "float16"])
def test_round_agrees_with_numpy_on_random_bit_patterns(name):
    bits = np.random.default_rng(7).integers(0, 2**64, 200_000, dtype=np.uint64)
    values = np.concatenate([bits.view(np.float64), np.random.default_rng(8).normal(size=100_000) * 1e-5])
    with np.errstate(all="ignore"):
        assert _same(FORMATS[name].round(values), values.astype(name))


@pytest.mark.parametrize("format", NARROW, ids=lambda f: f.name)
def test_sticky_breaks_ties_and_nothing_else(format):
    values = _edges(format)
    for sticky in (-1, 1):
        tiny = sticky * Fraction(1, 2**1200)
        expected = [nearest(Fraction(v) + tiny, format) for v in values]
        assert _same(np.abs(format.round(values, np.full(values.shape, sticky)).astype(float)), np.abs(expected))


def test_a_float64_is_rounded_already_whatever_lies_beyond_it():
    values = np.array([0.0, 1.0, 1 + 2.0**-52, -FORMATS["float64"].largest, 5e-324])
    for sticky in (-1, 1):
        assert _same(FORMATS["float64"].round(values, np.full(5, sticky)), values)


def test_a_format_kept_in_a_wider_dtype_overflows_where_its_own_range_ends():
    """float16 numbers in a float32 array: 65520 and what is above it are infinities there as well."""
    narrow = Format("half", 11, -14, 15, 24, stored_as="float32")
    rounded = narrow.round(np.array([65504.0, 65519.0, 65520.0, -1e30, 2.0**-26]))
    assert rounded.dtype == np.float32
    assert rounded.tolist() == [65504, 65504, np.inf, -np.inf, 0]


def test_sticky_gives_zero_the_sign_of_what_underflows():
    assert np.signbit(FORMATS["float32"].round(np.zeros(1), np.array([-1])))[0]
    assert not np.signbit(FORMATS["float32"].round(-np.zeros(1), np.array([1])))[0]


@pytest.mark.parametrize("format", FORMATS.values(), ids=lambda f: f.name)
def test_special_values_survive(format):
    special = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0])
    assert _same(format.round(special), special)
    assert format.round(special).dtype == format.dtype


@pytest.mark.parametrize("format", FORMATS.values(), ids=lambda f: f.name)
def test_limits_are_those_of_the_dtype(format):
    finfo = ml_dtypes.finfo(format.dtype)
    assert (float(finfo.max), float(finfo.tiny)) == (format.largest, format.smallest_normal)
    assert float(finfo.smallest_subnormal) == format.smallest_subnormal
    assert finfo.eps == 2 * format.unit_roundoff
    assert format.ulp(0.0) == format.smallest_subnormal
    assert format.ulp(np.inf) == format.ulp(format.largest)


def test_ulp_is_exact_at_every_exponent_of_float64():
    # A logarithm of the spacing, truncated, was used before; np.log2 promises no exact powers of two.
    for format in NARROW:
        powers = np.ldexp(1.0, np.arange(-1074, 1024))
        clamped = np.clip(np.arange(-1074, 1024), format.emin, format.emax) - format.precision + 1
        assert (format.ulp(powers) == np.ldexp(1.0, clamped)).all()
        # below[k] < 2^k lies one exponent lower, unless 2^k is subnormal in float64, where spacing ends
        below = np.nextafter(powers, 0)[1:]
        assert (format.ulp(below) == np.ldexp(1.0, np.maximum(clamped[:-1], clamped[0]))).all()


def test_round_leaves_its_argument_alone():
    # It returned float64 arguments themselves before: no test changed a result.
    values = np.ones(2)
    FORMATS["float64"].round(values)[0] = 5
    assert values[0] == 1


def test_float32_on_the_way_to_float16_is_caught():
    """A planted fault: a tie of float16 that float32 cannot tell from what lies just above it."""
    value = np.array([1 + 2.0**-11 + 2.0**-40])
    through = value.astype(np.float32).astype(np.float16)
    assert nearest(Fraction(value[0]), FORMATS["float16"]) == float(FORMATS["float16"].round(value)[0])
    assert through[0] != FORMATS["float16"].round(value)[0]


def test_float32_on_the_way_changes_seven_float16_sigmoids():
    x = ALL_FLOAT16[np.isfinite(ALL_FLOAT16)].astype(np.float64)
    # σ in float64 is good to 3 ulp; test_enclosure.py shows that all 65,536 round to float16 as the exact ones do.
    with np.errstate(all="ignore"):
        sigma = 1 / (1 + np.exp(-x))
        direct = FORMATS["float16"].round(sigma)
        through = FORMATS["float32"].round(sigma).astype(np.float16)
    assert (direct != through).sum() == SIGMOIDS_ROUNDED_TWICE


@pytest.mark.parametrize(
    ("format", "name", "bits", "operands"), [(TF32, "tf32", 24, 11), (AUTOCAST, "autocast", 8, 8)]
)
def test_an_arithmetic_without_a_dtype_is_held_in_float32(format, name, bits, operands):
    """NVIDIA's TF32 has 10 bits of fraction beside the leading one; both have the exponents of float32."""
    float32 = FORMATS["float32"]
    assert (format.name, format.dtype) == (name, np.float32)
    assert (format.unit_roundoff, format.product_roundoff) == (2.0**-bits, 2.0**-operands)
    assert format.accumulation_roundoff == float32.unit_roundoff
    assert (format.smallest_normal, format.emax) == (float32.smallest_normal, float32.emax)


@pytest.mark.parametrize("name", ["bfloat16", "float16"])
def test_a_stored_product_is_within_operands_of_one_bit_more_and_not_of_two(name):
    """a b (1 + u) against a b (1 + v)², v the roundoff of the operands: the least v that will do."""
    format = FORMATS[name]
    wide = with_stored_products(format)
    u, v = Fraction(format.unit_roundoff), Fraction(wide.product_roundoff)
    assert (1 + v) ** 2 > 1 + u > (1 + v / 2) ** 2
    assert wide.name == f"{name} products"
    assert (wide.dtype, wide.precision, wide.accumulation_precision) == (format.dtype, format.precision, 24)


@pytest.mark.parametrize("name", ["float64", "float32"])
def test_a_format_that_accumulates_in_itself_loses_nothing_by_storing_products(name):
    assert with_stored_products(FORMATS[name]) is FORMATS[name]
    assert FORMATS[name].product_roundoff == 0


@pytest.mark.parametrize("wanted", ["float64", np.float64, np.dtype("float64")], ids=["name", "type", "dtype"])
def test_format_of_takes_names_and_dtypes(wanted):
    assert format_of(wanted) is FORMATS["float64"]


@pytest.mark.parametrize("wrong", ["float8", "int32", np.int64, None, "f4", 3.5], ids=str)
def test_format_of_names_what_it_does_not_know(wrong):
    with pytest.raises(ValueError, match=r"dtype: got .*expected one of float64, float32, bfloat16, float16"):
        format_of(wrong)
