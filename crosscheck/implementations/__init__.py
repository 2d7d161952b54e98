"""How each framework is run. One module per framework, with its modes in a constant ``IMPLEMENTATIONS``.

The modules import their framework only when an implementation is run or asked for its devices. Other packages add
theirs through an entry point (``registered``).
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from ..implementation import Implementation

_MODULES = ("numpy_", "torch_", "jax_")


@cache
def implementations() -> dict[str, Implementation]:
    """Every implementation by name, installed or not, those of this package first."""
    found = (import_module(f"{__name__}.{module}").IMPLEMENTATIONS for module in _MODULES)
    ours = {implementation.name: implementation for group in found for implementation in group}
    others = import_module(f"{__name__}.registered").registered({one.framework for one in ours.values()})
    return ours | {implementation.name: implementation for implementation in others}


def select(name: str) -> list[Implementation]:
    """The implementation of that name, or all of a framework: ``jax`` means ``jax.eager``, ``jax.jit``, …"""
    chosen = [i for i in implementations().values() if name in (i.name, i.framework)]
    if not chosen:
        raise ValueError(f"implementation: got {name!r}, expected one of {', '.join(implementations())}")
    return chosen
