"""crosscheck, a correctness oracle for softmax networks.

>>> import numpy as np
>>> import crosscheck
>>> crosscheck.exact("softmax", x=np.array([0.0, 1.0])).round("float16")
array([0.269, 0.731], dtype=float16)
"""

from __future__ import annotations

from pathlib import Path

import reference

from .api import exact, list_implementations, list_operations, tolerance, validate
from .matrix import Selection
from .run import Run

__all__ = [
    "Run",
    "Selection",
    "exact",
    "list_implementations",
    "list_operations",
    "tolerance",
    "validate",
]

_here = Path(__file__).resolve().parent.parent
_found = Path(reference.__file__ or "").resolve().parent.parent
if _found != _here:
    raise ImportError(f"reference: got the package in {_found}, expected its sibling in {_here}")
