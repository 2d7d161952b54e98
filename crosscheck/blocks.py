"""Large arrays whose rows have nothing to do with each other: enclosed block by block, so that memory stays flat.

A ball takes some 150 bytes, where a float64 takes 8. Of an operation whose inputs all have the shape ``...`` or
``... n`` every row of the leading axes has a result of its own (the tests hold blocks against wholes, bit by bit).
The balls of one block exist at a time, and precision grows in the blocks that need it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from math import prod
from typing import Any

import numpy as np

from .cases import Arrays
from .enclosure import Enclosure
from .formats import Format
from .numbers.array import Objects
from .numbers.ball import BITS, Ball

SIZE = 2**12
"""Elements of a block: its balls stay in the cache, and what it costs beside them is little."""

LARGE = 2**15
"""Arrays of more elements are taken by blocks; of others the balls are kept for the next question."""

Special = tuple[np.ndarray, np.ndarray]


def lead(shapes: Mapping[str, str], given: Arrays) -> tuple[int, ...] | None:
    """The leading axes that all inputs share, where every row of them is on its own; None where none is.

    >>> lead({"x": "... n", "y": "..."}, {"x": np.ones((4, 3, 2)), "y": np.ones((4, 3))})
    (4, 3)
    """
    if not given or not all(shapes.get(name, "").split()[:1] == ["..."] for name in given):
        return None
    found = {a.shape[: a.ndim - _trailing(shapes, name)] for name, a in given.items()}
    return found.pop() if len(found) == 1 else None


def _trailing(shapes: Mapping[str, str], name: str) -> int:
    return len(shapes[name].split()) - 1


def in_rows(shapes: Mapping[str, str], given: Arrays) -> Arrays:
    """The inputs with their leading axes as one."""
    found = {}
    for name, a in given.items():
        at = a.ndim - _trailing(shapes, name)
        found[name] = a.reshape(prod(a.shape[:at]), *a.shape[at:])
    return found


class Blocks(Enclosure):
    """An enclosure that holds no balls, but asks every question block by block.

    ``evaluate`` computes the balls of some rows of the inputs, ``rows`` are the inputs with one leading axis in
    place of ``shape``. The rest is as for ``Enclosure``.
    """

    def __init__(
        self,
        evaluate: Callable[[Arrays], Ball],
        rows: Arrays,
        shape: tuple[int, ...],
        special: Special | None = None,
    ) -> None:
        self._evaluate_rows = evaluate
        self._rows = rows
        self._lead = shape
        self._row_special = None if special is None else _special_in_rows(special, prod(shape), len(shape))
        count = prod(shape)
        self._step = max(1, SIZE // max(1, max(a.size for a in rows.values()) // max(count, 1)))
        self._reached = [BITS] * max(1, -(-count // self._step))

    @property
    def bits(self) -> int:
        """The largest working precision of a block so far."""
        return max(self._reached)

    def _blocks(self) -> Iterator[Enclosure]:
        for i, bits in enumerate(self._reached):
            at = slice(i * self._step, (i + 1) * self._step)
            rows = {name: a[at] for name, a in self._rows.items()}
            special = None if self._row_special is None else (self._row_special[0][at], self._row_special[1][at])
            block = Enclosure(partial(self._evaluate_rows, rows), special, bits)
            yield block
            self._reached[i] = block.bits

    def _joined(self, ask: Callable[[Enclosure], np.ndarray]) -> np.ndarray:
        whole = np.empty(0)
        for i, block in enumerate(self._blocks()):
            part = ask(block)
            if i == 0:
                whole = np.empty((prod(self._lead), *part.shape[1:]), part.dtype)
            whole[i * self._step : i * self._step + len(part)] = part
        return whole.reshape(*self._lead, *whole.shape[1:])

    def balls(self) -> Objects:
        """The balls, all of them: what the blocks are there to avoid."""
        return self._joined(lambda block: block.balls())

    @property
    def shape(self) -> tuple[int, ...]:
        first = {name: a[:1] for name, a in self._rows.items()}
        return (*self._lead, *self._evaluate_rows(first).shape[1:])

    @property
    def mid(self) -> np.ndarray:
        return self._joined(lambda block: block.mid)

    @property
    def radius(self) -> np.ndarray:
        return self._joined(lambda block: block.radius)

    @property
    def lower(self) -> np.ndarray:
        return self._joined(lambda block: block.lower)

    @property
    def upper(self) -> np.ndarray:
        return self._joined(lambda block: block.upper)

    def split(self, format: Format) -> tuple[np.ndarray, np.ndarray]:
        both = self._joined(lambda block: np.stack(block.split(format), axis=-1))
        return both[..., 0], both[..., 1]

    def round(self, dtype: object = "float64") -> np.ndarray:
        return self._joined(lambda block: block.round(dtype))


def _special_in_rows(special: Special, count: int, axes: int) -> Special:
    mask, values = special
    return mask.reshape(count, *mask.shape[axes:]), values.reshape(count, *values.shape[axes:])


def enclosure(
    evaluate: Callable[[Arrays], Ball],
    shapes: Mapping[str, str],
    given: Arrays,
    special: Special | None = None,
) -> Enclosure:
    """The enclosure of what ``evaluate`` computes from the inputs: by blocks where it is large and has rows."""
    axes = lead(shapes, given)
    large = any(a.size > LARGE for a in given.values())
    if axes is None or not large or prod(axes) < 2:
        return Enclosure(lambda: evaluate(given), special)
    return Blocks(evaluate, in_rows(shapes, given), axes, special)


def of_some_rows(shapes: Mapping[str, str], given: Arrays, wanted: np.ndarray) -> tuple[Arrays, Any] | None:
    """The inputs of the rows in which anything is ``wanted``, and where they are; None where there are no rows."""
    axes = lead(shapes, given)
    if axes is None or wanted.shape[: len(axes)] != axes or prod(axes) < 2:
        return None
    where = wanted.reshape(prod(axes), -1).any(axis=1)
    return {name: a[where] for name, a in in_rows(shapes, given).items()}, where.reshape(axes)
