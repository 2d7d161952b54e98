"""Bounds of sums and matrix products: exact zeros, rounded operands, long columns; against exact fractions."""

from fractions import Fraction
from math import log

import numpy as np
import pytest

from crosscheck.formats import FORMATS, TF32, Format
from crosscheck.numbers import rounding_sums
from crosscheck.numbers.rounding import Model, Rounded
from reference import equations as eq

FLOAT32, FLOAT64 = Model.of(FORMATS["float32"]), Model.of(FORMATS["float64"])


def _exact(array, model=FLOAT32):
    return Rounded.exactly(np.asarray(array, np.float32), model)


def _error(got, rows):
    """|got − Σ row| for every row, from fractions."""
    exact = [sum(map(Fraction, row.tolist()), Fraction(0)) for row in rows]
    return np.array([float(abs(Fraction(float(g)) - s)) for g, s in zip(got, exact, strict=True)])


def _in_some_order(rng, rows):
    """Each row added up one by one, in float32 and in a random order."""
    return np.array([np.add.accumulate(rng.permutation(row))[-1] for row in rows], np.float32)


def _sparse(rng, rows, width, terms):
    """Rows of so many numbers that are not 0, of like sizes, among zeros."""
    x = np.zeros((rows, width), np.float32)
    for row in x:
        row[rng.choice(width, terms, replace=False)] = rng.uniform(1, 2, terms) * rng.choice([-1, 1], terms)
    return x


# --- exact zeros ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("terms", [0, 1, 2, 3, 10])
def test_zeros_among_the_terms_cost_nothing_and_the_bound_holds_and_is_sharp(terms):
    rng = np.random.default_rng(terms)
    x = _sparse(rng, 200, 300, terms)
    among_zeros = _exact(x).sum(axis=-1)
    alone = _exact(x[x != 0].reshape(200, terms)).sum(axis=-1)
    assert np.allclose(among_zeros.bound, alone.bound, rtol=1e-12, atol=0)  # 300 roundings of float64, 2⁻⁴⁵
    error = _error(_in_some_order(rng, x), x)
    assert (error <= among_zeros.bound).all()
    assert terms < 2 or (error > 0.1 * among_zeros.bound).any()
    assert terms or not among_zeros.bound.any()


def test_a_product_counts_the_terms_of_each_element():
    rng = np.random.default_rng(0)
    a, b = _sparse(rng, 8, 64, 3), _sparse(rng, 5, 64, 60).T
    product = _exact(a) @ _exact(b)
    for i, j in np.ndindex(product.shape):
        kept = (a[i] != 0) & (b[:, j] != 0)
        small = _exact(a[None, i, kept]) @ _exact(b[kept, j, None])
        assert np.isclose(product.bound[i, j], small.bound[0, 0], rtol=1e-12, atol=0)  # 64 roundings of float64
    assert not (_exact(np.zeros((2, 64))) @ _exact(b)).bound.any()


def test_one_hot_targets_cost_one_term():
    """−Σ y log ŷ over 1000 classes: the bound in float32 was that of 1000 additions."""
    x = np.random.default_rng(1).normal(size=(4, 1000))
    y = np.eye(1000)[[3, 14, 15, 92]]
    bound = eq.cross_entropy(_exact(x), _exact(y)).bound
    log_softmax = eq.log_softmax(_exact(x))
    label = y == 1
    # the product with y and the sum each store the term once more
    assert (bound <= log_softmax.bound[label] + 2.01 * 2.0**-24 * log_softmax.magnitude[label] + 1e-37).all()


def test_a_masked_row_has_the_bound_of_its_rest():
    x = np.random.default_rng(2).normal(size=(3, 1000)).astype(np.float32)
    masked = np.where(np.arange(1000) < 4, x, -np.inf)
    for equation in (eq.softmax, eq.log_softmax):
        bound = equation(_exact(masked)).bound
        assert np.allclose(bound[:, :4], equation(_exact(x[:, :4])).bound, rtol=1e-12, atol=0)  # of float64
        assert not bound[:, 4:].any()


