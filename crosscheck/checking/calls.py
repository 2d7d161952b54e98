"""Which calls a function is judged by: its dtypes and the cases of the operation, ordinary ones first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from .. import digits
from ..cases import Arrays, Case, CaseUnavailableError
from ..formats import FORMATS
from ..guest.conventions import DTYPES, Member
from ..guest.signature import Takes
from ..operation import Operation
from .options import Options

ORDINARY = frozenset({"typical", "tiny", "one_vector", "square", "soft", "smoothed", "weighted"})
"""Cases of ordinary input: what fails there is wrong, what fails elsewhere is a limit."""

_LARGE = frozenset({"vocabulary", "many_examples", "many_rows", *digits.STEPS})
"""What takes seconds to draw or to judge: large arrays, and handwritten digits, on which a network is trained."""

_BEYOND = frozenset({"unnormalised"})
"""Targets that do not sum to 1, for which §2.2's ŷ − y is not the gradient."""

_WHOLE = ("int64", "uint8")
"""Whole numbers as they come out of a data set: signed, and unsigned, which wrap where they are subtracted."""


@dataclass(frozen=True)
class Planned:
    """A call: the case, the dtype handed over, the inputs that are judged, and the same as handed over."""

    case: Case
    handed: str
    inputs: Arrays
    given: Arrays


def planned(one: Operation, takes: Takes, options: Options, of: Member | None) -> Iterator[Planned]:
    """The calls, in order. A case is left out where it needs what is not installed, or an input, other than at its
    neutral value, that the function does not take.
    """
    dtypes = options.dtypes if of is None else DTYPES
    cases = [case for case in one.cases.values() if _chosen(takes, case, options, of)]
    cases.sort(key=lambda case: case.name not in ORDINARY)
    for dtype in dtypes:
        for case in cases:
            try:
                inputs = case.inputs(one.name, FORMATS[dtype], options.seed)
            except CaseUnavailableError:
                continue
            if not takes.lacks(inputs):
                yield Planned(case, dtype, inputs, inputs)
    of_value_alone = not one.taps and not {"cotangent", "tangent"} & set(takes.names)
    if options.arrays == "numpy" and of is None and of_value_alone:
        yield from (
            p
            for p in _whole_numbers(one, options.seed)
            if not takes.lacks(p.inputs) and (not options.cases or p.case.name in options.cases)
        )


def _chosen(takes: Takes, case: Case, options: Options, of: Member | None) -> bool:
    if options.cases:
        return case.name in options.cases
    if of is not None and case.name in of.leaves_out:
        return False
    if case.axis != -1 and not takes.axis:
        return False
    if options.arrays == "jax" and case.family == "widths" and not options.all:
        return False  # every shape is compiled, which takes JAX longer than all the other cases together
    return options.all or case.name not in _LARGE | _BEYOND


def _whole_numbers(one: Operation, seed: int) -> Iterator[Planned]:
    """The typical case with x whole numbers in dtypes of their own, judged at the same numbers as floats."""
    typical = one.cases["typical"]
    inputs = typical.inputs(one.name, FORMATS["float64"], seed)
    for dtype in _WHOLE:
        x = np.random.default_rng(seed).integers(0, 9, inputs["x"].shape).astype(dtype)
        case = replace(typical, name=f"whole_{dtype}", summary=f"whole numbers from 0 to 8, {dtype}")
        yield Planned(case, dtype, {**inputs, "x": x.astype(np.float64)}, {**inputs, "x": x})
