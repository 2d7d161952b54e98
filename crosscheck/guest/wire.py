"""Messages between processes: a line of JSON and the bytes of arrays. Nothing in them is code.

A function that has run in the other process could have made that process write anything, so what arrives is never
unpickled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from json import dumps, loads  # bound here: the function that is judged may put something in their place
from math import prod
from typing import IO, Any

import ml_dtypes
import numpy as np

from ..cases import Arrays

_LARGEST_HEADER = 2**24

LARGEST = 2**25
"""Elements of all arrays of a message, at most: a hundred times the largest case, and 256 MB."""


@dataclass(frozen=True)
class Message:
    """Plain data, and arrays by name."""

    data: dict[str, Any]
    arrays: Arrays = field(default_factory=dict)


def send(stream: IO[bytes], message: Message) -> None:
    """Write a message; arrays become contiguous."""
    arrays = {name: np.array(a, order="C") for name, a in message.arrays.items()}
    told = [[name, a.dtype.name, list(a.shape)] for name, a in arrays.items()]
    _write(stream, dumps({"data": message.data, "arrays": told}).encode() + b"\n")
    for a in arrays.values():
        _write(stream, a.tobytes())
    stream.flush()


def _write(stream: IO[bytes], content: bytes) -> None:
    """All of it: a stream without a buffer may take a part at a time."""
    left = memoryview(content)
    while left:
        left = left[stream.write(left) :]


def receive(stream: IO[bytes]) -> Message:
    """Read a message; EOFError where the other side is gone, ValueError where it is no message."""
    line = stream.readline(_LARGEST_HEADER)
    if not line.endswith(b"\n"):
        raise EOFError("the other process is gone")
    header = loads(line)
    if not isinstance(header, dict) or not isinstance(header["data"], dict):
        raise ValueError("what came is no message")
    if sum(prod(shape) for _, _, shape in header["arrays"]) > LARGEST:
        raise ValueError(f"arrays: got more than {LARGEST} elements")
    arrays = {}
    for name, dtype, shape in header["arrays"]:
        kind = np.dtype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
        if kind.hasobject or any(n < 0 for n in shape):
            raise ValueError(f"{name}: got dtype {dtype} and shape {shape}")
        content = _exactly(stream, kind.itemsize * prod(shape))
        arrays[name] = np.frombuffer(content, dtype=kind).reshape(shape)
    return Message(header["data"], arrays)


def _exactly(stream: IO[bytes], length: int) -> bytearray:
    content = bytearray()
    while len(content) < length:
        part = stream.read(min(length - len(content), 2**24))
        if not part:
            raise EOFError("the other process is gone")
        content += part
    return content