def test_a_zero_with_an_error_is_a_term():
    zero = Rounded(np.zeros((1, 4)), np.full((1, 4), 1e-3), FLOAT32)
    assert zero.sum(axis=-1).bound[0] >= 4e-3
    assert (zero @ np.ones((4, 1))).bound[0, 0] >= 4e-3


def test_zeros_that_are_taken_for_exact_are_caught(monkeypatch):
    """A planted fault: the error of a zero is not looked at."""
    monkeypatch.setattr(rounding_sums, "is_zero", lambda a: a.value == 0)
    with pytest.raises(AssertionError):
        test_a_zero_with_an_error_is_a_term()


def test_zeros_times_what_is_no_number_are_not_zero():
    zeros = _exact(np.zeros((1, 2)))
    assert np.isinf((zeros @ _exact([[np.nan], [1.0]])).bound).all()
    assert np.isinf((zeros @ _exact([[np.inf], [1.0]])).bound).all()


def test_a_sum_that_may_cancel_has_no_lower_bound():
    """Σ (10⁸, 1, −10⁸) is 1, and 0 where 10⁸ + 1 is rounded first; then 1/Σ was said to be 1 ± 1. No test divided
    by a sum whose terms cancel: in the equations such sums are of exponentials.
    """
    terms = np.array([[1e8, 1.0, -1e8]], np.float32)
    total = _exact(terms).sum(axis=-1)
    assert np.add.accumulate(terms[0])[-1] == 0
    assert total.lower[0] <= 0
    assert np.isinf((1 / total).bound[0])
    assert (_exact([[1.0, 2.0, 3.0]]).sum(axis=-1).lower > 5.99).all()


# --- operands that are rounded --------------------------------------------------------------------------------

ELEVEN_BITS = Format("eleven bits", 11, -126, 127, 24, stored_as="float32")


def _tensor_core(a, b):
    """Operands rounded to 11 bits, products and sums in float32."""
    return ELEVEN_BITS.round(a.astype(np.float64)) @ ELEVEN_BITS.round(b.astype(np.float64))


@pytest.mark.parametrize("shape", [(1, 1, 1), (8, 16, 4), (3, 300, 2)], ids=str)
def test_products_of_rounded_operands_pass_in_tf32_and_fail_in_float32(shape):
    n, k, m = shape
    rng = np.random.default_rng(k)
    a, b = rng.normal(size=(n, k)).astype(np.float32), rng.normal(size=(k, m)).astype(np.float32)
    got = _tensor_core(a, b)
    exact = a.astype(np.float64) @ b.astype(np.float64)  # products are exact, sums off by far less than a bound
    ratio = {name: np.abs(got - exact) / (_exact(a, model) @ b).bound for name, model in _BOTH.items()}
    assert ratio["tf32"].max() <= 1
    assert ratio["float32"].max() > 1


_BOTH = {"tf32": Model.of(TF32), "float32": FLOAT32}


def test_only_products_round_their_operands():
    x = np.random.default_rng(3).normal(size=(3, 4))
    for step in (eq.softmax, lambda x: x + x, lambda x: x.sum(axis=0)):
        assert (step(_exact(x, _BOTH["tf32"])).bound == step(_exact(x)).bound).all()
    assert (_exact(x, _BOTH["tf32"]) @ np.zeros((4, 2))).bound.tolist() == np.zeros((3, 2)).tolist()


def test_an_operand_that_rounds_to_an_infinity_is_lost():
    largest = FORMATS["float32"].largest
    assert np.isinf(float(ELEVEN_BITS.round(np.float64(largest))))
    assert (_exact([[largest]], _BOTH["tf32"]) @ [[0.5]]).overflows.all()


# --- the sums' own arithmetic ---------------------------------------------------------------------------------


def test_sums_of_nothing_are_exactly_zero():
    empty = Rounded.exactly(np.zeros((2, 0)), FLOAT32)
    for result in (empty.sum(axis=-1), empty @ np.zeros((0, 2))):
        assert not result.value.any()
        assert not result.bound.any()


