"""What repeats a verdict: a command where the function has a place to find it at, else a line of Python."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from ..guest.conventions import Member
from ..guest.signature import called
from ..operation import Operation
from .options import Options
from .reduction import AUTO

_OF_A_CASE = frozenset({"dtypes", "cases", "seed"})
"""Options that every line has of its own."""

_NO_BEARING = frozenset({"all", "examples"})
"""Options that change nothing where the case is named."""

_PYTHON = "crosscheck.check("
_SPELLED = {"dtypes": "dtype", "cases": "case"}
"""What the command line calls an option otherwise than Python."""


def start(fn: Callable[..., Any] | str, one: Operation, of: Member | None) -> str:
    """The function, and as what it is judged."""
    if not isinstance(fn, str):
        return f"{_PYTHON}{called(fn)}, {one.name!r}"
    judged_as = f"--as {one.name}" if of is None else f"--convention {of.convention}"
    return f"crosscheck check {shlex.quote(fn)} {judged_as}"


def bearing(fn: Callable[..., Any] | str, options: Options, reduction: str) -> dict[str, Any]:
    """The options that are not at their default and bear on the verdict on any case; J is reduced as was found."""
    # Only a process of its own can be ended.
    without = _OF_A_CASE | _NO_BEARING | (frozenset() if isinstance(fn, str) else {"time_limit"})
    asked = {**vars(options), "reduction": reduction or AUTO}
    defaults = {f.name: f.default for f in fields(Options) if f.name not in without}
    return {name: asked[name] for name, default in defaults.items() if asked[name] != default}


def line(start: str, asked: Mapping[str, Any]) -> str:
    """The whole of it.

    >>> line("crosscheck check f.py:f --as softmax", {"time_limit": 5.0, "cases": ("typical",)})
    'crosscheck check f.py:f --as softmax --time-limit 5 --case typical'
    >>> line("crosscheck.check(f, 'softmax'", {"quantity": "vjp", "cases": ("typical",)})
    "crosscheck.check(f, 'softmax', quantity='vjp', cases=('typical',))"
    """
    if start.startswith(_PYTHON):
        return start + "".join(f", {name}={value!r}" for name, value in asked.items()) + ")"
    words = [
        word
        for name, value in asked.items()
        for each in (value if isinstance(value, tuple) else (value,))
        for word in (f"--{_SPELLED.get(name, name).replace('_', '-')}", shlex.quote(_written(each)))
    ]
    return " ".join([start, *words])


def _written(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
