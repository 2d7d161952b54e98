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
hence the last factor ``_UP``. Read with u = 2⁻⁵³ the class is an enclosure of the truth at the speed of BLAS.

Out of range: where |value| + 2 bound reaches the format's largest number, an honest result may also be the
infinity of its sign; what is computed from it then has a bound that reaches as far, except a quotient with it as
the denominator, which may be 0. A ``value`` of ±inf says that the exact value is beyond ``lower``, or else beyond
half the largest float64 (bound inf, or 0 for an infinite input); a NaN says that nothing is known. Honest
evaluations do not form inf − inf.

``max`` and ``np.maximum`` are constants, for equations whose value no shift changes (§1.1): an honest evaluation
whose own maximum differs is compared at its own constant.
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

Result = tuple[np.ndarray, np.ndarray] | tuple[np.ndarray, np.ndarray, np.ndarray]
"""Value, bound and, where the rule has a better one than value − 2 bound, a lower bound."""

_HALF = FORMATS["float64"].largest / 2
"""What a value of inf exceeds for sure."""


@dataclass(frozen=True)
class Model:
    """What a rounding may cost: storage roundoff, accumulation roundoff, flushed numbers; and overflow."""

    storage: float
    accumulation: float
    tiny: float
    largest: float

    @classmethod
    def of(cls, format: Format) -> Model:
        return cls(format.unit_roundoff, format.accumulation_roundoff, format.smallest_normal, format.largest)

    def gamma(self, n: int) -> float:
        """γ_n = n u / (1 − n u), the error constant of n roundings in sequence (Higham, Lemma 3.1)."""
        nu = n * self.accumulation
        return nu / (1 - nu) if nu < 1 else np.inf


class Rounded(NDArrayOperatorsMixin):
    """An array of values and error bounds under a rounding ``Model``."""

    __slots__ = ("bound", "lower", "model", "value")

    def __init__(
        self,
        value: np.ndarray,
        bound: np.ndarray,
        model: Model,
        lower: np.ndarray | float = -np.inf,
    ) -> None:
        self.value = np.asarray(value)
        self.bound = np.where(np.isnan(bound), np.inf, bound) * _UP
        self.model = model
        # At most every honest result. What value − 2 bound cannot say: that a sum of exponentials is positive.
        with np.errstate(all="ignore"):
            self.lower = np.fmax(lower, self.value - 2 * self.bound)

    @classmethod
    def exactly(cls, x: np.ndarray, model: Model) -> Self:
        """``x`` (in the format) without error, but for subnormals, which hardware may read as zero."""
        value = np.asarray(x).astype(np.float64, casting="safe")
        magnitude = np.abs(value)
        return cls(value, np.where(magnitude < model.tiny, magnitude, 0.0), model)

    @classmethod
    def stored(cls, x: np.ndarray, model: Model) -> Self:
        """``x`` with an error of one storage rounding, u |x|."""
        exact = cls.exactly(x, model)
        return cls(exact.value, exact.bound + model.storage * _finite(np.abs(exact.value)), model)

    @classmethod
    def constant(cls, x: np.ndarray, model: Model) -> Self:
        """``x`` as an equation writes it: without error where the format holds it (1, say, and not 0.1)."""
        exact, rounded = cls.exactly(x, model), cls.stored(x, model)
        digits = np.frexp(exact.value)[0] / model.storage
        return cls(exact.value, np.where(digits == np.rint(digits), exact.bound, rounded.bound), model)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        rule = _RULES.get(ufunc)
        if method != "__call__" or kwargs or rule is None:
            return NotImplemented
        operands = [x if isinstance(x, Rounded) else self.constant(x, self.model) for x in inputs]
        if any(operand.model != self.model for operand in operands):
            raise ValueError(f"{ufunc.__name__}: the operands are read in different formats")
        with np.errstate(all="ignore"):
            value, bound, *lower = rule(self.model, *operands)
            return type(self)(value, bound, self.model, *lower)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def ndim(self) -> int:
        return self.value.ndim

    @property
    def T(self) -> Self:
        return type(self)(self.value.T, self.bound.T, self.model, self.lower.T)

    @property
    def magnitude(self) -> np.ndarray:
        """An upper bound of |exact value| and of every honest result that is finite."""
        return np.abs(self.value) + 2 * self.bound

    @property
    def overflows(self) -> np.ndarray:
        """Where an honest result may be an infinity."""
        return ~(self.magnitude < self.model.largest)

    def __getitem__(self, key: Any) -> Self:
        return type(self)(self.value[key], self.bound[key], self.model, self.lower[key])

    def max(self, axis: int, keepdims: bool = False) -> Self:
        """The shift of softmax, without error: §1.1 says that any constant gives the same value."""
        value = self.value.max(axis=axis, keepdims=keepdims)
        return type(self)(value, np.zeros_like(value), self.model)

    def sum(self, axis: int | None = None, keepdims: bool = False) -> Self:
        n = self.value.size if axis is None else self.value.shape[axis]

        def total(array: np.ndarray) -> np.ndarray:
            return np.asarray(array.sum(axis=axis, keepdims=keepdims))

        with np.errstate(all="ignore"):
            spread = total(self.bound) * (1 + n * 2.0**-52)
            if n > 1:
                spread = spread + _accumulation(self.model, n - 1, n - 1, total(self.magnitude))
            lost = np.asarray(self.overflows.any(axis=axis, keepdims=keepdims))
            lower = _lowered(self.model, total(self.lower), n)
            return type(self)(*_stored(self.model, total(self.value), spread, lost), self.model, lower)


