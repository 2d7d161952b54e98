"""JAX: op by op and under ``jit``.

float64 is switched on for the length of a run, and matrix products are asked for at the precision of their format
(on NVIDIA the default for float32 is TF32, which is another format).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from importlib.util import find_spec
from typing import Any

import numpy as np

from ..cases import Arrays
from ..implementation import Implementation
from ..operation import Operation
from ._driver import gpu_driver

Program = Callable[[dict[str, Any]], dict[str, Any]]


NOT_INSTALLED = "jax is not installed: pip install -e '.[jax]'"


@cache
def _jax() -> Any:
    try:
        import jax
    except ImportError:
        raise ImportError(NOT_INSTALLED) from None
    return jax


@contextmanager
def _settings() -> Iterator[None]:
    jax = _jax()
    with jax.enable_x64(True), jax.default_matmul_precision("highest"):
        yield


@cache
def _found() -> dict[str, Any]:
    jax = _jax()
    found = {"cpu": jax.devices("cpu")[0]}
    with suppress(RuntimeError):  # what JAX raises where it has no such backend
        found.update({f"cuda:{i}": device for i, device in enumerate(jax.devices("cuda"))})
    return found


def _devices() -> tuple[str, ...]:
    if find_spec("jax") is None:
        raise ImportError(NOT_INSTALLED)
    if not gpu_driver():
        return ("cpu",)
    return tuple(_found())


def _value_vjp_jvp(jax: Any, function: Callable[..., Any], given: dict[str, Any]) -> dict[str, Any]:
    """f(x), x̄ by ``jax.vjp``, ẏ by ``jax.jvp``."""
    others = {name: a for name, a in given.items() if name not in ("x", "cotangent", "tangent")}

    def of_x(x: Any) -> Any:
        return function(x, **others)

    value, pull = jax.vjp(of_x, given["x"])
    (vjp,) = pull(given["cotangent"])
    _, jvp = jax.jvp(of_x, (given["x"],), (given["tangent"],))
    return {"value": value, "vjp": vjp, "jvp": jvp}


def _with_taps(jax: Any, function: Callable[..., Any], given: dict[str, Any]) -> dict[str, Any]:
    """J and its gradients by ``jax.grad``: those of the tapped quantities with respect to zeros added to them."""

    def run(leaves: dict[str, Any], zeros: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        seen = {}

        def tap(name: str, array: Any) -> Any:
            seen[name] = array + zeros[name] if name in zeros else array
            return seen[name]

        return function(tap, **leaves, y=given["y"]), seen

    leaves = {name: array for name, array in given.items() if name != "y"}
    _, shapes = jax.eval_shape(run, leaves, {})
    zeros = {name: jax.numpy.zeros(s.shape, s.dtype) for name, s in shapes.items() if name != "y_hat"}
    (cost, seen), (by_leaf, by_tap) = jax.value_and_grad(run, argnums=(0, 1), has_aux=True)(leaves, zeros)
    gradients = {f"d_{name}": array for name, array in (by_leaf | by_tap).items()}
    return {"J": cost, **seen, **gradients}


@cache
def _program(operation: Operation) -> Program:
    """Everything that is asked of an operation, as one function of its inputs."""
    jax = _jax()
    return partial(_with_taps if operation.taps else _value_vjp_jvp, jax, operation.forms["jax"](jax))


@cache
def _jitted(operation: Operation) -> Program:
    """The program under ``jit``, kept so that it is compiled once for a shape and dtype."""
    return _jax().jit(_program(operation))


def _run(
    mode: Callable[[Operation], Program], operation: Operation, inputs: Arrays, device: str, axis: int = -1
) -> Arrays:
    jax = _jax()
    with _settings():
        given = {name: jax.device_put(np.array(array), _found()[device]) for name, array in inputs.items()}
        return {name: np.asarray(array) for name, array in mode(operation)(given).items()}


IMPLEMENTATIONS = (
    Implementation("jax.eager", "JAX op by op: vjp, jvp, grad", partial(_run, _program), _devices),
    Implementation("jax.jit", "JAX under jit, gradients included", partial(_run, _jitted), _devices),
)
