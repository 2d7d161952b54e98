"""Two benchmarks, as their JSON files have them: the ratio of each time, and what differs around them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from .cells import cores_told
from .record import SCHEMA
from .statistics import geometric_mean, spread

_MANY, _FEWEST = 9, 4
"""Rounds from which on quartiles are enough to tell times apart, and below which nothing is. What is equally fast
is told apart in 6 % of cells at most, and in 2 % where both have 11 rounds."""

_OF_A_CELL = {"id", "cores", "flops", "bytes", "copy_rate", "reference_over_jax", "timings"}


@dataclass(frozen=True)
class Change:
    """A contender's median in a cell, in seconds, old and new; None where there was no (right) answer."""

    cell: str
    contender: str
    old: float | None
    new: float | None
    apart: bool = False

    @property
    def ratio(self) -> float | None:
        """new / old."""
        return self.new / self.old if self.new is not None and self.old is not None else None


@dataclass(frozen=True)
class Difference:
    """Something about the two environments that is not the same."""

    what: str
    old: str
    new: str


@dataclass(frozen=True)
class Comparison:
    """Every time that both have; the names of the cells that one alone has; what differs around them."""

    changes: tuple[Change, ...]
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]
    differences: tuple[Difference, ...]

    def means(self) -> dict[str, float]:
        """Contender → the geometric mean of new / old."""
        ratios: dict[str, list[float]] = {}
        for one in self.changes:
            if one.ratio is not None:
                ratios.setdefault(one.contender, []).append(one.ratio)
        return {name: geometric_mean(found) for name, found in ratios.items()}


def read_json(path: str, option: str = "--against") -> dict[str, Any]:
    """The data of a benchmark's file; ValueError, by the option's name, where it is none."""
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
    except OSError as error:
        raise ValueError(f"{option}: cannot read {path!r}: {error.strerror}") from None
    except ValueError:
        raise ValueError(f"{option}: got {path!r}, which is not JSON") from None
    schema = data.get("schema") if isinstance(data, dict) else None
    if schema != SCHEMA:
        raise ValueError(f"{option}: got {path!r} with schema {schema!r}, expected {SCHEMA!r}")
    if not _complete(data):
        raise ValueError(
            f"{option}: got {path!r}, whose contents are not those of a benchmark, expected its --json"
        )
    return dict(data)


def _complete(data: Mapping[str, Any]) -> bool:
    """Whether all is there that a comparison or a picture is made of: anybody may have written the file."""
    try:
        compare(data, data).means()
        many, cells = {one["cores"] for one in data["cores"]}, data["cells"]
        rates = [rate for one in data["cores"] for rate in one["gemm"].values()]
        whole = bool(many and cells) and all(0 < rate < inf for rate in rates)
        return whole and all(_whole(cell) and cell["cores"] in many for cell in cells)
    except (KeyError, TypeError, AttributeError, ValueError, ArithmeticError):
        return False


def _whole(cell: Mapping[str, Any]) -> bool:
    """Whether a cell has what is compared and drawn, all of it positive numbers."""
    spreads = [cell["reference_over_jax"], *(one["seconds"] for one in cell["timings"])]
    numbers = [cell["flops"], cell["bytes"], cell["copy_rate"]]
    numbers += [one[name] for one in spreads if one for name in ("low", "median", "high")]
    numbers += [sample for one in cell["timings"] for sample in one["samples"]]
    return set(cell) >= _OF_A_CELL and all(0 < number < inf for number in numbers)


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> Comparison:
    """Compare two benchmarks, the data of ``Bench.to_dict``.

    A change is ``apart`` where the quartiles do not overlap; of fewer than 9 rounds where the times do not, and
    never of fewer than 4.
    """
    before, after = ({cell["id"]: cell for cell in data["cells"]} for data in (old, new))
    both = [name for name in after if name in before]
    return Comparison(
        tuple(change for name in both for change in _changes(name, before[name], after[name])),
        tuple(name for name in before if name not in after),
        tuple(name for name in after if name not in before),
        tuple(_differences(_around(old), _around(new))),
    )


def _changes(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    before = {one["contender"]: one for one in old["timings"]}
    for one in new["timings"]:
        if one["contender"] not in before:
            continue
        other = before[one["contender"]]
        a, b = other["seconds"], one["seconds"]
        apart = _apart(other["samples"], one["samples"])
        yield Change(name, one["contender"], a and a["median"], b and b["median"], apart)


def _apart(old: Sequence[float], new: Sequence[float]) -> bool:
    """Whether one of them is faster, and not by chance."""
    rounds = min(len(old), len(new))
    if rounds < _FEWEST:
        return False
    if rounds < _MANY:
        return max(old) < min(new) or max(new) < min(old)
    a, b = spread(old), spread(new)
    return a.high < b.low or b.high < a.low


def _around(data: Mapping[str, Any]) -> dict[str, Any]:
    """What a time depends on beside the program: the environment, and how it was measured."""
    found = dict(data["environment"])
    found |= {f"packages.{name}": version for name, version in found.pop("packages").items()}
    gemm = {
        f"gemm GFLOP/s, {dtype}, {cores_told(one['cores'])}": round(rate / 1e9)
        for one in data["cores"]
        for dtype, rate in one["gemm"].items()
    }
    pinned = {f"pinned, {cores_told(one['cores'])}": one["pinned"] for one in data["cores"]}
    return {**found, "rounds": data["rounds"], "seed": data["seed"], **pinned, **gemm}


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for what in dict.fromkeys((*old, *new)):
        if old.get(what) != new.get(what):
            yield Difference(what, str(old.get(what, "–")), str(new.get(what, "–")))
