"""JAX, as its users write it: ``jax.nn`` with ``jax.vjp`` and ``jax.jvp``, networks by ``value_and_grad``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .party import ThirdParty, fresh


def _module() -> Any:
    try:
        import jax
    except ImportError:
        raise ImportError("jax is not installed: pip install -e '.[jax]'") from None
    return jax


def _function(form: Callable[..., Any], *others: str) -> Callable[..., dict[str, Any]]:
    def function(x: np.ndarray, cotangent: np.ndarray, tangent: np.ndarray, **given: Any) -> dict[str, Any]:
        jax = _module()
        with jax.enable_x64(True):
            at, along, back, *held = (
                jax.numpy.asarray(fresh(a)) for a in (x, tangent, cotangent, *(given[name] for name in others))
            )
            value, pull = jax.vjp(lambda x: form(jax, x, *held), at)
            _, jvp = jax.jvp(lambda x: form(jax, x, *held), (at,), (along,))
            found = {"value": value, "vjp": pull(back)[0], "jvp": jvp}
            return {name: np.asarray(a) for name, a in found.items()}

    return function


def _network(mean: bool) -> Callable[..., dict[str, Any]]:
    def function(
        x: np.ndarray, y: np.ndarray, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray
    ) -> dict[str, Any]:
        jax = _module()

        def cost(leaves: dict[str, Any], y: Any) -> Any:
            theta = jax.nn.sigmoid(leaves["x"] @ leaves["W1"] + leaves["b1"]) @ leaves["W2"] + leaves["b2"]
            costs = -(y * jax.nn.log_softmax(theta)).sum(axis=-1)
            return costs.mean() if mean else costs.sum()

        with jax.enable_x64(True), jax.default_matmul_precision("highest"):
            given = {"x": x, "W1": W1, "b1": b1, "W2": W2, "b2": b2}
            leaves = {name: jax.numpy.asarray(fresh(a)) for name, a in given.items()}
            J, gradients = jax.value_and_grad(cost)(leaves, jax.numpy.asarray(fresh(y)))
            return {"J": np.asarray(J), **{f"d_{name}": np.asarray(a) for name, a in gradients.items()}}

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
