"""The assignment's own derivations, line by line, as plain data and functions.

A derivation is a list of lines, each what is printed and the function that it says. Lines next to each other must
be equal, and the first must be the derivative of the ``definition`` where there is one. Nothing is proved here:
``crosscheck derivations`` does that, and anybody can, since a line is a plain NumPy function of the named
``inputs``. Where the print is wrong the lines here are the corrected ones; see ``reference.errata``.

Shapes as in ``reference.equations``: N rows, D inputs, H hidden units, C classes; a label j is an int. In §2.2, θ
is the logits of one row and y is one-hot with its 1 at j.

>>> [line.text for line in DERIVATIONS[1].lines][-1]
'σ(x)(1 − σ(x))'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from . import equations as eq
from .equations import Array, Equation


@dataclass(frozen=True)
class Input:
    """What a line is a function of: its shape in names (``("N", "C")``) and what is known of it.

    ``kind`` is ``"real"``, ``"sums to 1"`` (over the last axis), ``"label"`` (an int below C), ``"other label"``
    (an int below C other than the labels before it) or ``"labels"`` (integers below C, or −100 for a row that does
    not count). ``like`` names the network's quantity that it stands for.
    """

    dims: tuple[str, ...] = ()
    kind: str = "real"
    like: str = ""


@dataclass(frozen=True)
class Line:
    """One line as printed, and the function of the inputs that it says."""

    text: str
    function: Equation


@dataclass(frozen=True)
class Definition:
    """What is differentiated: a scalar function, and by which input (or which entry of it)."""

    text: str
    function: Equation
    wrt: str
    entry: str = ""


@dataclass(frozen=True)
class Derivation:
    """Lines that are all equal, and the definition whose derivative the first one is.

    The parameters of a line are names of the inputs, all of them or some.
    """

    section: str
    title: str
    inputs: Mapping[str, Input]
    lines: tuple[Line, ...]
    definition: Definition | None = None
    assumption: str = ""


LABEL = Input(kind="label")
OTHER = Input(kind="other label")
NETWORK_INPUTS: Mapping[str, Input] = MappingProxyType(
    {
        "x": Input(("N", "D")),
        "W1": Input(("D", "H")),
        "b1": Input(("H",)),
        "phi": Input(("N", "H")),
        "h": Input(("N", "H")),
        "W2": Input(("H", "C")),
        "b2": Input(("C",)),
        "theta": Input(("N", "C")),
        "y": Input(("N", "C"), kind="sums to 1"),
    }
)
"""The quantities of the network and their shapes; the printed gradients need Σ y = 1."""


def network(*names: str) -> dict[str, Input]:
    """The named quantities, as inputs."""
    return {name: NETWORK_INPUTS[name] for name in names}


# --- §1.1: shift invariance ------------------------------------------------------------------------------


def shifted(x: Array, c: Array) -> Array:
    """e^(x_j + c) / Σ_i e^(x_i + c)   (§1.1, first line)."""
    e = np.exp(x + c)
    return e / e.sum(axis=-1, keepdims=True)


def _factored(x: Array, c: Array) -> Array:
    terms = np.exp(x) * np.exp(c)
    return terms / terms.sum(axis=-1, keepdims=True)


def plain_softmax(x: Array) -> Array:
    """e^(x_j) / Σ_i e^(x_i), over the last axis   (§1.1, third line)."""
    return np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)


SHIFT = Derivation(
    "§1.1",
    "softmax(x + c) = softmax(x)",
    {"x": Input(("N", "C"), like="theta"), "c": Input(("N", "1"))},
    (
        Line("e^(x_j + c) / Σ_i e^(x_i + c)", shifted),
        Line("e^(x_j) e^c / Σ_i e^(x_i) e^c", _factored),
        Line("e^(x_j) / Σ_i e^(x_i)", plain_softmax),
        Line("softmax(x)_j", eq.softmax),
    ),
    assumption="c is one constant for all entries of a row",
)

# --- §2.1: the derivative of the sigmoid -------------------------------------------------------------------


def _sigmoid_second(x: Array) -> Array:
    e = np.exp(-x)
    return e / (1 + e) * (1 / (1 + e))


def _sigmoid_third(x: Array) -> Array:
    e = np.exp(-x)
    return e / (1 + e) * ((1 + e - e) / (1 + e))


SIGMOID = Derivation(
    "§2.1",
    "σ'(x) as a function of σ(x)",
    {"x": Input(("N", "H"), like="phi")},
    (
        Line("e^(−x) / (1 + e^(−x))²", lambda x: np.exp(-x) / ((1 + np.exp(-x)) * (1 + np.exp(-x)))),
        Line(
            "e^(−x) / (1 + e^(−x)) · 1 / (1 + e^(−x))",
            lambda x: np.exp(-x) / (1 + np.exp(-x)) * (1 / (1 + np.exp(-x))),
        ),
        Line("e^(−x) / (1 + e^(−x)) · (1 + e^(−x) − e^(−x)) / (1 + e^(−x))", _sigmoid_third),
        Line("σ(x)(1 − σ(x))", eq.sigmoid_gradient),
    ),
    Definition("σ(x) = 1 / (1 + e^(−x))", lambda x: eq.sigmoid(x).sum(), wrt="x"),
)

# --- §2.2: cross-entropy of softmax ------------------------------------------------------------------------

ROW = Input(("C",), like="theta")


def one_hot(j: int, theta: Array) -> np.ndarray:
    """y with y_j = 1 and 0 elsewhere, (C,)."""
    return np.eye(theta.shape[-1])[j]


def _ce(theta: Array, j: int) -> Array:
    return -(one_hot(j, theta) * np.log(plain_softmax(theta))).sum(axis=-1)


def partition(theta: Array) -> Array:
    """Σ_k e^(θ_k), over the last axis   (§2.2)."""
    return np.exp(theta).sum(axis=-1)


def _ce_last(theta: Array, j: int) -> Array:
    return -theta[j] + np.log(partition(theta))


_CE = "CE = −Σ_i y_i log ŷ_i, ŷ = softmax(θ)"
CE_LINE = Line("−Σ_i y_i log(ŷ_i)", _ce)
LOG_SOFTMAX = Line("−log(softmax(θ)_j)", lambda theta, j: -np.log(eq.softmax(theta)[j]))
LOG_RATIO = Line("−log(e^(θ_j) / Σ_k e^(θ_k))", lambda theta, j: -np.log(np.exp(theta[j]) / partition(theta)))

CROSS_ENTROPY = Derivation(
    "§2.2",
    "CE(y, ŷ), with the minus signs that are missing in print",
    {"theta": ROW, "j": LABEL},
    (CE_LINE, LOG_SOFTMAX, LOG_RATIO, Line("−θ_j + log(Σ_k e^(θ_k))", _ce_last)),
    assumption="y is one-hot, y_j = 1",
)

CE_LABEL = Derivation(
    "§2.2",
    "∂CE/∂θ_j at the label j",
    {"theta": ROW, "j": LABEL},
    (
        Line("−1 + 1 / Σ_k e^(θ_k) · e^(θ_j)", lambda theta, j: -1 + 1 / partition(theta) * np.exp(theta[j])),
        Line("−1 + softmax(θ)_j", lambda theta, j: -1 + eq.softmax(theta)[j]),
        Line("ŷ_j − y_j", lambda theta, j: eq.softmax(theta)[j] - one_hot(j, theta)[j]),
    ),
    Definition(_CE, _ce, wrt="theta", entry="j"),
    assumption="y is one-hot, y_j = 1",
)

CE_OTHER = Derivation(
    "§2.2",
    "∂CE/∂θ_k for k ≠ j",
    {"theta": ROW, "j": LABEL, "k": OTHER},
    (
        Line("0 + 1 / Σ_i e^(θ_i) · e^(θ_k)", lambda theta, k: 0 + 1 / partition(theta) * np.exp(theta[k])),
        Line("softmax(θ)_k", lambda theta, k: eq.softmax(theta)[k]),
        Line("ŷ_k − y_k", lambda theta, j, k: eq.softmax(theta)[k] - one_hot(j, theta)[k]),
    ),
    Definition(_CE, _ce, wrt="theta", entry="k"),
    assumption="y is one-hot, y_j = 1",
)

CE_VECTOR = Derivation(
    "§2.2",
    "∂CE/∂θ, all entries together",
    {"theta": ROW, "j": LABEL},
    (Line("ŷ − y", lambda theta, j: eq.softmax(theta) - one_hot(j, theta)),),
    Definition(_CE, _ce, wrt="theta"),
    assumption="y is one-hot, y_j = 1",
)

# --- §2.3: backpropagation -----------------------------------------------------------------------------------


def _J_of_h(h: Array, W2: Array, b2: Array, y: Array) -> Array:
    return eq.J(eq.theta(h, W2, b2), y)


def _J_of_phi(phi: Array, W2: Array, b2: Array, y: Array) -> Array:
    return _J_of_h(eq.h(phi), W2, b2, y)


def _J_of_x(x: Array, W1: Array, b1: Array, W2: Array, b2: Array, y: Array) -> Array:
    return _J_of_phi(eq.phi(x, W1, b1), W2, b2, y)


def output_error(theta: Array, y: Array) -> Array:
    """∂J/∂θ = ŷ − y   (§2.3)."""
    return eq.softmax(theta) - y


def hidden_error(h: Array, W2: Array, b2: Array, y: Array) -> Array:
    """∂J/∂h = (ŷ − y) W₂ᵀ   (§2.3)."""
    return output_error(eq.theta(h, W2, b2), y) @ W2.T


def _d_h_chain(h: Array, W2: Array, b2: Array, y: Array) -> Array:
    """Σ_i (∂J/∂θ)_i ∂θ_i/∂h_k with ∂θ_i/∂h_k = (W₂)_ki."""
    return (output_error(eq.theta(h, W2, b2), y)[:, None, :] * W2).sum(axis=-1)


def _d_phi(phi: Array, W2: Array, b2: Array, y: Array) -> Array:
    return hidden_error(eq.h(phi), W2, b2, y) * eq.sigmoid_gradient(phi)


def _d_phi_chain(phi: Array, W2: Array, b2: Array, y: Array) -> Array:
    """Σ_i (∂J/∂h)_i ∂h_i/∂φ_k with ∂h/∂φ = diag(σ'(φ)), row by row."""
    jacobian = np.eye(phi.shape[-1]) * eq.sigmoid_gradient(phi)[:, None, :]
    return (hidden_error(eq.h(phi), W2, b2, y)[:, :, None] * jacobian).sum(axis=1)


def _d_x(x: Array, W1: Array, b1: Array, W2: Array, b2: Array, y: Array) -> Array:
    return _d_phi(eq.phi(x, W1, b1), W2, b2, y) @ W1.T


def _d_x_chain(x: Array, W1: Array, b1: Array, W2: Array, b2: Array, y: Array) -> Array:
    """Σ_i (∂J/∂φ)_i ∂φ_i/∂x_k with ∂φ_i/∂x_k = (W₁)_ki."""
    return (_d_phi(eq.phi(x, W1, b1), W2, b2, y)[:, None, :] * W1).sum(axis=-1)


_SUM_TO_1 = "Σ y = 1 in every row"
X_DEFINITION = Definition("J(x)", _J_of_x, wrt="x")
X_LAST = Line("((ŷ − y) W₂ᵀ ∘ σ'(φ)) W₁ᵀ", _d_x)

BACKPROP = (
    Derivation(
        "§2.3",
        "∂J/∂θ",
        network("theta", "y"),
        (Line("ŷ − y", output_error),),
        Definition("J(θ)", eq.J, wrt="theta"),
        assumption=_SUM_TO_1,
    ),
    Derivation(
        "§2.3",
        "∂J/∂h",
        network("h", "W2", "b2", "y"),
        (Line("∂J/∂θ ∂θ/∂h", _d_h_chain), Line("(ŷ − y) W₂ᵀ", hidden_error)),
        Definition("J(h)", _J_of_h, wrt="h"),
        assumption=_SUM_TO_1,
    ),
    Derivation(
        "§2.3",
        "∂J/∂φ",
        network("phi", "W2", "b2", "y"),
        (Line("∂J/∂h ∂h/∂φ", _d_phi_chain), Line("(ŷ − y) W₂ᵀ ∘ σ'(φ)", _d_phi)),
        Definition("J(φ)", _J_of_phi, wrt="phi"),
        assumption=_SUM_TO_1,
    ),
    Derivation(
        "§2.3",
        "∂J/∂x, with the parentheses that are missing in print",
        network("x", "W1", "b1", "W2", "b2", "y"),
        (Line("∂J/∂φ ∂φ/∂x", _d_x_chain), X_LAST),
        X_DEFINITION,
        assumption=_SUM_TO_1,
    ),
)

# --- what equations.py computes is what the text defines ---------------------------------------------------------

_LOGITS = {"x": Input(("N", "C"), like="theta")}
SHIFTED = (
    Derivation(
        "§2.2",
        "log Σ e^x, shifted by any m",
        _LOGITS,
        (Line("log Σ_i e^(x_i)", lambda x: np.log(partition(x))), Line("m + log Σ_i e^(x_i − m)", eq.logsumexp)),
    ),
    Derivation(
        "§2.2",
        "log softmax, shifted by any m",
        _LOGITS,
        (
            Line("log softmax(x)_j", lambda x: np.log(plain_softmax(x))),
            Line("(x_j − m) − log Σ_i e^(x_i − m)", eq.log_softmax),
        ),
    ),
    Derivation(
        "§2.2",
        "CE of any y, shifted by any m",
        {**_LOGITS, "y": Input(("N", "C"))},
        (
            Line("−Σ_i y_i log(ŷ_i)", lambda x, y: -(y * np.log(plain_softmax(x))).sum(axis=-1)),
            Line("−Σ_i y_i ((x_i − m) − log Σ_k e^(x_k − m))", eq.cross_entropy),
        ),
    ),
)

DERIVATIONS: tuple[Derivation, ...] = (
    SHIFT,
    SIGMOID,
    CROSS_ENTROPY,
    CE_LABEL,
    CE_OTHER,
    CE_VECTOR,
    *BACKPROP,
    *SHIFTED,
)
"""Every derivation of the assignment, in its order; then the shifted forms in which ``equations`` writes them."""
