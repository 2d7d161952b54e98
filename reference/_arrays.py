"""What the public functions share: checked arguments, one working precision, results in the input's dtype.

All but σ and matrix products is computed in float64, whatever the format, and rounded once. That is accurate
whatever the processor's float32 exponential is: NumPy's own errs by up to 2.5 ulp, too much where several of them
meet, as in a softmax. With AVX-512 it is hardly faster than that of float64, without it four times as fast. σ has
one of them, and stays below 4 ulp. In the network it is computed in float64, and σ' from the same exponential.
"""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

DTYPES = ("float64", "float32", "bfloat16", "float16")
"""The floating dtypes that are taken, by name: bfloat16 is recognised without importing where it comes from."""

USUAL = frozenset(map(np.dtype, ("float64", "float32")))
"""Known without their names, which NumPy makes up anew each time."""


def floating(name: str, value: Any) -> np.ndarray:
    """``value`` as an array of one of ``DTYPES``; TypeError names the argument otherwise.

    >>> floating("x", [1, 2])
    Traceback (most recent call last):
    TypeError: x: got dtype int64, expected one of float64, float32, bfloat16, float16
    """
    try:
        array = np.asarray(value)
        if array.dtype in USUAL:
            return array
    except ValueError:
        raise TypeError(f"{name}: got {type(value).__name__} that is not an array of numbers") from None
    if array.dtype.name not in DTYPES:
        raise TypeError(f"{name}: got dtype {array.dtype.name}, expected one of {', '.join(DTYPES)}")
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def matching(name: str, value: Any, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """``value`` as an array of that shape and dtype; ValueError or TypeError names the argument otherwise."""
    if type(value) is np.ndarray and value.dtype == dtype and value.shape == shape:
        return value  # the usual case, at once
    array = floating(name, value)
    if array.dtype != dtype:
        raise TypeError(f"{name}: got dtype {array.dtype.name}, expected {dtype.name}, the dtype of x")
    if array.shape != shape:
        raise ValueError(f"{name}: got shape {array.shape}, expected {shape}")
    return array


def least(array: np.ndarray) -> Any:
    """The smallest entry, NaN where there is one: argmin takes a third of the time of min in a small array."""
    return array.item(array.argmin())


def most(array: np.ndarray) -> Any:
    """The largest entry, NaN where there is one.

    >>> most(np.array([[1.0, 3.0], [2.0, 0.0]]))
    3.0
    """
    return array.item(array.argmax())


def integer(name: str, value: Any, least: int | None = None) -> int:
    """``value`` as an int, at least ``least``; TypeError or ValueError names the argument otherwise."""
    try:
        number = index(value)
    except TypeError:
        raise TypeError(f"{name}: got {value!r}, expected an integer") from None
    if least is not None and number < least:
        raise ValueError(f"{name}: got {number}, expected at least {least}")
    return number


def real(name: str, value: Any) -> float:
    """``value`` as a float; TypeError names the argument where it is no number."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name}: got {type(value).__name__}, expected a number") from None


def with_axis(value: Any, axis: int) -> tuple[np.ndarray, int]:
    """``value`` as a floating array x, and ``axis`` counted from the front; the axis must not be empty."""
    x = floating("x", value)
    if x.ndim == 0:
        raise ValueError("x: got ndim 0, expected at least 1")
    position = integer("axis", axis)
    if not -x.ndim <= position < x.ndim:
        raise ValueError(f"axis: got {position}, expected {-x.ndim} to {x.ndim - 1} for x of shape {x.shape}")
    if x.shape[position] == 0:
        raise ValueError(f"x: got shape {x.shape}, expected at least one entry along axis {position}")
    return x, position % x.ndim


def without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    """The shape that is left when one axis is summed over."""
    return shape[:axis] + shape[axis + 1 :]


def targets(value: Any, x: np.ndarray, axis: int) -> np.ndarray:
    """Targets for logits ``x``: class labels in x's shape without ``axis``, or floats of x's shape and dtype."""
    return targets_of(value, x.shape, x.dtype, axis)


def targets_of(value: Any, shape: tuple[int, ...], dtype: np.dtype, axis: int) -> np.ndarray:
    """``targets`` for logits of that shape and dtype."""
    y = np.asarray(value)
    if y.dtype.kind not in "iu":
        return matching("y", y, shape, dtype)
    if y.shape != without(shape, axis):
        raise ValueError(
            f"y: got shape {y.shape} of {y.dtype.name}, expected class labels of shape {without(shape, axis)} "
            f"or {dtype.name} targets of shape {shape}"
        )
    classes = shape[axis]
    if y.size and (least(y) < 0 or most(y) >= classes):
        raise ValueError(f"y: got class labels {least(y)} to {most(y)}, expected 0 to {classes - 1}")
    return y


def rows(array: np.ndarray, axis: int) -> np.ndarray:
    """(R, n) with ``axis`` last and contiguous: NumPy sums pairwise only along such an axis.

    It may share memory with the argument.
    """
    last = array if axis == array.ndim - 1 else np.moveaxis(array, axis, -1)
    return np.ascontiguousarray(last).reshape(-1, array.shape[axis])


def wide(array: np.ndarray) -> np.ndarray:
    """The array in the dtype of matrix products: float32 for those that are narrower."""
    return array if array.itemsize >= 4 else array.astype(np.float32)


def stored(result: Any, dtype: np.dtype, axis: int | None = None) -> np.ndarray:
    """The result rounded to its dtype, the last axis moved back to ``axis``, in C order."""
    array = np.asarray(result)
    if axis is None and array.dtype == dtype and array.flags.c_contiguous:
        return array
    moved = array if axis is None else np.moveaxis(array, -1, axis)
    return moved.astype(dtype, order="C", copy=False)
