"""A derivation of one's own: its lines as in the report of all, then the first that does not follow, and why."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from ..proof import REFUTED, Verdict, Witness
from ..proof.own_run import OwnResult
from .derivations import derivation
from .plain import WIDTH, plain

_FEW = 12
"""Inputs of up to so many entries are shown; the JSON has more of them."""

_CONSTANT = "They agree as far as float64 reaches: is a constant rounded, such as 1/3, 0.1 or np.pi?"


def text(result: OwnResult, width: int = WIDTH) -> str:
    """The report as plain text."""
    return plain(render(result), width)


def render(result: OwnResult) -> RenderableType:
    """The report of ``crosscheck derivations FILE.py``."""
    found, number = result.derivation, result.derivation.first_wrong
    verdict = found.lines[number - 1] if number is not None else None
    parts: list[RenderableType] = [derivation(found, told_below=number)]
    if number is not None and verdict is not None:
        parts.append(Padding(Group(*map(Text, _why(result, number, verdict))), (0, 0, 1, 2)))
    parts.extend(Text(f"– {note}", style="yellow") for note in _not_run(result))
    style = "bold green" if number is None else "bold red"
    return Group(*parts, Text(f"{_closing(result)}; seed {result.seed}", style=style))


def _why(result: OwnResult, number: int, verdict: Verdict) -> Iterator[str]:
    """The line, and where it and what it must equal are apart."""
    found, witness = result.derivation, verdict.witness
    before = f"line {number - 1}" if number > 1 else "the derivative"
    if number > 1:
        yield f"line {number - 1}: {found.texts[number - 2]}"
    yield f"line {number}: {found.texts[number - 1]}"
    if witness is None:
        met = f"They meet to {verdict.digits} digits" if verdict.digits is not None else "Enclosures stay too wide"
        yield f"{met}; by algebra: {verdict.algebra.note or 'shown'}"
    elif witness.error:
        yield f"at {witness.shape}: {witness.error}"
        yield from _inputs(witness)
    else:
        yield f"at {witness.shape}, {witness.entry}:"
        sides = ((before, witness.left), (f"line {number}", witness.right))
        width = max(len(name) for name, _ in sides)
        yield from (f"  {name:{width}} = {end.strip('[]').replace('+/-', '±')}" for name, end in sides)
        yield from _inputs(witness)
        if _near(witness):
            yield _CONSTANT


def _inputs(witness: Witness) -> Iterator[str]:
    yield "where"
    for name, value in witness.inputs.items():
        small = np.size(value) <= _FEW or isinstance(value, str)
        yield f"  {name} = {value if small else f'shape {np.shape(value)}, in the JSON'}"


def _near(witness: Witness) -> bool:
    """Whether both are the same number of float64, or neighbours."""
    left, right = (float(end.strip("[]").split(" ")[0]) for end in (witness.left, witness.right))
    return abs(left - right) <= 2.0**-48 * max(abs(left), abs(right))


def _not_run(result: OwnResult) -> list[str]:
    lines = [line for line in result.derivation.lines if line is not None]
    return list(dict.fromkeys(f"algebra {line.algebra.note}" for line in lines if line.algebra.shown is None))


def _closing(result: OwnResult) -> str:
    found, total, number = result.derivation, len(result.derivation.lines), result.derivation.first_wrong
    if number is None:
        return f"{total} lines, all follow" if total > 1 else "1 line, it follows"
    verdict = found.lines[number - 1]
    refuted = verdict is not None and verdict.status == REFUTED
    if number == 1:
        return f"line 1 of {total} is {'not' if refuted else 'not shown to be'} the derivative of the definition"
    says = "does not follow" if refuted else "is not shown to follow"
    return f"line {number} of {total} {says} from line {number - 1}"


__all__ = ["render", "text"]
