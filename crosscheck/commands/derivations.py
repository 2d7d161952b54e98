"""``crosscheck derivations``: prove the derivations, line by line; or judge a user's."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from .shared import Bar, bad_call, console, parser_of, seconds, writable, written

_TIME_LIMIT = 120.0  # that of ``crosscheck.proof.own_run``, which a bad call need not import
_OWN = """Without LINES the lines are the functions of FILE.py in their order, without those that begin with an
underscore. DEFINITION and WRT: a function and the name of its parameter; the first line must be that derivative.
INPUTS: what the parameters are, {"x": "N C", "y": "N C sums to 1", "j": "label"}; those that the assignment names
(x, W1, b1, phi, h, W2, b2, theta, y) are known. The file is run, as code, with your rights, in a process of its
own; what it prints is dropped."""


def run(words: Sequence[str]) -> int:
    """Run the command; the exit status."""
    parser = parser_of(
        "crosscheck derivations",
        "Prove the derivations of the assignment, line by line; or judge those of a file.",
    )
    parser.epilog = _OWN
    parser.add_argument("file", nargs="?", metavar="FILE.py", help="NumPy functions, each a line of a derivation")
    parser.add_argument(
        "--time-limit",
        type=seconds,
        metavar="SECONDS",
        help=f"what FILE.py may take before it is ended ({_TIME_LIMIT:g})",
    )
    asked = parser.parse_args(words)
    if asked.time_limit is not None and asked.file is None:
        parser.error("--time-limit: got no FILE.py, expected the file whose time it is")
    writable(asked.json)
    return _proved(asked) if asked.file is None else _judged(asked)


def _proved(asked: Namespace) -> int:
    from ..proof import all_right, prove_all, to_dict
    from ..report.derivations import render
    from ..run import portable, write_json

    with Bar("proving") as bar:
        results = prove_all(seed=asked.seed, progress=bar)
    saved = written(write_json, portable(to_dict(results)), asked.json)
    console().print(render(results))
    return 0 if all_right(results) and saved else 1


def _judged(asked: Namespace) -> int:
    from ..proof.own import OwnError
    from ..proof.own_run import judge
    from ..report.own_derivation import render
    from ..run import portable, write_json

    try:
        found = judge(asked.file, asked.seed, asked.time_limit or _TIME_LIMIT)
    except OwnError as error:
        bad_call(str(error))
        return error.status
    saved = written(write_json, portable(found.to_dict()), asked.json)
    console().print(render(found))
    return 0 if found.all_right and saved else 1
