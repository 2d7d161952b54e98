"""``assert_correct``: an array against the exact value, within what an honest evaluation may lose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .api import array_of, checked
from .checking.examples import bits
from .enclosure import ulps
from .formats import FORMATS, Format, format_of
from .judge import FAIL, VACUOUS, Assessment, assess, check_from_inputs, ratios, stored_inputs
from .report.check import decimal
from .truth import Reading, read


def assert_correct(
    actual: Any,
    operation: str,
    quantity: str | None = None,
    *,
    dtype: object = None,
    allow_vacuous: bool = False,
    **inputs: Any,
) -> None:
    """AssertionError where ``actual`` is not what the operation is at these inputs; it shows the worst element.

    In place of ``assert_close``, its guessed numbers, and a second program to compare with. ``quantity`` and the
    inputs are those of ``crosscheck.exact``: arrays of NumPy, PyTorch or JAX by name. ``actual`` is judged by the
    roundings of its own dtype (the error that ``crosscheck.tolerance`` allows), or by those of ``dtype``, where it
    was computed in a narrower one than it is stored in. Shape and dtype must be right, NaN and infinities those of
    the table of special values.

    It is an AssertionError too where zeros, half the right answer, a constant or the answer of another element
    would pass: an assertion that cannot fail is no test, and there are inputs at which it can. ``allow_vacuous``
    allows it, for an empty batch, say. TypeError or ValueError name what does not fit.

    >>> import numpy as np
    >>> import crosscheck
    >>> x = np.float32([[1, 2, 3]])
    >>> e = np.exp(x)
    >>> crosscheck.assert_correct(e / e.sum(), "softmax", x=x)
    >>> crosscheck.assert_correct(np.float32([[0.09003, 0.24473, 0.66524]]), "softmax", x=x)
    Traceback (most recent call last):
    ...
    AssertionError: softmax value in float32: 3 of 3 elements are off
      worst  at [0, 0]
      got    0.0900299996  0x3db861a6
      exact  0.0900305732  0x3db861f3, to the nearest float32
      error  6.29 × bound 9.12e-08, 76.98 ulp
    """
    __tracebackhide__ = True
    one, wanted, given = checked(operation, quantity, inputs)
    found = array_of("actual", actual)
    if dtype is None and found.dtype.name not in FORMATS:
        raise TypeError(f"actual: got dtype {found.dtype.name}, expected one of {', '.join(FORMATS)}")
    format = format_of(found.dtype.name if dtype is None else dtype)
    if wanted == "J" and found.size == 1:
        found = found.reshape(())  # a cost is a number, whether it is held in an array of one or not
    wider = found.dtype.name in FORMATS and FORMATS[found.dtype.name].precision > format.precision
    if wider:
        found = format.round(found.astype(np.float64))
    truth = read(one, wanted, given, format, stored_inputs(one, given, format, check_from_inputs(one, wanted)))
    said = assess(found, truth, format)
    place = f"{one.name} {wanted} in {format.name}"
    if said.status == FAIL:
        raise AssertionError(
            "\n".join([f"{place}: {_first(said, found, truth, format)}", *_worst(said, found, truth, format)])
        )
    if said.status == VACUOUS and not allow_vacuous:
        raise AssertionError(
            f"{place}: nothing sharp was checked: {said.reason}; "
            "give inputs at which that is wrong, or allow_vacuous=True"
        )


def _first(said: Assessment, found: np.ndarray, truth: Reading, format: Format) -> str:
    if said.worst is None:
        return said.reason
    off = int((~(ratios(found, truth, format) <= 1)).sum())
    return f"{off} of {found.size} element{'s are' if found.size != 1 else ' is'} off"


def _worst(said: Assessment, found: np.ndarray, truth: Reading, format: Format) -> Iterator[str]:
    """The worst element, in decimal and in bits."""
    w = said.worst
    if w is None:
        return
    if w.index:
        yield f"  worst  at {list(w.index)}"
    got, exact = (decimal(number, format.name) for number in (w.got, w.exact))
    width = max(len(got), len(exact))
    yield f"  got    {got:<{width}}  {bits(found[w.index])}"
    nearest = format.round(np.asarray(w.exact))
    yield f"  exact  {exact:<{width}}  {bits(nearest)}, to the nearest {format.name}"
    if np.isfinite(w.got) and np.isfinite(w.exact):
        here = (np.asarray(a)[w.index] for a in (found, truth.hi, truth.lo))
        actual, hi, lo = map(np.asarray, here)
        apart = float(ulps(actual, hi, lo, format))
        yield f"  error  {said.worst_ratio:.3g} × bound {w.bound:.3g}, {apart:.4g} ulp"
