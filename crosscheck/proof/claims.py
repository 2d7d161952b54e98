"""Claims that two functions are equal, or that one is the derivative of another: how each reading sees them.

A claim is tried in two ways. ``differences`` gives, at symbols, what must be 0 entry by entry. ``sides`` gives, at
numbers, two arrays of balls that must overlap. For a derivative the one side is the Taylor derivative of the
definition: entry by entry where it is small, and else along one seeded random direction through all entries. The
directions along which a wrong gradient looks right are a hyperplane, so a random one convicts any wrong entry with
probability one.

A maximum is read as what it is at numbers. At symbols it may be anything (§1.1), so what is shown of values holds
for the maximum too; for a derivative, ``shifts`` must be 0 as well: the definition does not depend on its maxima.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import Parameter, signature
from typing import Any

import numpy as np

from reference.derivations import Definition, Input

from ..numbers.array import Objects, fill
from ..numbers.ball import Ball, MaximumBall
from ..numbers.taylor import Taylor

Function = Callable[..., Any]
Values = Mapping[str, Any]

_ENTRY_BY_ENTRY = 24
"""Up to here a derivative is taken entry by entry, so that a witness can name the entry."""


@dataclass(frozen=True)
class Equal:
    """left(inputs) = right(inputs), entry by entry."""

    text: str
    inputs: Mapping[str, Input]
    left: Function
    right: Function

    def shapes(self, values: Values) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The shapes of both sides, read as numbers."""
        return _shape(self.left, values), _shape(self.right, values)

    def differences(self, values: Values) -> Objects:
        from ..numbers.symbol import Symbol

        return np.asarray(Symbol.of(call(self.left, values)).data - Symbol.of(call(self.right, values)).data)

    def shifts(self, values: Values) -> list[Any]:
        return []

    def sides(self, values: Values, rng: np.random.Generator) -> tuple[Ball, Ball]:
        given = _balls(values)
        return Ball.of(call(self.left, given)), Ball.of(call(self.right, given))


@dataclass(frozen=True)
class Gradient:
    """claimed = ∂ definition / ∂ wrt, of the shape of ``wrt``; or one entry of it, if the definition has one."""

    text: str
    inputs: Mapping[str, Input]
    definition: Definition
    claimed: Function

    def shapes(self, values: Values) -> tuple[tuple[int, ...], tuple[int, ...]]:
        wanted = () if self.definition.entry else np.shape(values[self.definition.wrt])
        return wanted, _shape(self.claimed, values)

    def differences(self, values: Values) -> Objects:
        from ..numbers.symbol import Symbol, derivative

        scalar = Symbol.of(call(self.definition.function, values)).data.item()
        variables = values[self.definition.wrt].data
        if self.definition.entry:
            variables = variables[values[self.definition.entry]]
        truth = fill((derivative(scalar, v) for v in np.ravel(variables)), np.shape(variables))
        return np.asarray(truth - Symbol.of(call(self.claimed, values)).data)

    def shifts(self, values: Values) -> list[Any]:
        return _shifts(self.definition.function, values)

    def sides(self, values: Values, rng: np.random.Generator) -> tuple[Ball, Ball]:
        claimed = Ball.of(call(self.claimed, _balls(values)))
        start = values[self.definition.wrt]
        if self.definition.entry:
            unit = np.zeros(start.shape)
            unit[values[self.definition.entry]] = 1
            return self._along(unit, values), claimed
        if start.size <= _ENTRY_BY_ENTRY:
            units = np.eye(start.size).reshape(-1, *start.shape)
            slopes = (self._along(unit, values).data.item() for unit in units)
            return Ball(fill(slopes, start.shape)), claimed
        direction = rng.normal(size=start.shape)
        return self._along(direction, values), (claimed * direction).sum()

    def _along(self, direction: np.ndarray, values: Values) -> Ball:
        return _slope(self.definition.function, values, {self.definition.wrt: direction})


@dataclass(frozen=True)
class Tangent:
    """claimed(inputs) = d/dt definition(wrt + t tangent) at t = 0, of the shape of the definition's value.

    ``along``: input → the input that is its tangent, where not ``wrt`` moves along ``tangent``.
    """

    text: str
    inputs: Mapping[str, Input]
    definition: Definition
    claimed: Function
    along: Mapping[str, str] = field(default_factory=dict)

    @property
    def _tangents(self) -> Mapping[str, str]:
        return self.along or {self.definition.wrt: "tangent"}

    def shapes(self, values: Values) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return _shape(self.definition.function, values), _shape(self.claimed, values)

    def differences(self, values: Values) -> Objects:
        from ..numbers.symbol import Symbol, derivative

        results = Symbol.of(call(self.definition.function, values)).data
        pairs = [
            pair
            for wrt, tangent in self._tangents.items()
            for pair in zip(values[wrt].data.ravel(), values[tangent].data.ravel(), strict=True)
        ]
        truth = (sum(derivative(result, v) * t for v, t in pairs) for result in results.ravel())
        return np.asarray(fill(truth, results.shape) - Symbol.of(call(self.claimed, values)).data)

    def shifts(self, values: Values) -> list[Any]:
        return _shifts(self.definition.function, values)

    def sides(self, values: Values, rng: np.random.Generator) -> tuple[Ball, Ball]:
        directions = {wrt: values[tangent] for wrt, tangent in self._tangents.items()}
        slope = _slope(self.definition.function, values, directions)
        return slope, Ball.of(call(self.claimed, _balls(values)))


Claim = Equal | Gradient | Tangent


def _shifts(function: Function, values: Values) -> list[Any]:
    """The derivatives of the function's value by each maximum in it, in symbols."""
    from ..numbers.symbol import Symbol, by_shifts

    return [slope for entry in Symbol.of(call(function, values)).data.ravel() for slope in by_shifts(entry)]


def _shape(function: Function, values: Values) -> tuple[int, ...]:
    with np.errstate(all="ignore"):
        return np.shape(call(function, values))


def call(function: Function, values: Values) -> Any:
    """The function at those of the values that it takes, copied: a function may change its arguments.

    TypeError: it takes one that there is not.
    """
    values = {name: value if isinstance(value, int) else value.copy() for name, value in values.items()}
    parameters = signature(function).parameters.values()
    if any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters):
        return function(**values)
    asked = [parameter.name for parameter in parameters if parameter.default is Parameter.empty]
    missing = [name for name in asked if name not in values]
    if missing:
        raise TypeError(f"{function.__name__}: takes {missing[0]!r}, which is not one of {', '.join(values)}")
    return function(**{name: values[name] for name in asked})


def is_label(value: Any) -> bool:
    """Whether it is a label or an array of labels: integers, which are no numbers to compute with."""
    return isinstance(value, int) or (isinstance(value, np.ndarray) and value.dtype.kind == "i")


def _balls(values: Values) -> dict[str, Any]:
    """Arrays as balls; labels stay what they are."""
    return {name: value if is_label(value) else MaximumBall.of(value) for name, value in values.items()}


def _slope(function: Function, values: Values, directions: Values) -> Ball:
    """The coefficient of t of function(…, wrt + t direction, …); inputs without a direction are constants."""
    given = {name: value if is_label(value) else Taylor.of(value) for name, value in values.items()}
    given |= {wrt: Taylor.line(values[wrt], direction) for wrt, direction in directions.items()}
    return Taylor.of(call(function, given)).derivative
