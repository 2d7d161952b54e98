"""The process in which a function runs: ``python -m crosscheck.guest.child``, spoken to by ``isolated``.

Messages come on the standard input and go to the standard output as they were at the start; what the function
prints goes to the standard error, and what it reads from is empty.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import Any, BinaryIO

from ..operation import Operation
from ..operations import operation, operations
from .call import Call, Outcome, UnusableError, told
from .conventions import adapted
from .runner import Runner
from .source import function_of, functions_in, load
from .wire import Message, receive, send


def main() -> None:
    """Answer messages until there are no more."""
    requests, answers = _private_streams()
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:
        score.write("1000")  # where memory runs out, this process is the one that goes
    runner: Runner | None = None
    while True:
        try:
            request = receive(requests)
        except EOFError:
            return
        try:
            if "load" in request.data:
                runner, told_of = _load(request.data)
                answer = Message(told_of)
            else:
                assert runner is not None
                answer = _answer(runner, request)
        except UnusableError as error:
            answer = Message({"unusable": str(error)})
        except BaseException as error:
            answer = Message({"unusable": f"could not be loaded: {told(error)}"})
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):  # the function may have closed or replaced them
                stream.flush()
        try:
            send(answers, answer)
        except OSError:
            os._exit(1)  # it closed the connection; the other side says so, and needs no traceback


def _private_streams() -> tuple[BinaryIO, BinaryIO]:
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return requests, answers


def _load(asked: dict[str, Any]) -> tuple[Runner | None, dict[str, Any]]:
    """Load the module, and take the function as the operation where one is named."""
    operations()  # whatever the user's folder holds, ``reference`` is ours
    module = load(asked["load"])
    if not asked["function"]:
        return None, {"functions": functions_in(module)}
    fn = function_of(module, asked["function"])
    one, fn = as_operation(fn, asked["operation"], asked["convention"])
    runner = Runner(fn, one, asked["quantity"], asked["arrays"], asked["device"])
    return runner, asdict(runner.takes)


def as_operation(fn: Callable[..., Any], name: str, convention: str) -> tuple[Operation, Callable[..., Any]]:
    """The operation of that name, and the function in the operation's own terms."""
    return adapted(convention, name, fn) if convention else (operation(name), fn)


def _answer(runner: Runner, request: Message) -> Message:
    try:
        outcome = runner(Call(request.arrays, request.data["layout"], request.data["axis"]))
    except BaseException as error:
        # No Ctrl-C of the user's arrives here: a KeyboardInterrupt is the function's own.
        outcome = Outcome(error=f"raised {told(error)}")
    told_of = {name: getattr(outcome, name) for name in ("error", "refused", "shows", "ignored")}
    return Message(told_of, outcome.results)


if __name__ == "__main__":
    main()
