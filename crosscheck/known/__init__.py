"""Recorded defects of frameworks: where an implementation is wrong, why, and what shows it.

Records are strict both ways. A failure that one covers is ``known``; any other stays a failure. A record whose
cells were covered whole and no longer fail is stale, and so is one whose reproduction no longer shows it: the run,
or ``crosscheck defects``, fails and says to remove it.

``record``  what a record is
``torch_``, ``jax_``  records of defects that fail in cells of the matrix, with a program each
``torch_digits``, ``jax_digits``  records of those that lose digits within the bound, where no cell can fail
``live``    run the programs
``match``   verdicts against records
"""

from __future__ import annotations

from .jax_ import DEFECTS as _JAX
from .jax_digits import DEFECTS as _JAX_DIGITS
from .live import GONE, OUTSIDE, SHOWS, UNINSTALLED, Look, all_show, look, to_dict
from .match import stale, with_known
from .record import Cells, Defect, Reproduction
from .torch_ import DEFECTS as _TORCH
from .torch_digits import DEFECTS as _TORCH_DIGITS

DEFECTS: tuple[Defect, ...] = (*_TORCH_DIGITS, *_TORCH, *_JAX_DIGITS, *_JAX)
"""Every record."""

__all__ = [
    "DEFECTS",
    "GONE",
    "OUTSIDE",
    "SHOWS",
    "UNINSTALLED",
    "Cells",
    "Defect",
    "Look",
    "Reproduction",
    "all_show",
    "look",
    "stale",
    "to_dict",
    "with_known",
]
