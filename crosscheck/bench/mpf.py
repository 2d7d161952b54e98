"""The equations in mpmath, for the time that they take there: arrays of ``mpf`` at the precision of the moment.

``mpmath`` is imported when an array is made. What is no number is not looked after.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np

from ..numbers.array import ARITHMETIC, Objects, ScalarArray, boxed, mapped


def _exp(data: Objects) -> Objects:
    import mpmath

    return mapped(mpmath.exp, data)


def _log(data: Objects) -> Objects:
    import mpmath

    return mapped(mpmath.log, data)


class Mpf(ScalarArray):
    """An n-d array of mpmath's numbers. ``Mpf.of(array_of_floats)`` is exact."""

    __slots__ = ()
    ufuncs: ClassVar = MappingProxyType(
        {
            **ARITHMETIC,
            np.exp: _exp,
            np.log: _log,
        }
    )

    @classmethod
    def scalar(cls, value: Any) -> Any:
        import mpmath

        return mpmath.mpf(value)

    @classmethod
    def matmul(cls, a: Objects, b: Objects) -> Objects:
        return np.asarray(a @ b)

    def max(self, axis: int | None = None, keepdims: bool = False) -> Self:
        """The largest entry."""
        return type(self)(boxed(self.data.max(axis=axis, keepdims=keepdims)))
