"""CE(y, softmax(x)) = −Σ_i y_i log softmax(x)_i per row, its VJP, JVP and HVP in the logits (§2.2)."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import equations, second_equations
from reference.cross_entropy import cross_entropy, cross_entropy_jvp, cross_entropy_vjp
from reference.hvp import cross_entropy_hvp

from ..cases import Arrays, Case
from ..formats import Format
from ..operation import Operation
from ..regimes import logit_cases, possible_labels, with_row_directions
from ._cross_entropy_mistakes import cross_entropy_mistakes


def _with_target(rng: np.random.Generator, x: np.ndarray, y: np.ndarray) -> Arrays:
    return {**with_row_directions(rng, x), "y": y}


def _hard(rng: np.random.Generator, x: np.ndarray) -> Arrays:
    """One-hot targets: the likeliest class in the even rows, a random one of probability > 0 in the others."""
    labels = possible_labels(rng, x)
    return _with_target(rng, x, (labels[..., None] == np.arange(x.shape[-1])).astype(np.float64))


def _soft(rng: np.random.Generator, format: Format) -> Arrays:
    x = rng.normal(0, 3, (8, 10))
    return _with_target(rng, x, rng.dirichlet(np.ones(10), 8))


def _smoothed(rng: np.random.Generator, format: Format) -> Arrays:
    x = rng.normal(0, 3, (8, 10))
    return _with_target(rng, x, 0.9 * np.eye(10)[rng.integers(0, 10, 8)] + 0.01)


def _unnormalised(rng: np.random.Generator, format: Format) -> Arrays:
    x = rng.normal(0, 3, (8, 10))
    return _with_target(rng, x, rng.uniform(0, 1, (8, 10)))


def _level(rng: np.random.Generator, format: Format) -> Arrays:
    """Two classes, ŷ near 1/2, one moves: the HVP is near ±0.28, just above a power of 2, and little cancels."""
    inputs = _hard(rng, rng.uniform(-0.1, 0.1, (8, 2)))
    moved = {"tangent": rng.uniform(1.04, 1.1, (8, 2)) * [0, 1], "cotangent": rng.uniform(1, 1.05, 8)}
    return {**inputs, **moved}


def _torch(torch: Any) -> Any:
    def cross_entropy(x: Any, y: Any, axis: int = -1) -> Any:
        native = 0 if x.ndim == 1 else 1  # where torch wants the classes
        if axis % x.ndim != native:
            x, y = x.movedim(axis, native), y.movedim(axis, native)
        return torch.nn.functional.cross_entropy(x, y, reduction="none")

    return cross_entropy


def _torch_composed(torch: Any) -> Any:
    def cross_entropy(x: Any, y: Any, axis: int = -1) -> Any:
        d = x - x.detach().amax(axis, keepdim=True)  # a constant shift (§1.1)
        terms = y * (d - d.exp().sum(axis, keepdim=True).log())
        return -terms.masked_fill(y == 0, 0).sum(axis)  # 0 log 0 = 0

    return cross_entropy


def _jax(jax: Any) -> Any:
    return lambda x, y, axis=-1: -(y * jax.nn.log_softmax(x, axis=axis)).sum(axis=axis)


def _jax_composed(jax: Any) -> Any:
    def cross_entropy(x: Any, y: Any, axis: int = -1) -> Any:
        d = x - jax.lax.stop_gradient(x.max(axis=axis, keepdims=True))  # any shift is right (§1.1)
        return -(y * (d - jax.numpy.log(jax.numpy.exp(d).sum(axis=axis, keepdims=True)))).sum(axis=axis)

    return cross_entropy


def _jax_optax(jax: Any) -> Any:
    import optax

    return lambda x, y, axis=-1: optax.softmax_cross_entropy(x, y, axis=axis)


def _reference(x: np.ndarray, y: np.ndarray, cotangent: np.ndarray, tangent: np.ndarray, axis: int = -1) -> Arrays:
    return {
        "value": cross_entropy(x, y, axis),
        "vjp": cross_entropy_vjp(x, y, cotangent, axis),
        "jvp": cross_entropy_jvp(x, y, tangent, axis),
        "hvp": cross_entropy_hvp(x, y, cotangent, tangent, axis),
    }


OPERATION = Operation(
    name="cross_entropy",
    summary="CE(y, softmax(x)) = −Σ_i y_i log softmax(x)_i",
    graph={
        "value": equations.cross_entropy,
        "vjp": equations.cross_entropy_vjp,
        "jvp": equations.cross_entropy_jvp,
        "hvp": second_equations.cross_entropy_hvp,
    },
    shapes={"x": "... n", "y": "... n", "cotangent": "...", "tangent": "... n"},
    cases={
        **logit_cases(_hard, masks=False),
        "soft": Case("soft", "N(0, 3), targets from a Dirichlet distribution, 8×10", _soft),
        "smoothed": Case("smoothed", "N(0, 3), labels smoothed by 0.1, 8×10", _smoothed),
        "level": Case("level", "two logits in ±0.1, one of them moves, 8×2", _level),
        "unnormalised": Case("unnormalised", "N(0, 3), targets that do not sum to 1, 8×10", _unnormalised),
    },
    reference=_reference,
    forms={
        "torch": _torch,
        "torch.composed": _torch_composed,
        "jax": _jax,
        "jax.composed": _jax_composed,
        "jax.optax": _jax_optax,
    },
    logits=frozenset({"x"}),
    axis=True,
    table=(
        ("y = 0 where x = −inf", "contributes 0", "the limit of y log ŷ, as in entropy: 0 log 0 = 0"),
        ("y > 0 where x = −inf", "+inf", "the limit"),
        ("+inf, NaN, or a row all −inf in x", "NaN", "softmax has no value there"),
        ("NaN in y", "NaN in that row", "nothing is known of the row"),
    ),
    mistakes=cross_entropy_mistakes(),
)
