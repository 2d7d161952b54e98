"""The command line: a thin face over the public functions.

Exit status: 0 all right, 1 something is wrong, 2 a bad call (one line on stderr).
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from . import ShadowedError, require_sibling

WIDTH = 100
INTERRUPTED = 130  # what a shell reports of a program that Ctrl-C ended
_PATIENCE = 2.0  # seconds before a progress bar appears


class _Parser(argparse.ArgumentParser):
    """Errors in one line, exit status 2."""

    def error(self, message: str) -> NoReturn:
        raise SystemExit(_bad_call(message))


def _bad_call(message: str) -> int:
    print(f"crosscheck: {message}", file=sys.stderr)
    return 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # ✓ in a locale that lacks it
    command = _COMMANDS.get(words[0]) if words else None
    try:
        require_sibling()
        return command(words[1:]) if command else _matrix(words)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    except (ValueError, CannotWriteError, ShadowedError) as error:
        return _bad_call(str(error))
    except KeyboardInterrupt:
        _bad_call("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe went away; without this Python complains once more while it shuts down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print(f"crosscheck: cannot write the report: {error.strerror}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


class CannotWriteError(OSError):
    """The file of ``--json`` cannot be written."""


def _parser(name: str, description: str, seeded: bool = True) -> _Parser:
    parser = _Parser(prog=name, description=description, allow_abbrev=False)
    parser.add_argument("--json", metavar="FILE", help="write the results to FILE as well, as JSON")
    if seeded:
        parser.add_argument("--seed", type=_seed, default=0, metavar="N", help="seed of all random inputs (0)")
    return parser


def _jobs(word: str) -> int:
    if not word.isdecimal() or int(word) == 0:
        raise argparse.ArgumentTypeError(f"jobs: got {word!r}, expected a whole number from 1")
    return int(word)


def _seed(word: str) -> int:
    if not word.isdecimal():
        raise argparse.ArgumentTypeError(f"seed: got {word!r}, expected a whole number from 0")
    return int(word)


def _matrix(words: Sequence[str]) -> int:
    parser = _parser(
        "crosscheck", "Judge every implementation that is installed, on every operation, dtype and case."
    )
    parser.epilog = f"other commands: {', '.join(f'crosscheck {name}' for name in _COMMANDS)}"
    parser.add_argument("--version", action="version", version=f"crosscheck {_version()}")
    parser.add_argument("operation", nargs="*", help="sigmoid, softmax, …; all where none is named")
    several: dict[str, Any] = {"action": "append", "default": [], "metavar": "NAME"}
    parser.add_argument("-i", "--implementation", **several, help="reference, torch, jax, jax.jit, …; repeatable")
    parser.add_argument("--dtype", **several, help="float64, float32, bfloat16, float16; repeatable")
    parser.add_argument("--case", **several, help="a regime of inputs, such as saturated; repeatable")
    parser.add_argument(
        "--all",
        action="store_true",
        help="add the extra implementations (on the usual cases) and the extra cases (on the usual ones)",
    )
    parser.add_argument("--device", default="auto", help="cpu, cuda, or auto: what is found (auto)")
    parser.add_argument("-j", "--jobs", type=_jobs, metavar="N", help="processes (one for each core)")
    asked = parser.parse_args(words)
    _writable(asked.json)

    from .api import execute
    from .matrix import Selection, plan
    from .report.terminal import render
    from .run import write_json

    selection = Selection(
        operations=tuple(dict.fromkeys(asked.operation)),
        implementations=tuple(dict.fromkeys(asked.implementation)),
        dtypes=tuple(dict.fromkeys(asked.dtype)),
        cases=tuple(dict.fromkeys(asked.case)),
        device=asked.device,
        seed=asked.seed,
        all=asked.all,
    )
    with _Bar("judging") as bar:
        run = execute(plan(selection), selection.seed, bar, asked.jobs)
    written = _written(write_json, run.to_dict(), asked.json)
    console = _console()
    console.print(render(run, console.width))
    return 0 if run.passed and written else 1


def _derivations(words: Sequence[str]) -> int:
    parser = _parser("crosscheck derivations", "Prove the derivations of the assignment, line by line.")
    asked = parser.parse_args(words)
    _writable(asked.json)

    from .proof import all_right, prove_all, to_dict
    from .report.derivations import render
    from .run import portable, write_json

    with _Bar("proving") as bar:
        results = prove_all(seed=asked.seed, progress=bar)
    written = _written(write_json, portable(to_dict(results)), asked.json)
    _console().print(render(results))
    return 0 if all_right(results) and written else 1


def _accuracy(words: Sequence[str]) -> int:
    parser = _parser("crosscheck accuracy", "Worst errors in ulps, regime by regime, side by side.")
    asked = parser.parse_args(words)
    _writable(asked.json)

    from .accuracy import show, table, to_dict
    from .run import portable, write_json

    rows = table(seed=asked.seed)
    written = _written(write_json, portable(to_dict(rows, asked.seed)), asked.json)
    _console().print(show(rows))
    return 0 if written else 1


def _defects(words: Sequence[str]) -> int:
    parser = _parser("crosscheck defects", "Known defects of frameworks, each shown again, live.", seeded=False)
    asked = parser.parse_args(words)
    _writable(asked.json)

    from .known import DEFECTS, all_show, look, to_dict
    from .report.defects import render
    from .run import portable, write_json

    looks = []
    with _Bar("looking") as bar:
        for defect in DEFECTS:
            looks.append(look(defect))
            bar(len(looks), len(DEFECTS))
    written = _written(write_json, portable(to_dict(looks)), asked.json)
    _console().print(render(looks))
    return 0 if all_show(looks) and written else 1


def _cases(words: Sequence[str]) -> int:
    parser = _parser("crosscheck cases", "The inputs that operations are judged on.", seeded=False)
    parser.add_argument("operation", nargs="*", help="sigmoid, softmax, …; all where none is named")
    asked = parser.parse_args(words)
    _writable(asked.json)

    from .operations import operation, operations
    from .report.cases import render, to_dict
    from .run import write_json

    chosen = [operation(name) for name in dict.fromkeys(asked.operation)] or [*operations().values()]
    written = _written(write_json, to_dict(chosen), asked.json)
    _console().print(render(chosen))
    return 0 if written else 1


def _mistakes(words: Sequence[str]) -> int:
    parser = _parser("crosscheck mistakes", "Known mistakes and right implementations before every judge.")
    parser.add_argument("operation", nargs="*", help="sigmoid, softmax, …; all where none is named")
    parser.add_argument("--summary", action="store_true", help="totals of each operation and judge only")
    parser.add_argument("-j", "--jobs", type=_jobs, metavar="N", help="processes (one for each core)")
    asked = parser.parse_args(words)
    _writable(asked.json)

    from .kill import kill
    from .report.mistakes import render
    from .run import portable, write_json

    with _Bar("judging") as bar:
        result = kill(asked.operation, asked.seed, bar, asked.jobs)
    written = _written(write_json, portable(result.to_dict()), asked.json)
    _console().print(render(result, summary=asked.summary))
    return 0 if result.passed and written else 1


_COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "derivations": _derivations,
    "accuracy": _accuracy,
    "defects": _defects,
    "cases": _cases,
    "mistakes": _mistakes,
}


def _version() -> str:
    from .environment import package_version

    return package_version("softmax-crosscheck") or "(not installed: run from its folder)"


def _console() -> Console:
    """Stdout at the width of the terminal, at most 100 columns; a pipe gets 100."""
    console = Console()
    return Console(width=min(console.width, WIDTH) if console.is_terminal else WIDTH)


def _writable(path: str | None) -> None:
    """Find out before the work whether its result can be written."""
    if path is None:
        return
    target = Path(path)
    # The file is moved into its place whole, which must not happen to a device or a pipe.
    special = target.exists() and not target.is_file()
    if special or not target.parent.is_dir() or not os.access(target.parent, os.W_OK):
        raise CannotWriteError(f"--json: cannot write {path!r}: expected a file in a folder that can be written")


def _written(write: Callable[[Any, str], None], data: Any, path: str | None) -> bool:
    """Write the file that was asked for; if that fails say so, and go on to what can be shown."""
    if path is None:
        return True
    try:
        write(data, path)
    except OSError as error:
        print(f"crosscheck: --json: cannot write {path!r}: {error.strerror}", file=sys.stderr)
        return False
    return True


class _Bar:
    """A progress bar on a terminal's stderr, once the work has taken two seconds."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._start = time.monotonic()
        self._progress: Progress | None = None
        self._console = Console(stderr=True)

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def __call__(self, done: int, total: int) -> None:
        if not self._console.is_terminal or time.monotonic() - self._start < _PATIENCE:
            return
        if self._progress is None:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self._progress = Progress(*columns, console=self._console, transient=True)
            self._progress.add_task(self._what, total=total)
            self._progress.start()
        self._progress.update(self._progress.task_ids[0], completed=done)


if __name__ == "__main__":
    sys.exit(main())
