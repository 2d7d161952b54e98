"""The rules by which ``Rounded`` bounds element-wise steps: model, operands → value, bound, perhaps ``lower``.

What an honest evaluation is stands in ``rounding``; every rule here is a proof that it keeps the invariant.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ..formats import FORMATS

if TYPE_CHECKING:
    from .rounding import Model, Rounded

K = 4
"""Units of roundoff granted to exp and log: 4 is the widest promise of the usual vector libraries (SVML)."""

Result = tuple[np.ndarray, np.ndarray] | tuple[np.ndarray, np.ndarray, np.ndarray]
"""Value, bound and, where the rule has a better one than value − 2 bound, a lower bound."""

_NOTHING = np.asarray(-np.inf)
"""The lower bound of those that have none."""

_HALF = FORMATS["float64"].largest / 2
"""What a value of inf exceeds for sure."""


def lowered(model: Model, lower: np.ndarray, n: np.ndarray | int) -> np.ndarray:
    """What n additions of numbers that are not negative, and storing the sum, leave of its lower bound."""
    kept = lower * (1 - model.gamma(n)) * (1 - 2 * model.storage) - (n + 1) * model.tiny
    return np.where(lower > 0, np.fmax(kept, 0), -np.inf)


def finite(array: np.ndarray) -> np.ndarray:
    return np.where(np.isinf(array), 0.0, array)


Trusted = Callable[[], np.ndarray | bool]
"""Where an infinite value is beyond ``_HALF``: asked for only where there is one."""


def never() -> bool:
    return False


def lost(a: Rounded, b: Rounded) -> np.ndarray | None:
    """Where an operand that overflows may have made a result one; None where there is none such."""
    return a.overflows | b.overflows if a.spills or b.spills else None


def stored(
    model: Model,
    value: np.ndarray,
    spread: np.ndarray,
    lost: np.ndarray | None,
    trusted: Trusted = never,
    rounded: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Value and bound, with one more storage rounding, of a result of magnitude |value| + 2 spread.

    ``rounded``: the last of the roundings in ``spread`` was to the storage format, so that storing rounds nothing.
    """
    stores = 0.0 if rounded else model.storage * (np.abs(value) + 2 * spread)
    bound = spread + stores + model.tiny
    return _ranged(model, value, bound, lost, lambda: trusted() | (spread <= _HALF / 2))


def _ranged(
    model: Model,
    value: np.ndarray,
    bound: np.ndarray,
    lost: np.ndarray | None,
    trusted: Trusted,
) -> tuple[np.ndarray, np.ndarray]:
    """Value and bound, where an operand that overflows may have made the result one (``lost``).

    An infinite value stands only if it is ``trusted`` to be beyond ``_HALF``.
    """
    if lost is None and np.isfinite(value).all():
        return value, bound  # a NaN in it becomes an infinity in ``Rounded``
    bound = np.where(np.isfinite(value) & ~np.isnan(bound), bound, np.inf)
    if lost is not None:
        bound = np.where(lost, np.maximum(bound, 2 * (model.largest - np.abs(value))), bound)
    unknown = np.isinf(value) & ~np.asarray(trusted())
    return np.where(unknown, np.nan, value), np.where(np.isnan(bound), np.inf, bound)


def _add(model: Model, a: Rounded, b: Rounded) -> Result:
    value = a.value + b.value
    positive = (a.lower >= 0) & (b.lower >= 0)
    lower = np.where(positive, lowered(model, a.lower + b.lower, 1), -np.inf) if positive.any() else _NOTHING
    spread = a.bound + b.bound
    if a.joined or b.joined:
        # x @ W + b may start from b, which then passes through every partial sum: n roundings, as another term.
        first = model.gamma(a.joined) * b.magnitude + model.gamma(b.joined) * a.magnitude
        spread = spread + np.where(np.isnan(first), 0.0, first)
    spilt = lost(a, b)
    value, bound = stored(model, value, spread, spilt, lambda: _leads(a, b) | _leads(b, a) | np.asarray(lower > 0))
    # An exact 0, as in 1 − ε without a smoothing, rounds nothing.
    if b.certain:
        bound = np.where(is_zero(b), a.bound, bound)
    if a.certain:
        bound = np.where(is_zero(a), b.bound, bound)
    if spilt is not None:
        infinity = (_is_infinity(a) & ~b.overflows) | (_is_infinity(b) & ~a.overflows)
        bound = np.where(infinity, 0.0, bound)
    return value, bound, lower


def _leads(a: Rounded, b: Rounded) -> np.ndarray:
    """Whether a is infinite and b cannot bring a + b back from there: it is small, or surely of a's sign."""
    helps = (np.sign(a.value) == np.sign(b.value)) & ((np.abs(b.value) >= b.bound) | np.isinf(b.value))
    return _infinite(a) & (helps | (b.magnitude <= 2.0**-60 * _HALF))


def _subtract(model: Model, a: Rounded, b: Rounded) -> Result:
    return _add(model, a, -b)


def _negative(model: Model, a: Rounded) -> Result:
    return -a.value, a.bound


