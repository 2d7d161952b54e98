"""How the arrays that an implementation is handed lie in memory, and on which axis it finds the classes.

Whatever the layout, the values are the same, so the truth is that of the plain arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .cases import Arrays, Case


def _fortran(a: np.ndarray) -> np.ndarray:
    return a.copy(order="F")


def _every(step: int, a: np.ndarray) -> np.ndarray:
    """A view of the entries at that step on every axis (of a 0-d array: of its entry)."""
    steps: list[Any] = [slice(None, None, step)] * a.ndim
    view: np.ndarray = a[(..., *steps)]
    return view


def _strided(a: np.ndarray) -> np.ndarray:
    """Every second entry of every axis of an array whose other entries are poison."""
    poison = 77 if a.dtype.kind == "i" else np.nan
    view = _every(2, np.full(tuple(2 * n for n in a.shape), poison, dtype=a.dtype))
    view[...] = a
    return view


def _reversed(a: np.ndarray) -> np.ndarray:
    """Negative strides on every axis."""
    return _every(-1, _every(-1, a).copy())


def _broadcast(a: np.ndarray) -> np.ndarray:
    """Stride 0 on the first axis, of an array whose rows are all the same."""
    if a.ndim == 0 or not len(a) or not all(np.array_equal(a[0], row) for row in a):
        return a.copy()
    return np.broadcast_to(a[0].copy(), a.shape)


LAYOUTS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "contiguous": lambda a: a.copy(order="C"),
    "fortran": _fortran,
    "strided": _strided,
    "reversed": _reversed,
    "broadcast": _broadcast,
}
"""Name → a fresh array of the same values that lies so in memory."""


def handed(case: Case, shapes: Mapping[str, str], inputs: Arrays) -> Arrays:
    """Fresh arrays as an implementation is handed them: the classes on the case's axis, in the case's layout."""
    return laid(case.layout, case.axis, shapes, inputs)


def laid(layout: str, axis: int, shapes: Mapping[str, str], inputs: Arrays) -> Arrays:
    """Fresh arrays that lie so in memory, the classes on that axis."""
    lay = LAYOUTS[layout]
    return {
        name: lay(np.moveaxis(a, -1, axis) if shapes[name].split()[-1:] == ["n"] else a)
        for name, a in inputs.items()
    }


def canonical(case: Case, inputs: Arrays, results: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Results with the classes back on the last axis, where they have the classes at all."""
    return moved_back(case.axis, inputs["x"].ndim, results)


def moved_back(axis: int, whole: int, results: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The classes from ``axis`` to the last axis, in results of ``whole`` dimensions: others have no classes."""
    if axis == -1:
        return dict(results)
    return {q: np.moveaxis(a, axis, -1) if np.ndim(a) == whole else a for q, a in results.items()}
