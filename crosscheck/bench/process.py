"""The child of a contender: started pinned, asked, and ended where it does not answer."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any

from .. import processes
from .ceilings import threads

STARTING = 120.0
"""Seconds in which Python starts, a framework is imported, and its compiler tried."""


class LostError(RuntimeError):
    """The child ended, or had to be ended; the message says how."""


class RefusedError(RuntimeError):
    """The child says that it cannot do what it was asked for."""


class MissingError(RuntimeError):
    """The contender's framework or device is not there."""


@dataclass(frozen=True)
class Contender:
    """Who takes part: a name, the package that it needs, the module of its programs, and a device."""

    name: str
    package: str
    programs: str
    device: str = "cpu"


class Child:
    """A contender in a process of its own on the given cores. A context manager: the process ends with it."""

    def __init__(self, contender: Contender, cores: list[int], variables: dict[str, str] | None = None) -> None:
        self.contender = contender
        self.waited_wall = self.waited_cpu = 0.0
        device = {"JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""} if contender.device == "cpu" else {}
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (it is closed with the child)
        self._process = processes.start(
            "crosscheck.bench.child",
            (",".join(map(str, cores)), contender.programs, contender.device),
            {**threads(len(cores)), **device, **(variables or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()
        try:
            said = self._answer(STARTING)
        except LostError:
            self.close()
            raise
        if "why" in said:
            self.close()
            raise MissingError(said["why"])
        self.pinned: bool = said["pinned"]
        self.on: str = said["on"]

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, do: str, seconds: float, **request: Any) -> dict[str, Any]:
        """The answer; LostError where none comes in time, RefusedError with what it says instead."""
        assert self._process.stdin is not None
        with suppress(OSError):  # where it is gone, there will be no answer either
            self._process.stdin.write(json.dumps({"do": do, **request}) + "\n")
            self._process.stdin.flush()
        try:
            found = self._answer(seconds)
        except LostError:
            self.close()
            raise
        if do == "time":
            self.waited_wall += found["waited_wall"]
            self.waited_cpu += found["waited_cpu"]
        if "error" in found:
            raise RefusedError(found["error"])
        return found

    def close(self) -> None:
        """End it, and what it has started."""
        processes.end(self._process)
        for stream in (self._process.stdin, self._errors):
            with suppress(OSError):
                if stream is not None:
                    stream.close()

    def _answer(self, seconds: float) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            raise LostError(f"did not answer within {seconds:g} s") from None
        if not line:
            raise LostError(self._how_it_ended())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _how_it_ended(self) -> str:
        status = self._process.wait()
        how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended, exit status {status}"
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip().splitlines()
        return f"{how}: {said[-1][:200]}" if said else how

    def _listen(self) -> None:
        """Its answers; then '' where it has ended."""
        assert self._process.stdout is not None
        with self._process.stdout as answers:
            for line in answers:
                self._lines.put(line)
        self._lines.put("")
