"""Whether each line of a derivation of one's own can be read at all: in floats, in balls, and in symbols.

So that what cannot be read is told of the line in which it stands, before lines are compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from reference.derivations import Definition, Derivation

from ..numbers.array import ScalarArray
from ..numbers.ball import MaximumBall
from ..numbers.taylor import Taylor
from .claims import Function, call, is_label
from .own import FAILED, OwnError, names, told
from .points import SHAPES, SMALL, Shape, point, symbols

_WANTS_FLOAT = re.compile("must be (a )?real number|float[(][)] argument")
_FLOATS = "; float() and the module math take floats only, NumPy's functions can"
RANDOM_SHAPES = tuple(shape for shape in SHAPES if not shape.real)
"""Real images have equal pixels, and so have maxima without a derivative."""


def require_readable(derivation: Derivation, path: str, progress: Callable[[str], None]) -> None:
    """OwnError: a line raises an error, gives no numbers, or does what no exact arithmetic reads.

    ``progress(where)`` is called before the definition and each line is tried. Where shapes do not fit, only the
    first thing that is computed is refused: of a later line that is a verdict.
    """
    definition, first = derivation.definition, names(derivation)[0]
    if definition is not None:
        where = f"DEFINITION ({definition.function.__name__})"
        progress(where)
        _require_number(definition, derivation, where)
        _require(definition.function, derivation, where, path, alone=True)
    for where, line in zip(names(derivation), derivation.lines, strict=True):
        progress(where)
        _require(line.function, derivation, where, path, alone=definition is None and where == first)


def _require(function: Function, derivation: Derivation, where: str, path: str, alone: bool) -> None:
    for shape in RANDOM_SHAPES:
        values = point(derivation.inputs, shape, 0)
        try:
            with np.errstate(all="ignore"):
                result = call(function, values)
        except (ValueError, IndexError) as error:
            if alone:
                raise OwnError(
                    f"{where}: {told(error, path).strip()}; the shapes are {_sizes(values)}", FAILED
                ) from None
            return
        except BaseException as error:
            raise OwnError(f"{where}: {told(error, path)}", FAILED) from None
        if not isinstance(result, ScalarArray) and np.asarray(result).dtype.kind not in "iufb":
            raise OwnError(f"{where}: returns {type(result).__name__}, expected an array of numbers", FAILED)
    balls: Callable[[Any], Any] = MaximumBall.of
    for of in (balls, Taylor.of):
        _read(function, _given(point(derivation.inputs, SMALL, 0), of), of, where)
    _read_in_symbols(function, derivation, where)


def _require_number(definition: Definition, derivation: Derivation, where: str) -> None:
    wrt = derivation.inputs[definition.wrt]
    if "label" in wrt.kind:
        raise OwnError(f"WRT: {definition.wrt!r} is a label, expected real numbers to differentiate by")
    try:
        with np.errstate(all="ignore"):
            shape = np.shape(call(definition.function, point(derivation.inputs, SMALL, 0)))
    except BaseException:
        return  # told, with its place, where everything is read
    if shape != ():
        raise OwnError(f"{where}: got shape {shape}, expected one number; sum it")


def _read_in_symbols(function: Function, derivation: Derivation, where: str) -> None:
    try:
        from ..numbers.symbol import Symbol
    except ImportError:
        return
    _read(function, next(symbols(derivation.inputs, SMALL)), Symbol.of, where)


def _read(function: Function, values: Mapping[str, Any], of: Callable[[Any], Any], where: str) -> None:
    try:
        of(call(function, values))
    except (ValueError, IndexError):
        return
    except ZeroDivisionError:
        raise OwnError(f"{where}: divides by 0") from None
    except Exception as error:
        found = str(error) if "cannot be read" in str(error) else f"cannot be read in exact arithmetic: {error}"
        found += _FLOATS if isinstance(error, TypeError) and _WANTS_FLOAT.search(str(error)) else ""
        raise OwnError(f"{where}: {found}") from None


def _given(values: Mapping[str, Any], of: Callable[[Any], Any]) -> dict[str, Any]:
    return {name: value if is_label(value) else of(value) for name, value in values.items()}


def _sizes(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {np.shape(value)}" for name, value in values.items())


__all__ = ["RANDOM_SHAPES", "Shape", "require_readable"]