def _multiply(model: Model, a: Rounded, b: Rounded) -> Result:
    value = a.value * b.value
    zero = None
    if a.certain or b.certain:
        # Convention "0 log 0 = 0": an exact zero times an infinity is zero.
        zero = (is_zero(a) & ~np.isnan(b.value)) | (is_zero(b) & ~np.isnan(a.value))
        value = np.where(zero, 0.0, value)
    spread = a.magnitude * b.bound + b.magnitude * a.bound

    def trusted() -> np.ndarray:
        return (_infinite(a) & (_least(b) >= 1)) | (_infinite(b) & (_least(a) >= 1))

    value, bound = stored(model, value, spread, lost(a, b), trusted)
    # (a c) b may be formed as (a b) c, and a (c − d) as a c − a d. One or two partial products are flushed then,
    # and what is left out is up to the smallest normal number times the other factors.
    bound = bound + 2 * model.tiny * (a.factors * b.factors)
    # An exact 1, as in a mask, a one-hot target or a class that has no weight of its own, rounds nothing.
    if b.certain:
        bound = np.where(_is_one(b), a.bound, bound)
    if a.certain:
        bound = np.where(_is_one(a), b.bound, bound)
    return value, bound if zero is None else np.where(zero, 0.0, bound)


def is_zero(a: Rounded) -> np.ndarray:
    """Whether the exact value and every honest result are 0."""
    return (a.value == 0) & (a.bound == 0)


def _is_one(a: Rounded) -> np.ndarray:
    return (a.value == 1) & (a.bound == 0)


def _is_infinity(a: Rounded) -> np.ndarray:
    """Whether the exact value and every honest result are one infinity: a masked logit."""
    return np.isinf(a.value) & (a.bound == 0)


def _least(a: Rounded) -> np.ndarray:
    """A lower bound of |exact value| and of every honest result; not positive where there is none."""
    least = np.fmax(np.abs(a.value) - 2 * a.bound, a.lower)
    if not a.spills:
        return least
    return np.where(np.isinf(a.value), np.where(np.isfinite(a.lower), a.lower, _HALF), least)


def _infinite(a: Rounded) -> np.ndarray:
    return np.isinf(a.value) & (_least(a) >= _HALF)


def _divide(model: Model, a: Rounded, b: Rounded) -> Result:
    value = a.value / b.value
    least = _least(b)
    largest = a.magnitude / least
    apart = np.where((a.lower >= 0) & (b.lower > 0), largest, 2 * largest)
    off = np.where(b.bound == 0, 0.0, largest * b.bound) if b.certain else largest * b.bound
    spread = np.fmin((a.bound + off) / least, apart)
    if b.certain:
        spread = spread + _by_reciprocal(model, a, b)
    if b.spills:
        # An honest denominator that has become an infinity makes the quotient 0.
        spread = np.where(b.overflows, np.fmax(spread, largest), spread)
    spread = np.where(least > 0, spread, np.inf)
    spilt = a.overflows if a.spills else None
    value, bound = stored(model, value, spread, spilt, lambda: _infinite(a) & (b.magnitude <= 1))
    return value, np.where(is_zero(a) & (least > 0), 0.0, bound) if a.certain else bound


def _by_reciprocal(model: Model, a: Rounded, b: Rounded) -> np.ndarray:
    """What a (1/b), with 1/b stored, loses beyond a / b where b is known exactly: a count, which compilers fold.

    Elsewhere what b loses already outweighs it: exponentials, and so their sums, are granted K units.
    """
    one = np.abs(1 / b.value)
    kept = np.where(np.frexp(np.abs(b.value))[0] == 0.5, 0.0, model.storage * one)  # 2^k has an exact reciprocal
    lost = a.magnitude * np.where(one < model.tiny, model.tiny, kept)
    return np.where((b.bound == 0) & np.isfinite(lost), lost, 0.0)


def _exp(model: Model, a: Rounded) -> Result:
    value = np.exp(a.value)
    apart = 2 * (np.where(np.isinf(a.value), 0.0, a.bound) if a.spills else a.bound)
    largest = np.exp(a.value + apart)
    least = np.exp(a.value - apart) * (1 - 2 * K * model.storage)
    # |e^b − e^a| = e^max (1 − e^−|b − a|), and the value and any honest a lie within the bound of the exact one.
    bound = largest * -np.expm1(-a.bound) + K * model.storage * largest + model.tiny
    value, bound = _ranged(model, value, np.where(largest == 0, model.tiny, bound), None, lambda: True)
    if a.spills:
        bound = np.where(_is_infinity(a) & (a.value < 0), 0.0, bound)
    return value, bound, np.where(least >= 2 * model.tiny, np.fmin(least, _HALF), 0.0)


def _log(model: Model, a: Rounded) -> Result:
    value = np.log(a.value)
    least = _least(a)
    # |log b − log a| ≤ |b − a| / min(a, b).
    spread = np.fmin(a.bound / least, np.log(a.magnitude / least) + 8 * K * 2.0**-53)
    bound = np.where(least > 0, spread, np.inf)
    # An honest operand may lie two errors away from the value, and its logarithm as far from that of the value.
    bound = bound + K * model.storage * (np.abs(value) + 2 * bound) + model.tiny
    return _ranged(model, value, bound, a.overflows if a.spills else None, lambda: a.bound == 0)


def _maximum(model: Model, a: Rounded, b: Rounded) -> Result:
    # A shift is a number: where the larger one is none, 0 shifts as well.
    larger = np.maximum(a.value, b.value)
    return np.where(np.isfinite(larger), larger, 0.0), np.zeros_like(larger)


ELEMENTWISE: dict[np.ufunc, Callable[..., Result]] = {
    np.add: _add,
    np.subtract: _subtract,
    np.negative: _negative,
    np.multiply: _multiply,
    np.divide: _divide,
    np.exp: _exp,
    np.log: _log,
    np.maximum: _maximum,
}
