"""The truth and the tolerance of one quantity at given inputs.

Truth comes from the fast enclosure (``Rounded`` read with float64's roundoff) where its width is negligible
beside an ulp of the format, and from ``Ball`` everywhere else; the tests hold the two against each other.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np

from .cases import Arrays
from .chain import evaluate_from_inputs
from .enclosure import Enclosure
from .formats import FORMATS, Format
from .graph import Graph
from .numbers.ball import Ball, working_precision
from .numbers.rounding import Model, Rounded
from .operation import Operation

NEGLIGIBLE = 2.0**-6
"""How wide the fast enclosure may be, in ulps of the format: reported errors are off by at most that."""

_BESIDE_THE_BOUND = 2.0**-20
"""Or else beside the tolerance, where that is many ulps: reported errors are off by a millionth of it."""


@dataclass(frozen=True)
class Reading:
    """hi + lo is the exact value; ``bound`` the most that an honest evaluation may lose.

    ``special`` marks values that the table of special values fixes, ``open`` those for which it prescribes none.
    """

    hi: np.ndarray
    lo: np.ndarray
    bound: np.ndarray
    special: np.ndarray
    open: np.ndarray


_KEPT: OrderedDict[bytes, Reading] = OrderedDict()
_MOST_KEPT = 4096


def read(operation: Operation, quantity: str, given: Arrays, format: Format, stored: frozenset[str]) -> Reading:
    """The reading of a quantity of an operation, from ``given`` through the operation's graph.

    Inputs in ``stored`` start with an error of one rounding. Readings are kept, so that implementations that are
    judged at the same inputs share one.
    """
    key = _key(operation.name, quantity, given, format, stored)
    if key in _KEPT:
        _KEPT.move_to_end(key)
        return _KEPT[key]
    reading = _read(operation, quantity, given, format, stored)
    _KEPT[key] = reading
    if len(_KEPT) > _MOST_KEPT:
        _KEPT.popitem(last=False)
    return reading


def _read(operation: Operation, quantity: str, given: Arrays, format: Format, stored: frozenset[str]) -> Reading:
    require_gradual_underflow()
    tolerance = rounded(operation.graph, quantity, given, format, stored)
    special = special_values(operation, quantity, given)
    fast = tolerance
    if format.precision < 53:
        fast = rounded(operation.graph, quantity, given, FORMATS["float64"], frozenset())
        narrow = (fast.bound <= NEGLIGIBLE * format.ulp(fast.value)) | (
            np.isfinite(tolerance.bound) & (fast.bound <= _BESIDE_THE_BOUND * tolerance.bound)
        )
        if special is None and narrow.all():
            hi = fast.value
            none = np.zeros(hi.shape, dtype=bool)
            return Reading(hi, np.zeros_like(hi), tolerance.bound + fast.bound, none, none)
    hi, lo = enclose(operation.graph, quantity, given, special).split(format)
    mask = special[0] if special is not None else np.zeros(hi.shape, dtype=bool)
    rule = operation.open.get(quantity)
    unprescribed = np.zeros(hi.shape, dtype=bool) if rule is None else rule(**given)
    # A finite value that the table fixes, where the equation may have none and so no bound: 0, an input, or the
    # product of one with a difference, (1 − y) ȳ, which rounds twice.
    bound = np.where(mask & np.isfinite(hi), 2 * format.unit_roundoff * np.abs(hi), tolerance.bound)
    return Reading(hi, lo, bound, mask | np.isnan(hi), unprescribed)


def rounded(graph: Graph, quantity: str, given: Arrays, format: Format, stored: frozenset[str]) -> Rounded:
    """The quantity with its error bound in a format."""
    model = Model.of(format)

    def start(name: str, array: np.ndarray) -> Any:
        if array.dtype.kind == "i":
            return array
        return (Rounded.stored if name in stored else Rounded.exactly)(array, model)

    alike = not stored or stored >= set(given)  # every input starts in the same way
    reading = (format, bool(stored)) if alike else None
    result: Rounded = evaluate_from_inputs(graph, given, quantity, start, reading)
    return result


def enclose(
    graph: Graph,
    quantity: str,
    given: Arrays,
    special: tuple[np.ndarray, np.ndarray] | None = None,
) -> Enclosure:
    """The quantity as an enclosure of its exact value."""

    def start(name: str, array: np.ndarray) -> Any:
        return array if array.dtype.kind == "i" else Ball.of(array)

    def balls() -> Ball:
        result: Ball = evaluate_from_inputs(graph, given, quantity, start, working_precision())
        return result

    return Enclosure(balls, special)


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
        digest.update(f"{name} {array.shape} {array.dtype.name}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.digest()