def test_a_sum_of_one_term_costs_only_its_storage():
    one = Rounded.exactly(np.ones((2, 1)), FLOAT32).sum(axis=-1)
    assert (one.bound <= 1.01 * 2.0**-24).all()


def test_a_long_sum_down_a_column_bounds_its_own_rounding():
    """NumPy adds row to row along axis 0; the bound's own sum loses n roundings, more than the factor for 20."""
    n = 50_000
    column = Rounded(np.zeros((n, 2)), np.full((n, 2), 0.1), FLOAT64).sum(axis=0)
    assert (column.bound >= n * 0.1 * (1 + 1e-12)).all()
    assert (column.bound <= n * 0.1 * (1 + 1e-9)).all()


def test_the_bounds_own_sums_are_rounded_up_by_what_they_may_lose():
    """1/7 added 50,000 times comes out too small, by 4·10⁻¹³ of itself: no cost hides that here."""
    n = 50_000
    sevenths, exact = np.full((n, 2), 1 / 7), n * Fraction(1 / 7)
    assert Fraction(float(sevenths.sum(axis=0)[0])) < exact
    free = Model(0.0, 0.0, 0.0, 2.0**100)
    column = Rounded(0 * sevenths, sevenths, free).sum(axis=0)
    product = Rounded(0 * sevenths.T, sevenths.T, free) @ Rounded(1 + 0 * sevenths, 0 * sevenths, free)
    for bound in (column.bound[0], product.bound[0, 0]):
        assert exact <= Fraction(float(bound)) <= exact * (1 + Fraction(1, 10**10))
    # so do the magnitudes that γ_n multiplies
    rounding = Model(0.0, 2.0**-80, 0.0, 2.0**100)
    accumulated = Rounded(sevenths, 0 * sevenths, rounding).sum(axis=0).bound[0]
    gamma = Fraction(n - 1, 2**80)
    assert exact * gamma <= Fraction(float(accumulated)) <= exact * gamma * (1 + Fraction(1, 10**10))


def test_a_row_does_not_pay_for_the_others():
    """Neither the factor for the sum's own arithmetic nor what overflows: many rows, one row, the same bounds."""
    rng = np.random.default_rng(5)
    rows = Rounded(rng.normal(size=(4096, 3)), rng.uniform(0, 0.1, (4096, 3)), FLOAT32)
    first = rows[:1]
    weights = rng.normal(size=(3, 2))
    for step in (lambda x: x.sum(axis=-1), lambda x: x.max(axis=-1), lambda x: x @ weights):
        # the sums of a few float64 may be in another order
        assert np.allclose(step(rows).bound[:1], step(first).bound, rtol=1e-14, atol=0)
    positive = Rounded(
        np.array([[1.0, 2.0], [1.0, -2.0]]), np.ones((2, 2)), FLOAT32, lower=np.array([[0.5], [-5.0]])
    )
    assert 0.999 < positive.sum(axis=-1).lower[0] <= 1
    assert positive.sum(axis=-1).lower[1] < 0


def test_a_bias_may_be_added_first():
    """Missed before: every variant added the bias last. addmm starts from it: it is in every partial sum."""
    rng = np.random.default_rng(0)
    format = FORMATS["float32"]
    model = Model.of(format)
    x = rng.uniform(-1, 1, (200, 64)).astype(np.float32)
    W, b = (rng.uniform(-1, 1, 64) / 256).astype(np.float32), np.float32(1.5)
    exact = x.astype(np.float64) @ W.astype(np.float64) + 1.5  # within 64 · 2⁻⁵³ · 2, which is nothing here
    found = np.full(200, b)
    for i in range(64):
        found = found + x[:, i] * W[i]
    assert found.dtype == np.float32
    error = np.abs(found - exact)
    product = Rounded.exactly(x, model) @ Rounded.exactly(W[:, None], model)
    bias = Rounded.exactly(np.full((200, 1), b), model)
    allowed = (product + bias).bound[:, 0]
    last = allowed - model.gamma(64) * 1.5
    assert (error <= allowed).all()
    assert (error > last).any()
    assert ((bias + product).bound == (product + bias).bound).all()


