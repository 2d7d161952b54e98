"""What is timed: workloads at sizes, with their inputs, their operations and their traffic.

Flops are nominal: an exponential, a logarithm, a comparison or a division counts one. With E elements of s bytes
in N rows,

    sigmoid        4 E    (−x, e^, 1 +, 1 /)                     2 E s bytes: read once, written once
    softmax        5 E    (max, −, e^, Σ, /)                     2 E s
    log_softmax    5 E    (max, −, e^, Σ, −)                     2 E s
    cross_entropy  6 E    (max, −, e^, Σ, /, − y)                2 E s + N (8 + s): with the labels and the costs
    two_layer      6 N D H + 6 N H C   (θ and φ forward, and for each the gradients of both of its operands)
                   2 s (N D + D H + H + H C + C) + s (N C + 1): inputs and their gradients, the targets, J

and bytes are those that must move once, whatever a cache saves or a temporary costs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np

from ..cases import Arrays

Size = tuple[int, ...]

ROW_WISE, TWO_LAYER = "element- and row-wise", "two-layer"
DTYPES = ("float32", "float64")


@dataclass(frozen=True)
class Workload:
    """What is computed, and how much work it is.

    ``axes``        what the numbers of a size are
    ``sizes``       those that are timed where none is asked for, ``quick`` those of ``--quick``
    ``draw``        (rng, size) → inputs, before they are rounded to a format; integers stay integers
    ``operation``   by which results are judged, and ``returns``: the quantities of it that are returned, in order
    ``flops``       (size) → nominal operations, ``bytes`` (size, bytes of an element) → bytes that must move
    """

    name: str
    summary: str
    group: str
    axes: str
    sizes: tuple[Size, ...]
    quick: tuple[Size, ...]
    draw: Callable[[np.random.Generator, Size], Arrays]
    operation: str
    returns: tuple[str, ...]
    flops: Callable[[Size], int]
    bytes: Callable[[Size, int], int]


@dataclass(frozen=True)
class Cell:
    """One workload at one size in one format on so many cores."""

    workload: str
    size: Size
    dtype: str
    cores: int

    @property
    def shape(self) -> str:
        """The size in a word.

        >>> Cell("softmax", (256, 1000), "float32", 1).shape
        '256×1000'
        """
        return "×".join(map(str, self.size))

    @property
    def name(self) -> str:
        """The cell in words, unique in a run."""
        return f"{self.workload} {self.shape} {self.dtype}, {cores_told(self.cores)}"

    @property
    def flops(self) -> int:
        """Nominal operations of one call."""
        return WORKLOADS[self.workload].flops(self.size)

    @property
    def bytes(self) -> int:
        """Bytes that must move in one call."""
        return WORKLOADS[self.workload].bytes(self.size, np.dtype(self.dtype).itemsize)

    def inputs(self, seed: int) -> Arrays:
        """The inputs: the same in every process."""
        work = WORKLOADS[self.workload]
        rng = np.random.default_rng([seed, *self.size, *self.workload.encode()])
        drawn = work.draw(rng, self.size)
        return {name: a if a.dtype.kind in "iu" else a.astype(self.dtype) for name, a in drawn.items()}


def cores_told(cores: int) -> str:
    """A number of cores in words."""
    return counted(cores, "core")


def counted(number: int, what: str) -> str:
    """A number of things in words.

    >>> counted(1, "round"), counted(2, "round")
    ('1 round', '2 rounds')
    """
    return f"{number} {what}{'' if number == 1 else 's'}"


def _logits(rng: np.random.Generator, size: Size) -> Arrays:
    return {"x": rng.normal(0, 3, size)}


def _labelled(rng: np.random.Generator, size: Size) -> Arrays:
    return {**_logits(rng, size), "labels": rng.integers(0, size[1], size[0])}


def _network(rng: np.random.Generator, size: Size) -> Arrays:
    """Parameters that keep the scale of φ and θ near 1; one-hot targets."""
    rows, inputs, hidden, classes = size
    return {
        "x": rng.normal(0, 1, (rows, inputs)),
        "y": np.eye(classes)[rng.integers(0, classes, rows)],
        "W1": rng.normal(0, inputs**-0.5, (inputs, hidden)),
        "b1": rng.normal(0, 0.1, hidden),
        "W2": rng.normal(0, hidden**-0.5, (hidden, classes)),
        "b2": rng.normal(0, 0.1, classes),
    }


def _network_flops(size: Size) -> int:
    rows, inputs, hidden, classes = size
    return 6 * rows * hidden * (inputs + classes)


def _network_bytes(size: Size, item: int) -> int:
    rows, inputs, hidden, classes = size
    leaves = rows * inputs + (inputs + 1) * hidden + (hidden + 1) * classes
    return item * (2 * leaves + rows * classes + 1)


def _row_wise(
    name: str,
    summary: str,
    flops: int,
    operation: str = "",
    returns: tuple[str, ...] = ("value",),
    draw: Callable[[np.random.Generator, Size], Arrays] = _logits,
    beside: Callable[[int], int] = lambda item: 0,
) -> Workload:
    """``flops`` are those of an element, ``beside`` the bytes of a row that are not its logits'."""
    return Workload(
        name,
        summary,
        ROW_WISE,
        "rows × columns",
        sizes=((32, 10), (256, 1000), (64, 128_000)),
        quick=((64, 257),),
        draw=draw,
        operation=operation or name,
        returns=returns,
        flops=lambda size: flops * prod(size),
        bytes=lambda size, item: 2 * item * prod(size) + size[0] * beside(item),
    )


WORKLOADS = {
    one.name: one
    for one in (
        _row_wise("sigmoid", "σ(x)", 4),
        _row_wise("softmax", "softmax(x) along the rows", 5),
        _row_wise("log_softmax", "log softmax(x) along the rows", 5),
        _row_wise(
            "cross_entropy",
            "cost of each row, integer labels, and the gradient of their sum",
            6,
            operation="label_cross_entropy",
            returns=("value", "vjp"),
            draw=_labelled,
            beside=lambda item: 8 + item,
        ),
        Workload(
            "two_layer",
            "J with one-hot targets, and its gradients in x, W₁, b₁, W₂, b₂",
            TWO_LAYER,
            "rows × inputs × hidden × classes",
            sizes=((20, 10, 5, 10), (64, 784, 128, 10), (512, 2048, 2048, 1000)),
            quick=((20, 10, 5, 10),),
            draw=_network,
            operation="two_layer",
            returns=("J", "d_x", "d_W1", "d_b1", "d_W2", "d_b2"),
            flops=_network_flops,
            bytes=_network_bytes,
        ),
    )
}
"""Every workload by name."""
