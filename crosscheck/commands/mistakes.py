"""``crosscheck mistakes``: known mistakes and right implementations before every judge."""

from __future__ import annotations

from collections.abc import Sequence

from .shared import Bar, console, from_one, parser_of, writable, written


def run(words: Sequence[str]) -> int:
    """Run the command; the exit status: 0 only if ours catches all, names enough and raises no false alarm."""
    parser = parser_of("crosscheck mistakes", "Known mistakes and right implementations before every judge.")
    parser.add_argument("operation", nargs="*", help="sigmoid, softmax, …; all where none is named")
    parser.add_argument("--summary", action="store_true", help="totals of each operation and judge only")
    parser.add_argument("-j", "--jobs", type=from_one, metavar="N", help="processes (one for each core)")
    asked = parser.parse_args(words)
    writable(asked.json)

    from ..kill import kill
    from ..report.mistakes import render
    from ..run import portable, write_json

    with Bar("judging") as bar:
        found = kill(asked.operation, asked.seed, bar, asked.jobs)
    saved = written(write_json, portable(found.to_dict()), asked.json)
    console().print(render(found, summary=asked.summary))
    return 0 if found.passed and saved else 1
