"""What the commands share: the parser, where results are written, the console, the progress bar."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

WIDTH = 100
_PATIENCE = 2.0  # seconds before a progress bar appears
SEVERAL: dict[str, Any] = {"action": "append", "default": [], "metavar": "NAME"}
"""An option that may be given several times."""


class Parser(argparse.ArgumentParser):
    """Errors in one line, exit status 2."""

    def error(self, message: str) -> NoReturn:
        raise SystemExit(bad_call(message))


def bad_call(message: str) -> int:
    """Say it in one line on stderr; the exit status of a bad call."""
    print(f"crosscheck: {message}", file=sys.stderr)
    return 2


class CannotWriteError(OSError):
    """A file that was asked for cannot be written."""


def parser_of(name: str, description: str, seeded: bool = True) -> Parser:
    """A parser with what every command has: ``--json`` and, where its inputs are random, ``--seed``."""
    parser = Parser(prog=name, description=description, allow_abbrev=False)
    parser.add_argument("--json", metavar="FILE", help="write the results to FILE as well, as JSON")
    if seeded:
        parser.add_argument("--seed", type=seed, default=0, metavar="N", help="seed of all random inputs (0)")
    return parser


def from_one(word: str) -> int:
    """A whole number from 1: how many of something."""
    if not word.isdecimal() or int(word) == 0:
        raise argparse.ArgumentTypeError(f"got {word!r}, expected a whole number from 1")
    return int(word)


def seed(word: str) -> int:
    """A seed."""
    if not word.isdecimal():
        raise argparse.ArgumentTypeError(f"got {word!r}, expected a whole number from 0")
    return int(word)


def seconds(word: str) -> float:
    """A time above 0."""
    try:
        number = float(word)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"got {word!r}, expected a number of seconds above 0")
    return number


def console() -> Console:
    """Stdout at the width of the terminal, or of ``COLUMNS``, at most 100; a pipe without it gets 100."""
    found = Console()
    known = found.is_terminal or os.environ.get("COLUMNS", "").isdecimal()
    return Console(width=min(found.width, WIDTH) if known else WIDTH)


def writable(path: str | None, option: str = "--json") -> None:
    """Find out before the work whether its result can be written; the option is that which names the file."""
    if path is None:
        return
    target = Path(path)
    # The file is moved into its place whole, which must not happen to a device or a pipe.
    special = target.exists() and not target.is_file()
    if special or not target.parent.is_dir() or not os.access(target.parent, os.W_OK):
        raise CannotWriteError(f"{option}: cannot write {path!r}: expected a file in a folder that can be written")


def written(write: Callable[[Any, str], None], data: Any, path: str | None, option: str = "--json") -> bool:
    """Write the file that was asked for; if that fails say so, and go on to what can be shown."""
    if path is None:
        return True
    try:
        write(data, path)
    except OSError as error:
        print(f"crosscheck: {option}: cannot write {path!r}: {error.strerror}", file=sys.stderr)
        return False
    return True


class Bar:
    """A progress bar on a terminal's stderr, once the work has taken two seconds."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._start = time.monotonic()
        self._progress: Progress | None = None
        self._console = Console(stderr=True)

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def clear(self) -> None:
        """Take it from the screen; it comes back with the next step, once that too has taken its time."""
        if self._progress is not None:
            self._progress.stop()
        self._progress = None
        self._start = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        if not self._console.is_terminal or time.monotonic() - self._start < _PATIENCE:
            return
        if self._progress is None:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self._progress = Progress(*columns, console=self._console, transient=True)
            self._progress.add_task(self._what, total=total)
            self._progress.start()
        self._progress.update(self._progress.task_ids[0], completed=done)


def version() -> str:
    """The version of the package, or that it is not installed."""
    from ..environment import package_version

    return package_version("softmax-crosscheck") or "(not installed: run from its folder)"