# --- what a sum allows, and no more -----------------------------------------------------------------------------

U = 2.0**-30
"""A roundoff whose square is nothing beside it."""


def _far(u=0.0, accumulation=0.0, tiny=0.0, product=0.0):
    return Model(u, accumulation, tiny, 2.0**100, product)


def _close(bound, expected):
    """The least that is safe, but for second-order terms and the bound's own arithmetic."""
    assert (np.asarray(expected) <= bound).all()
    assert (bound <= np.asarray(expected) * (1 + 2.0**-20)).all()


@pytest.mark.parametrize("terms", [1, 2, 7])
def test_the_bound_of_a_sum_of_k_terms_is_k_minus_1_additions_and_one_storing(terms):
    x = np.random.default_rng(terms).uniform(0.5, 2, (3, terms)) * np.array([[1], [-1], [1]])
    zero, size = np.zeros_like(x), np.abs(x).sum(axis=-1)

    def bound(errors, model):
        return Rounded(x, errors, model).sum(axis=-1).bound

    _close(bound(zero + U, _far()), terms * U)
    _close(bound(zero, _far(accumulation=U)), (terms - 1) * U * size)
    # storing rounds once more where the accumulation format is another, and each addition and storing may flush
    _close(bound(zero, _far(u=U)), U * size)
    _close(bound(zero, _far(u=U, accumulation=U)), (terms - 1) * U * size)
    _close(bound(zero, _far(tiny=U)), terms * U)
    # what an error or a flush adds is rounded as well: 2⁻⁴ is a roundoff with which that shows
    gamma = (terms - 1) * 2.0**-6 / (1 - (terms - 1) * 2.0**-6)
    _close(bound(zero + U, _far(accumulation=2.0**-6)), terms * U + gamma * (size + 2 * terms * U))
    small = Rounded(x * U, zero, _far(accumulation=2.0**-6, tiny=U)).sum(axis=-1)
    _close(small.bound, gamma * (size * U + (terms - 1) * U) + terms * U)


@pytest.mark.parametrize("terms", [1, 2, 7])
def test_the_bound_of_a_product_of_k_terms_is_k_roundings_and_one_storing(terms):
    rng = np.random.default_rng(terms)
    a, b = rng.uniform(0.5, 2, (3, terms)), rng.uniform(0.5, 2, (terms, 2)) * np.array([1, -1])
    size, below, beside = a @ np.abs(b), np.abs(b).sum(axis=0), a.sum(axis=1, keepdims=True)

    def bound(error_a, error_b, model):
        left, right = Rounded(a, np.full_like(a, error_a), model), Rounded(b, np.full_like(b, error_b), model)
        return (left @ right).bound

    _close(bound(U, 0, _far()), U * np.broadcast_to(below, size.shape))
    _close(bound(0, U, _far()), U * np.broadcast_to(beside, size.shape))
    _close(bound(0, 0, _far(accumulation=U)), terms * U * size)
    _close(bound(0, 0, _far(u=U)), U * size)
    _close(bound(0, 0, _far(u=U, accumulation=U)), terms * U * size)
    # each product, each addition to it, and storing may flush
    _close(bound(0, 0, _far(tiny=U)), (2 * terms + 1) * U * np.ones_like(size))
    _close(bound(0, 0, _far(product=U)), 2 * U * size)
    gamma = terms * 2.0**-6 / (1 - terms * 2.0**-6)
    model = _far(accumulation=2.0**-6, tiny=U)
    small = Rounded(a * U, np.zeros_like(a), model) @ Rounded(b, np.zeros_like(b), model)
    _close(small.bound, gamma * (size * U + 2 * terms * U) + (2 * terms + 1) * U)


