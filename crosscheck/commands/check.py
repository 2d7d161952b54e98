"""``crosscheck check``: judge one function of the user's, or every function of a file by its convention."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Sequence

from .shared import SEVERAL, Bar, bad_call, console, parser_of, seconds, writable, written

_TIME_LIMIT = 30.0  # that of ``crosscheck.guest.isolated``, which a bad call need not import


def run(words: Sequence[str]) -> int:
    """Run the command; the exit status: 0 right, 1 limited or wrong."""
    parser = parser_of(
        "crosscheck check",
        "Judge a function: right, limited or wrong, where, and most likely why. The file is run, as code, with "
        "your rights, in a process of its own.",
    )
    parser.add_argument(
        "function", metavar="FILE.py:FN", help="or pkg.module:fn; with --convention FILE.py is all of it"
    )
    parser.add_argument("--as", dest="operation", metavar="OPERATION", help="softmax, two_layer, … (its own name)")
    parser.add_argument("--convention", metavar="NAME", help="signatures that a whole file follows: cs224n")
    parser.add_argument("--quantity", metavar="NAME", help="what is returned: value, vjp, jvp, J, d_W1, …")
    parser.add_argument(
        "--dtype", **SEVERAL, help="float64, float32, bfloat16, float16; repeatable (the first two)"
    )
    parser.add_argument("--arrays", default="numpy", metavar="KIND", help="what it is handed: numpy, torch, jax")
    parser.add_argument("--device", default="cpu", help="where those arrays are: cpu, cuda (cpu)")
    parser.add_argument(
        "--reduction", default="auto", help="J over the batch: sum, mean, or auto: find out (auto)"
    )
    parser.add_argument("--case", **SEVERAL, help="a regime of inputs, such as typical; repeatable")
    parser.add_argument("--all", action="store_true", help="add large cases, and targets that do not sum to 1")
    parser.add_argument(
        "--time-limit",
        type=seconds,
        default=_TIME_LIMIT,
        metavar="SECONDS",
        help=f"what one call may take before it is ended ({_TIME_LIMIT:g}); "
        "to start Python and import the file may take 30 more",
    )
    asked = parser.parse_args(words)
    writable(asked.json)

    from ..checking import Options, Report, check_convention, check_with, to_dict, unjudged
    from ..guest.call import EndedError, UnusableError
    from ..guest.conventions import DTYPES
    from ..report.check import render
    from ..run import write_json

    try:
        options = Options(
            asked.quantity,
            tuple(dict.fromkeys(asked.dtype)) or (DTYPES if asked.convention is not None else Options.dtypes),
            asked.arrays,
            asked.device,
            asked.reduction,
            tuple(dict.fromkeys(asked.case)),
            asked.seed,
            asked.all,
            asked.time_limit,
        )
    except ImportError as error:
        return bad_call(str(error))

    def found(bar: Bar) -> Iterator[Report | str]:
        if asked.convention is not None:
            yield from check_convention(asked.function, asked.convention, options, asked.operation, bar)
        else:
            yield check_with(options, asked.function, asked.operation, bar)

    reports: list[Report] = []
    missing: list[str] = []
    screen = console()
    try:
        with Bar("judging") as bar:
            for one in found(bar):
                bar.clear()
                if isinstance(one, str):
                    missing.append(one)
                    screen.print(f"– {one}\n", markup=False, highlight=False)
                else:
                    reports.append(one)
                    screen.print(render(one))
                    screen.print()
    except ValueError as error:
        # A file that was loaded before may refuse to be loaded again: what was judged is not lost by that.
        if not isinstance(error, EndedError) and not (reports and isinstance(error, UnusableError)):
            return bad_call(re.sub("^operation: ", "--as: ", str(error)))  # an option here
        screen.print(f"✗ {error}", markup=False, highlight=False)
        reports.append(unjudged(asked.function, _meant(asked), str(error), asked.seed))
    saved = written(write_json, to_dict(reports, missing), asked.json)
    return 0 if saved and reports and all(report.passed for report in reports) else 1


def _meant(asked: argparse.Namespace) -> str:
    """The name of the operation that one function is judged as; '' of a whole file."""
    from ..checking.run import operation_of
    from ..guest.conventions import member
    from ..guest.source import divided

    if asked.convention is None:
        return operation_of(asked.function, asked.operation).name
    function = divided(asked.function)[1]
    return member(asked.convention, function).operation().name if function else ""
