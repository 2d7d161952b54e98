"""The reference as it is timed: its public functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reference.cross_entropy import cross_entropy_with_gradient
from reference.sigmoid import sigmoid
from reference.softmax import log_softmax, softmax
from reference.two_layer import cost_and_gradients

from ..cases import Arrays
from .cells import WORKLOADS
from .prepared import Prepared, Values

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sigmoid": sigmoid,
    "softmax": softmax,
    "log_softmax": log_softmax,
    "cross_entropy": lambda x, labels: cross_entropy_with_gradient(x, labels),
    "two_layer": cost_and_gradients,
}
"""Workload → the function of its inputs."""


def start(cores: int, device: str) -> str:
    """Nothing has to be set: NumPy keeps to the cores of its process."""
    return ""


def prepare(workload: str, inputs: Arrays, device: str) -> Prepared:
    """The function at the inputs; a result is there when it returns."""
    function, returns = FUNCTIONS[workload], WORKLOADS[workload].returns

    def values(found: Any) -> Values:
        if isinstance(found, dict):
            return tuple(found[name] for name in returns)
        return found if isinstance(found, tuple) else (found,)

    return Prepared(lambda: function(**inputs), values)
