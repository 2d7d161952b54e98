"""A function in a process of its own: it may hang, exit, crash or print without end, and the caller goes on."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from .call import Call, EndedError, Outcome, UnusableError
from .signature import Takes
from .wire import Message, receive, send

TIME_LIMIT = 30.0
"""Seconds that a call may take, and the loading of the function, where nothing else is said."""

_KEPT = 2000
"""Characters that are kept of what a function prints."""


class Isolated:
    """A function of a file or module as an operation, in a child process that is started again where it ended.

    UnusableError where it cannot be loaded, or its parameters fit nothing that is asked of it. A context manager:
    the process ends with it.
    """

    def __init__(
        self,
        place: str,
        function: str,
        operation: str = "",
        convention: str = "",
        quantity: str | None = None,
        arrays: str = "numpy",
        device: str = "cpu",
        time_limit: float = TIME_LIMIT,
    ) -> None:
        self._asked = {
            "load": place,
            "function": function,
            "operation": operation,
            "convention": convention,
            "quantity": quantity,
            "arrays": arrays,
            "device": device,
        }
        self._time_limit = time_limit
        self._process: _Process | None = None
        self.printed = 0
        self.shown = ""
        self.facts = self._start()

    @property
    def takes(self) -> Takes:
        """How the function is called."""
        return Takes(**{**self.facts, "names": tuple(self.facts["names"])})

    def __enter__(self) -> Isolated:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.end()
            self._note_output(self._process)
            self._process = None

    def __call__(self, call: Call) -> Outcome:
        """The function at these inputs; where its process ended, another one is started for the next call."""
        if self._process is None:
            try:
                self._start()
            except UnusableError as error:
                return Outcome(error=str(error), ended=True)
        assert self._process is not None
        answer = self._process.ask(
            Message({"layout": call.layout, "axis": call.axis}, call.inputs), self._time_limit
        )
        self._note_output(self._process)
        if isinstance(answer, str):
            self.close()
            return Outcome(error=answer, ended=True)
        try:
            return _outcome(answer)
        except (KeyError, TypeError, AttributeError):
            self.close()
            return Outcome(error="broke the connection", ended=True)

    def _start(self) -> dict[str, Any]:
        self._process = _Process()
        answer = self._process.ask(Message(self._asked), self._time_limit + _STARTING)
        if isinstance(answer, str):
            self.close()
            raise EndedError(f"{self._asked['load']}: {answer} while it was imported")
        if "unusable" in answer.data:
            self.close()
            raise UnusableError(str(answer.data["unusable"]))
        self._note_output(self._process)
        return answer.data

    def _note_output(self, process: _Process) -> None:
        self.printed, self.shown = process.printed, process.shown


def _outcome(answer: Message) -> Outcome:
    data = answer.data
    if "unusable" in data:
        return Outcome(error=str(data["unusable"]))
    shows = {str(name): str(where) for name, where in data["shows"].items()}
    ignored = tuple(str(name) for name in data["ignored"])
    return Outcome(answer.arrays, str(data["error"]), bool(data["refused"]), False, shows, ignored)


def _paths() -> list[str]:
    """Where this package is found, then what the caller's environment says."""
    here = str(Path(__file__).resolve().parent.parent.parent)
    return [here, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]


_STARTING = 30.0
"""Seconds more, in which Python starts and a framework is imported."""


class _Process:
    """A child, and the threads that read what it says."""

    def __init__(self) -> None:
        session: dict[str, Any] = {"start_new_session": True} if os.name == "posix" else {}
        self._child = subprocess.Popen(
            # -P: a file beside the user's that is named like a module of ours or of Python's must not hide it.
            [sys.executable, "-P", "-m", "crosscheck.guest.child"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(_paths())},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **session,
        )
        self.printed = 0
        self.shown = ""
        self._answers: queue.SimpleQueue[Message | str] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=t, daemon=True) for t in (self._listen, self._drain)]
        for thread in self._threads:
            thread.start()

    def ask(self, message: Message, seconds: float) -> Message | str:
        """The answer, or why there is none."""
        assert self._child.stdin is not None
        try:
            send(self._child.stdin, message)
        except OSError:
            return self._how_it_ended()
        try:
            answer = self._answers.get(timeout=seconds)
        except queue.Empty:
            return f"did not return within {seconds:g} s"
        return answer if isinstance(answer, Message) else self._how_it_ended()

    def end(self) -> None:
        """Kill it, and what it has started."""
        with suppress(OSError):
            if os.name == "posix":
                os.killpg(self._child.pid, signal.SIGKILL)
        self._child.kill()
        self._child.wait()
        streams = (self._child.stdout, self._child.stderr)
        for thread, stream in zip(self._threads, streams, strict=True):
            thread.join(timeout=1)
            # What has left the group may hold the other end open; to close under a reader would wait for it.
            if stream is not None and not thread.is_alive():
                stream.close()
        with suppress(OSError):
            if self._child.stdin is not None:
                self._child.stdin.close()

    def _how_it_ended(self) -> str:
        try:
            status = self._child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "broke the connection"
        if status < 0:
            return f"was ended by {signal.Signals(-status).name}"
        return f"ended its process, exit status {status}"

    def _listen(self) -> None:
        assert self._child.stdout is not None
        try:
            while True:
                self._answers.put(receive(self._child.stdout))
        except Exception:  # what arrives may be anything
            self._answers.put("ended")

    def _drain(self) -> None:
        """Read what is printed, so that the child never waits, and keep its beginning."""
        assert self._child.stderr is not None
        with suppress(OSError, ValueError):
            while part := os.read(self._child.stderr.fileno(), 2**16):
                self.printed += len(part)
                if len(self.shown) < _KEPT:
                    self.shown = (self.shown + part.decode(errors="replace"))[:_KEPT]
