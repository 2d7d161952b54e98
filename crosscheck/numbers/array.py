"""What the exact arithmetics share: an n-d array of scalars that follows NumPy's protocols.

An equation is plain NumPy (``np.exp``, ``@``, ``.sum``, ``.max``); NumPy hands each operation to
``__array_ufunc__``, which looks it up in the table of the number system. An operation that the table lacks is
an error, never a silent fall back to floating point.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

Objects = np.ndarray[Any, np.dtype[Any]]


def fill(items: Iterable[Any], shape: tuple[int, ...]) -> Objects:
    """An object array of the given shape, filled one by one: ``np.array`` takes a series for a sequence."""
    return np.fromiter(items, dtype=object, count=int(np.prod(shape, dtype=int))).reshape(shape)


def boxed(value: Any) -> Objects:
    """``value`` as an object array; a scalar becomes 0-dimensional."""
    return value if isinstance(value, np.ndarray) else fill([value], ())


def mapped(fn: Callable[[Any], Any], data: Objects) -> Objects:
    """``fn`` of every entry."""
    return fill(map(fn, data.ravel()), data.shape)


def _python_numbers(array: np.ndarray) -> np.ndarray:
    """The array in a dtype whose ``tolist`` gives ints or floats, without rounding."""
    if array.dtype.kind in "iu":
        return array
    if array.dtype.kind == "b":
        return array.astype(np.int64)
    # float16, float32, and bfloat16, which NumPy does not count among its floats
    if array.dtype.itemsize > 8 or array.dtype.kind not in "fV" or not np.can_cast(array.dtype, np.float64):
        raise TypeError(f"dtype: got {array.dtype.name}, expected integers or floats that float64 holds exactly")
    with np.errstate(invalid="ignore"):  # signalling NaNs become quiet
        return array.astype(np.float64)


class ScalarArray(NDArrayOperatorsMixin, ABC):
    """An n-d array whose entries are scalars of one number system, kept in the object array ``data``."""

    __slots__ = ("data",)
    ufuncs: ClassVar[Mapping[np.ufunc, Callable[..., Objects]]]

    def __init__(self, data: Objects) -> None:
        self.data = boxed(data)

    @classmethod
    @abstractmethod
    def scalar(cls, value: Any) -> Any:
        """An int, a float or a scalar of this system as one of its scalars, exactly."""

    @classmethod
    def scalars(cls, numbers: list[Any]) -> Iterable[Any]:
        """Each int or float as a scalar of this system: for those that have a faster way than one by one."""
        return map(cls.scalar, numbers)

    @classmethod
    @abstractmethod
    def matmul(cls, a: Objects, b: Objects) -> Objects:
        """The product of two matrices."""

    @abstractmethod
    def max(self, axis: int | None = None, keepdims: bool = False) -> Self:
        """The shift of softmax: a constant near the maximum (§1.1: any constant gives the same value)."""

    @classmethod
    def of(cls, value: Any) -> Self:
        """``value`` (an array of floats or integers, or already of this system) in this number system, exactly.

        TypeError for dtypes that float64 does not hold (complex, longdouble, text).
        """
        if isinstance(value, cls):
            return value
        array = np.asarray(value)
        if array.dtype == object:
            return cls(mapped(cls.scalar, array))
        return cls(fill(cls.scalars(_python_numbers(array).ravel().tolist()), array.shape))

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        operation = np.matmul if ufunc is np.matmul else self.ufuncs.get(ufunc)
        foreign = any(isinstance(x, NDArrayOperatorsMixin) and not isinstance(x, type(self)) for x in inputs)
        if method != "__call__" or kwargs or operation is None or foreign:
            return NotImplemented
        data = [self.of(value).data for value in inputs]
        return type(self)(self.matmul(*data) if ufunc is np.matmul else operation(*data))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape

    @property
    def ndim(self) -> int:
        return self.data.ndim

    @property
    def T(self) -> Self:
        return type(self)(self.data.T)

    def __getitem__(self, key: Any) -> Self:
        return type(self)(boxed(self.data[key]))

    def sum(self, axis: int | None = None, keepdims: bool = False) -> Self:
        """The sum over one axis, or over all; of nothing it is zero."""
        total = self.data.sum(axis=axis, keepdims=keepdims, initial=self.scalar(0))
        return type(self)(boxed(total))

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self.shape}"
