"""The two-layer network of §2.3 with every gradient, and gradient descent on its parameters.

    φ = x W₁ + b₁,  h = σ(φ),  θ = h W₂ + b₂,  ŷ = softmax(θ),  J = Σ_rows CE(y, ŷ)

A batch of N rows runs through D inputs, H hidden units and C classes: x (N, D), W1 (D, H), b1 (H,), W2 (H, C),
b2 (C,), and y (N, C) in the same floating dtype, or (N,) integer class labels. The quantities are named as in
``reference.equations.NETWORK``. Each is computed from the stored quantities that its equation names, so that every
step can be judged at the inputs that it saw. Matrix products run in float32 for the dtypes up to float32; results
have the dtype of x. h and σ'(φ) come from one exponential of φ, in float64.

TypeError or ValueError says by name which argument has a wrong dtype or shape. No argument is modified.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, partial
from math import isfinite
from typing import Any

import numpy as np

from ._arrays import DTYPES, USUAL, floating, integer, matching, real, stored, targets_of, wide
from ._blocks import SMALL, by_rows, entries_in_blocks, in_blocks
from .cross_entropy import both_into, y_hat_into
from .sigmoid import sigmoid_and_slope_into, times_slope

Arrays = dict[str, np.ndarray]
Given = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""x, W1, b1, W2, b2."""

PARAMETERS = ("W1", "b1", "W2", "b2")


