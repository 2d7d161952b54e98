"""Where claims are tried: shapes, seeded points, real handwritten digits, and symbols.

Points are the quantities of one forward pass of the network, rounded to float64 and from there on exact. So φ, h
and θ are the size that they have in a network, and on the digits they are those of real images.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from reference.derivations import Input
from reference.equations import NETWORK
from reference.label_equations import IGNORED

from ..cases import Arrays, CaseUnavailableError
from ..digits import batch
from ..graph import evaluate_all


@dataclass(frozen=True)
class Shape:
    """N rows through D inputs, H hidden units and C classes."""

    N: int
    D: int
    H: int
    C: int
    real: bool = False

    def __str__(self) -> str:
        return f"{self.N}×{self.D}-{self.H}-{self.C}" + (" digits" if self.real else "")

    def of(self, dims: tuple[str, ...]) -> tuple[int, ...]:
        """Lengths for names: ``("N", "1")`` → (N, 1)."""
        return tuple(int(name) if name.isdigit() else int(getattr(self, name)) for name in dims)


SMALL = Shape(2, 3, 2, 3)
SQUARE = Shape(2, 2, 2, 3)
"""D = H, where a wrong order of products or a missing transposition has a legal shape."""
SHAPES = (SMALL, Shape(4, 5, 7, 3), Shape(16, 20, 10, 5), Shape(8, 64, 32, 10, real=True))

_STEP = 2.0**-20


def point(inputs: Mapping[str, Input], shape: Shape, seed: int) -> dict[str, Any]:
    """Seeded values of the inputs: float64 arrays and int labels.

    CaseUnavailableError: the shape is that of the real digits, and scikit-learn is not installed.
    """
    rng = np.random.default_rng([seed, shape.N, shape.D, shape.H, shape.C])
    network = _network(shape, rng)
    values: dict[str, Any] = {}
    taken: list[int] = []
    for name, wanted in inputs.items():
        if wanted.kind == "labels":
            values[name] = _labels(shape.of(wanted.dims), shape, network, rng)
        elif wanted.kind in ("label", "other label"):
            # On the digits the first label is that of the first image.
            first = int(network["y"][0].argmax())
            free = [label for label in range(shape.C) if label not in taken]
            values[name] = int(rng.choice(free)) if taken else first
            taken.append(values[name])
        else:
            values[name] = _array(name, wanted, shape, network, rng)
    return values


def _labels(lengths: tuple[int, ...], shape: Shape, network: Arrays, rng: np.random.Generator) -> np.ndarray:
    """A class for each row, those of the images on the digits; the last row is ignored."""
    labels = network["y"].argmax(axis=-1) if shape.real else rng.integers(0, shape.C, lengths)
    labels[-1] = IGNORED
    return labels


def _network(shape: Shape, rng: np.random.Generator) -> Arrays:
    if shape.real:
        given = batch("half_trained", rng, shape.N)
    else:
        given = {
            "x": rng.normal(size=(shape.N, shape.D)),
            "W1": rng.normal(size=(shape.D, shape.H)) / np.sqrt(shape.D),
            "b1": rng.normal(size=shape.H),
            "W2": rng.normal(size=(shape.H, shape.C)) / np.sqrt(shape.H),
            "b2": rng.normal(size=shape.C),
            "y": rng.normal(size=(shape.N, shape.C)),
        }
    return {**given, **evaluate_all(NETWORK, given, ("phi", "h", "theta"))}


def _array(name: str, wanted: Input, shape: Shape, network: Arrays, rng: np.random.Generator) -> np.ndarray:
    lengths = shape.of(wanted.dims)
    if wanted.kind == "sums to 1" and not shape.real:
        # Multiples of 2⁻²⁰ below 2³²: float64 adds them exactly, so the sum is 1 exactly.
        free = np.rint(rng.normal(size=(*lengths[:-1], lengths[-1] - 1)) / _STEP) * _STEP
        return np.concatenate([free, 1 - free.sum(axis=-1, keepdims=True)], axis=-1)
    known = network.get(wanted.like or name)
    if known is not None and known.shape == lengths:
        return known
    if known is not None and known.shape[1:] == lengths:
        return known[0]
    return rng.normal(size=lengths)


def symbols(inputs: Mapping[str, Input], shape: Shape) -> Iterator[dict[str, Any]]:
    """The inputs as free real symbols, once for each choice of single labels, and for some of labels of rows."""
    from ..numbers.array import fill
    from ..numbers.symbol import Symbol

    labels = [name for name, wanted in inputs.items() if wanted.kind in ("label", "other label")]
    rows = [name for name, wanted in inputs.items() if wanted.kind == "labels"]
    free: dict[str, Any] = {}
    for name, wanted in inputs.items():
        if name in labels or name in rows:
            continue
        array = Symbol.named(name, shape.of(wanted.dims))
        if wanted.kind == "sums to 1":
            parts = array.data.reshape(-1, array.shape[-1])
            entries = (entry for row in parts for entry in (*row[:-1], 1 - sum(row[:-1])))
            array = Symbol(fill(entries, array.shape))
        free[name] = array
    every_row = [_choices(shape.of(inputs[name].dims), shape.C) for name in rows]
    for choice in product(range(shape.C), repeat=len(labels)):
        if len(set(choice)) == len(choice):
            chosen = dict(zip(labels, choice, strict=True))
            for arrays in product(*every_row):
                yield {**free, **chosen, **dict(zip(rows, arrays, strict=True))}


def _choices(lengths: tuple[int, ...], classes: int) -> list[np.ndarray]:
    """Labels of rows: each class and the ignored label once in every row, beside others; and one class in all."""
    every = np.array((*range(classes), IGNORED))
    return [np.resize(np.roll(every, k), lengths) for k in range(len(every))] + [np.zeros(lengths, dtype=int)]


__all__ = ["SHAPES", "SMALL", "SQUARE", "CaseUnavailableError", "Shape", "point", "symbols"]
