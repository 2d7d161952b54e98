"""Whether what was timed is right: results against the truth, under the tolerance of their format.

Small results are judged by the same reading as everywhere else. Where balls would take minutes, the truth is the
enclosure of the float64 error analysis, and a result is wrong where its error passes the tolerance by more than
the width of that enclosure. In float32 that width is negligible; in float64 the enclosure is as wide as the
tolerance, so that an error of three times the tolerance is sure to show.

Of row-wise results with more than ``MOST`` elements some rows are judged (the first, the last, and others at
random), of networks every element: end to end, from the inputs, since frameworks return no intermediate step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..cases import Arrays
from ..formats import FORMATS, Format
from ..judge import assess, check_from_inputs, ratios, stored_inputs, would_pass
from ..operation import Operation
from ..operations import operation
from ..truth import Reading, read, rounded
from .cells import WORKLOADS, Cell
from .prepared import Values

SHARP = 2_000
"""Elements of all inputs up to which balls are used."""

MOST = 2**20
"""Elements of the logits whose rows are judged."""

_TOGETHER = 2**18
"""Elements of the logits that are judged at a time, so that judging takes little memory."""


@dataclass(frozen=True)
class Judgement:
    """What was said of a contender's results.

    ``wrong`` is why they are, or ''; ``elements`` is how many were judged, of how many there are (``all``);
    ``worst_ratio`` their worst error over its bound; ``vacuous`` names the quantities of which zeros, half the
    right answer or a constant would have passed.
    """

    wrong: str
    elements: int
    all: int
    worst_ratio: float
    vacuous: tuple[str, ...] = ()


def sampled(cell: Cell, seed: int) -> list[int] | None:
    """The rows of a result that are judged, in order; None for all of it."""
    rows, columns = cell.size[:2]
    if WORKLOADS[cell.workload].operation == "two_layer" or rows * columns <= MOST:
        return None
    many = max(2, MOST // columns)
    others = np.random.default_rng(seed).choice(np.arange(1, rows - 1), many - 2, replace=False)
    return [0, *sorted(map(int, others)), rows - 1]


def judge(
    cell: Cell, inputs: Arrays, results: Mapping[str, Values], rows: Sequence[int] | None = None
) -> dict[str, Judgement]:
    """A judgement of each contender's results, of those ``rows`` of them (see ``sampled``)."""
    work = WORKLOADS[cell.workload]
    one, format = operation(work.operation), FORMATS[cell.dtype]
    given = _given(one, work.returns, inputs, cell.dtype)
    if rows is not None:
        given = {name: a[list(rows)] if name in _OF_ROWS else a for name, a in given.items()}
    seen = {name: _Seen(values) for name, values in results.items()}
    for name, values in results.items():
        if len(values) != len(work.returns):
            seen[name].wrong = f"returned {len(values)} arrays, expected {', '.join(work.returns)}"
    for i, quantity in enumerate(work.returns):
        sharp = False
        for part, truth in _readings(one, quantity, given, format):
            sharp |= not would_pass(truth, format)
            for found in seen.values():
                if not found.wrong:
                    found.look(quantity, i, part, truth, format)
        if not sharp:
            for found in seen.values():
                found.vacuous += (quantity,)
    return {name: found.judgement(len(inputs["x"]), rows) for name, found in seen.items()}


class _Seen:
    """What is known of one contender's results while they are looked at part by part."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self.wrong = ""
        self.worst = 0.0
        self.vacuous: tuple[str, ...] = ()

    def look(self, quantity: str, i: int, part: slice | None, truth: Reading, format: Format) -> None:
        """Judge a part of the i-th result."""
        values = self.values[i]
        if part is not None and values.ndim == truth.hi.ndim:
            values = values[part]
        if values.shape == truth.hi.shape and values.dtype == format.dtype:
            self.worst = max(self.worst, float(ratios(values, truth, format).max(initial=0.0)))
            if self.worst <= 1:
                return
        within = f"{quantity}, rows from {part.start}" if part is not None and part.start else quantity
        self.wrong = f"{within}: {assess(values, truth, format).reason}"

    def judgement(self, all_rows: int, rows: Sequence[int] | None) -> Judgement:
        """The whole of it."""
        elements = sum(a.size for a in self.values)
        every = elements if rows is None else elements // len(rows) * all_rows
        return Judgement(self.wrong, elements, every, self.worst, self.vacuous)


_OF_ROWS = ("x", "labels", "cotangent")


def _given(one: Operation, returns: tuple[str, ...], inputs: Arrays, dtype: str) -> Arrays:
    """The inputs of the operation; those that a workload has not are what makes the operation plain."""
    plain: dict[str, Callable[[], np.ndarray]] = {
        "weight": lambda: np.ones(inputs["x"].shape[-1], dtype),
        "smoothing": lambda: np.zeros((), dtype),
        "cotangent": lambda: np.ones(len(inputs["x"]), dtype),
    }
    leaves = dict.fromkeys(leaf for quantity in returns for leaf in one.leaves(quantity))
    return {leaf: inputs[leaf] if leaf in inputs else plain[leaf]() for leaf in leaves}


def _readings(
    one: Operation, quantity: str, given: Arrays, format: Format
) -> Iterator[tuple[slice | None, Reading]]:
    """The truth of a quantity, of some rows at a time; of a network's whole batch at once."""
    needed = {leaf: given[leaf] for leaf in one.leaves(quantity)}
    if one.taps:
        yield None, _reading(one, quantity, needed, format)
        return
    x = needed["x"]
    step = max(1, _TOGETHER // x.shape[-1])
    for start in range(0, len(x), step):
        part = slice(start, start + step)
        yield (
            part,
            _reading(one, quantity, {n: a[part] if n in _OF_ROWS else a for n, a in needed.items()}, format),
        )


def _reading(one: Operation, quantity: str, given: Arrays, format: Format) -> Reading:
    stored = stored_inputs(one, given, format, check_from_inputs(one, quantity))
    if sum(a.size for a in given.values()) <= SHARP:
        return read(one, quantity, given, format, stored)
    tolerance = rounded(one.graph, quantity, given, format, stored)
    # What a tolerance is read around is computed in float64: in that format it is the enclosure already.
    truth = tolerance
    if format.precision < 53:
        truth = rounded(one.graph, quantity, given, FORMATS["float64"], frozenset())
    none = np.zeros(truth.shape, dtype=bool)
    bound = tolerance.bound + truth.bound
    return Reading(truth.value, np.zeros(truth.shape), bound, none, none, truth.bound)
