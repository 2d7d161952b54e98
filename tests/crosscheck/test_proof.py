"""Planted wrong lines are refuted, naming the right line; and the results as a whole."""

import dataclasses
import json
import sys

import numpy as np
import pytest

from crosscheck import proof
from crosscheck.proof import (
    PROVED,
    REFUTED,
    Results,
    all_right,
    check_derivation,
    check_erratum,
    gradients,
    prove_all,
    to_dict,
)
from crosscheck.proof.prove import prove
from crosscheck.run import portable
from reference import equations as eq
from reference.derivations import (
    BACKPROP,
    CE_LABEL,
    CE_VECTOR,
    CROSS_ENTROPY,
    SHIFT,
    SIGMOID,
    Derivation,
    Input,
    Line,
    one_hot,
)
from reference.errata import ERRATA


def planted(derivation, number, function):
    """The derivation with another function in one line (numbered from 1)."""
    lines = list(derivation.lines)
    lines[number - 1] = dataclasses.replace(lines[number - 1], function=function)
    return dataclasses.replace(derivation, lines=tuple(lines))


def _sigmoid_lost_square(x):
    return np.exp(-x) / (1 + np.exp(-x))


def _shift_of_numerator_only(x, c):
    return np.exp(x) * np.exp(c) / np.exp(x).sum(axis=-1, keepdims=True)


def _d_h_not_transposed(h, W2, b2, y):
    return (eq.softmax(eq.theta(h, W2, b2)) - y) @ W2


def _d_phi_lost_factor(phi, W2, b2, y):
    return (eq.softmax(eq.theta(eq.h(phi), W2, b2)) - y) @ W2.T


PLANTED = {
    "2.1-lost-square": (SIGMOID, 1, _sigmoid_lost_square),
    "2.1-sign-in-exponent": (SIGMOID, 3, lambda x: np.exp(x) / (1 + np.exp(-x)) / (1 + np.exp(-x))),
    "2.1-plus-for-minus": (SIGMOID, 4, lambda x: eq.sigmoid(x) * (1 + eq.sigmoid(x))),
    "1.1-shift-of-numerator-only": (SHIFT, 2, _shift_of_numerator_only),
    "2.2-sign": (CROSS_ENTROPY, 4, lambda theta, j: theta[j] + np.log(np.exp(theta).sum())),
    "2.2-gradient-sign": (CE_LABEL, 3, lambda theta, j: one_hot(j, theta)[j] - eq.softmax(theta)[j]),
    "2.2-lost-one": (CE_LABEL, 1, lambda theta, j: eq.softmax(theta)[j]),
    "2.2-vector-sign": (CE_VECTOR, 1, lambda theta, j: one_hot(j, theta) - eq.softmax(theta)),
    "2.3-d_phi-lost-factor": (BACKPROP[2], 2, _d_phi_lost_factor),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_line_is_refuted_and_named(name):
    derivation, number, function = PLANTED[name]
    found = check_derivation(planted(derivation, number, function))
    wrong = found.lines[number - 1]
    assert found.first_wrong == number
    assert wrong.status == REFUTED
    assert wrong.algebra.shown is False
    assert wrong.witness.left != wrong.witness.right
    assert all(verdict is None or verdict.status == PROVED for verdict in found.lines[: number - 1])
    # The lines after the wrong one are right among themselves; only the next sees the wrong one.
    assert all(verdict.status == PROVED for verdict in found.lines[number + 1 :])


def test_a_missing_transposition_has_the_wrong_shape_where_it_can():
    found = check_derivation(planted(BACKPROP[1], 2, _d_h_not_transposed))
    assert found.first_wrong == 2
    assert "shapes do not fit" in found.lines[1].witness.error


def test_a_missing_transposition_on_a_square_matrix_is_refuted_by_value():
    square = {
        name: Input(tuple("C" if dim == "H" else dim for dim in wanted.dims), wanted.kind)
        for name, wanted in BACKPROP[1].inputs.items()
    }
    derivation = dataclasses.replace(BACKPROP[1], inputs=square)
    assert check_derivation(derivation).first_wrong is None
    found = check_derivation(planted(derivation, 2, _d_h_not_transposed))
    assert found.first_wrong == 2
    assert not found.lines[1].witness.error
    assert found.lines[1].algebra.shown is False


def test_without_its_assumption_a_right_line_is_refuted():
    free = {**BACKPROP[0].inputs, "y": Input(("N", "C"))}
    assert check_derivation(dataclasses.replace(BACKPROP[0], inputs=free)).first_wrong == 1


def test_anybodys_lines_can_be_checked():
    lines = (Line("(a + b)²", lambda a, b: (a + b) * (a + b)), Line("a² + b²", lambda a, b: a * a + b * b))
    found = check_derivation(Derivation("", "freshman's dream", {"a": Input(), "b": Input()}, lines))
    assert found.first_wrong == 2
    assert set(found.lines[1].witness.inputs) == {"a", "b"}


@pytest.fixture(scope="module")
def few():
    claims = gradients.network()
    return Results(0, (check_derivation(SIGMOID),), (prove(claims["d_theta"]),), (check_erratum(ERRATA[2]),))


def test_all_right_needs_every_part(few):
    wrong = check_derivation(planted(SIGMOID, 4, eq.sigmoid))
    swapped = dataclasses.replace(ERRATA[2], printed=ERRATA[2].correction)
    assert all_right(few)
    assert not all_right(dataclasses.replace(few, derivations=(wrong,)))
    assert not all_right(dataclasses.replace(few, gradients=(wrong.lines[3],)))
    assert not all_right(dataclasses.replace(few, errata=(check_erratum(swapped),)))


def test_the_results_are_plain_data(few):
    data = json.loads(json.dumps(portable(to_dict(few))))
    assert data["schema"] == "crosscheck.derivations/1"
    assert data["all_right"] is True
    assert data["environment"]["python"]
    assert data["derivations"][0]["lines"][3]["status"] == "proved"
    assert (
        data["errata"][0]["printed"][0]["witness"]["left"] != data["errata"][0]["printed"][0]["witness"]["right"]
    )


def test_prove_all_tells_how_far_it_is_and_without_sympy_still_meets(monkeypatch):
    monkeypatch.setitem(sys.modules, "crosscheck.numbers.symbol", None)
    monkeypatch.setattr(proof, "DERIVATIONS", (SIGMOID,))
    monkeypatch.setattr(proof, "ERRATA", ERRATA[:1])
    steps = []
    results = prove_all(progress=lambda done, total: steps.append((done, total)))
    assert steps == [(done, len(steps)) for done in range(1, len(steps) + 1)]
    assert len(steps) == 1 + len(results.gradients) + 1
    assert all_right(results)
    assert {verdict.status for verdict in results.gradients} == {"met"}
