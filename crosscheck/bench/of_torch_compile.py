"""``torch.compile`` as it is timed."""

from __future__ import annotations

from ..cases import Arrays
from ..guest.call import told
from . import of_torch
from .prepared import Prepared


def start(cores: int, device: str) -> str:
    """As eager torch; what the compiler imports and probes is got over with, before a first cell pays for it.

    Without a C++ compiler it cannot be had, which this finds out.
    """
    why = of_torch.start(cores, device)
    if why:
        return why
    import torch

    try:
        torch.compile(lambda x: x + 1)(torch.ones(8, device="cpu" if device == "cpu" else "cuda"))
    except Exception as error:
        return f"torch.compile does not work here: {told(error)}"
    return ""


device_name = of_torch.device_name


def prepare(workload: str, inputs: Arrays, device: str) -> Prepared:
    """The compiled function; its first call is the time that compiling took."""
    return of_torch.prepared(workload, inputs, device, compiles=True)
