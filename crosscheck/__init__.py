"""crosscheck, a correctness oracle for softmax networks.

>>> import numpy as np
>>> import crosscheck
>>> crosscheck.exact("softmax", x=np.array([0.0, 1.0])).round("float16")
array([0.269, 0.731], dtype=float16)
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import exact, list_implementations, list_operations, tolerance, validate
    from .asserting import assert_correct
    from .checking import Report, check
    from .implementation import Implementation
    from .matrix import Selection
    from .run import Run
    from .testing import parametrize

__all__ = [
    "Implementation",
    "Report",
    "Run",
    "Selection",
    "assert_correct",
    "check",
    "exact",
    "list_implementations",
    "list_operations",
    "parametrize",
    "tolerance",
    "validate",
]

# The pytest plugin is loaded in every project's test run: the package costs nothing until it is used.
_HOME = {
    "Implementation": "implementation",
    "Report": "checking",
    "Run": "run",
    "Selection": "matrix",
    "assert_correct": "asserting",
    "check": "checking",
    "parametrize": "testing",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    require_sibling()
    return getattr(import_module(f"{__name__}.{_HOME.get(name, 'api')}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)


class ShadowedError(ImportError):
    """``reference`` is not the package beside this one."""


def require_sibling() -> None:
    """ShadowedError where ``reference`` is another project's module, and not the package beside this one."""
    here = Path(__file__).resolve().parent.parent
    spec = find_spec("reference")
    origin = Path(spec.origin).resolve() if spec is not None and spec.origin else None
    if origin != here / "reference" / "__init__.py":
        raise ShadowedError(f"reference: got {origin or 'no module'}, expected its sibling in {here}")
