"""Proof by algebra: arrays of SymPy expressions.

``max`` and ``np.maximum`` become free real symbols, so what is proved holds for *any* shift (§1.1). A derivative
takes them for constants, which is right where the value does not depend on them: see ``by_shifts``. ``is_zero``
decides an expression by writing it as a rational function of its symbols and of the exponentials and logarithms in
it: if the numerator expands to the zero polynomial, the expression is 0 wherever it is defined. That is a proof;
the converse (not shown to be zero) is not a refutation, which takes a witness.
"""

from __future__ import annotations

from functools import cache, reduce
from itertools import count
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np
import sympy
from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx

from .array import ARITHMETIC, Objects, ScalarArray, boxed, fill, mapped

_SHIFTS = count()


def _shifts(shape: tuple[int, ...]) -> Objects:
    """A free real symbol for each maximum: nothing is assumed of it."""
    return fill((sympy.Dummy(f"m{next(_SHIFTS)}", real=True) for _ in np.ndindex(shape)), shape)


class Symbol(ScalarArray):
    """An n-d array of SymPy expressions over the reals."""

    __slots__ = ()
    ufuncs: ClassVar = MappingProxyType(
        {
            **ARITHMETIC,
            np.exp: lambda a: mapped(sympy.exp, a),
            np.log: lambda a: mapped(sympy.log, a),
            np.sqrt: lambda a: mapped(sympy.sqrt, a),
            np.maximum: lambda a, b: _shifts(np.broadcast_shapes(a.shape, b.shape)),
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
            return self._max_of_all(keepdims)
        if self.shape[axis] == 0:
            raise ValueError("max of an empty axis")
        return type(self)(_shifts(np.empty(self.shape).sum(axis=axis, keepdims=keepdims).shape))


def derivative(expression: sympy.Expr, variable: sympy.Symbol) -> sympy.Expr:
    """∂ expression / ∂ variable: by the rules for sums, products, powers, e^ and log, each part once.

    SymPy's own gives the same, but meets a part anew wherever it stands, and asks much about it.

    >>> x = sympy.Symbol("x", real=True)
    >>> derivative(sympy.log(1 + sympy.exp(2 * x)), x)
    2*exp(2*x)/(exp(2*x) + 1)
    """

    @cache
    def of(part: sympy.Expr) -> sympy.Expr:
        if part == variable:
            return sympy.S.One
        return _by_rule(part, [of(argument) for argument in part.args], variable)

    return of(expression)


def _by_rule(part: sympy.Expr, inner: list[sympy.Expr], variable: sympy.Symbol) -> sympy.Expr:
    """The derivative of a part, from those of its arguments: the chain rule."""
    if not any(inner):
        return sympy.S.Zero
    if part.is_Add:
        return sympy.Add(*inner)
    if part.is_Mul:
        products = (
            sympy.Mul(*part.args[:i], slope, *part.args[i + 1 :]) for i, slope in enumerate(inner) if slope
        )
        return sympy.Add(*products)
    if isinstance(part, sympy.exp):
        return inner[0] * part
    if isinstance(part, sympy.log):
        return inner[0] / part.args[0]
    if part.is_Pow and not inner[1]:
        base, power = part.args
        return power * base ** (power - 1) * inner[0]
    return sympy.diff(part, variable)


def by_shifts(expression: sympy.Expr) -> list[sympy.Expr]:
    """Its derivative by each maximum in it: all are 0 where the value does not depend on them.

    Then f(x, m(x)) = f(x, c) for any constant c, and the derivative at a constant maximum is the derivative.
    """
    return [derivative(expression, shift) for shift in sorted(expression.atoms(sympy.Dummy), key=str)]


def holds_a_maximum(expression: sympy.Expr) -> bool:
    """Whether there is a free symbol in it that stands for a maximum."""
    return bool(expression.atoms(sympy.Dummy))


class _Atoms:
    """The exponentials and logarithms of an expression as symbols, equal ones as the same symbol.

    e^(a + b) → e^a e^b and e^(n a) → (e^a)^n; log(a b / c) → log a + log b − log c where a and c are positive for
    all reals, and log e^a → a. Each is an identity, so an expression and its rewriting have the same values.
    """

    def __init__(self) -> None:
        self.arguments: dict[sympy.Symbol, sympy.Expr] = {}
        self.exponentials: dict[sympy.Expr, sympy.Symbol] = {}
        self.logarithms: dict[sympy.Expr, sympy.Symbol] = {}
        self.rewritten: dict[sympy.Expr, sympy.Expr] = {}

    def rewrite(self, expression: sympy.Expr) -> sympy.Expr:
        if not expression.args:
            return expression
        if expression not in self.rewritten:
            arguments = [self.rewrite(argument) for argument in expression.args]
            if isinstance(expression, sympy.exp):
                found = self._exp(arguments[0])
            elif isinstance(expression, sympy.log):
                found = self._log(arguments[0])
            else:
                found = expression.func(*arguments)
            self.rewritten[expression] = found
        return self.rewritten[expression]

    def _exp(self, argument: sympy.Expr) -> sympy.Expr:
        factors = []
        for term in sympy.Add.make_args(sympy.expand(argument)):
            number, rest = term.as_coeff_Mul()
            factors.append(self._power(rest) ** number if number.is_Integer else self._power(term))
        return sympy.Mul(*factors)

    def _power(self, argument: sympy.Expr) -> sympy.Symbol:
        if argument not in self.exponentials:
            symbol = sympy.Dummy(f"e{len(self.exponentials)}", positive=True)
            self.exponentials[argument] = symbol
            self.arguments[symbol] = argument
        return self.exponentials[argument]

    def _log(self, argument: sympy.Expr) -> sympy.Expr:
        above, below = sympy.fraction(sympy.together(argument))
        if not below.is_positive:
            return self._log_atom(argument)
        return self._log_product(above) - self._log_product(below)

    def _log_product(self, product: sympy.Expr) -> sympy.Expr:
        total, rest = sympy.Integer(0), sympy.Integer(1)
        for factor in sympy.Mul.make_args(sympy.terms_gcd(sympy.expand(product))):
            base, power = factor.as_base_exp()
            if base in self.arguments and power.is_Integer:
                total += power * self.arguments[base]
            elif factor.is_positive and factor.is_Number:
                total += self._log_atom(factor)
            else:
                rest *= factor
        return total if rest == 1 else total + self._log_atom(rest)

    def _log_atom(self, argument: sympy.Expr) -> sympy.Expr:
        key = sympy.expand(argument)
        return (
            0 if key == 1 else self.logarithms.setdefault(key, sympy.Dummy(f"l{len(self.logarithms)}", real=True))
        )


_Quotient = tuple[fmpq_mpoly, fmpq_mpoly]


class _Quotients:
    """Expressions as quotients of polynomials over ℚ; what is no sum, product, power or number is a generator.

    Generators are taken as independent, so what is 0 here is 0 whatever they stand for.
    """

    def __init__(self, expression: sympy.Expr) -> None:
        names = dict.fromkeys(part for part in sympy.preorder_traversal(expression) if _is_generator(part))
        ring = fmpq_mpoly_ctx.get([f"g{i}" for i in range(len(names))], Ordering.degrevlex)
        self._constant = ring.constant
        one = ring.constant(1)
        self._known: dict[sympy.Expr, _Quotient] = {name: (ring.gen(i), one) for i, name in enumerate(names)}

    def of(self, expression: sympy.Expr) -> _Quotient:
        """(numerator, denominator)."""
        if expression not in self._known:
            self._known[expression] = self._convert(expression)
        return self._known[expression]

    def _convert(self, expression: sympy.Expr) -> _Quotient:
        if expression.is_Rational:
            return self._constant(fmpq(int(expression.p), int(expression.q))), self._constant(1)
        if expression.is_Pow:
            above, below = self.of(expression.base)
            power = int(expression.exp)
            return (above**power, below**power) if power >= 0 else (below**-power, above**-power)
        return reduce(_plus if expression.is_Add else _times, map(self.of, expression.args))


def _is_generator(part: sympy.Expr) -> bool:
    return not (part.is_Add or part.is_Mul or part.is_Rational or (part.is_Pow and part.exp.is_Integer))


def _plus(a: _Quotient, b: _Quotient) -> _Quotient:
    common = a[1].gcd(b[1])
    left, right = a[1] / common, b[1] / common
    return a[0] * right + b[0] * left, a[1] * right


def _times(a: _Quotient, b: _Quotient) -> _Quotient:
    return a[0] * b[0], a[1] * b[1]


def is_zero(expression: sympy.Expr) -> bool:
    """Whether the expression is proved to be 0 for all real values of its symbols at which it is defined.

    >>> x, y = sympy.symbols("x y", real=True)
    >>> is_zero(sympy.log(x * sympy.exp(y)) - sympy.log(x) - y)
    True
    >>> is_zero(sympy.log(x * y) - sympy.log(x) - sympy.log(y))  # both may be negative
    False
    """
    rewritten = _Atoms().rewrite(sympy.sympify(expression))
    numerator, denominator = _Quotients(rewritten).of(rewritten)
    return bool(numerator == 0) and bool(denominator != 0)
