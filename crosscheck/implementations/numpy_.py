"""The NumPy reference of this project, judged like the others."""

from __future__ import annotations

from ..cases import Arrays
from ..implementation import Implementation
from ..operation import Operation


def _run(operation: Operation, inputs: Arrays, device: str) -> Arrays:
    return operation.reference(**inputs)


IMPLEMENTATIONS = (Implementation("reference", "the hand-derived NumPy implementation", _run, lambda: ("cpu",)),)
