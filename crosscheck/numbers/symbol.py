"""Proof by algebra: arrays of SymPy expressions.

``max`` becomes a free real symbol, so what is proved holds for *any* shift (§1.1). ``is_zero`` decides an
expression by writing it as a rational function of its symbols and of the exponentials in it: if the numerator
expands to the zero polynomial, the expression is 0 wherever it is defined. That is a proof; the converse
(not shown to be zero) is not a refutation, which takes a witness.
"""

from __future__ import annotations

from itertools import count
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np
import sympy

from .array import Objects, ScalarArray, boxed, fill, mapped


class Symbol(ScalarArray):
    """An n-d array of SymPy expressions over the reals."""

    __slots__ = ()
    _shifts = count()
    ufuncs: ClassVar = MappingProxyType(
        {
            np.add: lambda a, b: boxed(a + b),
            np.subtract: lambda a, b: boxed(a - b),
            np.multiply: lambda a, b: boxed(a * b),
            np.divide: lambda a, b: boxed(a / b),
            np.negative: lambda a: boxed(-a),
            np.exp: lambda a: mapped(sympy.exp, a),
            np.log: lambda a: mapped(sympy.log, a),
        }
    )

    @classmethod
    def named(cls, name: str, shape: tuple[int, ...]) -> Self:
        """Fresh real symbols: ``name_i_j``."""
        labels = ("_".join([name, *map(str, index)]) for index in np.ndindex(shape))
        return cls(fill((sympy.Symbol(label, real=True) for label in labels), shape))

    @classmethod
    def scalar(cls, value: Any) -> sympy.Expr:
        return value if isinstance(value, sympy.Expr) else sympy.Rational(value)

    @classmethod
    def matmul(cls, a: Objects, b: Objects) -> Objects:
        return boxed(a @ b)

    def max(self, axis: int | None = None, keepdims: bool = False) -> Self:
        """A free symbol for each maximum: nothing is assumed of it."""
        if axis is None:
            raise TypeError("max needs an axis")
        shape = np.empty(self.shape).sum(axis=axis, keepdims=keepdims).shape
        fresh = (sympy.Dummy(f"m{next(self._shifts)}", real=True) for _ in np.ndindex(shape))
        return type(self)(fill(fresh, shape))


def derivative(expression: sympy.Expr, variable: sympy.Symbol) -> sympy.Expr:
    """∂ expression / ∂ variable."""
    return sympy.diff(expression, variable)


def _separate(expression: sympy.Expr) -> sympy.Expr:
    """e^(a + b) → e^a e^b, e^(n a) → (e^a)^n, so that equal exponentials become the same symbol."""

    def split(argument: sympy.Expr) -> sympy.Expr:
        factors = []
        for term in sympy.Add.make_args(sympy.expand(argument)):
            number, rest = term.as_coeff_Mul()
            factors.append(exponential(rest) ** number if number.is_Integer else exponential(term))
        return sympy.Mul(*factors)

    table: dict[sympy.Expr, sympy.Symbol] = {}

    def exponential(argument: sympy.Expr) -> sympy.Symbol:
        return table.setdefault(argument, sympy.Dummy(f"e{len(table)}", positive=True))

    return expression.replace(sympy.exp, split)


def is_zero(expression: sympy.Expr) -> bool:
    """Whether the expression is proved to be 0 for all real values of its symbols."""
    atoms = _separate(sympy.sympify(expression))
    numerator, _ = sympy.fraction(sympy.together(atoms))
    return bool(sympy.expand(numerator) == 0)
