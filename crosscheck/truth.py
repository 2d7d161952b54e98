"""The truth and the tolerance of one quantity at given inputs.

Truth comes from the fast enclosure (``Fast``, in float64) where its width is negligible beside an ulp of the
format, and from ``Ball`` everywhere else; the tests hold the two against each other.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np

from .blocks import enclosure, of_some_rows
from .cases import Arrays
from .chain import evaluate_from_inputs
from .enclosure import Enclosure
from .formats import Format
from .graph import Graph
from .numbers.ball import ALONE, Ball, working_precision
from .numbers.fast import Fast
from .numbers.rounding import Model, Rounded
from .operation import Operation

NEGLIGIBLE = 2.0**-6
"""How wide the fast enclosure may be, in ulps of the format: reported errors are off by at most that."""

_BESIDE_THE_BOUND = 2.0**-20
"""Or else, beside the tolerance, in results of more than ``_MANY`` elements, or of inputs with more than
``_MANY_INPUTS``, which take balls minutes: a bias has few elements, and the whole network behind it."""

_MANY, _MANY_INPUTS = 10_000, 1_000_000


@dataclass(frozen=True)
class Reading:
    """hi + lo is the exact value; ``bound`` the most that an honest evaluation may lose.

    ``special`` marks values that the table of special values fixes, ``open`` those for which it prescribes none.
    ``slack`` is how far the exact value may lie from hi + lo, where that is not negligible beside an ulp (it is,
    beside the bound): errors in ulps are then the least that they can be.
    """

    hi: np.ndarray
    lo: np.ndarray
    bound: np.ndarray
    special: np.ndarray
    open: np.ndarray
    slack: np.ndarray | float = 0.0


class _Kept:
    """The readings asked for last, up to ``most`` elements (40 bytes each)."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.elements = 0
        self.readings: OrderedDict[bytes, Reading] = OrderedDict()

    def get(self, key: bytes) -> Reading | None:
        if key in self.readings:
            self.readings.move_to_end(key)
        return self.readings.get(key)

    def put(self, key: bytes, reading: Reading) -> None:
        self.readings[key] = reading
        self.elements += reading.hi.size
        while self.elements > self.most:
            _, oldest = self.readings.popitem(last=False)
            self.elements -= oldest.hi.size


_KEPT = _Kept(4_000_000)


def read(operation: Operation, quantity: str, given: Arrays, format: Format, stored: frozenset[str]) -> Reading:
    """The reading of a quantity of an operation, from ``given`` through the operation's graph.

    Inputs in ``stored`` start with an error of one rounding. Readings are kept, so that implementations that are
    judged at the same inputs share one.
    """
    key = _key(operation.name, quantity, given, format, stored)
    with ALONE:
        kept = _KEPT.get(key)
        if kept is not None:
            return kept
        reading = _read(operation, quantity, given, format, stored)
        _KEPT.put(key, reading)
        return reading


def _read(operation: Operation, quantity: str, given: Arrays, format: Format, stored: frozenset[str]) -> Reading:
    require_gradual_underflow()
    tolerance = rounded(operation.graph, quantity, given, format, stored)
    special = special_values(operation, quantity, given)
    rule = operation.open.get(quantity)
    none = np.zeros(tolerance.shape, dtype=bool)
    unprescribed = none if rule is None else rule(**given)
    if format.precision < 53 and special is None:
        fast = enclose_fast(operation.graph, quantity, given)
        sharp = negligible(fast, format)
        slack: np.ndarray | float = 0.0
        many = fast.value.size > _MANY or max(a.size for a in given.values()) > _MANY_INPUTS
        if many and not sharp.all():
            mended = _mended(operation, quantity, given, format, fast, sharp)
            if mended is not None:
                hi, lo, wide = mended
                return Reading(hi, lo, tolerance.bound + wide, none, unprescribed, np.zeros(hi.shape))
            beside = np.isfinite(tolerance.bound) & (fast.bound <= _BESIDE_THE_BOUND * tolerance.bound)
            slack = np.where(sharp, 0.0, fast.bound)
            sharp |= beside
        if sharp.all():
            bound = tolerance.bound + fast.bound
            return Reading(fast.value, np.zeros(tolerance.shape), bound, none, unprescribed, slack)
    hi, lo = enclose(operation.graph, quantity, given, special, operation.shapes).split(format)
    mask = special[0] if special is not None else none
    # A finite value that the table fixes, where the equation may have none and so no bound: 0, an input, or the
    # product of one with a difference, (1 − y) ȳ, which rounds twice.
    bound = np.where(mask & np.isfinite(hi), 2 * format.unit_roundoff * np.abs(hi), tolerance.bound)
    return Reading(hi, lo, bound, mask | np.isnan(hi), unprescribed)


