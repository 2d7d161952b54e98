"""What the oracle is timed at: equations at inputs, the arithmetics that read them, and whether these agree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb

from reference import equations
from reference.two_layer import initial

from ..cases import Arrays
from ..graph import Graph, evaluate_all
from ..numbers.ball import BITS, Ball, precision
from ..numbers.fast import Fast
from .mpf import Mpf

Run = Callable[[], Any]
Results = Mapping[str, Any]


@dataclass(frozen=True)
class Task:
    """Quantities of a graph at inputs; ``few`` are inputs of the same kind for mpmath, with less work in them."""

    name: str
    graph: Graph
    quantities: tuple[str, ...]
    inputs: Arrays
    few: Arrays

    def read(self, of: Callable[[np.ndarray], Any], inputs: Arrays) -> dict[str, Any]:
        """The quantities in the arithmetic of ``of``."""
        return evaluate_all(self.graph, {name: of(a) for name, a in inputs.items()}, self.quantities)


def balls(task: Task, inputs: Arrays) -> dict[str, Any]:
    with precision(BITS):
        return task.read(Ball.of, inputs)


def in_mpmath(task: Task, inputs: Arrays) -> dict[str, Any]:
    """ImportError where mpmath is not installed."""
    import mpmath

    with mpmath.workprec(BITS):
        return task.read(Mpf.of, inputs)


def fast(task: Task, inputs: Arrays) -> dict[str, Any]:
    return task.read(Fast.of, inputs)


def in_float64(task: Task, inputs: Arrays) -> dict[str, Any]:
    with np.errstate(all="ignore"):
        return task.read(np.asarray, inputs)


def bare_exp(x: np.ndarray) -> Run:
    """Arb's exp alone, over a list of balls that are there already."""
    numbers = [arb(v) for v in x.ravel().tolist()]

    def run() -> list[arb]:
        with precision(BITS):
            return list(map(arb.exp, numbers))

    return run


def values(results: Results) -> int:
    """How many values the quantities have."""
    return sum(int(np.prod(result.shape, dtype=int)) for result in results.values())


def tasks(seed: int, quick: bool) -> tuple[Task, ...]:
    """σ, softmax, log-softmax, the cost of a row, and a network of one row."""
    rng = np.random.default_rng(seed)
    rows, width = (2, 500) if quick else (4, 1000)  # a block of balls, or less
    x = 3 * rng.normal(size=(rows, width))
    y = np.eye(width)[rng.integers(0, width, rows)]
    few = {"x": x[:1, :100] if quick else x[:1]}
    one_hot = {"x": x[:1], "y": y[:1]}
    network = (1, 20, 10, 5) if quick else (1, 784, 128, 10)
    given = network_inputs(rng, *network)
    return (
        Task("σ", {"value": equations.sigmoid}, ("value",), {"x": x}, few),
        Task("softmax", {"value": equations.softmax}, ("value",), {"x": x}, few),
        Task("log-softmax", {"value": equations.log_softmax}, ("value",), {"x": x}, few),
        Task(f"CE, row of {width}", {"value": equations.cross_entropy}, ("value",), {"x": x, "y": y}, one_hot),
        Task(f"network {spelled(*network)}", equations.NETWORK, tuple(equations.NETWORK), given, given),
    )


def spelled(*sizes: int) -> str:
    """64×784×128×10."""
    return "×".join(map(str, sizes))


def network_inputs(rng: np.random.Generator, rows: int, inputs: int, hidden: int, classes: int) -> Arrays:
    """float32 numbers, in float64: a batch, one-hot targets, and parameters that keep the scale near 1."""
    params = initial(inputs, hidden, classes, int(rng.integers(2**31)), "float32")
    x = rng.normal(size=(rows, inputs)).astype(np.float32)
    y = np.eye(classes)[rng.integers(0, classes, rows)]
    given: Arrays = {"x": x, "y": y, **params}
    return {name: a.astype(np.float64) for name, a in given.items()}


def agree_with_mpmath(exact: Results, found: Results) -> bool:
    """Whether mpmath's numbers lie within 2⁻⁹⁶ of the balls, relatively or beside the largest of the array."""
    with precision(2 * BITS):
        for name, result in found.items():
            mid = exact[name].data.ravel().tolist()
            most = max(abs(ball) for ball in mid)
            for ball, number in zip(mid, result.data.ravel().tolist(), strict=True):
                sign, mantissa, exponent, _ = number._mpf_
                number = arb(int(mantissa)) * arb(2) ** exponent * (-1 if sign else 1)
                if not abs(ball - number) <= most * arb(2.0**-96):
                    return False
    return True


def encloses(exact: Results, found: Results, most: int = 1000) -> bool:
    """Whether the balls lie in the fast enclosure: ``most`` elements of each quantity are looked at."""
    with precision(2 * BITS):
        for name, result in found.items():
            every = max(1, exact[name].data.size // most)
            near, off = result.value.ravel()[::every].tolist(), result.full.ravel()[::every].tolist()
            balls_ = exact[name].data.ravel()[::every].tolist()
            if not all(abs(b - v) <= arb(d) for b, v, d in zip(balls_, near, off, strict=True)):
                return False
    return True


def near(exact: Results, found: Results) -> bool:
    """Whether plain float64 is within 10⁻⁹ of the balls, beside the largest of the array."""
    for name, result in found.items():
        mid = np.array([float(ball) for ball in exact[name].data.ravel().tolist()]).reshape(exact[name].shape)
        if not (np.abs(result - mid) <= 1e-9 * np.abs(mid).max()).all():
            return False
    return True
