"""σ″ and Hessian-vector products, accurate for every x: the R-operator of ``reference.second_equations``.

    σ″(x) = −sign(x) t (1 − t) / (1 + t)³ with t = e^(−|x|), 1 − t by expm1
    R{ŷ}_j = ŷ_j (w_j − Σ_{i≠k} ŷ_i w_i) with w = ẋ − ẋ_k, where k is the largest logit

σ'(1 − 2σ) cancels at both ends: 1 − σ for large x, 1 − 2σ near 0. In ẋ_k − Σ ŷ_i ẋ_i a dominant ŷ_k ≈ 1 cancels
what is left; w_k is 0.

Everything but matrix products is computed in float64 and rounded once. Arguments and special values as in
``reference.sigmoid``, ``reference.cross_entropy`` and ``reference.two_layer``; no argument is modified.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ._arrays import floating, matching, rows, stored, targets, wide, with_axis, without
from ._rows import exponentials
from .cross_entropy import cross_entropy_jvp
from .second_equations import ALONG, NETWORK_TANGENTS
from .sigmoid import sigmoid_gradient, sigmoid_jvp
from .two_layer import two_layer

Arrays = dict[str, np.ndarray]


def _second(x: np.ndarray) -> np.ndarray:
    """−sign(x) t (1 − t) / (1 + t)³, in float64."""
    x = x.astype(np.float64)
    t = np.exp(-np.abs(x))
    # (1 + t)³ as 1 + t (3 + t (3 + t)): a cube would triple the rounding of 1 + t.
    return np.asarray(np.sign(x) * t * np.expm1(-np.abs(x)) / (1 + t * (3 + t * (3 + t))))


@np.errstate(all="ignore")
def sigmoid_second(x: Any) -> np.ndarray:
    """σ″(x) = −sign(x) t (1 − t) / (1 + t)³ with t = e^(−|x|); any shape, the dtype of x.

    TypeError where x is not floating. σ″(±inf) = 0.

    >>> sigmoid_second([40.0, -40.0])
    array([-4.24835426e-18,  4.24835426e-18])
    """
    x = floating("x", x)
    return stored(_second(x), x.dtype)


@np.errstate(all="ignore")
def sigmoid_hvp(x: Any, cotangent: Any, tangent: Any) -> np.ndarray:
    """ȳ ∘ σ″(x) ∘ ẋ, the derivative of ``sigmoid_vjp`` along ẋ; any shape, all of the shape and dtype of x.

    TypeError or ValueError, by name, where they differ.

    >>> sigmoid_hvp([40.0], [2.0], [3.0])
    array([-2.54901255e-17])
    """
    x = floating("x", x)
    cotangent = matching("cotangent", cotangent, x.shape, x.dtype).astype(np.float64)
    tangent = matching("tangent", tangent, x.shape, x.dtype).astype(np.float64)
    return stored(cotangent * _second(x) * tangent, x.dtype)


def _probabilities_along(x: np.ndarray, tangent: np.ndarray, axis: int) -> np.ndarray:
    """R{ŷ} in float64, the classes last, of checked arguments."""
    of, v = exponentials(rows(x, axis)), rows(tangent, axis).astype(np.float64)
    p, w = of.softmax, v - v.ravel()[of.top][:, None]
    found = p * (w - (p * w).sum(axis=-1, keepdims=True))
    return found.reshape(*without(x.shape, axis), x.shape[axis])


def _total(y: np.ndarray, axis: int) -> np.ndarray | float:
    """Σ y per row, (..., 1); 1 for class labels."""
    if y.dtype.kind in "iu":
        return 1.0
    total = rows(y, axis).astype(np.float64).sum(axis=-1)
    return total.reshape(*without(y.shape, axis), 1)


@np.errstate(all="ignore")
def cross_entropy_hvp(x: Any, y: Any, cotangent: Any, tangent: Any, axis: int = -1) -> np.ndarray:
    """(ȳ per row) (Σ y) R{ŷ}, the derivative of ``cross_entropy_vjp`` along ẋ; the shape of x   (§2.2).

    ``cotangent`` has the shape of x without ``axis``, ``tangent`` that of x. TypeError or ValueError says by name
    what is wrong.

    >>> cross_entropy_hvp([40.0, 0.0], 0, 2.0, [1.0, 0.0])
    array([ 8.49670851e-18, -8.49670851e-18])
    """
    x, axis = with_axis(x, axis)
    y = targets(y, x, axis)
    scale = matching("cotangent", cotangent, without(x.shape, axis), x.dtype).astype(np.float64)[..., None]
    found = _probabilities_along(x, matching("tangent", tangent, x.shape, x.dtype), axis)
    return stored(scale * (_total(y, axis) * found), x.dtype, axis)


def _products(*pairs: tuple[np.ndarray, np.ndarray]) -> Any:
    """Σ a b over pairs of matrices."""
    return sum(wide(a) @ wide(b) for a, b in pairs)


def _cost_along(theta: np.ndarray, y: np.ndarray, t_theta: np.ndarray) -> np.ndarray:
    """R{J}; labels stay what they are."""
    y = y if y.dtype.kind in "iu" else wide(y)
    return np.asarray(cross_entropy_jvp(wide(theta), y, wide(t_theta)).sum(dtype=np.float64))


def _through_sigmoid(phi: np.ndarray, d_h: np.ndarray, t_d_h: np.ndarray, t_phi: np.ndarray) -> np.ndarray:
    """R{∂J/∂φ} = R{∂J/∂h} ∘ σ'(φ) + ∂J/∂h ∘ σ″(φ) ∘ R{φ}, in float64."""
    wide, d_h, t_d_h, t_phi = (a.astype(np.float64) for a in (phi, d_h, t_d_h, t_phi))
    return np.asarray(t_d_h * sigmoid_gradient(wide) + d_h * _second(wide) * t_phi)


