"""Whether there can be a GPU at all, found out without importing a framework (which takes seconds)."""

from __future__ import annotations

import ctypes
from functools import cache

_DRIVERS = ("libcuda.so.1", "nvcuda.dll", "libamdhip64.so")


@cache
def gpu_driver() -> bool:
    """Whether a GPU driver's library is on this machine; without one no framework finds a device."""
    return any(_loads(name) for name in _DRIVERS)


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True
