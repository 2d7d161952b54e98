"""operation × implementation × device × dtype × case → verdicts."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from .cases import Arrays, Case, CaseUnavailableError
from .formats import FORMATS, Format, format_of
from .implementation import Implementation
from .implementations import implementations, select
from .judge import FAIL, LOCAL, UNAVAILABLE, Assessment, Cell, Verdict, judge
from .layouts import canonical, handed
from .operation import Operation
from .operations import operation, operations
from .spent import CALL, FIRST_CALL, INPUTS, JUDGING, phase


@dataclass(frozen=True)
class Selection:
    """What to run: names, or empty for all. ``device`` is ``cpu``, ``cuda`` or ``auto`` (what is found).

    Without names of cases, extra ones run only where ``all`` is true.
    """

    operations: tuple[str, ...] = ()
    implementations: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    device: str = "auto"
    seed: int = 0
    all: bool = False

    def __post_init__(self) -> None:
        for name in ("operations", "implementations", "dtypes", "cases"):
            value = getattr(self, name)
            if isinstance(value, str) or not isinstance(value, list | tuple):
                raise TypeError(f"{name}: got {value!r}, expected a tuple of names")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise ValueError(f"seed: got {self.seed!r}, expected a whole number from 0")


@dataclass(frozen=True)
class Gap:
    """Something that was not validated, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class Plan:
    """The cells to judge, in order, and what cannot be."""

    cells: tuple[Cell, ...]
    gaps: tuple[Gap, ...]


def plan(selection: Selection) -> Plan:
    """Turn names into cells. ValueError names an unknown name, or a device asked for and absent."""
    chosen_operations = [operation(name) for name in selection.operations] or [*operations().values()]
    chosen_formats = [format_of(name) for name in selection.dtypes] or [*FORMATS.values()]
    known = {name: case for one in chosen_operations for name, case in one.cases.items()}
    for name in selection.cases:
        if name not in known:
            single = [n for n, case in known.items() if case.family != "widths"]
            several = [n for n, case in known.items() if case.family == "widths"]
            listed = ", ".join([*single, *([f"{several[0]} … {several[-1]}"] if several else [])])
            raise ValueError(f"case: got {name!r}, expected one of {listed}")
    if selection.device not in ("auto", "cpu", "cuda"):
        raise ValueError(f"device: got {selection.device!r}, expected cpu, cuda or auto")
    places, gaps = _places(selection)
    cells = tuple(
        cell_at(one, implementation, device, format, name, selection.seed)
        for one in chosen_operations
        for implementation, device in places
        for format in chosen_formats
        if implementation.takes(one, format)
        for name, case in one.cases.items()
        if _chosen(selection, implementation, case)
    )
    if places and not cells:
        names = ", ".join(dict.fromkeys(one.name for one, _ in places))
        what = ", ".join(one.name for one in chosen_operations)
        raise ValueError(
            f"selection: none of {names} runs {what} in such formats and cases; nothing is to be judged"
        )
    return Plan(cells, tuple(gaps))


def cell_at(
    one: Operation,
    implementation: Implementation,
    device: str,
    format: Format,
    case: str,
    seed: int,
) -> Cell:
    """The cell of an implementation, judged by the roundings of its arithmetic."""
    return Cell(one, implementation.name, device, format, case, seed, implementation.arithmetic(format, device))


def _chosen(selection: Selection, implementation: Implementation, case: Case) -> bool:
    """Whether the case is run: of extra implementations and extra cases not both, unless one of them is named."""
    if selection.cases:
        return case.name in selection.cases
    if case.family in implementation.skips:
        return False
    extra = implementation.extra and not selection.implementations
    return not case.extra or (selection.all and not extra)


def _places(selection: Selection) -> tuple[list[tuple[Implementation, str]], list[Gap]]:
    """Each implementation with each of its devices; what cannot run is a gap.

    It is an error where it was named, or where nothing of a framework that was named can run.
    """
    named = [one for name in selection.implementations for one in select(name)]
    usual = [one for one in implementations().values() if selection.all or not one.extra]
    places: list[tuple[Implementation, str]] = []
    unable: dict[str, str] = {}
    gaps: list[Gap] = []
    for one in dict.fromkeys(named) or usual:
        devices, unable_because = _devices(one)
        if unable_because:
            unable[one.name] = unable_because
            gaps.append(Gap(one.name, unable_because))
            continue
        wanted = [d for d in devices if selection.device in ("auto", d.partition(":")[0])]
        places += [(one, device) for device in wanted]
        if selection.device == "auto" and one.on_gpu and len(devices) == 1:
            gaps.append(Gap(f"{one.name} on a GPU", f"{one.framework} finds no CUDA device"))
    for name in selection.implementations:
        first, *rest = select(name)
        if all(one.name in unable for one in (first, *rest)):
            raise ValueError(f"implementation: {first.name} cannot run: {unable[first.name]}")
    if selection.device == "cuda" and not places:
        raise ValueError("device: got 'cuda', but no CUDA device is found by the implementations asked for")
    return places, gaps


def _devices(one: Implementation) -> tuple[tuple[str, ...], str]:
    """Its devices, and why it has none."""
    try:
        devices = one.devices()
    except ImportError as error:
        return (), str(error)
    return devices, "" if devices else f"{one.framework} finds no CUDA device"


def run_cell(cell: Cell) -> tuple[Verdict, ...]:
    """Draw the inputs, run the implementation on a copy, judge what it returns; nothing it does stops the rest."""
    case = cell.operation.cases[cell.case]
    try:
        with phase(INPUTS):
            inputs = case.inputs(cell.operation.name, cell.format, cell.seed)
    except CaseUnavailableError as error:
        return _all(cell, Assessment(UNAVAILABLE, str(error)))
    copies = handed(case, cell.operation.shapes, inputs)
    before = {name: array.copy() for name, array in copies.items()}
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"), phase(_call(cell, inputs, case)):
            warnings.simplefilter("ignore")
            results = implementations()[cell.implementation].run(
                cell.operation, copies, cell.device, axis=case.axis
            )
    except CaseUnavailableError as error:
        return _all(cell, Assessment(UNAVAILABLE, str(error)))
    except Exception as error:
        return _all(cell, Assessment(FAIL, f"raised {type(error).__name__}: {_first_line(error)}"))
    changed = changed_argument(before, copies)
    if changed:
        return _all(cell, Assessment(FAIL, f"changed its argument {changed}"))
    with phase(JUDGING):
        return tuple(judge(cell, inputs, canonical(case, inputs, results)))


_CALLED: set[tuple[object, ...]] = set()


def _call(cell: Cell, inputs: Arrays, case: Case) -> str:
    """The phase of a call: the first one in this process at these shapes compiles, or loads what it needs."""
    shapes = tuple((name, array.shape, array.dtype.name) for name, array in inputs.items())
    place = (cell.operation.name, cell.implementation, cell.device, case.axis, shapes)
    if place in _CALLED:
        return CALL
    _CALLED.add(place)
    return FIRST_CALL


def changed_argument(before: Arrays, after: Arrays) -> str:
    """The name of the first array whose bits differ, or ''."""
    for name, array in before.items():
        if array.tobytes() != after[name].tobytes():
            return name
    return ""


def _all(cell: Cell, assessment: Assessment) -> tuple[Verdict, ...]:
    return tuple(cell.verdict(quantity, LOCAL, assessment) for quantity in cell.operation.quantities)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else "(no message)"
