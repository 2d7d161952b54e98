"""``crosscheck``: judge every implementation that is installed."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace

from .shared import SEVERAL, Bar, console, from_one, parser_of, version, writable, written


def run(words: Sequence[str], commands: Sequence[str] = ()) -> int:
    """Run the command; the exit status. ``commands`` are the others there are."""
    parser = parser_of(
        "crosscheck", "Judge every implementation that is installed, on every operation, dtype and case."
    )
    parser.epilog = f"other commands: {', '.join(f'crosscheck {name}' for name in commands)}"
    parser.add_argument("--version", action="version", version=f"crosscheck {version()}")
    parser.add_argument("operation", nargs="*", help="sigmoid, softmax, …; all where none is named")
    parser.add_argument("-i", "--implementation", **SEVERAL, help="reference, torch, jax, jax.jit, …; repeatable")
    parser.add_argument("--dtype", **SEVERAL, help="float64, float32, bfloat16, float16; repeatable")
    parser.add_argument("--case", **SEVERAL, help="a regime of inputs, such as saturated; repeatable")
    parser.add_argument(
        "--all",
        action="store_true",
        help="add the extra implementations (on the usual cases) and the extra cases (on the usual ones)",
    )
    parser.add_argument("--device", default="auto", help="cpu, cuda, or auto: what is found (auto)")
    parser.add_argument("-j", "--jobs", type=from_one, metavar="N", help="processes (one for each core)")
    parser.add_argument("--profile", action="store_true", help="say where the time went")
    asked = parser.parse_args(words)
    writable(asked.json)

    from .. import compiled
    from ..api import execute
    from ..matrix import Selection, plan
    from ..report.profile import render as where
    from ..report.terminal import render
    from ..run import write_json
    from ..spent import STARTING, WRITING

    os.environ.update(compiled.variables())  # what is judged in this process is kept as well
    selection = Selection(
        operations=tuple(dict.fromkeys(asked.operation)),
        implementations=tuple(dict.fromkeys(asked.implementation)),
        dtypes=tuple(dict.fromkeys(asked.dtype)),
        cases=tuple(dict.fromkeys(asked.case)),
        device=asked.device,
        seed=asked.seed,
        all=asked.all,
    )
    started = time.process_time()  # what it took to come here
    with Bar("judging") as bar:
        found = execute(plan(selection), selection.seed, bar, asked.jobs)
    profile = found.profile.beside({STARTING: started}) if asked.profile and found.profile else None
    finished = time.perf_counter()
    saved = asked.json is None or written(write_json, replace(found, profile=profile).to_dict(), asked.json)
    screen = console()
    screen.print(render(found, screen.width))
    if profile is not None:
        screen.print(where(profile.beside({WRITING: time.perf_counter() - finished})))
    return 0 if found.passed and saved else 1
