"""JAX's judge: ``jax.test_util.check_grads`` at its defaults, first order, in float32.

One random direction, forward and reverse mode, each beside a central difference with step 10⁻⁴; an error of
2·10⁻³ *times the array's size* passes, relative or absolute. Reverse mode is the function as ``custom_vjp``,
forward mode, where it returns a JVP, as ``custom_jvp``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..cases import Arrays
from ..operation import Operation
from .answer import Answer, Judge, Subject
from .gradient import NO_GRADIENT, Gradient, gradient, sees_gradients

NOT_INSTALLED = "jax is not installed: pip install -e '.[jax]'"


def _module() -> Any:
    try:
        import jax
        import jax.test_util
    except ImportError:
        raise ImportError(NOT_INSTALLED) from None
    return jax


def _called(jax: Any, function: Any, like: Any, *arguments: Any) -> Any:
    """The NumPy function, called from JAX; its results have the shapes and dtypes of ``like``."""
    shapes = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype), like)

    def run(*arguments: Any) -> Any:
        results = function(*map(np.asarray, arguments))
        return jax.tree.map(lambda a, b: np.asarray(a, dtype=b.dtype), results, like)

    return jax.pure_callback(run, shapes, *arguments)


def reverse(jax: Any, found: Gradient) -> Any:
    """The function with its pull-back, as ``jax.custom_vjp``."""

    def of(*points: Any) -> Any:
        return _called(jax, found.of, found.value, *points)

    def pull(points: Any, cotangent: Any) -> Any:
        return _called(jax, found.pull, found.points, cotangent, *points)

    f = jax.custom_vjp(of)
    f.defvjp(lambda *points: (of(*points), points), pull)
    return f


def forward(jax: Any, found: Gradient) -> Any:
    """The function of one argument with its push-forward, as ``jax.custom_jvp``."""

    def of(x: Any) -> Any:
        return _called(jax, found.of, found.value, x)

    def push(points: Any, tangents: Any) -> Any:
        return of(*points), _called(jax, found.push, found.value, *tangents, *points)

    f = jax.custom_jvp(of)
    f.defjvp(push)
    return f


def _ask(operation: Operation, function: Subject, inputs: Arrays) -> Answer:
    jax = _module()
    found = gradient(operation, function, inputs)
    if found is None:
        return Answer(None, NO_GRADIENT)
    points = tuple(jax.numpy.asarray(point) for point in found.points)
    with _silent():
        jax.test_util.check_grads(reverse(jax, found), points, order=1, modes=["rev"])
        if found.push is not None:
            jax.test_util.check_grads(forward(jax, found), points, order=1, modes=["fwd"])
    return Answer(False)


@contextmanager
def _silent() -> Iterator[None]:
    """What a function raises is the answer; JAX logs its traceback as well."""
    logger = logging.getLogger("jax._src.callback")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _sees(operation: Operation) -> frozenset[str]:
    return sees_gradients(operation) | ({"jvp"} & set(operation.quantities))


JUDGE = Judge(
    "check_grads",
    "check_\ngrads",
    "jax.test_util.check_grads, order 1, float32",
    ("jax",),
    "float32",
    _ask,
    _sees,
)
