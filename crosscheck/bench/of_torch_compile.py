"""``torch.compile`` as it is timed."""

from __future__ import annotations

from ..cases import Arrays
from . import of_torch
from .prepared import Prepared


def start(cores: int, device: str) -> str:
    """As eager torch; what the compiler imports and probes is got over with, before a first cell pays for it."""
    why = of_torch.start(cores, device)
    if not why:
        import torch

        torch.compile(lambda x: x + 1)(torch.ones(8))
    return why


device_name = of_torch.device_name


def prepare(workload: str, inputs: Arrays, device: str) -> Prepared:
    """The compiled function; its first call is the time that compiling took."""
    return of_torch.prepared(workload, inputs, device, compiles=True)
