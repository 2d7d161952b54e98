"""``crosscheck derivations``: prove the derivations, line by line."""

from __future__ import annotations

from collections.abc import Sequence

from .shared import Bar, console, parser_of, writable, written


def run(words: Sequence[str]) -> int:
    """Run the command; the exit status."""
    parser = parser_of("crosscheck derivations", "Prove the derivations of the assignment, line by line.")
    asked = parser.parse_args(words)
    writable(asked.json)

    from ..proof import all_right, prove_all, to_dict
    from ..report.derivations import render
    from ..run import portable, write_json

    with Bar("proving") as bar:
        results = prove_all(seed=asked.seed, progress=bar)
    saved = written(write_json, portable(to_dict(results)), asked.json)
    console().print(render(results))
    return 0 if all_right(results) and saved else 1
