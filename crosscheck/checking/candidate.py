"""A function that tests call one by one: opened once, its process ended as soon as the tests are another's."""

from __future__ import annotations

import atexit
from collections.abc import Callable
from functools import cached_property
from typing import Any

from ..guest.call import Call, Outcome
from ..guest.signature import Takes
from ..operation import Operation
from ..truth import require_gradual_underflow
from .calls import Planned
from .observe import Guest, Subject, call_of
from .options import Options
from .run import MOST_ENDED, opened, reduction_of, subject_of


class Candidate:
    """A function as an operation. UnusableError where it cannot be loaded, or its parameters fit nothing."""

    def __init__(self, fn: Callable[..., Any] | str, one: Operation, options: Options) -> None:
        options.fits(one)
        self.operation = one
        self.options = options
        self._fn = fn
        self._context = opened(fn, one, options, None)
        self._ended = 0
        with self._context as guest:  # what it takes is known; its process starts again with the first test
            self._guest: Guest = guest

    @property
    def takes(self) -> Takes:
        """How the function is called."""
        return self._guest.takes

    @cached_property
    def subject(self) -> Subject:
        """What is judged; of a network whose reduction is not given, it takes a call to know."""
        require_gradual_underflow()
        reduction = reduction_of(self, self.operation, self.options)
        return subject_of(self._fn, self.operation, self.options, None, reduction)

    def __call__(self, call: Call) -> Outcome:
        """Call the function; of all that have a process of their own, only the last one called keeps it."""
        if _RUNNING and _RUNNING[0] is not self:
            _end()
        _RUNNING[:] = [self]
        return self._guest(call)

    def observe(self, call: Planned) -> Outcome:
        """The call of a test; a function that ended its process twice in a row is left alone."""
        if self._ended == MOST_ENDED:
            return Outcome(error=f"was left alone: the last {MOST_ENDED} calls ended its process", ended=True)
        outcome = self(call_of(call.case, call.given))
        self._ended = self._ended + 1 if outcome.ended else 0
        return outcome

    def end(self) -> None:
        """End its process, where it has one."""
        self._context.__exit__(None, None, None)


_RUNNING: list[Candidate] = []


@atexit.register
def _end() -> None:
    while _RUNNING:
        _RUNNING.pop().end()
