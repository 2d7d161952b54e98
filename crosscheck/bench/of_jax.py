"""JAX as it is timed: one jitted function for each workload, matrix products at the precision of their format."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ..cases import Arrays
from .prepared import Prepared, Values


def start(cores: int, device: str) -> str:
    """Switch float64 on; why the device cannot be had, or ''."""
    import jax

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_default_matmul_precision", "highest")
    return "" if device == "cpu" or jax.default_backend() == "gpu" else "jax finds no CUDA device"


def device_name() -> str:
    """What the GPU is called."""
    import jax

    return str(jax.devices("gpu")[0].device_kind)


def functions(jax: Any) -> dict[str, tuple[tuple[str, ...], Callable[..., Any]]]:
    """Workload → (the names of its arguments, the function of them), which returns arrays in a tuple."""
    jnp, nn = jax.numpy, jax.nn

    def costs(x: Any, labels: Any) -> Any:
        # The form of optax: twice as fast here as the entry of a log-softmax.
        rows = nn.logsumexp(x, axis=-1) - jnp.take_along_axis(x, labels[:, None], axis=-1)[:, 0]
        return rows.sum(), rows

    def cross_entropy(x: Any, labels: Any) -> Any:
        (_, rows), gradient = jax.value_and_grad(costs, has_aux=True)(x, labels)
        return rows, gradient

    def network(x: Any, W1: Any, b1: Any, W2: Any, b2: Any, y: Any) -> Any:
        theta = nn.sigmoid(x @ W1 + b1) @ W2 + b2
        return -(y * nn.log_softmax(theta, axis=-1)).sum()

    def two_layer(x: Any, W1: Any, b1: Any, W2: Any, b2: Any, y: Any) -> Any:
        J, gradients = jax.value_and_grad(network, argnums=(0, 1, 2, 3, 4))(x, W1, b1, W2, b2, y)
        return J, *gradients

    return {
        "sigmoid": (("x",), lambda x: (nn.sigmoid(x),)),
        "softmax": (("x",), lambda x: (nn.softmax(x, axis=-1),)),
        "log_softmax": (("x",), lambda x: (nn.log_softmax(x, axis=-1),)),
        "cross_entropy": (("x", "labels"), cross_entropy),
        "two_layer": (("x", "W1", "b1", "W2", "b2", "y"), two_layer),
    }


def prepare(workload: str, inputs: Arrays, device: str) -> Prepared:
    """The compiled function at arrays that are on the device already."""
    import jax

    names, function = functions(jax)[workload]
    on = jax.devices("cpu" if device == "cpu" else "gpu")[0]
    given = tuple(jax.device_put(inputs[name], on) for name in names)
    jitted = jax.jit(function)
    before = time.perf_counter()
    jitted.lower(*given).compile()
    compile_seconds = time.perf_counter() - before

    def call() -> Any:
        found = jitted(*given)
        for array in found:
            array.block_until_ready()
        return found

    def values(found: Any) -> Values:
        return tuple(np.asarray(array) for array in found)

    return Prepared(call, values, compile_seconds)
