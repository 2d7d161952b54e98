"""Sums and matrix products of the float64 enclosure, against exact fractions."""

from fractions import Fraction

import numpy as np
import pytest

from crosscheck.numbers import fast_sums
from crosscheck.numbers.fast import Fast
from crosscheck.numbers.fast_sums import U, product, total


def _off(value, a, b):
    """|value − a @ b| for every element, from fractions."""
    rows = [list(map(Fraction, row)) for row in a.tolist()]
    columns = [list(map(Fraction, column)) for column in b.T.tolist()]
    exact = [sum(map(Fraction.__mul__, row, column), Fraction(0)) for row in rows for column in columns]
    return [abs(Fraction(v) - e) for v, e in zip(value.ravel().tolist(), exact, strict=True)]


def _enclosed(value, bound, a, b):
    """Whether the exact product is within the bound wherever there is one."""
    known = np.isfinite(bound)
    assert np.isfinite(value[known]).all()
    off = _off(np.where(known, value, 0.0), a, b)
    pairs = zip(off, bound.ravel().tolist(), strict=True)
    return all(not np.isfinite(d) or o <= Fraction(d) for o, d in pairs)


def _matrix(rng, rows, columns, spread=0.0):
    return rng.normal(size=(rows, columns)) * np.exp(rng.uniform(-spread, spread, (rows, columns)))


@pytest.mark.parametrize("spread", [0.0, 5.0, 100.0, 500.0])
@pytest.mark.parametrize("terms", [1, 2, 40, 1100])
@np.errstate(over="ignore", invalid="ignore")
def test_the_product_of_exact_matrices_is_enclosed(terms, spread):
    rng = np.random.default_rng(terms)
    a, b = _matrix(rng, 3, terms, spread), _matrix(rng, terms, 2, spread)
    value, bound = product(a, None, b, None)
    assert _enclosed(value, bound, a, b)
    if spread <= 5:
        # little more than the rounding of the result itself: the split has 42 bits more in its first product
        size = np.linalg.norm(a, axis=1)[:, None] * np.linalg.norm(b, axis=0)
        assert (bound <= 1.01 * U * np.abs(value) + 2.0**-17 * terms**1.5 * U * size).all()


def test_the_high_product_of_a_split_rounds_nothing():
    rng = np.random.default_rng(0)
    a, b = _matrix(rng, 3, 700), _matrix(rng, 700, 2)
    step_a, step_b = np.abs(a).max(axis=1), np.abs(b).max(axis=0)
    bits = (53 - 10) // 2
    a_high, a_low, _ = fast_sums._high(a, step_a[:, None], bits)
    b_high, b_low, _ = fast_sums._high(b, step_b, bits)
    assert (a_high + a_low == a).all()
    assert (b_high + b_low == b).all()
    for order in (slice(None), slice(None, None, -1)):
        exact = a_high[:, order] @ b_high[order]
        assert not any(_off(exact, a_high, b_high))
    # A planted fault: more bits, and it rounds. Random signs leave 4 bits or so to spare.
    a_high, b_high = fast_sums._high(a, step_a[:, None], bits + 6)[0], fast_sums._high(b, step_b, bits + 6)[0]
    assert any(_off(a_high @ b_high, a_high, b_high))


@pytest.mark.parametrize("scale", [1e-300, 1e-170, 1e-130, 1e130, 1e150])
def test_products_at_the_ends_of_the_range_are_enclosed(scale):
    rng = np.random.default_rng(1)
    a, b = _matrix(rng, 3, 30) * scale, _matrix(rng, 30, 2) * scale
    value, bound = product(a, None, b, None)
    assert np.isfinite(bound).all()
    assert _enclosed(value, bound, a, b)


def test_a_row_of_zeros_costs_the_others_nothing():
    rng = np.random.default_rng(2)
    a, b = _matrix(rng, 3, 300), _matrix(rng, 300, 2)
    _, bound = product(a, None, b, None)
    a[1] = 0
    value, beside = product(a, None, b, None)
    assert not value[1].any()
    assert (beside[1] < 1e-300).all()
    assert np.allclose(beside[[0, 2]], bound[[0, 2]], rtol=1e-3, atol=0)


@pytest.mark.parametrize("which", ["left", "right", "both"])
def test_what_the_operands_are_off_by_is_in_the_bound(which):
    """The exact matrices at the ends of their bounds, with the signs that do most harm."""
    rng = np.random.default_rng(3)
    a, b = _matrix(rng, 4, 50), _matrix(rng, 50, 3)
    da = rng.uniform(0, 1e-3, a.shape) if which != "right" else None
    db = rng.uniform(0, 1e-3, b.shape) if which != "left" else None
    value, bound = product(a, da, b, db)
    da, db = (np.zeros(x.shape) if d is None else d for d, x in ((da, a), (db, b)))
    for i, j in np.ndindex(value.shape):
        for sign in (1, -1):
            row = a[i] + sign * np.sign(b[:, j]) * da[i]
            column = b[:, j] + sign * np.sign(row) * db[:, j]
            assert abs(row @ column - value[i, j]) <= bound[i, j]
    most = np.abs(a) @ db + da @ (np.abs(b) + db)
    assert (bound <= 2 * most).all()  # π/2 is what norms cost random data


@pytest.mark.parametrize("n", [0, 1, 3, 1024, 1025, 5000])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_sums_are_enclosed(n, axis):
    rng = np.random.default_rng(n)
    x = rng.normal(size=(n, 2)) * np.exp(rng.uniform(-20, 20, (n, 2)))
    x = x if axis == 0 else x.T
    for keepdims in (False, True):
        value, bound = total(x, None, axis, keepdims)
        assert value.shape == bound.shape == x.sum(axis=axis, keepdims=keepdims).shape
    for row, v, d in zip(np.moveaxis(x, axis, -1), value.ravel(), bound.ravel(), strict=True):
        assert abs(sum(map(Fraction, row.tolist()), Fraction(0)) - Fraction(float(v))) <= Fraction(float(d))
        assert d <= 2 * 150 * U * np.abs(row).sum() + 1e-300 or n == 1024


def test_long_sums_are_cut_into_pieces():
    x = np.full((1, 40_000), 0.1)
    _, bound = total(x, None, 1, False)
    assert bound[0] <= 450 * U * 4000


def test_a_sum_of_all_has_the_errors_of_all():
    x = Fast(np.ones((3, 4)), np.full((3, 4), 1e-3))
    assert 12e-3 <= x.sum().bound <= 12.001e-3
    assert x.sum(keepdims=True).shape == (1, 1)


def test_vectors_are_rows_and_columns():
    rng = np.random.default_rng(5)
    v, m = Fast.of(rng.normal(size=4)), Fast.of(rng.normal(size=(4, 3)))
    assert (v @ m).shape == (3,)
    assert (m.T @ v).shape == (3,)
    assert (v @ v).shape == (v @ v).bound.shape == ()


def test_norms_that_leave_out_the_rounding_of_the_product_are_caught(monkeypatch):
    """A planted fault: no γ at all, where the operands are too far apart to be split."""
    rng = np.random.default_rng(6)
    a, b = _matrix(rng, 8, 300), _matrix(rng, 300, 8)
    monkeypatch.setattr(fast_sums, "_split", lambda *_: None)
    assert _enclosed(*product(a, None, b, None), a, b)
    monkeypatch.setattr(fast_sums, "gamma", lambda n: 0.0)
    assert not _enclosed(*product(a, None, b, None), a, b)
