"""What an implementation is: a way of running an operation on arrays, on a device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .cases import Arrays
from .operation import Operation


@dataclass(frozen=True)
class Implementation:
    """``framework.mode``, such as ``jax.jit``.

    ``run(operation, inputs, device)`` returns the quantities as NumPy arrays in the dtype of the inputs.
    ``devices()`` lists the devices it finds, ``cpu`` first; it raises ``ImportError`` with what to install where
    the framework is not there.
    """

    name: str
    summary: str
    run: Callable[[Operation, Arrays, str], Arrays]
    devices: Callable[[], tuple[str, ...]]

    @property
    def framework(self) -> str:
        return self.name.partition(".")[0]