def test_a_large_error_counts_in_the_magnitude_that_is_rounded():
    """±1 of either sign with an error of ½: an honest term is up to 2, and so is an operand of a product."""
    x = Rounded(np.array([[1.0, -1.0]]), np.full((1, 2), 0.5), _far(accumulation=2.0**-6))
    gamma = 2.0**-6 / (1 - 2.0**-6)
    _close(x.sum(axis=-1).bound, 1 + gamma * 4)
    # Σ |a| δb + δa |b| = 2 (2 · ½ + ½ · 2), and two products and an addition of up to 4
    gamma = 2 * 2.0**-6 / (1 - 2 * 2.0**-6)
    _close((x @ x.T).bound, 4 + gamma * 8)


def test_a_model_has_the_roundoffs_of_its_format():
    for format in (*FORMATS.values(), TF32):
        model = Model.of(format)
        assert model.storage == 2.0**-format.precision
        assert model.accumulation == 2.0**-format.accumulation_precision
        assert (model.tiny, model.largest) == (format.smallest_normal, format.largest)
        assert model.product == (2.0**-11 if format is TF32 else 0)


# --- the shift of softmax ---------------------------------------------------------------------------------------


def _shift(x, errors=0.0, u=U, **keywords):
    return Rounded(np.asarray(x), np.full(np.shape(x), errors), _far(u=u)).max(axis=-1, **keywords)


@pytest.mark.parametrize("classes", [1, 2, 10, 11, 100, 1000, 32_000])
def test_the_shift_carries_what_the_other_form_of_softmax_loses_beyond_the_quotient(classes):
    """exp(x − lse) loses 3 u log n where all classes are alike; the quotient has room for 2 K − 1 = 7 units."""
    shift = _shift(np.zeros((2, classes)))
    assert shift.value.tolist() == [0, 0]
    missing = max(U * (3 * log(classes) - 7) / 2, 0.0)
    assert np.allclose(shift.bound, missing, rtol=1e-12, atol=0)
    assert (missing > 0) == (classes > 10)


def test_the_shift_carries_nothing_where_one_class_leads_and_more_where_errors_may_close_the_gap():
    """log Σ e^(x − m), with each x − m as large as its error lets it be, and log n at most."""
    leads = np.where(np.arange(1000) == 3, 0.0, -20.0)
    assert _shift(leads[None]).bound[0] == 0
    between = np.log(1 + 999 * np.exp(-3.0)) + 0.5
    assert np.isclose(_shift(leads[None] * 0.15, 0.5).bound[0], U * (3 * between - 7) / 2, rtol=1e-12, atol=0)
    assert np.isclose(_shift(leads[None], 20.0).bound[0], U * (3 * log(1000) - 7) / 2, rtol=1e-12, atol=0)


def test_the_shift_is_of_its_own_row_and_along_its_own_axis():
    x = np.random.default_rng(6).normal(size=(40, 30))
    for axis in (0, 1, -1):
        for keepdims in (False, True):
            shift = Rounded(x, np.zeros_like(x), _far(u=U)).max(axis=axis, keepdims=keepdims)
            assert shift.value.tolist() == x.max(axis=axis, keepdims=keepdims).tolist()
            assert shift.bound.shape == shift.value.shape
    uneven = np.stack([np.zeros(100), np.where(np.arange(100) == 0, 0.0, -50.0)])
    assert _shift(uneven).bound[0] > 0 == _shift(uneven).bound[1]
    assert _shift(np.zeros((3, 1))).shape == (3,)
    assert Rounded(np.zeros((3, 1)), np.zeros((3, 1)), FLOAT32).max(axis=0).shape == (1,)


@pytest.mark.parametrize("nothing", [-np.inf, np.inf, np.nan], ids=str)
def test_a_shift_that_is_no_number_has_no_error(nothing):
    """A row that is masked altogether; beside it the rows are as they were."""
    x = np.stack([np.full(100, nothing), np.zeros(100)])
    shift = _shift(x)
    assert shift.bound[0] == 0
    assert shift.bound[1] == _shift(x[1:]).bound[0] > 0
