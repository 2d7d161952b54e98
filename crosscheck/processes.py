"""A module of ours in a Python process of its own, in a process group that is ended as a whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = str(Path(__file__).resolve().parents[1])
"""Where this package is found: first of all, so that a process runs what its caller runs."""


def start(
    module: str,
    words: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
    **streams: Any,
) -> subprocess.Popen[Any]:
    """``python -m module words`` with more ``variables`` in its environment; ``streams`` are those of Popen."""
    search = [ROOT, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return subprocess.Popen(
        # -P: a file beside the user's that is named like a module of ours or of Python's must not hide it.
        [sys.executable, "-P", "-m", module, *words],
        env={**os.environ, **(variables or {}), "PYTHONPATH": os.pathsep.join(search)},
        start_new_session=True,
        **streams,
    )


def end(process: subprocess.Popen[Any]) -> None:
    """Kill it and what it has started, and wait for it."""
    with suppress(OSError):  # where it is gone already
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()