def _mended(
    operation: Operation, quantity: str, given: Arrays, format: Format, fast: Fast, sharp: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """hi, lo and what they may be off by: balls where the fast enclosure is not sharp, if that is in few rows."""
    some = of_some_rows(operation.shapes, given, ~sharp)
    if some is None or max(a.size for a in some[0].values()) > _MANY:
        return None
    rows, where = some
    hi, lo, wide = fast.value.copy(), np.zeros(fast.shape), fast.full.copy()
    hi[where], lo[where] = enclose(operation.graph, quantity, rows).split(format)
    wide[where] = 0.0
    return (hi, lo, wide) if np.isfinite(hi).all() else None


def rounded(graph: Graph, quantity: str, given: Arrays, format: Format, stored: frozenset[str]) -> Rounded:
    """The quantity with its error bound in a format."""
    model = Model.of(format)

    def start(name: str, array: np.ndarray) -> Any:
        if array.dtype.kind in "iu":
            return array
        return (Rounded.stored if name in stored else Rounded.exactly)(array, model)

    alike = not stored or stored >= set(given)  # every input starts in the same way
    reading = (format, bool(stored)) if alike else None
    result: Rounded = evaluate_from_inputs(graph, given, quantity, start, reading)
    return result


def enclose_fast(graph: Graph, quantity: str, given: Arrays) -> Fast:
    """The quantity as a float64 enclosure of its exact value, at the speed of NumPy."""

    def start(name: str, array: np.ndarray) -> Any:
        return array if array.dtype.kind in "iu" else Fast.of(array)

    result: Fast = evaluate_from_inputs(graph, given, quantity, start, "fast")
    return result


def negligible(fast: Fast, format: Format) -> np.ndarray:
    """Where the enclosure is so narrow that its value stands for the exact one in the format."""
    # An ulp is more than 2^−p of the value, which is quicker to say.
    sharp = np.asarray(fast.bound <= NEGLIGIBLE * format.unit_roundoff * np.abs(fast.value))
    if not sharp.all():
        sharp = np.asarray(fast.bound <= NEGLIGIBLE * format.ulp(fast.value))
    return sharp


def enclose(
    graph: Graph,
    quantity: str,
    given: Arrays,
    special: tuple[np.ndarray, np.ndarray] | None = None,
    shapes: Mapping[str, str] | None = None,
) -> Enclosure:
    """The quantity as an enclosure of its exact value; by blocks where ``shapes`` says that it has rows."""

    def start(name: str, array: np.ndarray) -> Any:
        return array if array.dtype.kind in "iu" else Ball.of(array)

    def balls(rows: Arrays) -> Ball:
        # The blocks of an array have nothing to share.
        reading = working_precision() if rows is given else None
        result: Ball = evaluate_from_inputs(graph, rows, quantity, start, reading)
        return result

    return enclosure(balls, shapes or {}, given, special)


def special_values(operation: Operation, quantity: str, given: Arrays) -> tuple[np.ndarray, np.ndarray] | None:
    rule = operation.special.get(quantity)
    if rule is None or all(np.isfinite(a.astype(np.float64)).all() for a in given.values()):
        return None
    return rule(**given)


def require_gradual_underflow() -> None:
    """RuntimeError where subnormal float64 numbers are flushed: no truth can be computed then.

    ``torch.set_flush_denormal(True)`` does that to the whole process, NumPy included.
    """
    half = np.full(1, np.finfo(np.float64).tiny) * 0.5
    if half[0] == 0:
        raise RuntimeError(
            "subnormal float64 numbers are flushed to zero in this process "
            "(torch.set_flush_denormal(True)?): the truth cannot be computed"
        )


def _key(operation: str, quantity: str, given: Arrays, format: Format, stored: frozenset[str]) -> bytes:
    digest = blake2b(f"{operation} {quantity} {format.name} {sorted(stored)}".encode())
    for name, array in given.items():
        digest.update(f"{name} {array.shape} {array.dtype.num}".encode())  # its name takes longer
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.digest()
