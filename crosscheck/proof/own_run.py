"""Judge a derivation of one's own, in a process of its own and within a time."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .. import processes
from ..environment import environment
from . import DerivationResult, plain
from .own import FAILED, OwnError
from .verdict import Verdict

SCHEMA = "crosscheck.own_derivation/1"
SECONDS = 120.0
"""The time that a file has, where none is said."""


@dataclass(frozen=True)
class OwnResult:
    """What was found of the lines of a file."""

    file: str
    seed: int
    derivation: DerivationResult

    @property
    def all_right(self) -> bool:
        """Every line follows."""
        return self.derivation.first_wrong is None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: the schema, where it ran, and every verdict with its status."""
        return {
            "schema": SCHEMA,
            "environment": environment(),
            "file": self.file,
            "seed": self.seed,
            "all_right": self.all_right,
            "first_wrong": self.derivation.first_wrong,
            "derivation": plain(self.derivation),
        }


def judge(path: str, seed: int = 0, seconds: float = SECONDS) -> OwnResult:
    """Run the file in another process, and judge every one of its lines.

    What the file prints is dropped. OwnError: it cannot be judged, or its process ended, or took too long.

    >>> with TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "mine.py").write_text("def one(x): return x + x\\ndef two(x): return x * x")
    ...     judge(f"{folder}/mine.py").derivation.first_wrong
    2
    """
    with TemporaryDirectory(prefix="crosscheck-") as folder:
        out = Path(folder) / "found.json"
        code = _run([path, str(out), str(seed), str(seconds)], seconds)
        data = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {}
    if "found" in data or "error" in data:
        return result(path, seed, data)
    at = data.get("at", "the file itself")
    if code is None:
        raise OwnError(f"{path}: {at}: not judged within {seconds:g} s; --time-limit gives it more", FAILED)
    raise OwnError(f"{path}: {at}: its process ended before it was judged ({_ending(code)})", FAILED)


def result(path: str, seed: int, answer: Mapping[str, Any]) -> OwnResult:
    """What the process answered (see ``own_child.answer``); OwnError where it is one."""
    if "error" in answer:
        raise OwnError(answer["error"], answer["status"])
    return OwnResult(path, seed, _derivation(answer["found"]))


def _run(words: list[str], seconds: float) -> int | None:
    """The exit code of the process; None where it was ended for its time."""
    process = processes.start(
        "crosscheck.proof.own_child",
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:  # also where it was interrupted
            processes.end(process)


def _ending(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


def _derivation(data: Mapping[str, Any]) -> DerivationResult:
    verdicts = tuple(line and Verdict.of(line) for line in data["lines"])
    return DerivationResult(**{**data, "texts": tuple(data["texts"]), "lines": verdicts})
