"""Judge the functions of a file by a convention. What makes no sense is said before any of them is judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..cases import CaseUnavailableError
from ..formats import FORMATS
from ..guest.call import UnusableError
from ..guest.conventions import DTYPES, Member, member, members
from ..guest.isolated import Isolated
from ..guest.source import divided
from ..operation import Operation
from .options import Options
from .result import Report
from .run import Progress, check_as


def check_convention(
    file: str,
    convention: str,
    options: Options,
    operation: str | None = None,
    progress: Progress | None = None,
) -> Iterator[Report | str]:
    """A report for every function of a convention that a file has, and a line for each that it has not, or that
    has none of the cases asked for; of ``FILE.py:FN`` the report on that function alone.

    UnusableError: the file cannot be loaded, has none of them, or has one that cannot be called. ValueError: no
    such convention, no such function in it, or an option that says otherwise than the convention.
    """
    place, function = divided(file)
    known = (member(convention, function),) if function else members(convention)
    _require(known, options)
    there = {function} if function else _functions(place, convention, options.time_limit)
    found = [one for one in known if one.name in there]
    if not found:
        listed = ", ".join(one.signature for one in known)
        raise UnusableError(f"{file}: has none of the functions of {convention}: {listed}")
    for one in found:
        _require_same(one, options, operation)
    cases = {one.name: tuple(_available(one.operation(), options)) for one in found}
    if options.cases and not any(cases.values()):
        raise ValueError(f"case: got {_listed(options.cases)}, which no function of {file} has")
    for one in known:
        name = f"{place}:{one.name}"
        if one.name not in there:
            yield f"{file} has no {one.signature}"
        elif options.cases and not cases[one.name]:
            yield f"{name} has no case {_listed(options.cases)}"
        else:
            yield check_as(name, one.operation(), replace(options, cases=cases[one.name]), one, progress)


def _functions(place: str, convention: str, time_limit: float) -> set[str]:
    """The names of the functions in a file, each of which can be called if it is one of the convention."""
    with Isolated(place, "", convention=convention, time_limit=time_limit) as guest:
        return set(guest.facts["functions"])


def _require(known: Sequence[Member], options: Options) -> None:
    """ValueError where the functions are handed something else, or none of them has a case."""
    handed = f"{known[0].convention} says what its functions are handed"
    if options.arrays != "numpy":
        raise ValueError(f"arrays: got {options.arrays!r}, expected numpy: {handed}")
    for dtype in options.dtypes:
        if dtype not in DTYPES:
            raise ValueError(f"dtype: got {dtype!r}, expected {DTYPES[0]}: {handed}")
    cases = dict.fromkeys(case for one in known for case in one.operation().cases)
    for case in options.cases:
        if case not in cases:
            raise ValueError(f"case: got {case!r}, expected one of {', '.join(cases)}")


def _require_same(one: Member, options: Options, operation: str | None) -> None:
    """ValueError where something else is asked for than the convention says."""
    for name, got, expected, said in (
        ("operation", operation, one.operation().name, "is"),
        ("quantity", options.quantity, one.quantity, "returns"),
    ):
        if got not in (None, expected):
            meant = f"{one.convention} says what {one.name} {said}"
            raise ValueError(f"{name}: got {got!r}, expected {expected or 'none'}: {meant}")


def _available(one: Operation, options: Options) -> Iterator[str]:
    """The cases asked for that the operation has, and that need nothing that is not installed."""
    for name in options.cases:
        if name in one.cases:
            try:
                one.cases[name].inputs(one.name, FORMATS[DTYPES[0]], options.seed)
            except CaseUnavailableError:
                continue
            yield name


def _listed(cases: Sequence[str]) -> str:
    return " or ".join(cases)
