"""A function in a process of its own: it may hang, exit, crash or print without end, and the caller goes on."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import threading
from contextlib import suppress
from typing import Any

from .. import processes
from .call import LOST, Call, EndedError, Outcome, UnusableError
from .signature import Takes
from .wire import Message, receive, send

TIME_LIMIT = 30.0
"""Seconds that a call may take, and the loading of the function, where nothing else is said."""

MOST_PRINTED = 10**8
"""Bytes that a call may print before it is ended: nobody reads a hundred megabytes."""

_BROKEN = "broke the connection to its process"

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
        self._ended: list[_Process] = []
        self.facts = self._start()

    @property
    def printed(self) -> int:
        """How many bytes the function has printed, and the module while it was imported."""
        return sum(process.printed for process in self._processes)

    @property
    def shown(self) -> str:
        """The beginning of what was printed."""
        return next((process.shown for process in self._processes if process.shown), "")

    @property
    def _processes(self) -> list[_Process]:
        return [*self._ended, *([self._process] if self._process else [])]

    @property
    def takes(self) -> Takes:
        """How the function is called."""
        return Takes(**{**self.facts, **{name: tuple(self.facts[name]) for name in ("names", "beside")}})

    def __enter__(self) -> Isolated:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.end()
            self._ended.append(self._process)
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
        outcome = _outcome(answer) if isinstance(answer, Message) else None
        if outcome is None:
            self.close()
            return Outcome(error=answer if isinstance(answer, str) else _BROKEN, ended=True)
        return outcome

    def _start(self) -> dict[str, Any]:
        self._process = _Process()
        answer = self._process.ask(Message(self._asked), self._time_limit + _STARTING)
        if isinstance(answer, str):
            self.close()
            raise EndedError(f"{self._asked['load']}: {answer} while it was imported")
        if "unusable" in answer.data:
            self.close()
            raise UnusableError(str(answer.data["unusable"]))
        if not _has(answer, _TAKES, {"functions": list}):
            self.close()
            raise EndedError(f"{self._asked['load']}: {_BROKEN} while it was imported")
        return answer.data


_TAKES = {
    **{"names": list, "keywords": bool, "returns": str},
    **{"axis": bool, "axis_needed": bool, "beside": list},
}
"""The fields of ``Takes``, as JSON has them."""


def _has(answer: Message, *kinds: dict[str, type]) -> bool:
    """Whether the answer has the fields that it should: the function can write what it likes."""
    return {name: type(value) for name, value in answer.data.items()} in kinds


def _outcome(answer: Message) -> Outcome | None:
    """What the answer says, or None where it is none."""
    kinds = {"error": str, "refused": bool, "shows": dict, "ignored": list}
    if not _has(answer, kinds):
        return None
    error, refused, shows, ignored = (answer.data[name] for name in kinds)
    shows = {str(flag): str(where) for flag, where in shows.items()}
    return Outcome(answer.arrays, error, refused, False, shows, tuple(map(str, ignored)))


_STARTING = 30.0
"""Seconds more, in which Python starts and a framework is imported."""


class _Process:
    """A child, and the threads that read what it says."""

    def __init__(self) -> None:
        self._child = processes.start(
            "crosscheck.guest.child",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Unbuffered: what it has started may hold these open for ever, and a buffer's lock cannot be broken.
            bufsize=0,
        )
        self.printed = 0
        self.shown = ""
        self._allowed = MOST_PRINTED
        self._answers: queue.SimpleQueue[Message | str | None] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=t, daemon=True) for t in (self._listen, self._drain)]
        for thread in self._threads:
            thread.start()

    def ask(self, message: Message, seconds: float) -> Message | str:
        """The answer, or why there is none."""
        self._allowed = self.printed + MOST_PRINTED
        # A thread of its own: a process that does not read must not hold up this one.
        threading.Thread(target=self._say, args=(message,), daemon=True).start()
        try:
            answer = self._answers.get(timeout=seconds)
        except queue.Empty:
            return f"did not return within {seconds:g} s"
        return self._how_it_ended() if answer is None else answer

    def end(self) -> None:
        """Kill it, and what it has started."""
        processes.end(self._child)
        for thread in self._threads:
            thread.join(timeout=1)
        for stream in (self._child.stdin, self._child.stdout, self._child.stderr):
            with suppress(OSError):
                if stream is not None:
                    stream.close()

    def _how_it_ended(self) -> str:
        if self.printed > self._allowed:
            return f"printed more than {MOST_PRINTED // 10**6} MB"
        try:
            status = self._child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return _BROKEN
        if status < 0:
            return f"was ended by {signal.Signals(-status).name}"
        return _BROKEN if status == LOST else f"ended its process, exit status {status}"

    def _say(self, message: Message) -> None:
        assert self._child.stdin is not None
        with suppress(OSError, ValueError):  # where it is gone, there will be no answer either
            send(self._child.stdin, message)

    def _listen(self) -> None:
        """What it says; then None where it has ended, or that what came was no message."""
        assert self._child.stdout is not None
        try:
            while True:
                self._answers.put(receive(self._child.stdout))
        except (EOFError, OSError):
            self._answers.put(None)
        except Exception:  # whatever is wrong with it: nobody knows what a function writes
            self._answers.put(_BROKEN)

    def _drain(self) -> None:
        """Read what is printed, so that the child never waits, and keep its beginning."""
        assert self._child.stderr is not None
        with suppress(OSError, ValueError):
            while part := os.read(self._child.stderr.fileno(), 2**16):
                self.printed += len(part)
                if self.printed > self._allowed:
                    self._child.kill()
                if len(self.shown) < _KEPT:
                    self.shown = (self.shown + part.decode(errors="replace"))[:_KEPT]