def _lowered(model: Model, lower: np.ndarray, n: int) -> np.ndarray:
    """What n additions of numbers that are not negative, and storing the sum, leave of its lower bound."""
    kept = lower * (1 - model.gamma(n)) * (1 - 2 * model.storage) - (n + 1) * model.tiny
    return np.where(lower > 0, np.fmax(kept, 0), -np.inf)


def _finite(array: np.ndarray) -> np.ndarray:
    return np.where(np.isinf(array), 0.0, array)


def _accumulation(model: Model, n: int, flushes: int, magnitude: np.ndarray) -> np.ndarray:
    """γ_n times the sum of magnitudes: what n roundings in sequence lose, and as many flushed numbers as told.

    The last factor is for the n roundings in the float64 sum of the magnitudes itself.
    """
    flushed = flushes * model.tiny
    return (model.gamma(n) * (magnitude + flushed) + flushed) * (1 + n * 2.0**-52)


def _stored(
    model: Model,
    value: np.ndarray,
    spread: np.ndarray,
    lost: np.ndarray,
    trusted: np.ndarray | bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Value and bound, with one more storage rounding, of a result of magnitude |value| + 2 spread."""
    bound = spread + model.storage * (np.abs(value) + 2 * spread) + model.tiny
    return _ranged(model, value, bound, lost, trusted | (spread <= _HALF / 2))


def _ranged(
    model: Model,
    value: np.ndarray,
    bound: np.ndarray,
    lost: np.ndarray,
    trusted: np.ndarray | bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Value and bound, where an operand that overflows may have made the result one (``lost``).

    An infinite value stands only if it is ``trusted`` to be beyond ``_HALF``.
    """
    bound = np.where(np.isfinite(value) & ~np.isnan(bound), bound, np.inf)
    bound = np.where(lost, np.maximum(bound, 2 * (model.largest - np.abs(value))), bound)
    unknown = np.isinf(value) & ~np.asarray(trusted)
    return np.where(unknown, np.nan, value), np.where(np.isnan(bound), np.inf, bound)


def _add(model: Model, a: Rounded, b: Rounded) -> Result:
    value = a.value + b.value
    lost = a.overflows | b.overflows
    positive = (a.lower >= 0) & (b.lower >= 0)
    lower = np.where(positive, _lowered(model, a.lower + b.lower, 1), -np.inf)
    return *_stored(model, value, a.bound + b.bound, lost, _leads(a, b) | _leads(b, a) | (lower > 0)), lower


def _leads(a: Rounded, b: Rounded) -> np.ndarray:
    """Whether a is infinite and b cannot bring a + b back from there: it is small, or surely of a's sign."""
    helps = (np.sign(a.value) == np.sign(b.value)) & ((np.abs(b.value) >= b.bound) | np.isinf(b.value))
    return _infinite(a) & (helps | (b.magnitude <= 2.0**-60 * _HALF))


def _subtract(model: Model, a: Rounded, b: Rounded) -> Result:
    return _add(model, a, -b)


def _negative(model: Model, a: Rounded) -> Result:
    return -a.value, a.bound


def _multiply(model: Model, a: Rounded, b: Rounded) -> Result:
    # Convention "0 log 0 = 0": an exact zero times an infinity is zero.
    zero = (_is_zero(a) & ~np.isnan(b.value)) | (_is_zero(b) & ~np.isnan(a.value))
    value = np.where(zero, 0.0, a.value * b.value)
    spread = a.magnitude * b.bound + b.magnitude * a.bound
    trusted = (_infinite(a) & (_least(b) >= 1)) | (_infinite(b) & (_least(a) >= 1))
    value, bound = _stored(model, value, spread, a.overflows | b.overflows, trusted)
    return value, np.where(zero, 0.0, bound)


def _is_zero(a: Rounded) -> np.ndarray:
    return (a.value == 0) & (a.bound == 0)


def _least(a: Rounded) -> np.ndarray:
    """A lower bound of |exact value| and of every honest result; not positive where there is none."""
    beyond = np.where(np.isfinite(a.lower), a.lower, _HALF)
    return np.where(np.isinf(a.value), beyond, np.fmax(np.abs(a.value) - 2 * a.bound, a.lower))


def _infinite(a: Rounded) -> np.ndarray:
    return np.isinf(a.value) & (_least(a) >= _HALF)


def _divide(model: Model, a: Rounded, b: Rounded) -> Result:
    value = a.value / b.value
    least = _least(b)
    largest = a.magnitude / least
    apart = np.where((a.lower >= 0) & (b.lower > 0), largest, 2 * largest)
    spread = np.fmin((a.bound + np.where(b.bound == 0, 0.0, largest * b.bound)) / least, apart)
    # An honest denominator that has become an infinity makes the quotient 0.
    spread = np.where(b.overflows, np.fmax(spread, largest), spread)
    spread = np.where(least > 0, spread, np.inf)
    return _stored(model, value, spread, a.overflows, _infinite(a) & (b.magnitude <= 1))


def _exp(model: Model, a: Rounded) -> Result:
    value = np.exp(a.value)
    largest = np.exp(a.value + 2 * np.where(np.isinf(a.value), 0.0, a.bound))
    least = np.exp(a.value - 2 * np.where(np.isinf(a.value), 0.0, a.bound)) * (1 - 2 * K * model.storage)
    bound = largest * -np.expm1(-2 * a.bound) + K * model.storage * largest + model.tiny
    value, bound = _ranged(model, value, np.where(largest == 0, model.tiny, bound), np.asarray(False), True)
    return value, bound, np.where(least >= 2 * model.tiny, np.fmin(least, _HALF), 0.0)


def _log(model: Model, a: Rounded) -> Result:
    value = np.log(a.value)
    least = _least(a)
    spread = np.fmin(2 * a.bound / least, np.log(a.magnitude / least) + 8 * K * 2.0**-53)
    bound = np.where(least > 0, spread, np.inf)
    bound = bound + K * model.storage * (np.abs(value) + bound) + model.tiny
    return _ranged(model, value, bound, a.overflows, a.bound == 0)


def _matmul(model: Model, a: Rounded, b: Rounded) -> Result:
    value = a.value @ b.value
    n = a.value.shape[-1]
    spread = (a.magnitude @ b.bound + a.bound @ b.magnitude) * (1 + n * 2.0**-52)
    spread = spread + _accumulation(model, n, 2 * n, a.magnitude @ b.magnitude)
    lost = np.asarray(False)
    if a.overflows.any() or b.overflows.any():
        lost = (a.overflows @ np.ones(b.shape, bool)) | (np.ones(a.shape, bool) @ b.overflows)
    return _stored(model, value, spread, lost)


def _maximum(model: Model, a: Rounded, b: Rounded) -> Result:
    # A shift is a number: where the larger one is none, 0 shifts as well.
    larger = np.maximum(a.value, b.value)
    return np.where(np.isfinite(larger), larger, 0.0), np.zeros_like(larger)


_RULES: dict[np.ufunc, Callable[..., Result]] = {
    np.add: _add,
    np.subtract: _subtract,
    np.negative: _negative,
    np.multiply: _multiply,
    np.divide: _divide,
    np.exp: _exp,
    np.log: _log,
    np.matmul: _matmul,
    np.maximum: _maximum,
}
