"""Run the program of a record: does it still show the defect?"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..enclosure import ulps
from ..environment import package_version
from ..formats import FORMATS
from .record import Defect

SCHEMA = "crosscheck.defects/1"
SHOWS, GONE, OUTSIDE, UNINSTALLED = "shows", "gone", "outside its versions", "not installed"

ATTAINED = 4.0
"""The NumPy reference stays within 4 ulp in every regime, so an error beyond that is not owed to the format."""


@dataclass(frozen=True)
class Look:
    """What a record's program gave: ``got`` beside ``exact``, ``ulps`` apart; ``note`` where it gave nothing."""

    defect: Defect
    status: str
    version: str | None
    got: float | None = None
    exact: float | None = None
    ulps: float | None = None
    note: str = ""


def look(defect: Defect) -> Look:
    """Run a record's program, if its framework is there in a version of its range."""
    version = package_version(defect.package)
    if version is None:
        return Look(defect, UNINSTALLED, None, note=f"{defect.package} is not installed")
    if not defect.within(version):
        return Look(defect, OUTSIDE, version, note=f"the record is of {defect.versions}; {version} is installed")
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            got, exact = defect.shown.run()
    except Exception as error:
        return Look(defect, GONE, version, note=f"raised {type(error).__name__}: {error}")
    apart = float(ulps(np.array(got), np.array(exact), np.array(0.0), FORMATS[defect.shown.dtype]))
    return Look(defect, SHOWS if apart > ATTAINED else GONE, version, got, exact, apart)


def all_show(looks: Iterable[Look]) -> bool:
    """Whether no record is stale."""
    return all(look.status != GONE for look in looks)


def to_dict(looks: Iterable[Look]) -> dict[str, Any]:
    """Plain data, with a versioned schema."""
    from ..environment import environment

    looks = tuple(looks)
    return {
        "schema": SCHEMA,
        "environment": environment(),
        "passed": all_show(looks),
        "defects": [
            {
                "name": one.defect.name,
                "implementations": one.defect.implementations,
                "package": one.defect.package,
                "since": one.defect.since,
                "mended": one.defect.mended,
                "happens": one.defect.happens,
                "reason": one.defect.reason,
                "threads": one.defect.threads,
                "cells": [vars(cells) for cells in one.defect.cells],
                "reproduction": one.defect.shown.text,
                "dtype": one.defect.shown.dtype,
                "status": one.status,
                "installed": one.version,
                "got": one.got,
                "exact": one.exact,
                "ulps": one.ulps,
                "note": one.note,
            }
            for one in looks
        ],
    }
