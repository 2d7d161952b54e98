"""The command line: a thin face over the public functions.

Exit status: 0 all right, 1 something is wrong, 2 a bad call (one line on stderr).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper

from . import ShadowedError, require_sibling
from .commands.shared import CannotWriteError, bad_call

COMMANDS = ("check", "derivations", "mistakes", "accuracy", "defects", "cases", "bench")
"""What may come first on the command line; each is a module of ``crosscheck.commands``."""

INTERRUPTED = 130  # what a shell reports of a program that Ctrl-C ended


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # ✓ in a locale that lacks it
    try:
        require_sibling()
        return _run(words)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    except (ValueError, CannotWriteError, ShadowedError) as error:
        return bad_call(str(error))
    except KeyboardInterrupt:
        bad_call("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe went away; without this Python complains once more while it shuts down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print(f"crosscheck: cannot write the report: {error.strerror}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(words: list[str]) -> int:
    if words and words[0] in COMMANDS:
        status: int = import_module(f".commands.{words[0]}", __package__).run(words[1:])
        return status
    from .commands.matrix import run

    return run(words, COMMANDS)


if __name__ == "__main__":
    sys.exit(main())
