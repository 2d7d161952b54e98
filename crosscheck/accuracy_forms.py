"""The quantities of the accuracy table as users of the reference, torch and JAX write them, with hard labels.

torch and JAX are imported when they are asked for, and run on the CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from reference.cross_entropy import cross_entropy, cross_entropy_gradient
from reference.sigmoid import sigmoid, sigmoid_gradient
from reference.softmax import log_softmax, logsumexp, softmax

Program = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(logits, labels) → a quantity; σ and softmax do without the labels."""


def _reference() -> dict[str, Program]:
    of_x = (sigmoid, sigmoid_gradient, softmax, log_softmax, logsumexp)
    programs: dict[str, Program] = {f.__name__: lambda x, labels, f=f: f(x) for f in of_x}  # type: ignore[misc]
    return programs | {f.__name__: f for f in (cross_entropy, cross_entropy_gradient)}


def _torch() -> dict[str, Program]:
    import torch

    def value(function: Callable[..., Any]) -> Program:
        return lambda x, labels: function(torch.from_numpy(x), torch.from_numpy(labels)).numpy()

    def gradient(function: Callable[..., Any]) -> Program:
        def run(x: np.ndarray, labels: np.ndarray) -> np.ndarray:
            leaf = torch.from_numpy(x).requires_grad_()
            (found,) = torch.autograd.grad(function(leaf, torch.from_numpy(labels)).sum(), leaf)
            return np.asarray(found.numpy())

        return run

    return _programs(
        value,
        gradient,
        lambda x, labels: torch.sigmoid(x),
        lambda x, labels: torch.softmax(x, dim=-1),
        lambda x, labels: torch.log_softmax(x, dim=-1),
        lambda x, labels: torch.logsumexp(x, dim=-1),
        lambda x, labels: torch.nn.functional.cross_entropy(x, labels, reduction="none"),
    )


def _jax() -> dict[str, Program]:
    import jax

    def value(function: Callable[..., Any]) -> Program:
        jitted = jax.jit(function)

        def run(x: np.ndarray, labels: np.ndarray) -> np.ndarray:
            with jax.enable_x64(True), jax.default_device(jax.devices("cpu")[0]):
                return np.asarray(jitted(x, labels))

        return run

    def cost(x: Any, labels: Any) -> Any:
        return -jax.numpy.take_along_axis(jax.nn.log_softmax(x), labels[:, None], axis=-1)[:, 0]

    return _programs(
        value,
        lambda function: value(jax.grad(lambda x, labels: function(x, labels).sum())),
        lambda x, labels: jax.nn.sigmoid(x),
        lambda x, labels: jax.nn.softmax(x),
        lambda x, labels: jax.nn.log_softmax(x),
        lambda x, labels: jax.nn.logsumexp(x, axis=-1),
        cost,
    )


def _programs(
    value: Callable[[Any], Program], gradient: Callable[[Any], Program], *functions: Callable[..., Any]
) -> dict[str, Program]:
    names = ("sigmoid", "softmax", "log_softmax", "logsumexp", "cross_entropy")
    of = dict(zip(names, functions, strict=True))
    gradients = {f"{name}_gradient": gradient(of[name]) for name in ("sigmoid", "cross_entropy")}
    return {**{name: value(function) for name, function in of.items()}, **gradients}


IMPLEMENTATIONS: Mapping[str, Callable[[], dict[str, Program]]] = {
    "reference": _reference,
    "torch": _torch,
    "jax": _jax,
}


def programs(implementations: Sequence[str] = tuple(IMPLEMENTATIONS)) -> dict[str, dict[str, Program]]:
    """Implementation → quantity → program; those whose framework is not installed are left out.

    >>> programs(("numpy",))
    Traceback (most recent call last):
    ValueError: implementation: got 'numpy', expected one of reference, torch, jax
    """
    found = {}
    for name in implementations:
        if name not in IMPLEMENTATIONS:
            raise ValueError(f"implementation: got {name!r}, expected one of {', '.join(IMPLEMENTATIONS)}")
        try:
            found[name] = IMPLEMENTATIONS[name]()
        except ImportError:
            continue
    return found