def _fit(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> bool:
    """Whether they are arrays of a usual dtype that fit each other: then there is nothing more to check."""
    return (
        type(x) is type(W1) is type(b1) is type(W2) is type(b2) is np.ndarray
        and x.dtype in USUAL
        and x.dtype == W1.dtype == b1.dtype == W2.dtype == b2.dtype
        and x.ndim == W1.ndim == W2.ndim == 2
        and W1.shape == (x.shape[1], *b1.shape)
        and W2.shape == b1.shape + b2.shape
        and b2.size > 0
    )


def _checked(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Given:
    """x, W1, b1, W2, b2 as arrays that fit each other."""
    if _fit(x, W1, b1, W2, b2):
        return x, W1, b1, W2, b2
    x = floating("x", x)
    W1, W2 = floating("W1", W1), floating("W2", W2)
    if not x.ndim == W1.ndim == W2.ndim == 2:
        name, ndim = next((n, a.ndim) for n, a in {"x": x, "W1": W1, "W2": W2}.items() if a.ndim != 2)
        raise ValueError(f"{name}: got ndim {ndim}, expected 2")
    hidden, classes = W1.shape[1], W2.shape[1]
    if classes == 0:
        raise ValueError(f"W2: got shape {W2.shape}, expected at least one class")
    return (
        x,
        matching("W1", W1, (x.shape[1], hidden), x.dtype),
        matching("b1", b1, (hidden,), x.dtype),
        matching("W2", W2, (hidden, classes), x.dtype),
        matching("b2", b2, (classes,), x.dtype),
    )


def _checked_targets(y: Any, x: np.ndarray, b2: np.ndarray) -> np.ndarray:
    return targets_of(y, (len(x), len(b2)), x.dtype, 1)


def _affine(x: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    if x.itemsize < 4:
        return stored(_affine(wide(x), wide(W), wide(b)), x.dtype)
    z = x.dot(W)  # the method: half the call of @
    z += b
    return z


def _product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a.dot(b) if a.itemsize >= 4 else stored(wide(a).dot(wide(b)), a.dtype)


@lru_cache(maxsize=8)
def _ones(rows: int) -> np.ndarray:
    found = np.ones(rows)
    found.setflags(write=False)
    return found


def _row_sum(a: np.ndarray) -> np.ndarray:
    """Σ over the rows, in float64 and rounded once; of a small array by a product, which is less of a call."""
    total: np.ndarray = _ones(len(a)).dot(a) if a.size <= SMALL else np.add.reduce(a, axis=0, dtype=np.float64)
    return total.astype(a.dtype, copy=False)


def _forward(
    x: np.ndarray, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """φ, h, θ, and σ'(φ) in the dtype of matrix products."""
    phi = _affine(x, W1, b1)
    h, slope = np.empty_like(phi), np.empty_like(wide(phi))
    entries_in_blocks(sigmoid_and_slope_into, phi, h, slope)
    return phi, h, _affine(h, W2, b2), slope


def _last_layer(
    theta: np.ndarray, y: np.ndarray, y_hat: np.ndarray | None = None, rows: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """The cost of each row in float64 and ∂(Σ CE / rows)/∂θ, and ŷ written to ``y_hat``, from one exponential."""
    cost, d_theta = np.empty(len(theta)), np.empty_like(theta)
    kernel = both_into if rows == 1 else partial(both_into, rows=rows)
    in_blocks(kernel, theta, y, cost, d_theta, *(() if y_hat is None else (y_hat,)))
    return cost, d_theta


def _of_weights(a: np.ndarray, d_z: np.ndarray, W: np.ndarray, decay: float) -> np.ndarray:
    """aᵀ ∂J/∂z + λ W, where z = a W + b; λ W in float64, where λ keeps its digits and nothing is rounded twice."""
    if not decay:
        return _product(a.T, d_z)
    return stored(wide(a).T.dot(wide(d_z)) + decay * W.astype(np.float64), W.dtype)


def _of_parameters(
    given: Given, h: np.ndarray, d_phi: np.ndarray, d_theta: np.ndarray, decay: float = 0.0
) -> Arrays:
    """The gradients of the parameters by name, with (λ/2) (Σ W₁² + Σ W₂²) in the cost."""
    x, W1, _, W2, _ = given
    return {
        "d_W1": _of_weights(x, d_phi, W1, decay),
        "d_b1": _row_sum(d_phi),
        "d_W2": _of_weights(h, d_theta, W2, decay),
        "d_b2": _row_sum(d_theta),
    }


def _quantities(given: Given, y: np.ndarray, rows: int = 1, decay: float = 0.0) -> Arrays:
    """Every quantity of the network whose J is Σ CE / rows + (λ/2) (Σ W₁² + Σ W₂²), in NETWORK's order."""
    _, W1, _, W2, _ = given
    phi, h, theta, slope = _forward(*given)
    y_hat = np.empty_like(theta)
    cost, d_theta = _last_layer(theta, y, y_hat, rows)
    J = np.add.reduce(cost)
    if rows != 1:
        J /= np.float64(rows)
    if decay:
        J += decay / 2 * sum(np.square(W.astype(np.float64)).sum() for W in (W1, W2))
    d_h = _product(d_theta, W2.T)
    d_phi = times_slope(phi, slope, d_h)
    return {
        "phi": phi,
        "h": h,
        "theta": theta,
        "y_hat": y_hat,
        "J": np.array(J, theta.dtype),
        "d_theta": d_theta,
        "d_h": d_h,
        "d_phi": d_phi,
        "d_x": _product(d_phi, W1.T),
        **_of_parameters(given, h, d_phi, d_theta, decay),
    }


@np.errstate(all="ignore")
def forward(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Arrays:
    """φ = x W₁ + b₁, h = σ(φ), θ = h W₂ + b₂, ŷ = softmax(θ), as a dict of phi, h, theta, y_hat   (§2.3).

    >>> p = initial(3, 4, 2, seed=0, dtype="float64")
    >>> forward(np.ones((5, 3)), **p)["y_hat"].shape
    (5, 2)
    """
    phi, h, theta, _ = _forward(*_checked(x, W1, b1, W2, b2))
    return {"phi": phi, "h": h, "theta": theta, "y_hat": by_rows(y_hat_into, 1, theta)}


@np.errstate(all="ignore")
def two_layer(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Arrays:
    """Every quantity of ``reference.equations.NETWORK``, by name; J, 0-dimensional, sums over the batch   (§2.3).

    ∂J/∂θ is (Σy) ŷ − y row by row, the gradient of J; it is the printed ŷ − y where Σy = 1.

    >>> p = initial(3, 4, 2, seed=0, dtype="float64")
    >>> " ".join(two_layer(np.ones((5, 3)), np.zeros(5, int), **p))
    'phi h theta y_hat J d_theta d_h d_phi d_x d_W1 d_b1 d_W2 d_b2'
    """
    given = x, *_, b2 = _checked(x, W1, b1, W2, b2)
    return _quantities(given, _checked_targets(y, x, b2))


@np.errstate(all="ignore")
def cost_and_gradients(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Arrays:
    """J and its gradients in x, W1, b1, W2 and b2 alone, with the bits that ``two_layer`` gives them   (§2.3).

    >>> p = initial(3, 4, 2, seed=0, dtype="float64")
    >>> " ".join(cost_and_gradients(np.ones((5, 3)), np.zeros(5, int), **p))
    'J d_x d_W1 d_b1 d_W2 d_b2'
    """
    given = x, W1, b1, W2, b2 = _checked(x, W1, b1, W2, b2)
    y = _checked_targets(y, x, b2)
    phi, h, theta, slope = _forward(*given)
    cost, d_theta = _last_layer(theta, y)
    del theta  # so that its memory can be taken again; and that of φ
    d_phi = times_slope(phi, slope, _product(d_theta, W2.T))
    del phi
    return {
        "J": np.array(np.add.reduce(cost), d_theta.dtype),
        "d_x": _product(d_phi, W1.T),
        **_of_parameters(given, h, d_phi, d_theta),
    }


def initial(inputs: int, hidden: int, classes: int, seed: int, dtype: Any) -> Arrays:
    """W1 ~ N(0, 1/D), W2 ~ N(0, 1/H), b1 = b2 = 0: parameters that keep the scale of φ and θ near 1.

    The same numbers for the same seed, rounded to ``dtype``. ValueError where a size is not positive or the seed
    negative, TypeError where one of them is no integer, or ``dtype`` not one of ``DTYPES``.

    >>> {name: p.shape for name, p in initial(3, 4, 2, seed=0, dtype="float32").items()}
    {'W1': (3, 4), 'b1': (4,), 'W2': (4, 2), 'b2': (2,)}
    """
    for name, size in {"inputs": inputs, "hidden": hidden, "classes": classes}.items():
        integer(name, size, least=1)
    if np.dtype(dtype).name not in DTYPES:
        raise TypeError(f"dtype: got {np.dtype(dtype).name}, expected one of {', '.join(DTYPES)}")
    rng = np.random.default_rng(integer("seed", seed, least=0))
    params = {
        "W1": rng.normal(0, inputs**-0.5, (inputs, hidden)),
        "b1": np.zeros(hidden),
        "W2": rng.normal(0, hidden**-0.5, (hidden, classes)),
        "b2": np.zeros(classes),
    }
    return {name: stored(array, np.dtype(dtype)) for name, array in params.items()}


@np.errstate(all="ignore")
def gradient_descent(params: Mapping[str, Any], x: Any, y: Any, rate: float, steps: int) -> Arrays:
    """p ← p − (η/N) ∂J/∂p, ``steps`` times on the whole batch, for W1, b1, W2, b2; new arrays   (§2.3).

    The step is η times the gradient of the *mean* cost over the N rows, whereas J is the sum, so that one rate
    fits every batch size. ValueError where the batch is empty, ``rate`` is not finite, ``steps`` is negative, or
    ``params`` has other names.

    >>> p = initial(2, 3, 2, seed=0, dtype="float64")
    >>> x, y = np.eye(2), np.array([0, 1])
    >>> trained = gradient_descent(p, x, y, rate=1.0, steps=200)
    >>> bool(two_layer(x, y, **trained)["J"] < 0.1 * two_layer(x, y, **p)["J"])
    True
    """
    if set(params) != set(PARAMETERS):
        raise ValueError(f"params: got {', '.join(params) or 'nothing'}, expected {', '.join(PARAMETERS)}")
    rate = real("rate", rate)
    if not isfinite(rate):
        raise ValueError(f"rate: got {rate}, expected a finite number")
    x, W1, b1, W2, b2 = _checked(x, **params)
    y = _checked_targets(y, x, b2)
    if len(x) == 0:
        raise ValueError(f"x: got shape {x.shape}, expected at least one row")
    new = {"W1": W1.copy(), "b1": b1.copy(), "W2": W2.copy(), "b2": b2.copy()}
    for _ in range(integer("steps", steps, least=0)):
        given = x, new["W1"], new["b1"], new["W2"], new["b2"]
        phi, h, theta, slope = _forward(*given)
        d_theta = _last_layer(theta, y)[1]
        d_phi = times_slope(phi, slope, _product(d_theta, new["W2"].T))
        gradients = _of_parameters(given, h, d_phi, d_theta)
        new = {
            name: stored(wide(p) - rate / len(x) * wide(gradients[f"d_{name}"]), p.dtype)
            for name, p in new.items()
        }
    return new
