"""What an implementation is: a way of running an operation on arrays, on a device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from .cases import Arrays
from .formats import Format
from .operation import Operation


class Run(Protocol):
    """Run an operation on the inputs, the classes on ``axis``: the quantities as NumPy arrays."""

    def __call__(self, operation: Operation, inputs: Arrays, device: str, axis: int = -1) -> Arrays: ...


def everything(operation: Operation, format: Format) -> bool:
    """Every operation in every format."""
    return True


def as_stored(format: Format, device: str) -> Format:
    """Every step is rounded to the format of the arrays."""
    return format


@dataclass(frozen=True)
class Implementation:
    """``framework.mode``, such as ``jax.jit``.

    ``run(operation, inputs, device, axis)`` returns the quantities as NumPy arrays in the dtype of the inputs.
    ``devices()`` lists the devices it finds, ``cpu`` first; it raises ``ImportError`` with what to install where
    the framework is not there. ``takes(operation, format)`` says what it can run at all, ``skips`` the families of
    cases that it leaves out unless they are named, and ``arithmetic(format, device)`` the format by whose
    roundings it is judged. ``compiles`` says that most of its time goes into compiling, for every operation, shape
    and dtype. An ``extra`` implementation runs with ``--all`` or when it is named. ``on_gpu`` says whether it
    could run on a GPU at all: where it finds none, that is then told as not validated.

    A package of yours registers one under the entry point ``crosscheck.implementations``; see
    ``crosscheck.implementations.registered``.
    """

    name: str
    summary: str
    run: Run
    devices: Callable[[], tuple[str, ...]]
    extra: bool = False
    compiles: bool = False
    takes: Callable[[Operation, Format], bool] = everything
    skips: frozenset[str] = frozenset()
    arithmetic: Callable[[Format, str], Format] = as_stored
    on_gpu: bool = True

    @property
    def framework(self) -> str:
        return self.name.partition(".")[0]
