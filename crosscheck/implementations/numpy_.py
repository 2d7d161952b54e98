"""The NumPy reference of this project, judged like the others."""

from __future__ import annotations

from ..cases import Arrays
from ..implementation import Implementation
from ..operation import Operation


def _run(operation: Operation, inputs: Arrays, device: str, axis: int = -1) -> Arrays:
    return operation.reference(**inputs) if axis == -1 else operation.reference(**inputs, axis=axis)


IMPLEMENTATIONS = (
    Implementation("reference", "the hand-derived NumPy implementation", _run, lambda: ("cpu",), on_gpu=False),
)
