"""What a reader of a report should know beside the findings: how it was judged, and what was not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..formats import FORMATS
from ..guest.conventions import Member
from ..guest.isolated import Isolated
from ..guest.signature import NEUTRAL, main_quantity
from .observe import Guest, Observation, Subject
from .options import Options


def observed_notes(
    subject: Subject, seen: Sequence[Observation], guest: Guest, options: Options, of: Member | None
) -> Iterator[str]:
    """A line for each; what a function printed is known of one in a process of its own."""
    how = guest.takes
    if not how.keywords and how.returns != main_quantity(subject.operation) and options.quantity is None:
        yield f"judged as the {how.returns}, by the number of its arguments, whose names say nothing"
    without = [name for name in subject.operation.inputs if name in NEUTRAL and name not in how.names]
    if without:
        yield f"takes no {', no '.join(without)}: cases where that matters were left out"
    narrow = {(o.handed, o.format.name) for o in seen if o.handed in FORMATS and o.format.name != o.handed}
    for handed, format in sorted(narrow):
        yield f"returns {format} for {handed}, and is judged by the roundings of {format}"
    ignored = dict.fromkeys(name for o in seen for name in o.outcome.ignored)
    if ignored:
        yield f"not looked at: {', '.join(ignored)}"
    if isinstance(guest, Isolated):
        guest.close()  # what it printed last may still be on its way
    if isinstance(guest, Isolated) and guest.printed:
        yield _printed(guest)
    cases = subject.operation.cases
    if "unnormalised" in cases and of is None and not options.all and not options.cases:
        yield "targets that do not sum to 1 were left out (--case unnormalised)"
    returned = {q for o in seen for q in o.outcome.results}
    missing = [q for q in subject.operation.quantities if q not in returned]
    if returned and missing and options.quantity is None and of is None:
        yield f"not returned, so not judged: {', '.join(missing)}"
        if options.arrays == "torch" and {"vjp", "d_W1"} & {*missing} and any(o.passed for o in seen):
            yield "the result requires no gradient, so PyTorch's autodiff was not judged"


def _printed(guest: Isolated) -> str:
    lines = guest.shown.strip().splitlines()
    return f"printed {_amount(guest.printed)}" + (f", starting with {lines[0][:60]!r}" if lines else "")


def _amount(count: int) -> str:
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} byte" + ("s" if count != 1 else "")
