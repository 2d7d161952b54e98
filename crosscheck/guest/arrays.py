"""What a function is handed, NumPy arrays or a framework's, and what it returns, as NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from typing import Any

import numpy as np

from ..cases import Arrays
from ..formats import FORMATS, native
from ..operation import Operation
from .call import UnusableError, told
from .wire import LARGEST


def require(arrays: str, device: str) -> None:
    """ImportError or ValueError where arrays of that kind, or on that device, are not to be had."""
    if arrays == "numpy":
        if device != "cpu":
            raise ValueError(f"device: got {device!r}, expected cpu: NumPy arrays are in main memory")
        return
    if find_spec(arrays) is None:
        raise ImportError(f"{arrays} is not installed: pip install -e '.[{arrays}]'")
    if arrays == "torch" and device != "cpu":
        import torch

        if not torch.cuda.is_available():
            raise ValueError(f"device: got {device!r}, but torch finds no CUDA device")
    if arrays == "jax":
        import jax

        try:
            jax.devices(device.partition(":")[0])
        except RuntimeError:
            raise ValueError(f"device: got {device!r}, but jax finds no such device") from None


def handing(arrays: str, device: str) -> Callable[[np.ndarray], Any]:
    """What turns a NumPy array into one of the kind that is asked for."""
    if arrays == "torch":
        from ..implementations.torch_arrays import to_torch

        return lambda a: to_torch(a, device)
    if arrays == "jax":
        import jax

        place, _, number = device.partition(":")
        return lambda a: jax.device_put(a, jax.devices(place)[int(number or 0)])
    return lambda a: a


def settings(arrays: str) -> AbstractContextManager[Any]:
    """What a framework needs set while a function runs: JAX has no float64 unless it is switched on."""
    if arrays != "jax":
        return nullcontext()
    import jax

    return jax.enable_x64(True)


def handed_over(operation: Operation, inputs: Arrays, hand: Callable[[np.ndarray], Any]) -> dict[str, Any]:
    """The inputs as a function is handed them: scalars as Python numbers."""
    return {n: float(a) if n in operation.scalars else hand(a) for n, a in inputs.items()}


def as_numpy(value: Any, like: np.dtype) -> np.ndarray:
    """A result as a NumPy array: of a number, nested lists, or any array with ``__array__`` or DLPack.

    It is in the machine's byte order. UnusableError where it is no array of numbers.
    """
    if type(value).__module__.partition(".")[0] == "torch":
        from ..implementations.torch_arrays import from_torch

        return from_torch(value, like)
    if isinstance(value, str | bytes | bytearray | dict | set):
        raise UnusableError(f"returned a {type(value).__name__}, expected an array of numbers")
    if isinstance(value, list | tuple):
        value = [v.detach() if type(v).__module__.partition(".")[0] == "torch" else v for v in value]
    try:
        exchanged = hasattr(value, "__dlpack__") and not hasattr(value, "__array__")
        array = np.from_dlpack(value) if exchanged else np.asarray(value)
        if type(value) is int:
            array = array.astype(like)  # a cost that started at 0 and to which nothing was added
    except Exception as error:
        raise UnusableError(f"returned a {type(value).__name__} that is no array: {told(error)}") from None
    if array.dtype.kind not in "biuf" and array.dtype.name not in FORMATS:
        raise UnusableError(f"returned {_kind(value, array)}, expected an array of real numbers")
    if array.size > LARGEST:
        raise UnusableError(f"returned an array of shape {array.shape}, too large to be looked at")
    return native(array)


def _kind(value: Any, array: np.ndarray) -> str:
    return f"a {type(value).__name__}" if array.ndim == 0 else f"an array of dtype {array.dtype.name}"