@np.errstate(all="ignore")
def two_layer_hvp(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, **directions: Any) -> Arrays:
    """Every quantity of ``two_layer`` and its tangent, by name   (§2.3; Pearlmutter 1994).

    ``directions`` are t_x, t_W1, t_b1, t_W2 and t_b2, each of the shape and dtype of what it moves. t_d_x, t_d_W1,
    t_d_b1, t_d_W2 and t_d_b2 are then the Hessian of J times (t_x, …, t_b2). Each quantity is computed from the
    stored ones that its equation names. TypeError or ValueError says by name what is wrong.

    >>> shapes = {"x": (5, 3), "W1": (3, 4), "b1": 4, "W2": (4, 2), "b2": 2}
    >>> given = {name: np.ones(shape) for name, shape in shapes.items()}
    >>> directions = {f"t_{name}": array for name, array in given.items()}
    >>> two_layer_hvp(**given, y=np.zeros(5, int), **directions)["t_d_W1"].shape
    (3, 4)
    """
    q = two_layer(x, y, W1, b1, W2, b2)
    if set(directions) != set(ALONG.values()):
        raise TypeError(f"directions: got {', '.join(directions) or 'none'}, expected {', '.join(ALONG.values())}")
    dtype = q["phi"].dtype
    given = {name: floating(name, a) for name, a in (("x", x), ("W1", W1), ("b1", b1), ("W2", W2), ("b2", b2))}
    t = {to: matching(to, directions[to], given[name].shape, dtype) for name, to in ALONG.items()}
    y = targets(y, q["theta"], 1)

    t["t_phi"] = stored(_products((t["t_x"], given["W1"]), (given["x"], t["t_W1"])) + wide(t["t_b1"]), dtype)
    t["t_h"] = sigmoid_jvp(q["phi"], t["t_phi"])
    t["t_theta"] = stored(_products((t["t_h"], given["W2"]), (q["h"], t["t_W2"])) + wide(t["t_b2"]), dtype)
    moved = _probabilities_along(q["theta"], t["t_theta"], 1)
    t["t_y_hat"] = stored(moved, dtype)
    t["t_J"] = stored(_cost_along(q["theta"], y, t["t_theta"]), dtype)
    t["t_d_theta"] = stored(_total(y, 1) * moved, dtype)
    t["t_d_h"] = stored(_products((t["t_d_theta"], given["W2"].T), (q["d_theta"], t["t_W2"].T)), dtype)
    t["t_d_phi"] = stored(_through_sigmoid(q["phi"], q["d_h"], t["t_d_h"], t["t_phi"]), dtype)
    t["t_d_x"] = stored(_products((t["t_d_phi"], given["W1"].T), (q["d_phi"], t["t_W1"].T)), dtype)
    t["t_d_W1"] = stored(_products((t["t_x"].T, q["d_phi"]), (given["x"].T, t["t_d_phi"])), dtype)
    t["t_d_b1"] = stored(t["t_d_phi"].sum(axis=0, dtype=np.float64), dtype)
    t["t_d_W2"] = stored(_products((t["t_h"].T, q["d_theta"]), (q["h"].T, t["t_d_theta"])), dtype)
    t["t_d_b2"] = stored(t["t_d_theta"].sum(axis=0, dtype=np.float64), dtype)
    return {**q, **{name: t[name] for name in NETWORK_TANGENTS}}
