"""Proved, met, undecided and refuted, each for the right reason."""

import sys

import numpy as np
import pytest

from crosscheck.proof.claims import Equal, Gradient
from crosscheck.proof.points import SMALL, Shape
from crosscheck.proof.prove import ANY, DEPENDS, DIGITS, prove
from crosscheck.proof.verdict import MET, PROVED, REFUTED, UNDECIDED
from reference.derivations import Definition, Input

INPUTS = {"x": Input(("N", "C"))}
ONE = (SMALL,)


def claim(right, left=lambda x: np.exp(x) * np.exp(x)):
    return Equal("e^(2x)", INPUTS, left, right)


def test_equal_functions_are_proved():
    verdict = prove(claim(lambda x: np.exp(x + x)))
    assert verdict.status == PROVED
    assert [meeting.digits >= DIGITS for meeting in verdict.meetings] == [True] * 4


def test_a_difference_below_float64_is_refuted_with_the_entry_and_both_enclosures():
    tiny = np.zeros((2, 3))
    tiny[1, 2] = 2.0**-80
    verdict = prove(claim(lambda x: np.exp(x + x) + tiny), ONE)
    assert verdict.status == REFUTED
    assert verdict.witness.entry == "entry [1, 2]"
    assert np.shape(verdict.witness.inputs["x"]) == (2, 3)
    assert verdict.algebra.note == "entry [1, 2] does not reduce to 0"


def test_what_algebra_cannot_show_is_not_called_proved():
    # max(x) differs from a free symbol: equal at every point, yet not for every shift.
    verdict = prove(claim(lambda x: x.max(axis=-1), lambda x: x.max(axis=-1)), ONE)
    assert verdict.status == UNDECIDED
    assert verdict.witness is None
    assert verdict.digits >= DIGITS
    assert verdict.algebra.note == f"entry [0] does not reduce to 0{ANY}"


def test_a_relu_has_no_derivative_by_algebra_and_its_own_by_series():
    """Both read a maximum as a constant before, and proved that the derivative of Σ max(x, 0) is 0."""
    relu = Definition("Σ max(x, 0)", lambda x: np.maximum(x, 0).sum(), "x")
    verdict = prove(Gradient("0", INPUTS, relu, lambda x: 0 * x), ONE)
    assert verdict.status == REFUTED
    assert verdict.algebra.note == DEPENDS
    above = Definition("Σ max(x, x − 1)", lambda x: np.maximum(x, x - 1).sum(), "x")
    verdict = prove(Gradient("1", INPUTS, above, lambda x: 0 * x + 1), ONE)
    assert (verdict.status, verdict.algebra.note) == (UNDECIDED, DEPENDS)
    assert verdict.digits >= DIGITS


def test_a_function_that_changes_its_argument_changes_no_other():
    def doubled(x):
        x *= 2
        return x

    assert prove(claim(doubled, lambda x: x + x), ONE).status == PROVED
    assert prove(claim(lambda x: x + x, doubled), ONE).status == PROVED


def test_enclosures_that_never_get_narrow_are_undecided():
    # x − x is exactly 0, and so has no first digit, but its enclosure e^x e^(−x) − 1 has a width.
    verdict = prove(claim(lambda x: np.exp(x) * np.exp(-x) - 1, lambda x: x - x), ONE)
    assert verdict.status == UNDECIDED
    assert verdict.algebra.shown


def test_precision_grows_until_enough_digits_are_met():
    # 1 + 2⁻¹⁰⁰ e^x loses 100 of 128 bits when 1 is taken away again.
    small = 2.0**-100
    verdict = prove(claim(lambda x: np.exp(x) * small, lambda x: (1 + np.exp(x) * small) - 1), ONE)
    assert verdict.status == PROVED
    assert verdict.meetings[0].bits == 256


@pytest.mark.parametrize(
    ("right", "error"),
    [
        (lambda x: x.T, "shape (3, 2), expected (2, 3)"),
        (lambda x: x @ x, "shapes do not fit: matmul"),
        (lambda x: np.exp(x + x)[5], "shapes do not fit: index 5"),
    ],
)
def test_shapes_that_do_not_fit_are_a_refutation(right, error):
    verdict = prove(claim(right), ONE)
    assert verdict.status == REFUTED
    assert verdict.witness.error.startswith(error)


def test_a_missing_transposition_on_a_square_matrix_is_refuted():
    inputs = {"x": Input(("N", "H")), "W": Input(("H", "H"))}
    definition = Definition("Σ x W", lambda x, W: (x @ W).sum(), "x")

    right = Gradient("1 Wᵀ", inputs, definition, lambda x, W: (x - x + 1) @ W.T)
    wrong = Gradient("1 W", inputs, definition, lambda x, W: (x - x + 1) @ W)
    assert prove(right, ONE).status == PROVED
    verdict = prove(wrong, ONE)
    assert verdict.status == REFUTED
    assert verdict.algebra.shown is False


def test_without_sympy_the_digits_still_run(monkeypatch):
    monkeypatch.setitem(sys.modules, "crosscheck.numbers.symbol", None)
    verdict = prove(claim(lambda x: np.exp(x + x)), ONE)
    assert verdict.status == MET
    assert verdict.algebra.note == "not run: install sympy (pip install -e '.[proof]')"


def test_without_scikit_learn_the_other_shapes_still_run(monkeypatch):
    from crosscheck import digits

    digits.digits.cache_clear()
    digits.trained.cache_clear()
    monkeypatch.setattr(digits, "find_spec", lambda name: None)
    verdict = prove(claim(lambda x: np.exp(x + x)), (SMALL, Shape(8, 64, 32, 10, real=True)))
    assert verdict.status == PROVED
    assert verdict.meetings[1].note == "not run: install scikit-learn (pip install -e '.[data]')"


def test_another_seed_is_another_point():
    wrong = claim(lambda x: x)
    first, again, other = (prove(wrong, ONE, seed).witness for seed in (0, 0, 1))
    assert first == again
    assert first.inputs != other.inputs
