"""``crosscheck accuracy``: worst errors in ulps, regime by regime."""

from __future__ import annotations

from collections.abc import Sequence

from .shared import console, parser_of, writable, written


def run(words: Sequence[str]) -> int:
    """Run the command; the exit status."""
    parser = parser_of("crosscheck accuracy", "Worst errors in ulps, regime by regime, side by side.")
    asked = parser.parse_args(words)
    writable(asked.json)

    from ..accuracy import show, table, to_dict
    from ..run import portable, write_json

    rows = table(seed=asked.seed)
    saved = written(write_json, portable(to_dict(rows, asked.seed)), asked.json)
    console().print(show(rows))
    return 0 if saved else 1
