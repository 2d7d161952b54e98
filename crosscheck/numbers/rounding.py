"""Tolerance: a value with the most that an honest floating-point evaluation of the equation may lose.

Running error analysis (J. H. Wilkinson; N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd
ed., §3.3). ``Rounded`` holds ``value``, computed in float64, and ``bound``. The invariant: ``value``, and the
result of any honest evaluation in the format, lie within ``bound`` of the exact value, where honest means that
every primitive

- adds at most u |result| for being stored in the format, and the smallest normal number for being flushed;
- in sums and dot products of n terms, in any order, adds γ_n = n u_a / (1 − n u_a) times the sum of magnitudes,
  with u_a the roundoff of the accumulation format;
- in ``exp`` and ``log`` errs by at most ``K`` units of roundoff, relatively.

Magnitudes in the rules are upper bounds, so second-order terms are in. The bound itself is computed in float64,
hence the last factor ``_UP``. Read with u = 2⁻⁵³ the class is an enclosure of the truth at the speed of BLAS. An
infinite value means "beyond the largest float64", with bound 0; the judge knows what that asks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from ..formats import FORMATS, Format

K = 4
"""Units of roundoff granted to exp and log: 4 is the widest promise of the usual vector libraries (SVML)."""

_UP = 1 + 2.0**-48
"""More than the rounding of the float64 arithmetic that computes a bound (under 20 operations a step)."""

_LARGEST = FORMATS["float64"].largest


@dataclass(frozen=True)
class Model:
    """What a rounding may cost: storage roundoff, accumulation roundoff, flushed numbers."""

    storage: float
    accumulation: float
    tiny: float

    @classmethod
    def of(cls, format: Format) -> Model:
        return cls(format.unit_roundoff, format.accumulation_roundoff, format.smallest_normal)

    def gamma(self, n: int) -> float:
        """γ_n = n u / (1 − n u), the error constant of n roundings in sequence (Higham, Lemma 3.1)."""
        nu = n * self.accumulation
        return nu / (1 - nu) if nu < 1 else np.inf


class Rounded(NDArrayOperatorsMixin):
    """An array of values and error bounds under a rounding ``Model``."""

    __slots__ = ("bound", "model", "value")

    def __init__(self, value: np.ndarray, bound: np.ndarray, model: Model) -> None:
        self.value = value
        # Where the value is out of range there is no magnitude to bound; NaN bounds are unbounded.
        self.bound = np.where(np.isinf(value), 0.0, np.where(np.isnan(bound), np.inf, bound) * _UP)
        self.model = model

    @classmethod
    def exactly(cls, x: np.ndarray, model: Model) -> Self:
        """``x`` (in the format) without error, but for subnormals, which hardware may read as zero."""
        value = np.asarray(x).astype(np.float64)
        magnitude = np.abs(value)
        return cls(value, np.where(magnitude < model.tiny, magnitude, 0.0), model)

    @classmethod
    def stored(cls, x: np.ndarray, model: Model) -> Self:
        """``x`` with an error of one storage rounding, u |x|."""
        exact = cls.exactly(x, model)
        return cls(exact.value, exact.bound + model.storage * np.abs(exact.value), model)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        rule = _RULES.get(ufunc)
        if method != "__call__" or kwargs or rule is None:
            return NotImplemented
        operands = [x if isinstance(x, Rounded) else self.exactly(x, self.model) for x in inputs]
        with np.errstate(all="ignore"):
            return type(self)(*rule(self.model, *operands), self.model)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def ndim(self) -> int:
        return self.value.ndim

    @property
    def T(self) -> Self:
        return type(self)(self.value.T, self.bound.T, self.model)

    @property
    def magnitude(self) -> np.ndarray:
        """An upper bound of |exact value| and of every honest result."""
        return np.abs(self.value) + 2 * self.bound

    def __getitem__(self, key: Any) -> Self:
        return type(self)(np.asarray(self.value[key]), np.asarray(self.bound[key]), self.model)

    def max(self, axis: int, keepdims: bool = False) -> Self:
        """The shift of softmax, without error: §1.1 says that any constant gives the same value."""
        value = self.value.max(axis=axis, keepdims=keepdims)
        return type(self)(value, np.zeros_like(value), self.model)

    def sum(self, axis: int | None = None, keepdims: bool = False) -> Self:
        n = self.value.size if axis is None else self.value.shape[axis]

        def total(array: np.ndarray) -> np.ndarray:
            return np.asarray(array.sum(axis=axis, keepdims=keepdims))

        with np.errstate(all="ignore"):
            bound = total(self.bound)
            if n > 1:
                bound = bound + self.model.gamma(n - 1) * total(self.magnitude) + n * self.model.tiny
            value = total(self.value)
            return type(self)(value, _rounded(self.model, value, bound), self.model)


def _rounded(model: Model, value: np.ndarray, bound: np.ndarray) -> np.ndarray:
    """``bound`` with one more storage rounding, of a result of magnitude |value| + 2 bound."""
    return bound + model.storage * (np.abs(value) + 2 * bound) + model.tiny


def _add(model: Model, a: Rounded, b: Rounded) -> tuple[np.ndarray, np.ndarray]:
    value = a.value + b.value
    return value, _rounded(model, value, a.bound + b.bound)


def _subtract(model: Model, a: Rounded, b: Rounded) -> tuple[np.ndarray, np.ndarray]:
    value = a.value - b.value
    return value, _rounded(model, value, a.bound + b.bound)


def _negative(model: Model, a: Rounded) -> tuple[np.ndarray, np.ndarray]:
    return -a.value, a.bound


def _multiply(model: Model, a: Rounded, b: Rounded) -> tuple[np.ndarray, np.ndarray]:
    # Convention "0 log 0 = 0": an exact zero times anything is zero.
    zero = ((a.value == 0) & (a.bound == 0)) | ((b.value == 0) & (b.bound == 0))
    value = np.where(zero, 0.0, a.value * b.value)
    bound = a.magnitude * b.bound + b.magnitude * a.bound
    return value, np.where(zero, 0.0, _rounded(model, value, np.where(bound >= 0, bound, np.inf)))


def _divide(model: Model, a: Rounded, b: Rounded) -> tuple[np.ndarray, np.ndarray]:
    value = a.value / b.value
    least = np.where(np.isinf(b.value), _LARGEST, np.abs(b.value) - 2 * b.bound)
    bound = np.where(least > 0, (a.bound + a.magnitude / least * b.bound) / least, np.inf)
    # A denominator beyond range: the quotient is at most |a| / largest.
    bound = np.where(np.isinf(b.value), a.magnitude / _LARGEST, bound)
    return value, _rounded(model, value, bound)


def _exp(model: Model, a: Rounded) -> tuple[np.ndarray, np.ndarray]:
    value = np.exp(a.value)
    largest = np.exp(a.value + 2 * a.bound)
    bound = largest * -np.expm1(-2 * a.bound) + K * model.storage * largest + model.tiny
    return value, np.where(largest == 0, model.tiny, bound)


def _log(model: Model, a: Rounded) -> tuple[np.ndarray, np.ndarray]:
    value = np.log(a.value)
    least = a.value - 2 * a.bound
    bound = np.where(least > 0, 2 * a.bound / least, np.inf)
    return value, bound + K * model.storage * (np.abs(value) + bound) + model.tiny


def _matmul(model: Model, a: Rounded, b: Rounded) -> tuple[np.ndarray, np.ndarray]:
    value = a.value @ b.value
    n = a.value.shape[-1]
    bound = a.magnitude @ b.bound + a.bound @ b.magnitude
    bound = bound + model.gamma(n) * (a.magnitude @ b.magnitude) + n * model.tiny
    return value, _rounded(model, value, bound)


_RULES: dict[np.ufunc, Callable[..., tuple[np.ndarray, np.ndarray]]] = {
    np.add: _add,
    np.subtract: _subtract,
    np.negative: _negative,
    np.multiply: _multiply,
    np.divide: _divide,
    np.exp: _exp,
    np.log: _log,
    np.matmul: _matmul,
}
