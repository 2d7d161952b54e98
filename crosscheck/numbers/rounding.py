"""Tolerance: a value with the most that an honest floating-point evaluation of the equation may lose.

Running error analysis (J. H. Wilkinson; N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd
ed., §3.3). ``Rounded`` holds ``value``, computed in float64, and ``bound``. The invariant: ``value``, and the
result of any honest evaluation in the format, lie within ``bound`` of the exact value, where honest means that
every primitive

- adds at most u |result| for being stored in the format, and the smallest normal number for being flushed;
- in sums and dot products, in any order, of n terms that are not exactly zero, adds γ_n = n u_a / (1 − n u_a)
  times the sum of magnitudes, with u_a the roundoff of the accumulation format;
- in matrix products may first round the operands, to the format of ``Model.product``;
- in a division by a number that is known exactly (a count) may multiply by its stored reciprocal;
- in ``exp`` and ``log`` errs by at most ``K`` units of roundoff, relatively.

Magnitudes in the rules are upper bounds, so second-order terms are in. The bound itself is computed in float64,
hence the last factor ``_UP``. Read with u = 2⁻⁵³ it encloses the truth, for which ``Fast`` is quicker.

Out of range: where |value| + 2 bound reaches the format's largest number, an honest result may also be the
infinity of its sign; what is computed from it then has a bound that reaches as far, except a quotient with it as
the denominator, which may be 0. A ``value`` of ±inf says that the exact value is beyond ``lower``, or else beyond
half the largest float64 (bound inf, or 0 for an exact infinity); a NaN says that nothing is known. Honest
evaluations do not form inf − inf.

``max`` and ``np.maximum`` are constants, for equations whose value no shift changes (§1.1): an honest evaluation
whose own maximum differs is compared at its own constant. Over many classes ``max`` carries what ``exp(x − lse)``
loses beyond the quotient.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Self

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from ..formats import Format
from .array import rule_of
from .rounding_rules import ELEMENTWISE, finite
from .rounding_sums import product, stored_lse, total

_UP = 1 + 2.0**-48
"""More than the rounding of the float64 arithmetic that computes a bound (under 20 operations a step)."""

_RULES = {**ELEMENTWISE, np.matmul: product}


@dataclass(frozen=True)
class Model:
    """What a rounding may cost in storage, in accumulation, in the operands of products; flushing and overflow."""

    storage: float
    accumulation: float
    tiny: float
    largest: float
    product: float = 0.0

    @classmethod
    def of(cls, format: Format) -> Model:
        return cls(
            format.unit_roundoff,
            format.accumulation_roundoff,
            format.smallest_normal,
            format.largest,
            format.product_roundoff,
        )

    def gamma(self, n: np.ndarray | int) -> np.ndarray | float:
        """γ_n = n u / (1 − n u), the error constant of n roundings in sequence (Higham, Lemma 3.1)."""
        nu = n * self.accumulation
        if isinstance(nu, float):
            return nu / (1 - nu) if nu < 1 else float("inf")
        return np.divide(nu, 1 - nu, out=np.full(nu.shape, np.inf), where=nu < 1)


class Rounded(NDArrayOperatorsMixin):
    """An array of values and error bounds under a rounding ``Model``.

    ``joined`` is the number of terms where it is a matrix product: what is added to one may be added first.
    """

    def __init__(
        self,
        value: np.ndarray,
        bound: np.ndarray,
        model: Model,
        lower: np.ndarray | float = -np.inf,
    ) -> None:
        self.value = np.asarray(value)
        self.bound = np.fmin(bound, np.inf) * _UP  # NaN becomes inf
        self.model = model
        self.joined = 0
        self._lower = lower

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
        return cls(exact.value, exact.bound + model.storage * finite(np.abs(exact.value)), model)

    @classmethod
    def constant(cls, x: np.ndarray, model: Model) -> Self:
        """``x`` as an equation writes it: without error where the format holds it (1, say, and not 0.1)."""
        if isinstance(x, int | float):
            return cls._number(x, model)
        exact, rounded = cls.exactly(x, model), cls.stored(x, model)
        digits = np.frexp(exact.value)[0] / model.storage
        return cls(exact.value, np.where(digits == np.rint(digits), exact.bound, rounded.bound), model)

    @classmethod
    @cache
    def _number(cls, x: float, model: Model) -> Self:
        """A constant that is one number: there are few."""
        return cls.constant(np.asarray(x), model)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        rule = rule_of(_RULES, Rounded, ufunc, method, inputs, kwargs)
        if rule is None:
            return NotImplemented
        operands = [x if isinstance(x, Rounded) else self.constant(x, self.model) for x in inputs]
        if any(operand.model != self.model for operand in operands):
            raise ValueError(f"{ufunc.__name__}: the operands are read in different formats")
        with np.errstate(all="ignore"):
            value, bound, *lower = rule(self.model, *operands)
            result = type(self)(value, bound, self.model, *lower)
            if ufunc is np.matmul:
                result.joined = operands[0].shape[-1]
            elif ufunc in (np.add, np.subtract):
                result.factors = np.fmax(operands[0].magnitude + operands[1].magnitude, 1)
            elif ufunc is np.multiply:
                result.factors = operands[0].factors * operands[1].factors
        return result

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def ndim(self) -> int:
        return self.value.ndim

    @property
    def T(self) -> Self:
        lower = self._lower.T if isinstance(self._lower, np.ndarray) else self._lower
        return type(self)(self.value.T, self.bound.T, self.model, lower)

    # What not every rule asks for is computed when one does, and once.

    @cached_property
    def lower(self) -> np.ndarray:
        """At most every honest result. What value − 2 bound cannot say: that a sum of exponentials is positive."""
        with np.errstate(all="ignore"):
            return np.fmax(self._lower, self.value - 2 * self.bound)

    @cached_property
    def factors(self) -> np.ndarray:
        """What a part of it, flushed before the rest is multiplied to it, may yet be multiplied by."""
        return np.fmax(self.magnitude, 1)

    @cached_property
    def magnitude(self) -> np.ndarray:
        """An upper bound of |exact value| and of every honest result that is finite."""
        return np.abs(self.value) + 2 * self.bound

    @cached_property
    def overflows(self) -> np.ndarray:
        """Where an honest result may be an infinity."""
        return ~(self.magnitude < self.model.largest)

    @cached_property
    def spills(self) -> bool:
        """Whether one may be an infinity anywhere: where none may, all values and bounds are finite."""
        return not self.magnitude.max(initial=0.0) < self.model.largest

    @cached_property
    def certain(self) -> bool:
        """Whether there may be an entry without any error: an exact 0, 1 or infinity has rules of its own."""
        return not self.bound.all()

    def __getitem__(self, key: Any) -> Self:
        return type(self)(self.value[key], self.bound[key], self.model, self.lower[key])

    def max(self, axis: int, keepdims: bool = False) -> Self:
        """The shift of softmax: §1.1 says that any constant gives the same value, so it has no error of its own.

        Its bound is that of ``exp(x − lse)``, see ``stored_lse``.
        """
        value = self.value.max(axis=axis, keepdims=True)
        with np.errstate(all="ignore"):
            bound = stored_lse(self.model, self, value, axis)
        if not keepdims:
            value, bound = value.squeeze(axis), bound.squeeze(axis)
        return type(self)(value, bound, self.model)

    def sum(self, axis: int | None = None, keepdims: bool = False) -> Self:
        with np.errstate(all="ignore"):
            value, bound, *lower = total(self.model, self, axis, keepdims)
            return type(self)(value, bound, self.model, *lower)
