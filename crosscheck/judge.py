"""result + truth + tolerance → Verdict.

The truth is an enclosure, the tolerance is read off the equation. A step whose inputs the implementation
returned is judged *locally*, at those very inputs; any quantity is judged *end to end*, from the given inputs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .cases import Arrays
from .enclosure import ulps
from .formats import Format, native
from .graph import needs
from .operation import Operation
from .spent import TRUTH, phase
from .truth import Reading, read

PASS, FAIL, VACUOUS, KNOWN, UNAVAILABLE = "pass", "fail", "vacuous", "known", "unavailable"
LOCAL, END_TO_END = "local", "end_to_end"


@dataclass(frozen=True)
class Worst:
    """The element with the largest error over bound: where it is, and what was got there."""

    index: tuple[int, ...]
    got: float
    exact: float
    bound: float


@dataclass(frozen=True)
class Assessment:
    """What the comparison of one array with its truth says.

    ``worst_ulp`` and ``worst_ratio`` (error / bound) are maxima over the elements; ``resolution`` is the bound
    itself in ulps, the error that the check is sure to catch, as (median, worst); ``flushed`` counts results that
    are 0 where the truth is subnormal, which are left out of ``worst_ulp``.
    """

    status: str
    reason: str = ""
    worst_ulp: float | None = None
    worst_ratio: float | None = None
    resolution: tuple[float, float] | None = None
    flushed: int = 0
    worst: Worst | None = None


def spelled(operation: str, quantity: str, implementation: str, device: str, dtype: str, case: str) -> str:
    """A place in the matrix in a word: two_layer-d_phi-jax.jit-float32-saturated.

    >>> spelled("softmax", "vjp", "torch.eager", "cuda:0", "float32", "typical")
    'softmax-vjp-torch.eager@cuda:0-float32-typical'
    """
    where = "" if device == "cpu" else f"@{device}"
    return f"{operation}-{quantity}-{implementation}{where}-{dtype}-{case}"


@dataclass(frozen=True, kw_only=True)
class Verdict(Assessment):
    """An assessment with its place: one check of one quantity in one cell of the matrix."""

    operation: str
    quantity: str
    implementation: str
    device: str
    dtype: str
    arithmetic: str
    case: str
    check: str
    replay: str

    @property
    def id(self) -> str:
        """operation-quantity-implementation-dtype-case, with the device and the check where not CPU and local."""
        check = "" if self.check == LOCAL else f"-{self.check}"
        place = spelled(self.operation, self.quantity, self.implementation, self.device, self.dtype, self.case)
        return place + check


@dataclass(frozen=True)
class Cell:
    """Where a judgement stands in the matrix."""

    operation: Operation
    implementation: str
    device: str
    format: Format
    case: str
    seed: int
    arithmetic: Format | None = None

    @property
    def model(self) -> Format:
        """The format by whose roundings it is judged: that of the arrays, or what the implementation declares."""
        return self.arithmetic or self.format

    @property
    def replay(self) -> str:
        """The command that judges this cell again."""
        device = "" if self.device == "cpu" else f" --device {self.device.partition(':')[0]}"
        return (
            f"crosscheck {self.operation.name} -i {self.implementation} --dtype {self.format.name}"
            f" --case {self.case} --seed {self.seed}{device}"
        )

    def verdict(self, quantity: str, check: str, assessment: Assessment) -> Verdict:
        """The assessment in its place."""
        return Verdict(
            **vars(assessment),
            operation=self.operation.name,
            quantity=quantity,
            implementation=self.implementation,
            device=self.device,
            dtype=self.format.name,
            arithmetic=self.model.name,
            case=self.case,
            check=check,
            replay=self.replay,
        )


def judge(cell: Cell, inputs: Arrays, results: Mapping[str, Any]) -> Iterator[Verdict]:
    """A verdict for every quantity that the operation has and every check that can be made of it.

    ``results`` maps quantities to arrays; a quantity that is missing is ``unavailable``.
    """
    operation, format = cell.operation, cell.model
    found = {q: native(np.asarray(results[q])) for q in operation.quantities if q in results}
    sound = {q: a for q, a in found.items() if a.dtype == format.dtype}
    for quantity in operation.quantities:
        required = needs(operation.graph[quantity])
        computed = [name for name in required if name in operation.graph]
        if quantity not in found:
            yield cell.verdict(quantity, LOCAL, Assessment(UNAVAILABLE, not_returned(quantity)))
            continue
        local_inputs = {name: inputs[name] if name in inputs else sound.get(name) for name in required}
        if all(array is not None for array in local_inputs.values()):
            given = {name: array for name, array in local_inputs.items() if array is not None}
            yield _compare(cell, quantity, LOCAL, found[quantity], given)
        if computed:
            given = {name: inputs[name] for name in operation.leaves(quantity)}
            yield _compare(cell, quantity, END_TO_END, found[quantity], given)


def _compare(cell: Cell, quantity: str, check: str, actual: np.ndarray, given: Arrays) -> Verdict:
    operation, format = cell.operation, cell.model
    try:
        with phase(TRUTH):
            truth = read(operation, quantity, given, format, stored_inputs(operation, given, format, check))
    except (ValueError, ArithmeticError) as error:
        # Intermediates of an implementation can have shapes for which its own next step has no meaning.
        reason = f"the step has no value at the returned inputs: {error}"
        return cell.verdict(quantity, check, Assessment(FAIL, reason))
    return cell.verdict(quantity, check, assess(actual, truth, format))


def not_returned(quantity: str) -> str:
    """Why there is nothing to judge."""
    return f"{quantity} was not returned"


def stored_inputs(operation: Operation, given: Arrays, format: Format, check: str) -> frozenset[str]:
    """The inputs that start with an error of one rounding: all in an end-to-end check, the logits in any."""
    if check == END_TO_END:
        return frozenset(given)
    # An implementation that returns a narrower format than it was handed has rounded its inputs first.
    arrays = {name: a for name, a in given.items() if a.dtype.kind == "f" and name not in operation.scalars}
    wider = {name for name, a in arrays.items() if a.dtype.itemsize > format.dtype.itemsize}
    return frozenset((operation.logits & set(given)) | wider)


def check_from_inputs(operation: Operation, quantity: str) -> str:
    """The check that can be made of a quantity where nothing but the inputs is known."""
    return END_TO_END if any(need in operation.graph for need in needs(operation.graph[quantity])) else LOCAL


def assess(actual: np.ndarray, truth: Reading, format: Format) -> Assessment:
    """Compare an array with the exact values under the derived bound.

    It fails where the shape or dtype is wrong, a special value (NaN, ±inf) is missing or uncalled for, or the
    error exceeds the bound; it is vacuous where zeros, half the right answer, a constant or a stale answer would
    have passed.
    """
    if actual.shape != truth.hi.shape:
        return Assessment(FAIL, f"shape: got {actual.shape}, expected {truth.hi.shape}")
    if actual.dtype != format.dtype:
        return Assessment(FAIL, f"dtype: got {actual.dtype.name}, expected {format.name}")
    if actual.size == 0:
        return Assessment(VACUOUS, "there is nothing to compare: the result is empty")
    ratio = ratios(actual, truth, format)
    error = _in_ulps(actual, truth, format)
    subnormal = (np.abs(truth.hi) < format.smallest_normal) & (truth.hi != 0)
    flushed = subnormal & (actual.astype(np.float64) == 0)
    measured = np.where(flushed | truth.open, 0.0, error)
    where = np.unravel_index(int(np.lexsort((measured.ravel(), ratio.ravel()))[-1]), ratio.shape)
    uncertain = np.isfinite(truth.hi) & (truth.bound > 0)  # exact zeros would flatter the median
    with np.errstate(over="ignore"):
        in_ulps = (truth.bound / format.ulp(truth.hi))[uncertain]
        resolution = (_median(in_ulps), float(in_ulps.max())) if in_ulps.size else None
    found = Assessment(
        PASS,
        worst_ulp=float(measured.max()),
        worst_ratio=float(ratio.max()),
        resolution=resolution,
        flushed=int(flushed.sum()),
        worst=Worst(
            tuple(int(i) for i in where),
            float(actual[where].astype(np.float64)),
            float(truth.hi[where]),
            float(truth.bound[where]),
        ),
    )
    if found.worst_ratio is None or not found.worst_ratio <= 1:
        return replace(found, status=FAIL, reason=_what_is_wrong(found))
    passes = would_pass(truth, format)
    return replace(found, status=VACUOUS, reason=f"{passes} would pass") if passes else found


def _median(values: np.ndarray) -> float:
    """What ``np.median`` gives for numbers, in a tenth of its time."""
    middle = (values.size - 1) // 2, values.size // 2
    ordered = np.partition(values, middle)
    return float((ordered[middle[0]] + ordered[middle[1]]) / 2)


def _in_ulps(actual: np.ndarray, truth: Reading, format: Format) -> np.ndarray:
    """Errors in ulps; the least that they can be where the truth is not known to an ulp."""
    error = ulps(actual, truth.hi, truth.lo, format)
    if isinstance(truth.slack, float) and truth.slack == 0:
        return error
    with np.errstate(all="ignore"):
        off = np.abs(actual.astype(np.float64) - truth.hi) - truth.slack
        least = np.fmax(off, 0.0) / format.ulp(np.abs(truth.hi) + truth.slack)
    return np.where(np.asarray(truth.slack) > 0, least, error)


def ratios(actual: np.ndarray, truth: Reading, format: Format) -> np.ndarray:
    """|actual − exact| / bound, element by element: 0 where both are the same, inf where a special value is wrong.

    A result may be an infinity where the exact value with its bound passes the format's largest number.
    """
    wide = actual.astype(np.float64)
    hi, lo, bound = truth.hi, truth.lo, truth.bound
    with np.errstate(all="ignore"):
        error = np.abs((wide - hi) - lo)
        ratio = np.where(error == 0, 0.0, error / bound)
        ratio = np.fmin(ratio, np.inf)  # a NaN, of inf / inf
        if np.isfinite(error).all():
            return np.where(truth.open, 0.0, ratio)
        same = (np.isnan(wide) & np.isnan(hi)) | (np.isinf(hi) & (wide == hi))
        may_overflow = np.abs(hi) + bound >= format.largest
        overflowed = np.isinf(wide) & (np.sign(wide) == np.sign(hi)) & may_overflow
        # A truth beyond float64's range has no distance: the infinity, or the format's largest number, is near.
        beyond = np.isinf(hi) & ~truth.special & (np.sign(wide) == np.sign(hi)) & (np.abs(wide) == format.largest)
    ratio = np.where(np.isfinite(wide), ratio, np.inf)
    return np.where(same | overflowed | beyond | truth.open, 0.0, ratio)


def would_pass(truth: Reading, format: Format) -> str:
    """The first wrong answer that this check would let pass, or ''.

    Fed to the comparison are zeros, half the right answer, constants, and a stale answer: the right one for
    neighbouring elements. Special values are left right in all of them.
    """
    judged = np.isfinite(truth.hi) & ~truth.open
    if not judged.any():
        return "" if not truth.open.all() else "anything"  # special values are compared exactly
    hi, lo, bound = (a[judged] for a in (truth.hi, truth.lo, truth.bound))
    right = np.minimum(np.maximum(hi, -format.largest), format.largest)
    with np.errstate(all="ignore"):
        for name, wrong in _wrong_answers(right, bound):
            # Where all is finite, this is what ``ratios`` says.
            if (np.abs((wrong - hi) - lo) <= bound).all():
                return name
    return ""


def _wrong_answers(right: np.ndarray, bound: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Answers that are wrong whatever the equation, for the elements with a finite value."""
    yield "zeros", np.zeros_like(right)
    yield "half the right answer", right / 2
    if right.min() == right.max():
        return  # a constant, and the answer for another element, is right here
    # A constant passes everywhere if and only if this one does, which lies where the bounds leave most room.
    constant = ((right - bound).max() + (right + bound).min()) / 2
    yield f"the constant {constant:.3g}", np.full_like(right, constant)
    yield "a stale answer, each element's neighbour", np.concatenate((right[-1:], right[:-1]))
    yield "a stale answer, the elements reversed", right[::-1]


def _what_is_wrong(found: Assessment) -> str:
    w = found.worst
    assert w is not None
    where = f"at {list(w.index)} " if w.index else ""
    if not np.isfinite(w.got) or not np.isfinite(w.exact):
        return f"{where}got {w.got:g}, exact is {w.exact:g}"
    return f"{where}got {w.got:.9g}, exact is {w.exact:.9g}, off by {found.worst_ratio:.3g} × bound {w.bound:.3g}"
