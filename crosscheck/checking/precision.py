"""Whether what a function loses is what it would lose in a coarser arithmetic.

Any small error lies within a wide bound. So an error must be about as large as those of the coarser arithmetic: by
its bound where that is sharp, or else by what the mistake's own program errs. And nothing simpler may explain it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..cases import Arrays
from ..formats import FORMATS, Format
from ..judge import ratios, would_pass
from ..mistake import Mistake
from ..operation import Operation
from ..truth import Reading, read
from .observe import Observation

_FINER = 16
"""How many times smaller than its bound, and smaller or larger than what the same mistake makes, an error of
precision may be: sums run in other orders, or in larger parts."""

_COARSE = ("float16", "bfloat16")
"""Formats to which inputs and results are rounded, by users of 16 bits."""


def imprecise(one: Operation, mistake: Mistake, seen: Observation) -> float | None:
    """How much of the bounds of the mistake's arithmetic a function takes up; None where it is not of that kind.

    It may pass where the mistake's program fails if only sums are coarse, which run in larger parts or have few
    terms; not if every number is.
    """
    model = mistake.model(seen.format) if mistake.model else None
    if model is None or seen.outcome.error:
        return None if seen.failed or model is not None else 0.0
    if any(a.dtype.name not in FORMATS for a in seen.outcome.results.values()):
        return None
    failed = {v.quantity for v in seen.failed}
    if not failed:
        return 0.0 if model.precision == seen.format.precision or not _errs(one, mistake, seen) else None
    worst, coarse = 0.0, False
    for quantity, actual in seen.outcome.results.items():
        truth = _truth(one, quantity, seen.inputs, model)
        found = _worst(actual, truth, model)
        if not found <= 1:
            return None
        worst = max(worst, found)
        coarse = coarse or (quantity in failed and found * _FINER >= 1 and not would_pass(truth, model))
    return worst if coarse or _as_coarse(one, mistake, seen) else None


def _truth(one: Operation, quantity: str, inputs: Arrays, format: Format) -> Reading:
    given = {name: inputs[name] for name in one.leaves(quantity)}
    return read(one, quantity, given, format, frozenset(given))


def _worst(actual: np.ndarray, truth: Reading, format: Format) -> float:
    """The largest error over the bound; inf where the shape is another."""
    if actual.shape != truth.hi.shape:
        return float("inf")
    return float(ratios(actual, truth, format).max(initial=0.0))


def _own_errors(one: Operation, mistake: Mistake, seen: Observation) -> dict[str, float]:
    """The largest errors of the mistake's program over the bounds of the format that it should have."""
    try:
        predicted = one.program(mistake)(**seen.inputs)
    except Exception:
        return {}
    truths = {q: _truth(one, q, seen.inputs, seen.format) for q in seen.outcome.results}
    return {q: _worst(predicted[q], truth, seen.format) for q, truth in truths.items()}


def _errs(one: Operation, mistake: Mistake, seen: Observation) -> bool:
    """Whether the mistake's program is far off where the function is right."""
    return any(its > _FINER for its in _own_errors(one, mistake, seen).values())


def _as_coarse(one: Operation, mistake: Mistake, seen: Observation) -> bool:
    """Whether something that fails errs about as much as it does with the mistake, whose bounds may be far off."""
    errors = _own_errors(one, mistake, seen)
    for quantity in {v.quantity for v in seen.failed} & set(errors):
        its = errors[quantity]
        own = _worst(seen.outcome.results[quantity], _truth(one, quantity, seen.inputs, seen.format), seen.format)
        if its > 1 and its / _FINER <= own <= its * _FINER:
            return True
    return False


# --- small errors that come from elsewhere ---------------------------------------------------------------------


def of_another_kind(one: Operation, failing: Sequence[Observation]) -> bool:
    """Whether all of a quantity's errors are those of one factor, of results that float16 has held, or of inputs
    of 16 bits: sums and steps in a coarser arithmetic lose something else in every row.
    """
    quantities = dict.fromkeys(v.quantity for o in failing for v in o.failed)
    for quantity in quantities:
        here = [o for o in failing if quantity in o.outcome.results and quantity in {v.quantity for v in o.failed}]
        if here and (_one_factor(one, quantity, here) or _of_16_bits(one, quantity, here)):
            return True
    return False


def _one_factor(one: Operation, quantity: str, here: Sequence[Observation]) -> bool:
    """Whether everything is off by the same factor, which the errors of several sums are not."""
    pairs = [(o.outcome.results[quantity], _truth(one, quantity, o.inputs, o.format)) for o in here]
    if any(a.shape != truth.hi.shape for a, truth in pairs) or (
        len(here) == 1 and not _of_rows(quantity, here[0])
    ):
        return False
    got = np.concatenate([a.astype(np.float64).ravel() for a, _ in pairs])
    exact = np.concatenate([truth.hi.ravel() for _, truth in pairs])
    bound = np.concatenate([truth.bound.ravel() for _, truth in pairs])
    told = np.isfinite(got) & np.isfinite(exact) & np.isfinite(bound) & (exact != 0)
    if not told.any() or not ((got == exact) | (np.isnan(got) & np.isnan(exact)) | told).all():
        return False
    got, exact, bound = got[told], exact[told], bound[told]
    sharpest = int(np.argmin(bound / np.abs(exact)))
    factor = got[sharpest] / exact[sharpest]
    return bool((np.abs(got - factor * exact) <= 2 * max(1.0, abs(factor)) * bound).all())


def _of_rows(quantity: str, seen: Observation) -> bool:
    """Whether a result has several elements, of several rows: of one row the errors can be those of one sum."""
    x = next(iter(seen.inputs.values()))
    return x.ndim > 1 and len(x) > 1 and seen.outcome.results[quantity].size > 1


def _of_16_bits(one: Operation, quantity: str, here: Sequence[Observation]) -> bool:
    """Whether results are float16 numbers, and not those of bfloat16, which sums end in; or right for inputs that
    were rounded to 16 bits.
    """
    here = [o for o in here if o.format.precision > FORMATS["float16"].precision]
    if not here:
        return False
    results = [o.outcome.results[quantity] for o in here]
    held = {name: all(_held(a, FORMATS[name]) for a in results) for name in _COARSE}
    if held["float16"] and not held["bfloat16"]:
        return True
    return any(all(_right_for(one, quantity, o, FORMATS[name]) for o in here) for name in _COARSE)


def _held(a: np.ndarray, format: Format) -> bool:
    return bool((_rounded(a, format) == a).all())


def _rounded(a: np.ndarray, format: Format) -> np.ndarray:
    with np.errstate(all="ignore"):
        return format.round(a.astype(np.float64)).astype(a.dtype)


def _right_for(one: Operation, quantity: str, seen: Observation, format: Format) -> bool:
    """Whether a result is right for the inputs rounded to a format."""
    inputs = {n: _rounded(a, format) if a.dtype.kind == "f" else a for n, a in seen.inputs.items()}
    try:
        truth = _truth(one, quantity, inputs, seen.format)
    except (ValueError, ArithmeticError):  # rounded, the inputs mean nothing
        return False
    return _worst(seen.outcome.results[quantity], truth, seen.format) <= 1
