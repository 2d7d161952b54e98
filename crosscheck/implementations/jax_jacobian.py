"""x̄ = Jᵀ ȳ and ẏ = J ẋ from the whole Jacobian J of each row, as ``jax.jacrev`` and ``jax.jacfwd`` give it.

J is JAX's; the contraction is ours and done in twice the precision of float64, so that what is judged is J. Beside
the equations it has one more rounding: an entry of J is stored before it meets its ȳ_i or ẋ_j. (In the dtype
itself the contraction would lose γ_n |ȳ_j| where log_softmax' x̄_j = ȳ_j − ŷ_j Σ ȳ is granted one rounding.)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..cases import Arrays
from ..formats import Format
from ..operation import Operation
from .jax_programs import Form, Quantities

_SPLIT = 2.0**27 + 1


def by_jacobian(mode: str, jax: Any, f: Form, x: Any, cotangent: Any, tangent: Any, second: bool) -> Quantities:
    """f(x), J = ∂f/∂x by ``jax.jacrev`` or ``jax.jacfwd``, and the Hessian of Σ ȳ ∘ f by ``jax.jacfwd`` of x̄."""

    def pulled(x: Any) -> Any:
        return jax.vjp(f, x)[1](cotangent)[0]

    found = {"value": f(x), "jacobian": getattr(jax, mode)(f)(x)}
    return found | ({"hessian": jax.jacfwd(pulled)(x)} if second else {})


def contracted(operation: Operation, results: Quantities, inputs: Arrays, axis: int) -> Arrays:
    """The value with x̄ = Jᵀ ȳ, ẏ = J ẋ (and H ẋ): ``results`` has the value, and (rows…, out, in) Jacobians.

    A function of single elements has neither ``out`` nor ``in``, one whose value drops the classes no ``out``.
    """

    def rows(name: str) -> np.ndarray:
        a = inputs[name]
        with_classes = operation.shapes[name].endswith("n")
        a = np.moveaxis(a, axis, -1) if with_classes else a[..., None]
        return a.reshape(-1, a.shape[-1]) if a.size else a.reshape(0, a.shape[-1])

    def like(name: str, a: np.ndarray) -> np.ndarray:
        shape = inputs[name].shape
        if operation.shapes[name].endswith("n"):
            moved = np.moveaxis(inputs[name], axis, -1).shape
            return np.moveaxis(a.reshape(moved), -1, axis).astype(inputs[name].dtype)
        return a.reshape(shape).astype(inputs[name].dtype)

    found = {name: np.asarray(a) for name, a in results.items()}
    cotangent, tangent = rows("cotangent"), rows("tangent")
    whole = found["jacobian"].reshape(len(tangent), cotangent.shape[-1], tangent.shape[-1])
    result = {
        "value": found["value"],
        "vjp": like("x", dot(np.moveaxis(whole, 1, 2), cotangent[:, None, :])),
        "jvp": like("cotangent", dot(whole, tangent[:, None, :])),
    }
    if "hessian" in found:
        square = found["hessian"].reshape(len(tangent), tangent.shape[-1], tangent.shape[-1])
        result["hvp"] = like("x", dot(square, tangent[:, None, :]))
    return result


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
