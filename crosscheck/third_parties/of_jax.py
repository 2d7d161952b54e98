"""JAX, as its users write it: ``jax.nn`` with ``jax.vjp`` and ``jax.jvp``, ``value_and_grad``, under ``jit``."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from .party import ThirdParty, fresh


def _module() -> Any:
    try:
        import jax
    except ImportError:
        raise ImportError("jax is not installed: pip install -e '.[jax]'") from None
    return jax


def _called(program: Callable[..., Any], *given: np.ndarray) -> dict[str, np.ndarray]:
    """The compiled program at float64 or float32, its products at the precision of their format."""
    jax = _module()
    with jax.enable_x64(True), jax.default_matmul_precision("highest"):
        found = _compiled(program)(*(jax.numpy.asarray(fresh(a)) for a in given))
        return {name: np.asarray(a) for name, a in found.items()}


@cache
def _compiled(program: Callable[..., Any]) -> Any:
    return _module().jit(program)


def _function(form: Callable[..., Any], *others: str) -> Callable[..., dict[str, Any]]:
    def program(x: Any, cotangent: Any, tangent: Any, *held: Any) -> dict[str, Any]:
        jax = _module()
        value, pull = jax.vjp(lambda x: form(jax, x, *held), x)
        _, jvp = jax.jvp(lambda x: form(jax, x, *held), (x,), (tangent,))
        return {"value": value, "vjp": pull(cotangent)[0], "jvp": jvp}

    def function(x: np.ndarray, cotangent: np.ndarray, tangent: np.ndarray, **given: Any) -> dict[str, Any]:
        return _called(program, x, cotangent, tangent, *(given[name] for name in others))

    return function


def _network(mean: bool) -> Callable[..., dict[str, Any]]:
    def cost(x: Any, W1: Any, b1: Any, W2: Any, b2: Any, y: Any) -> Any:
        jax = _module()
        costs = -(y * jax.nn.log_softmax(jax.nn.sigmoid(x @ W1 + b1) @ W2 + b2)).sum(axis=-1)
        return costs.mean() if mean else costs.sum()

    def program(*given: Any) -> dict[str, Any]:
        J, gradients = _module().value_and_grad(cost, argnums=(0, 1, 2, 3, 4))(*given)
        return {"J": J, **dict(zip(("d_x", "d_W1", "d_b1", "d_W2", "d_b2"), gradients, strict=True))}

    def function(
        x: np.ndarray, y: np.ndarray, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray
    ) -> dict[str, Any]:
        return _called(program, x, W1, b1, W2, b2, y)

    return function


_FUNCTIONS: dict[str, Callable[..., object]] = {
    "sigmoid": _function(lambda jax, x: jax.nn.sigmoid(x)),
    "softmax": _function(lambda jax, x: jax.nn.softmax(x, axis=-1)),
    "log_softmax": _function(lambda jax, x: jax.nn.log_softmax(x, axis=-1)),
    "logsumexp": _function(lambda jax, x: jax.nn.logsumexp(x, axis=-1)),
    "cross_entropy": _function(lambda jax, x, y: -(y * jax.nn.log_softmax(x, axis=-1)).sum(axis=-1), "y"),
    "log_sigmoid": _function(lambda jax, x: jax.nn.log_sigmoid(x)),
    "softplus": _function(lambda jax, x: jax.nn.softplus(x)),
    "two_layer": _network(mean=False),
    "two_layer_mean": _network(mean=True),
}
PARTIES = tuple(ThirdParty("jax", name, f, "jax", "jax") for name, f in _FUNCTIONS.items())
