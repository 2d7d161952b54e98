"""x̄ = Jᵀ ȳ and ẏ = J ẋ from the whole Jacobian J of each row, as ``jax.jacrev`` and ``jax.jacfwd`` give it.

J is JAX's; the contraction is ours and done in twice the precision of float64, so that what is judged is J. Beside
the equations it has one more rounding: an entry of J is stored before it meets its ȳ_i or ẋ_j. (In the dtype
itself the contraction would lose γ_n |ȳ_j| where log_softmax' x̄_j = ȳ_j − ŷ_j Σ ȳ is granted one rounding.)
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from ..cases import Arrays
from ..formats import Format
from ..operation import Operation
from .jax_programs import Form, Quantities

_DIRECTIONS = ("cotangent", "tangent")
_SPLIT = 2.0**27 + 1


def by_jacobian(mode: str, jax: Any, f: Form, x: Any, cotangent: Any, tangent: Any, second: bool) -> Quantities:
    """f(x), J = ∂f/∂x by ``jax.jacrev`` or ``jax.jacfwd``; ∂x̄/∂ε at x + ε ẋ by ``jax.jacfwd``, a single column."""

    def pulled(step: Any) -> Any:
        return jax.vjp(f, x + step * tangent)[1](cotangent)[0]

    found = {"value": f(x), "jacobian": getattr(jax, mode)(f)(x)}
    return found | ({"hvp": jax.jacfwd(pulled)(jax.numpy.zeros((), x.dtype))} if second else {})


def contracted(operation: Operation, results: Quantities, inputs: Arrays, axis: int) -> Arrays:
    """x̄ = Jᵀ ȳ and ẏ = J ẋ beside the other ``results``, which have J as ``jacobian``, (rows…, out, in).

    A function of single elements has neither ``out`` nor ``in``, one whose value drops the classes no ``out``.
    """

    def classes_last(name: str) -> np.ndarray:
        a = inputs[name]
        return np.moveaxis(a, axis, -1) if operation.shapes[name].endswith("n") else a[..., None]

    def like(name: str, rows: np.ndarray) -> np.ndarray:
        a = rows.reshape(classes_last(name).shape).astype(inputs[name].dtype)
        return np.moveaxis(a, -1, axis) if operation.shapes[name].endswith("n") else a[..., 0]

    found = {name: np.asarray(a) for name, a in results.items()}
    cotangent, tangent = (a.reshape(math.prod(a.shape[:-1]), a.shape[-1]) for a in map(classes_last, _DIRECTIONS))
    whole = found.pop("jacobian").reshape(len(tangent), cotangent.shape[-1], tangent.shape[-1])
    return found | {
        "vjp": like("x", dot(np.moveaxis(whole, 1, 2), cotangent[:, None, :])),
        "jvp": like("cotangent", dot(whole, tangent[:, None, :])),
    }


def dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Σ_k a_k b_k along the last axis as if in twice the precision of float64, rounded to float64.

    Algorithm Dot2 (T. Ogita, S. M. Rump, S. Oishi, "Accurate sum and dot product", SIAM J. Sci. Comput. 26, 2005).

    >>> float(dot(np.array([1.0, 2.0**-60, -1.0]), np.ones(3))) == 2.0**-60
    True
    """
    a, b = np.broadcast_arrays(a.astype(np.float64), b.astype(np.float64))
    total, rest = np.zeros(a.shape[:-1]), np.zeros(a.shape[:-1])
    for k in range(a.shape[-1]):
        product, lost = _product(a[..., k], b[..., k])
        total, dropped = _sum(total, product)
        rest = rest + (lost + dropped)
    return np.asarray(total + rest)


def _sum(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """a + b = s + e exactly, s rounded (D. E. Knuth)."""
    s = a + b
    back = s - a
    return s, (a - (s - back)) + (b - back)


def _product(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A b = p + e exactly, p rounded, unless it underflows (T. J. Dekker, G. W. Veltkamp)."""
    (high_a, low_a), (high_b, low_b) = _halves(a), _halves(b)
    p = a * b
    return p, low_a * low_b - (((p - high_a * high_b) - low_a * high_b) - high_a * low_b)


def _halves(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    scaled = _SPLIT * a
    high = scaled - (scaled - a)
    return high, a - high


def stored_twice(format: Format) -> Format:
    """2u for every step: where the equations round once, an entry of J is stored and the contraction rounded.

    It is enough. Storing J adds u Σ_i |ȳ_i J_ij| to x̄_j. For log_softmax only J_jj = 1 − ŷ_j rounds, and
    |ȳ_j (1 − ŷ_j)| ≤ |x̄_j| + ŷ_j |Σ ȳ|, both of which the equation ȳ − ŷ Σ ȳ rounds; for softmax the sum is at
    most ŷ_j (|ȳ_j − s| + 2 Σ ŷ |ȳ|) with s = Σ ŷ ȳ, likewise; where J is a row or a number, the equations form its
    products with ȳ and ẋ as well.
    """
    name = f"{format.name} stored twice"
    return replace(format, name=name, precision=format.precision - 1, stored_as=format.name)
