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
from types import ModuleType
from typing import Any, BinaryIO

from ..operation import Operation
from ..operations import operation, operations
from .call import LOST, Call, Outcome, UnusableError, told
from .conventions import adapted, members
from .runner import Runner
from .source import function_of, functions_in, load
from .wire import Message, receive, send


def main() -> None:
    """Answer messages until there are no more."""
    requests, answers = _private_streams()
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:
        score.write("1000")  # where memory runs out, this process is the one that goes
    own, runner = os.getpid(), None
    while True:
        try:
            request = receive(requests)
        except EOFError:
            return
        if "load" in request.data:
            answer, runner = _loaded(request)
        else:
            answer = _answered(runner, request)
        if os.getpid() != own:
            os._exit(0)  # the function has forked: one of the two that return answers
        with suppress(Exception):  # the function may have closed what it prints to
            sys.stdout.flush()
            sys.stderr.flush()
        send(answers, answer)


def _loaded(request: Message) -> tuple[Message, Runner | None]:
    try:
        runner, facts = _load(request.data)
        return Message(facts), runner
    except UnusableError as error:
        return Message({"unusable": str(error)}), None
    except BaseException as error:
        return Message({"unusable": f"{request.data['load']}: could not be loaded: {told(error)}"}), None


def _answered(runner: Runner | None, request: Message) -> Message:
    assert runner is not None
    try:
        outcome = runner(Call(request.arrays, request.data["layout"], request.data["axis"]))
    except BaseException as error:  # KeyboardInterrupt, and what is derived from BaseException alone
        outcome = Outcome(error=f"raised {told(error)}")
    facts = {name: getattr(outcome, name) for name in ("error", "refused", "shows", "ignored")}
    return Message(facts, outcome.results)


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
        there = functions_in(module)
        for one in members(asked["convention"]):
            if one.name in there:  # one that cannot be called is told before any is judged
                _runner(module, one.name, one.name, one.quantity, asked)
        return None, {"functions": there}
    runner = _runner(module, asked["function"], asked["operation"], asked["quantity"], asked)
    return runner, asdict(runner.takes)


def _runner(
    module: ModuleType, function: str, operation: str, quantity: str | None, asked: dict[str, Any]
) -> Runner:
    one, fn = as_operation(function_of(module, function), operation, asked["convention"])
    return Runner(fn, one, quantity, asked["arrays"], asked["device"])


def as_operation(fn: Callable[..., Any], name: str, convention: str) -> tuple[Operation, Callable[..., Any]]:
    """The operation of that name, and the function in the operation's own terms."""
    return adapted(convention, name, fn) if convention else (operation(name), fn)


if __name__ == "__main__":
    try:
        main()
    except BaseException:
        os._exit(LOST)  # the connection is gone: the other side says so, and a traceback from here says less
