"""Derivatives in any arithmetic: pairs a + ȧ ε with ε² = 0, over arrays that follow NumPy's protocols.

Run an equation at ``Dual(x, v)`` and the tangent of the result is its derivative at x along v: over ndarrays a
number, over ``Ball`` an enclosure, over ``Rounded`` a value with the most that an honest forward-mode evaluation
may lose. Forward mode: A. Griewank, A. Walther, *Evaluating Derivatives*, 2nd ed. (2008), §3.1.

What is no ``Dual`` is a constant, and so are ``max`` and ``np.maximum``: shifts that the value does not depend on
(§1.1).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin


class Dual(NDArrayOperatorsMixin):
    """An array with its tangent, of the same shape.

    >>> x = Dual(np.array([3.0]), np.array([1.0]))
    >>> (x * x).tangent
    array([6.])
    """

    __slots__ = ("tangent", "value")

    def __init__(self, value: Any, tangent: Any) -> None:
        if np.shape(value) != np.shape(tangent):
            raise ValueError(f"tangent: got shape {np.shape(tangent)}, expected {np.shape(value)}")
        self.value = value
        self.tangent = tangent

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        rule = _RULES.get(ufunc)
        if method != "__call__" or kwargs or not (rule or ufunc is np.maximum):
            return NotImplemented
        values = [x.value if isinstance(x, Dual) else x for x in inputs]
        result = ufunc(*values)
        if rule is None:
            return result
        tangents = [x.tangent if isinstance(x, Dual) else None for x in inputs]
        return type(self)(result, _spread(rule(result, *values, *tangents), np.shape(result)))

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.value)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def T(self) -> Self:
        return type(self)(self.value.T, self.tangent.T)

    def __getitem__(self, key: Any) -> Self:
        return type(self)(self.value[key], self.tangent[key])

    def sum(self, axis: int | None = None, keepdims: bool = False) -> Self:
        value, tangent = (part.sum(axis=axis, keepdims=keepdims) for part in (self.value, self.tangent))
        return type(self)(value, tangent)

    def max(self, axis: int | None = None, keepdims: bool = False) -> Any:
        """The shift of softmax: a constant, without a tangent (§1.1)."""
        return self.value.max(axis=axis, keepdims=keepdims)


def _spread(tangent: Any, shape: tuple[int, ...]) -> Any:
    """The tangent in a shape to which it broadcasts, by indexing: a sum with zeros may cost an error bound."""
    if np.shape(tangent) == shape:
        return tangent
    tangent = tangent[(None,) * (len(shape) - len(np.shape(tangent))) + (...,)]
    axes = zip(shape, np.shape(tangent), strict=True)
    return tangent[np.ix_(*(np.arange(n) if n == own else np.zeros(n, int) for n, own in axes))]


def _sum(first: Any, second: Any) -> Any:
    """The sum of what is there: None is what is constant."""
    if first is None or second is None:
        return second if first is None else first
    return first + second


def _times(tangent: Any, factor: Any) -> Any:
    return None if tangent is None else tangent * factor


def _divide(result: Any, a: Any, b: Any, da: Any, db: Any) -> Any:
    """(ȧ − (a/b) ḃ) / b."""
    return _sum(da, None if db is None else -(result * db)) / b


def _matmul(result: Any, a: Any, b: Any, da: Any, db: Any) -> Any:
    return _sum(None if da is None else da @ b, None if db is None else a @ db)


_RULES: dict[np.ufunc, Callable[..., Any]] = {
    np.add: lambda result, a, b, da, db: _sum(da, db),
    np.subtract: lambda result, a, b, da, db: _sum(da, None if db is None else -db),
    np.negative: lambda result, a, da: -da,
    np.multiply: lambda result, a, b, da, db: _sum(_times(da, b), _times(db, a)),
    np.divide: _divide,
    np.exp: lambda result, a, da: result * da,
    np.log: lambda result, a, da: da / a,
    np.matmul: _matmul,
}
