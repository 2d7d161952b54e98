"""``crosscheck cases``: the inputs that operations are judged on."""

from __future__ import annotations

from collections.abc import Sequence

from .shared import console, parser_of, writable, written


def run(words: Sequence[str]) -> int:
    """Run the command; the exit status."""
    parser = parser_of("crosscheck cases", "The inputs that operations are judged on.", seeded=False)
    parser.add_argument("operation", nargs="*", help="sigmoid, softmax, …; all where none is named")
    asked = parser.parse_args(words)
    writable(asked.json)

    from ..operations import operation, operations
    from ..report.cases import render, to_dict
    from ..run import write_json

    chosen = [operation(name) for name in dict.fromkeys(asked.operation)] or [*operations().values()]
    saved = written(write_json, to_dict(chosen), asked.json)
    console().print(render(chosen))
    return 0 if saved else 1
