"""A right implementation that is not ours: a plain function through its package's own code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

FLOATS = ("float64", "float32")


@dataclass(frozen=True)
class ThirdParty:
    """``function`` takes the operation's inputs by name and returns quantities by name, as NumPy arrays.

    ``package`` is what it runs, ``needs`` the module that must be there, ``install`` what pip calls it;
    ``assumes`` what its inputs must satisfy.
    """

    package: str
    operation: str
    function: Callable[..., object]
    needs: str
    install: str
    dtypes: tuple[str, ...] = FLOATS
    assumes: str = ""

    @property
    def name(self) -> str:
        return f"{self.package} {self.operation}"


def fresh(array: np.ndarray) -> np.ndarray:
    """A copy in C order, which a framework may own."""
    return np.array(array, order="C")
