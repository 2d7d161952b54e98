"""What the exact arithmetics share: an n-d array of scalars that follows NumPy's protocols.

An equation is plain NumPy (``np.exp``, ``@``, ``.sum``, ``.max``); NumPy hands each operation to
``__array_ufunc__`` and ``__array_function__``, which look it up in the table of the number system, and then in
what is put together from that (``functions``). An operation that both lack is an error, never a silent fall back
to floating point. What changes an array in place changes it here too, and what shares its entries shares them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import reduce
from types import MappingProxyType
from typing import Any, ClassVar, Self, TypeVar

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from .functions import COMPOSED, called, dot, mean, power, unread

Objects = np.ndarray[Any, np.dtype[Any]]
Rule = TypeVar("Rule")


def fill(items: Iterable[Any], shape: tuple[int, ...]) -> Objects:
    """An object array of the given shape, filled one by one: ``np.array`` takes a series for a sequence."""
    return np.fromiter(items, dtype=object, count=int(np.prod(shape, dtype=int))).reshape(shape)


def boxed(value: Any) -> Objects:
    """``value`` as an object array; a scalar becomes 0-dimensional."""
    return value if isinstance(value, np.ndarray) else fill([value], ())


def mapped(fn: Callable[[Any], Any], data: Objects) -> Objects:
    """``fn`` of every entry."""
    return fill(map(fn, data.ravel().tolist()), data.shape)


ARITHMETIC: Mapping[np.ufunc, Callable[..., Objects]] = MappingProxyType(
    {
        np.add: lambda a, b: boxed(a + b),
        np.subtract: lambda a, b: boxed(a - b),
        np.multiply: lambda a, b: boxed(a * b),
        np.divide: lambda a, b: boxed(a / b),
        np.negative: lambda a: boxed(-a),
    }
)
"""What the scalars' own operators do, entry by entry."""


def foreign(other: type, own: type) -> bool:
    """Whether ``other`` is an array of another arithmetic than ``own``: the two do not mix."""
    return issubclass(other, NDArrayOperatorsMixin) and not issubclass(other, own)


def rule_of(
    rules: Mapping[np.ufunc, Rule], own: type, ufunc: np.ufunc, method: str, inputs: Any, kwargs: Any
) -> Rule | None:
    """The rule by which an array reads a call of NumPy's, or None for one that it does not."""
    if method != "__call__" or kwargs or any(foreign(type(x), own) for x in inputs):
        return None
    return rules.get(ufunc)


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
        if isinstance(value, list | tuple) and any(isinstance(item, ScalarArray) for item in value):
            raise TypeError("a list of arrays cannot be read in exact arithmetic; np.stack of it can")
        array = np.asarray(value)
        if array.dtype == object:
            return cls(mapped(cls.scalar, array))
        return cls(fill(cls.scalars(_python_numbers(array).ravel().tolist()), array.shape))

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(foreign(type(x), type(self)) for x in inputs):
            return NotImplemented
        into = kwargs.pop("out", (None,))[0]
        if method != "__call__" or kwargs:
            raise unread(ufunc, f" with {', '.join(kwargs)}" if kwargs else f".{method}")
        result = self._applied(ufunc, *inputs)
        if into is None:
            return result
        into[...] = result
        return into

    def _applied(self, ufunc: np.ufunc, *inputs: Any) -> Any:
        if ufunc is np.power:
            if isinstance(inputs[1], ScalarArray):
                raise TypeError("**: got an array as the exponent, expected a whole number; e^(x log a) can")
            return power(self.of(inputs[0]), inputs[1])
        arrays = [self.of(value) for value in inputs]
        if ufunc is np.matmul:
            return type(self)(self._product(*(array.data for array in arrays)))
        if ufunc in self.ufuncs:
            return type(self)(self.ufuncs[ufunc](*(array.data for array in arrays)))
        if ufunc not in COMPOSED:
            raise unread(ufunc)
        return COMPOSED[ufunc](*arrays)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if any(foreign(other, type(self)) for other in types):
            return NotImplemented
        return called(function, self.of, args, kwargs)

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise unread("np.array or np.asarray of an array that depends on the inputs")

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"the attribute {name!r} cannot be read in exact arithmetic")

    def __bool__(self) -> bool:
        raise unread("the truth of an array")

    def _product(self, a: Objects, b: Objects) -> Objects:
        """a @ b; a vector is a row on the left and a column on the right, as in NumPy."""
        rows, columns = a[None, :] if a.ndim == 1 else a, b[:, None] if b.ndim == 1 else b
        product = self.matmul(rows, columns)
        product = product[0] if a.ndim == 1 else product
        return boxed(product[..., 0] if b.ndim == 1 else product)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape

    @property
    def ndim(self) -> int:
        return self.data.ndim

    @property
    def T(self) -> Self:
        return type(self)(self.data.T)

    @property
    def size(self) -> int:
        return self.data.size

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[Self]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key: Any) -> Self:
        return type(self)(boxed(self.data[key]))

    def __setitem__(self, key: Any, value: Any) -> None:
        self.data[key] = self.of(value).data

    def copy(self) -> Self:
        return type(self)(self.data.copy())

    def reshape(self, *shape: Any) -> Self:
        return type(self)(self.data.reshape(*shape))

    def ravel(self) -> Self:
        return type(self)(self.data.ravel())

    def transpose(self, *axes: Any) -> Self:
        return type(self)(self.data.transpose(*axes))

    def dot(self, other: Any) -> Self:
        return dot(self, self.of(other))

    def mean(self, axis: int | None = None, keepdims: bool = False) -> Self:
        return mean(self, axis, keepdims)

    def min(self, axis: int | None = None, keepdims: bool = False) -> Self:
        return -(-self).max(axis=axis, keepdims=keepdims)

    def sum(self, axis: int | None = None, keepdims: bool = False) -> Self:
        """The sum over one axis, or over all; of nothing it is zero."""
        total = self.data.sum(axis=axis, keepdims=keepdims, initial=self.scalar(0))
        return type(self)(boxed(total))

    def _max_of_all(self, keepdims: bool) -> Self:
        largest = type(self)(self.data.ravel()).max(axis=0)
        return largest.reshape((1,) * self.ndim) if keepdims else largest

    def _reduced(self, larger: Callable[[Objects, Objects], Objects], axis: int, keepdims: bool) -> Self:
        """``larger`` of all entries along an axis, pair by pair."""
        if self.shape[axis] == 0:
            raise ValueError("max of an empty axis")
        largest = reduce(larger, (boxed(entry) for entry in np.moveaxis(self.data, axis, 0)))
        return type(self)(np.expand_dims(largest, axis) if keepdims else largest)

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self.shape}"
