"""The report fits its width, and says without colour what is proved, refuted and not run."""

import sys

import pytest

from crosscheck.proof import Results, check_derivation, check_erratum, gradients
from crosscheck.proof.prove import prove
from crosscheck.report.derivations import text
from reference.derivations import CE_LABEL, SHIFT, SIGMOID, Derivation, Input, Line
from reference.errata import ERRATA

WRONG = Derivation("§0", "a slip", {"a": Input()}, (Line("2a", lambda a: 2 * a), Line("a", lambda a: a)))


@pytest.fixture(scope="module")
def results():
    found = tuple(check_derivation(derivation) for derivation in (SHIFT, SIGMOID, CE_LABEL, WRONG))
    claim = gradients.network()["d_theta"]
    return Results(7, found, (prove(claim),), (check_erratum(ERRATA[0]), check_erratum(ERRATA[-1])))


@pytest.mark.parametrize("width", [100, 80])
def test_it_fits_and_loses_nothing(results, width):
    shown = text(results, width)
    assert max(map(len, shown.splitlines())) <= width
    assert shown.count("algebra 2×3-2-3") == 3 + 4 + 3 + 1 + 2
    assert "digits 64-32-10" in shown


def test_what_is_proved_and_what_is_not(results):
    lines = [line.strip() for line in text(results).splitlines()]
    assert "·  e^(x_j + c) / Σ_i e^(x_i + c)" in lines
    assert any(line.startswith("✓  σ(x)(1 − σ(x))  ") for line in lines)
    slip = lines.index("§0  a slip")
    assert lines[slip + 1] == "·  2a"
    assert lines[slip + 2].startswith("✗  a")
    assert "the value: expected" in " ".join(lines[slip + 3 : slip + 5])
    assert lines[-1] == "13 proved, 1 refuted; 2 of 2 errata refuted as printed; seed 7"


def test_an_erratum_stands_beside_its_correction(results):
    lines = [line.strip() for line in text(results).splitlines()]
    printed = lines.index("✗  (ŷ − y) W₂ᵀ ∘ σ'(φ) W₁ᵀ")
    assert lines[printed + 1].startswith("✓  ((ŷ − y) W₂ᵀ ∘ σ'(φ)) W₁ᵀ")
    told = " ".join(lines[printed + 2 : printed + 6])
    assert "✗ 2×3-2-3: shapes do not fit" in told
    assert "2×2-2-3 [" in told


def test_what_was_not_run_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "crosscheck.numbers.symbol", None)
    shown = text(Results(0, (check_derivation(SIGMOID),), (), ()))
    assert "algebra not run: install sympy" in " ".join(shown.split())
    assert "0 proved, 4 met" in shown
