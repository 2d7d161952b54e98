"""Implementations of other packages, registered under the entry point ``crosscheck.implementations``.

::

    [project.entry-points."crosscheck.implementations"]
    mylib = "mylib.conformance:FUNCTIONS"

The name is the implementation's, ``mylib`` or ``mylib.fast``. The object is

- a mapping of operations to functions, ``{"softmax": mylib.softmax}``, which take and return what those of
  ``crosscheck.check`` do, NumPy arrays; they are judged in float64 and float32;
- one function that is named like its operation;
- a ``crosscheck.Implementation``, which says itself how it is run, where, and in which formats.

They are imported when the implementations are listed. What cannot be used is an implementation without a device,
and so told, with the reason, among what was not validated.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from typing import Any, NoReturn

import numpy as np

from ..cases import Arrays, CaseUnavailableError
from ..formats import FORMATS, Format
from ..guest.arrays import as_numpy, handed_over
from ..guest.call import UnusableError, told
from ..guest.signature import Takes, called, quantities, takes
from ..implementation import Implementation, Run
from ..operation import Operation
from ..operations import operation as operation_named
from ..operations import operations

GROUP = "crosscheck.implementations"
DTYPES = ("float64", "float32")
"""What functions are judged in: whoever can do more says so with an ``Implementation``."""

_NAME = re.compile(r"[\w-]+(\.[\w-]+)?")


class UnfitError(ValueError):
    """What is registered cannot be used; the message says why."""


def registered(frameworks: set[str]) -> Iterator[Implementation]:
    """The implementations of other packages; ``frameworks`` are names that are taken."""
    try:
        found = [*entry_points(group=GROUP)]
    except Exception as error:  # a file of entry points that is none
        yield _broken("entry points", told(error))
        return
    names: set[str] = set()
    for point in found:
        taken = point.name in names or point.name.partition(".")[0] in frameworks
        if taken:
            yield _broken(f"{point.name} of {_origin(point)}", "the name is taken by another implementation")
        else:
            yield _of(point)
        names.add(point.name)


def _of(point: EntryPoint) -> Implementation:
    try:
        if not _NAME.fullmatch(point.name):
            raise UnfitError(f"got the name {point.name!r}, expected one such as mylib or mylib.fast")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loaded = point.load()
        if isinstance(loaded, Implementation):
            return _guarded(replace(loaded, name=point.name))
        functions = {name: (fn, takes(fn, operation_named(name))) for name, fn in _functions(loaded).items()}
    except (UnfitError, UnusableError) as error:
        return _broken(point.name, f"{GROUP}, {point.value} of {_origin(point)}: {error}")
    except (Exception, SystemExit) as error:
        return _broken(point.name, f"{GROUP}, {point.value} of {_origin(point)} cannot be loaded: {told(error)}")
    return Implementation(
        point.name,
        f"registered by {_origin(point)}",
        _contained(_calling(functions)),
        lambda: ("cpu",),
        takes=lambda operation, format: operation.name in functions and format.name in DTYPES,
        on_gpu=False,
    )


def _origin(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else "an unknown package"


def _broken(name: str, why: str) -> Implementation:
    """An implementation without a device, for the reason."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise ImportError(why)

    return Implementation(name, "cannot be used", refuse, refuse, on_gpu=False)


def _functions(loaded: Any) -> Mapping[str, Callable[..., Any]]:
    """Operation → function; UnfitError where that is not what was registered."""
    if callable(loaded) and not isinstance(loaded, type | Mapping):
        loaded = {called(loaded): loaded}
    if not isinstance(loaded, Mapping) or not loaded:
        expected = "an Implementation, a mapping of operations to functions, or a function named like one"
        raise UnfitError(f"got a {type(loaded).__name__}, expected {expected}")
    for name, fn in loaded.items():
        if name not in operations():
            raise UnfitError(f"got {name!r}, expected one of {', '.join(operations())}")
        if not callable(fn):
            raise UnfitError(f"{name}: got a {type(fn).__name__}, expected a function")
    return dict(loaded)


def _calling(functions: Mapping[str, tuple[Callable[..., Any], Takes]]) -> Run:
    """Run an operation by calling its function."""

    def run(operation: Operation, inputs: Arrays, device: str, axis: int = -1) -> Arrays:
        fn, how = functions[operation.name]
        lacking = (*how.lacks(inputs), *(["axis"] if axis != -1 and not how.axis else []))
        if lacking:
            raise CaseUnavailableError(f"{called(fn)} takes no {' and no '.join(lacking)}")
        given = handed_over(operation, inputs, lambda a: a)
        found, _ = quantities(how.call(fn, given, axis), operation, how)
        format = FORMATS[inputs["x"].dtype.name]
        return {name: _stored(name, value, format) for name, value in found.items()}

    return run


def _stored(name: str, value: Any, format: Format) -> np.ndarray:
    """A result in the format of the inputs, if it is wider; as by ``crosscheck.check``."""
    a = as_numpy(value, format.dtype)
    if name == "J" and a.size == 1:
        a = a.reshape(())
    wider = a.dtype.name in FORMATS and FORMATS[a.dtype.name].precision > format.precision
    return format.round(a.astype(np.float64)) if wider else a


def _guarded(given: Implementation) -> Implementation:
    """The implementation, whose mistakes in what it says of itself are reasons, and no crash of the whole run."""

    def devices() -> tuple[str, ...]:
        try:
            found = tuple(given.devices())
            taken = [f for one in operations().values() for f in FORMATS.values() if given.takes(one, f)]
            for format in taken:
                for device in found:
                    given.arithmetic(format, device)
        except ImportError:
            raise
        except Exception as error:
            raise ImportError(told(error)) from None
        return found

    return replace(given, devices=devices, run=_contained(given.run))


def _contained(run: Run) -> Run:
    """It does not exit, and returns arrays by quantity; else that is its error, and the other cases go on."""

    def contained(operation: Operation, inputs: Arrays, device: str, axis: int = -1) -> Arrays:
        try:
            found = run(operation, inputs, device, axis=axis)
        except SystemExit as error:
            raise RuntimeError(f"it exited, with status {error.code}") from None
        if not isinstance(found, Mapping):
            raise TypeError(f"returned a {type(found).__name__}, expected a mapping of quantities to arrays")
        return {name: as_numpy(a, inputs["x"].dtype) for name, a in found.items()}

    return contained
