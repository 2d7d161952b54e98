"""Arrays as tensors and back: the same values, lying in memory the same way."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ..cases import Arrays
from ..operation import Operation
from ..spent import IMPORT, phase

NOT_INSTALLED = "torch is not installed: pip install -e '.[torch]'"


@cache
def torch_module() -> Any:
    """``torch``; ImportError says what to install."""
    try:
        with phase(IMPORT):
            import torch
    except ImportError:
        raise ImportError(NOT_INSTALLED) from None
    return torch


def to_torch(array: np.ndarray, device: str) -> Any:
    """A fresh tensor with the array's strides: gaps hold poison, stride 0 is an expanded axis.

    torch has no negative strides: such an array, and one whose elements do not lie whole elements apart, becomes
    a tensor in C order. The array itself is only read.

    >>> to_torch(np.arange(12.0).reshape(3, 4)[:, ::2], "cpu").stride()
    (4, 2)
    """
    steps = [step / array.itemsize for step in array.strides]
    if array.size == 0 or any(step < 0 or step % 1 for step in steps):
        return _contiguous(array, device)
    strides = [int(step) for step in steps]
    held = array[tuple(slice(1) if step == 0 else slice(None) for step in strides)]
    values = _contiguous(held, device)
    extent = 1 + sum((n - 1) * step for n, step in zip(held.shape, strides, strict=True))
    poison = float("nan") if values.is_floating_point() else np.iinfo(np.int64).min
    memory = torch_module().full((extent,), poison, dtype=values.dtype, device=device)
    laid = memory.as_strided(held.shape, strides)
    laid.copy_(values)
    return laid.expand(array.shape)


def _contiguous(array: np.ndarray, device: str) -> Any:
    """A copy in C order; bfloat16 travels as its bits, which NumPy and torch do not otherwise exchange."""
    torch = torch_module()
    copy = np.array(array, order="C")
    if copy.dtype.name == "bfloat16":
        return torch.from_numpy(copy.view(np.int16)).view(torch.bfloat16).to(device)
    return torch.from_numpy(copy).to(device)


def from_torch(tensor: Any, like: np.dtype) -> np.ndarray:
    """A tensor as an array; ``like`` is the dtype asked for, returned bfloat16 only where the tensor is."""
    torch = torch_module()
    tensor = tensor.detach().cpu()
    if tensor.dtype == torch.bfloat16 and like.name == "bfloat16":
        return np.asarray(tensor.contiguous().view(torch.int16).numpy().view(like))
    return np.asarray(tensor.float().numpy() if tensor.dtype == torch.bfloat16 else tensor.numpy())


def handed_over(operation: Operation, inputs: Arrays, device: str) -> dict[str, Any]:
    """The inputs as forms take them: integers as int64 tensors, scalars as Python floats."""

    def one(name: str, array: np.ndarray) -> Any:
        if name in operation.scalars:
            return float(array)
        return to_torch(array.astype(np.int64) if name in operation.integers else array, device)

    return {name: one(name, array) for name, array in inputs.items()}
