"""Check arrays against shapes written as names: ``"N D"``, or ``"... n"`` with any leading axes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .formats import FORMATS, native


def check(
    arrays: Mapping[str, np.ndarray],
    shapes: Mapping[str, str],
    integers: frozenset[str] = frozenset(),
) -> None:
    """TypeError or ValueError, by name, where an array has no floating dtype or the shapes do not fit together.

    Those named in ``integers`` must have an integer dtype instead. The same name must have the same length
    everywhere; ``n`` (the classes) may not be empty.

    >>> check({"x": np.zeros((2, 3)), "W": np.zeros((4, 5))}, {"x": "N D", "W": "D H"})
    Traceback (most recent call last):
    ...
    ValueError: W: got shape (4, 5), expected (D=3, H)
    """
    sizes: dict[str, object] = {}
    for name, array in arrays.items():
        if name in integers:
            if array.dtype.kind not in "iu":
                raise TypeError(f"{name}: got dtype {array.dtype.name}, expected integers")
        elif array.dtype.name not in FORMATS:
            raise TypeError(f"{name}: got dtype {array.dtype.name}, expected one of {', '.join(FORMATS)}")
        _fit(name, array.shape, shapes[name].split(), sizes)


def array(name: str, value: object) -> np.ndarray:
    """``value`` as an array, in the machine's byte order.

    ValueError, by name, where it is none (a list of rows of different lengths, say).
    """
    try:
        return native(np.asarray(value))
    except ValueError:
        raise ValueError(f"{name}: got {type(value).__name__} that is not an array of numbers") from None


def _fit(name: str, shape: tuple[int, ...], axes: list[str], sizes: dict[str, object]) -> None:
    named = [axis for axis in axes if axis != "..."]
    leading = len(shape) - len(named)
    if leading < 0 or (leading > 0 and "..." not in axes):
        raise ValueError(f"{name}: got {len(shape)} dimensions, expected shape {_written(axes, {})}")
    found: list[tuple[str, object]] = [("...", shape[:leading])] if "..." in axes else []
    found += zip(named, shape[leading:], strict=True)
    for axis, size in found:
        if axis == "n" and size == 0:
            raise ValueError(f"{name}: got shape {shape}, expected at least one class on the last axis")
        if sizes.setdefault(axis, size) != size:
            raise ValueError(f"{name}: got shape {shape}, expected {_written(axes, sizes)}")


def _written(axes: list[str], sizes: Mapping[str, object]) -> str:
    parts: list[str] = []
    for axis in axes:
        size = sizes.get(axis)
        if axis == "..." and isinstance(size, tuple):
            parts += map(str, size)
        else:
            parts.append(axis if size is None else f"{axis}={size}")
    return f"({', '.join(parts)})"
