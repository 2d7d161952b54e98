"""What a record of a defect is: where it stands, in which versions, why, and what shows it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

import numpy as np

from ..environment import package_version
from ..judge import Verdict
from ..operations import operation
from ..truth import enclose, special_values

Numbers = tuple[float, float]

_fits = lru_cache(4096)(fnmatchcase)
"""A run asks the same few names a million times."""


@dataclass(frozen=True)
class Cells:
    """The cells of the matrix in which a defect fails; ``cases`` and ``device`` are patterns.

    ``raises`` is the pattern of the verdict's reason where there is no array to compare: ``raised RuntimeError*``.
    """

    operation: str
    quantities: tuple[str, ...]
    dtypes: tuple[str, ...]
    cases: tuple[str, ...] = ("*",)
    device: str = "*"
    raises: str = ""

    def covers(self, verdict: Verdict) -> bool:
        """Whether a verdict stands in these cells, whatever it says."""
        return (
            verdict.operation == self.operation
            and verdict.quantity in self.quantities
            and verdict.dtype in self.dtypes
            and any(_fits(verdict.case, case) for case in self.cases)
            and _fits(verdict.device, self.device)
        )

    def explains(self, failure: Verdict) -> bool:
        """Whether a failure is the one meant: without ``raises`` a wrong number, never a missing result."""
        if not self.covers(failure):
            return False
        return fnmatchcase(failure.reason, self.raises) if self.raises else failure.worst is not None


@dataclass(frozen=True)
class Reproduction:
    """The smallest program that shows a defect.

    ``text`` says what it does; ``run`` does it, with the framework imported there, and returns (got, exact);
    ``dtype`` is the format in whose ulps the two are apart.
    """

    text: str
    dtype: str
    run: Callable[[], Numbers]


@dataclass(frozen=True)
class Defect:
    """A recorded defect of a framework.

    ``implementations`` patterns of names, such as ``jax.*``
    ``package``         the distribution whose version counts
    ``since``, ``mended``  the first version in which it was seen, and the first without it ("": none yet); outside
                        that range the record says nothing
    ``happens``         what is wrong
    ``reason``          where it comes from
    ``shown``           the smallest program that shows it
    ``threads``         upstream, as owner/repository#number; () where none was found
    ``cells``           where the matrix fails because of it; () for a defect that stays within the bound of the
                        textbook's form, in which every digit may be lost
    """

    name: str
    implementations: tuple[str, ...]
    package: str
    since: str
    happens: str
    reason: str
    shown: Reproduction
    threads: tuple[str, ...] = ()
    cells: tuple[Cells, ...] = ()
    mended: str = ""

    @property
    def versions(self) -> str:
        """The range in words: ``jax from 0.9.2``."""
        return f"{self.package} from {self.since}" + (f" to before {self.mended}" if self.mended else "")

    def within(self, version: str) -> bool:
        """Whether a version of the package lies in the record's range.

        >>> from crosscheck.known import DEFECTS
        >>> [DEFECTS[0].within(version) for version in ("2.9.1", "2.12", "2.13.0+cpu")]
        [False, True, True]
        """
        at = release(version)
        return release(self.since) <= at and (not self.mended or at < release(self.mended))

    @property
    def applies(self) -> bool:
        """Whether the package is installed, in a version of the range."""
        installed = package_version(self.package)
        return installed is not None and self.within(installed)

    def names(self, implementation: str) -> bool:
        """Whether it is a defect of that implementation."""
        return any(_fits(implementation, pattern) for pattern in self.implementations)

    def covers(self, verdict: Verdict) -> bool:
        """Whether a verdict stands where the defect is."""
        return self.names(verdict.implementation) and any(cells.covers(verdict) for cells in self.cells)

    def explains(self, failure: Verdict) -> bool:
        """Whether a failure is this defect."""
        return self.names(failure.implementation) and any(cells.explains(failure) for cells in self.cells)


def release(version: str) -> tuple[int, ...]:
    """The numbers of a version, without zeros at the end; what follows them (``+cpu``, ``rc1``) does not count.

    ValueError where it does not start with a number.

    >>> release("2.13.0+cpu"), release("0.10.2") > release("0.9.14")
    ((2, 13), True)
    """
    found = re.match(r"\d+(\.\d+)*", version)
    if found is None:
        raise ValueError(f"version: got {version!r}, expected numbers with dots between")
    numbers = [int(part) for part in found[0].split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def exactly(name: str, quantity: str, index: tuple[int, ...] = (), **inputs: object) -> float:
    """An element of the exact value of a quantity, as the nearest float64; inputs are taken as float64 numbers.

    >>> exactly("sigmoid", "vjp", x=18.0, cotangent=1.0)
    1.5229979280808073e-08
    """
    given = {key: np.asarray(value, dtype=np.float64) for key, value in inputs.items()}
    one = operation(name)
    return float(enclose(one.graph, quantity, given, special_values(one, quantity, given)).mid[index])
