"""Prove the derivations: every line, every gradient and second derivative of ``reference``, and the errata.

Lines are plain functions of named inputs, so anybody's derivation can be checked: ``check_derivation``.

>>> from reference.derivations import SIGMOID
>>> [verdict.right for verdict in check_derivation(SIGMOID).lines]
[True, True, True, True]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from reference.cost_equations import NETWORK_L2, NETWORK_MEAN
from reference.derivations import DERIVATIONS, Definition, Derivation, Line
from reference.errata import ERRATA, Erratum

from ..environment import environment
from . import gradients, second
from .claims import Claim, Equal, Gradient
from .points import SHAPES, SMALL, SQUARE, Shape
from .prove import prove
from .verdict import MET, PROVED, REFUTED, UNDECIDED, Algebra, Meeting, Verdict, Witness

SCHEMA = "crosscheck.derivations/1"


@dataclass(frozen=True)
class DerivationResult:
    """A verdict for each line: that it equals the line before it, or the first one its definition.

    A derivation without a definition starts somewhere: it has no verdict on its first line.
    """

    section: str
    title: str
    assumption: str
    definition: str
    texts: tuple[str, ...]
    lines: tuple[Verdict | None, ...]

    @property
    def first_wrong(self) -> int | None:
        """The number, from 1, of the first line that is not shown to follow."""
        wrong = (i for i, verdict in enumerate(self.lines, 1) if verdict is not None and not verdict.right)
        return next(wrong, None)


@dataclass(frozen=True)
class ErratumResult:
    """The formula as printed, at a shape with D ≠ H and at one with D = H, and its correction."""

    section: str
    title: str
    why: str
    printed_text: str
    correction_text: str
    printed: tuple[Verdict, ...]
    correction: Verdict

    @property
    def right(self) -> bool:
        """The print is refuted wherever it was tried, the correction is not."""
        return all(verdict.status == REFUTED for verdict in self.printed) and self.correction.right


@dataclass(frozen=True)
class Results:
    """What ``crosscheck derivations`` found."""

    seed: int
    derivations: tuple[DerivationResult, ...]
    gradients: tuple[Verdict, ...]
    errata: tuple[ErratumResult, ...]


def check_derivation(
    derivation: Derivation,
    seed: int = 0,
    shapes: tuple[Shape, ...] = SHAPES,
    progress: Callable[[int], None] | None = None,
) -> DerivationResult:
    """Each line against the one before it; the first against the derivative of the definition.

    ``progress(i)`` is called before line i, from 1, is judged.
    """
    lines, verdicts = derivation.lines, []
    for i, line in enumerate(lines):
        if progress is not None:
            progress(i + 1)
        claim: Claim | None = None
        if i > 0:
            claim = Equal(line.text, derivation.inputs, lines[i - 1].function, line.function)
        elif derivation.definition is not None:
            claim = Gradient(line.text, derivation.inputs, derivation.definition, line.function)
        verdicts.append(None if claim is None else prove(claim, shapes, seed))
    return DerivationResult(
        derivation.section,
        derivation.title,
        derivation.assumption,
        derivation.definition.text if derivation.definition is not None else "",
        tuple(line.text for line in lines),
        tuple(verdicts),
    )


def check_erratum(erratum: Erratum, seed: int = 0) -> ErratumResult:
    """The formula as printed at two small shapes, and its correction like any other claim."""

    def claim(line: Line) -> Claim:
        if isinstance(erratum.against, Definition):
            return Gradient(line.text, erratum.inputs, erratum.against, line.function)
        return Equal(line.text, erratum.inputs, erratum.against.function, line.function)

    return ErratumResult(
        erratum.section,
        erratum.title,
        erratum.why,
        erratum.printed.text,
        erratum.correction.text,
        tuple(prove(claim(erratum.printed), (shape,), seed, small=shape) for shape in (SMALL, SQUARE)),
        prove(claim(erratum.correction), seed=seed),
    )


def prove_all(seed: int = 0, progress: Callable[[int, int], None] | None = None) -> Results:
    """Every derivation, every gradient, every erratum. ``progress(done, total)`` is called after each."""
    claims = (
        *(*gradients.operations().values(), *gradients.network().values()),
        *gradients.network(NETWORK_MEAN, "mean: ").values(),
        *gradients.network(NETWORK_L2, "decay: ").values(),
        *(*second.operations().values(), *second.steps().values()),
    )
    products = tuple(second.network().values())
    total, done = len(DERIVATIONS) + len(claims) + len(products) + len(ERRATA), 0

    def each(check: Callable[[Any], Any], items: tuple[Any, ...]) -> tuple[Any, ...]:
        nonlocal done
        found = []
        for item in items:
            found.append(check(item))
            done += 1
            if progress is not None:
                progress(done, total)
        return tuple(found)

    return Results(
        seed,
        each(lambda derivation: check_derivation(derivation, seed), DERIVATIONS),
        each(lambda claim: prove(claim, seed=seed), claims)
        + each(lambda claim: prove(claim, seed=seed, small=second.SMALLEST), products),
        each(lambda erratum: check_erratum(erratum, seed), ERRATA),
    )


def all_right(results: Results) -> bool:
    """Every line and gradient is right, every erratum wrong as printed and right as corrected."""
    return (
        all(found.first_wrong is None for found in results.derivations)
        and all(verdict.right for verdict in results.gradients)
        and all(found.right for found in results.errata)
    )


def to_dict(results: Results) -> dict[str, Any]:
    """Plain data for JSON: the schema, where it ran, and every verdict with its status."""
    return {"schema": SCHEMA, "environment": environment(), "all_right": all_right(results), **plain(results)}


def plain(value: Any) -> Any:
    """Results and verdicts as plain data, every verdict with its status."""
    if isinstance(value, Verdict):
        return {"status": value.status, **asdict(value)}
    if isinstance(value, Results | DerivationResult | ErratumResult):
        return {name: plain(item) for name, item in vars(value).items()}
    return [plain(item) for item in value] if isinstance(value, tuple) else value


__all__ = [
    "MET",
    "PROVED",
    "REFUTED",
    "SHAPES",
    "UNDECIDED",
    "Algebra",
    "DerivationResult",
    "ErratumResult",
    "Meeting",
    "Results",
    "Verdict",
    "Witness",
    "all_right",
    "check_derivation",
    "check_erratum",
    "plain",
    "prove_all",
    "to_dict",
]
