"""``crosscheck defects``: known defects of frameworks, each shown again."""

from __future__ import annotations

from collections.abc import Sequence

from .shared import Bar, console, parser_of, writable, written


def run(words: Sequence[str]) -> int:
    """Run the command; the exit status."""
    parser = parser_of("crosscheck defects", "Known defects of frameworks, each shown again, live.", seeded=False)
    asked = parser.parse_args(words)
    writable(asked.json)

    from ..known import DEFECTS, all_show, look, to_dict
    from ..report.defects import render
    from ..run import portable, write_json

    looks = []
    with Bar("looking") as bar:
        for defect in DEFECTS:
            looks.append(look(defect))
            bar(len(looks), len(DEFECTS))
    saved = written(write_json, portable(to_dict(looks)), asked.json)
    console().print(render(looks))
    return 0 if all_show(looks) and saved else 1
