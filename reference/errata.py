"""The errata of the assignment: what is printed wrong, or right only under a condition that is not printed.

An erratum is a formula as printed beside its correction, and what both are meant to be. ``crosscheck derivations``
refutes the one with a witness and proves the other. A printed formula without parentheses is read with the matrix
product binding first, as §2.3 itself needs for a batch in its line for ∂J/∂φ.

>>> [erratum.section for erratum in ERRATA]
['§1.1', '§1.2', '§2.2', '§2.2', '§2.2', '§2.3']
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from . import equations as eq
from .derivations import (
    CE_LINE,
    LABEL,
    LOG_RATIO,
    LOG_SOFTMAX,
    ROW,
    X_DEFINITION,
    X_LAST,
    Definition,
    Input,
    Line,
    hidden_error,
    network,
    output_error,
    partition,
    plain_softmax,
    shifted,
)
from .equations import Array


@dataclass(frozen=True)
class Erratum:
    """A formula as printed, which is wrong, beside its correction; both are meant to be ``against``."""

    section: str
    title: str
    inputs: Mapping[str, Input]
    printed: Line
    correction: Line
    against: Line | Definition
    why: str


def _d_x_printed(x: Array, W1: Array, b1: Array, W2: Array, b2: Array, y: Array) -> Array:
    phi = eq.phi(x, W1, b1)
    return hidden_error(eq.h(phi), W2, b2, y) * (eq.sigmoid_gradient(phi) @ W1.T)


def _along_axis_1(x: Array) -> Array:
    """``np.apply_along_axis(softmax_vector, 1, x)``, the code of §1.2, in operations that every arithmetic has."""
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


ERRATA: tuple[Erratum, ...] = (
    Erratum(
        "§1.1",
        "the shift is one constant, not a vector",
        {"x": Input(("N", "C"), like="theta"), "c": Input(("N", "C"))},
        Line("softmax(𝐱 + 𝐜), 𝐜 bold like 𝐱", shifted),
        Line("softmax(𝐱 + c), c the same for all", lambda x, c: shifted(x, c[..., :1])),
        Line("softmax(𝐱)", eq.softmax),
        why="where the entries of 𝐜 differ, e^(c_i) does not come out of the sum",
    ),
    Erratum(
        "§1.2",
        "the classes are on the last axis",
        {"x": Input(("N", "H", "C"))},
        Line("apply_along_axis(softmax_vector, 1, x)", _along_axis_1),
        Line("apply_along_axis(softmax_vector, -1, x)", eq.softmax),
        Line("softmax of every vector x[n, m, :]", plain_softmax),
        why="`len(x.shape) > 1` lets three dimensions in, and there axis 1 is not the last",
    ),
    Erratum(
        "§2.2",
        "CE, second line: the minus sign",
        {"theta": ROW, "j": LABEL},
        Line("log(softmax(θ)_j)", lambda theta, j: np.log(eq.softmax(theta)[j])),
        LOG_SOFTMAX,
        CE_LINE,
        why="−Σ y_i log(ŷ_i) with y_j = 1 is −log(ŷ_j)",
    ),
    Erratum(
        "§2.2",
        "CE, third line: the minus sign",
        {"theta": ROW, "j": LABEL},
        Line("log(e^(θ_j) / Σ_k e^(θ_k))", lambda theta, j: np.log(np.exp(theta[j]) / partition(theta))),
        LOG_RATIO,
        CE_LINE,
        why="it is carried over from the second line; the fourth has it back",
    ),
    Erratum(
        "§2.2",
        "∂CE/∂θ needs Σ y = 1",
        {"theta": Input(("N", "C")), "y": Input(("N", "C"))},
        Line("ŷ − y", output_error),
        Line("(Σ y) ŷ − y", eq.d_theta),
        Definition("CE = −Σ_i y_i log ŷ_i", eq.J, wrt="theta"),
        why="every y_i log ŷ_i gives y_i ŷ: right for one-hot and soft labels, not for weights",
    ),
    Erratum(
        "§2.3",
        "∂J/∂x, last line: the parentheses",
        network("x", "W1", "b1", "W2", "b2", "y"),
        Line("(ŷ − y) W₂ᵀ ∘ σ'(φ) W₁ᵀ", _d_x_printed),
        X_LAST,
        X_DEFINITION,
        why="the product σ'(φ) W₁ᵀ comes first: (N, D) against (N, H); with D = H no error, a wrong value",
    ),
)
"""What is printed wrong, or right only under a condition that is not printed."""
