"""The text of a line: what its docstring says first, else the one expression that it returns, else its name."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from inspect import unwrap
from typing import Any


def line_text(function: Callable[..., Any], tree: ast.Module, source: str) -> str:
    """The text of a function that stands in ``source``, of which ``tree`` is the syntax.

    >>> source = "def f(x): return x * x"
    >>> space = {}
    >>> exec(source, space)
    >>> line_text(space["f"], ast.parse(source), source)
    'x * x'
    """
    told = (function.__doc__ or "").strip() if hasattr(function, "__code__") else ""
    if told:
        return told.splitlines()[0].strip()
    plain = unwrap(function)
    segments = {ast.get_source_segment(source, body) or "" for body in _bodies(plain, tree)}
    segment = segments.pop() if len(segments) == 1 else ""
    return segment if segment and "\n" not in segment else getattr(plain, "__name__", repr(plain))


def _bodies(function: Any, tree: ast.Module) -> Iterator[ast.expr]:
    """The expression that the function returns, where that is all it does."""
    code = getattr(function, "__code__", None)
    if code is None:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda) and code.co_name == "<lambda>" and _spans(code, node.body):
            yield node.body
        elif isinstance(node, ast.FunctionDef) and node.name == code.co_name and len(node.body) == 1:
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            (only,) = node.body
            if first == code.co_firstlineno and isinstance(only, ast.Return) and only.value is not None:
                yield only.value


def _spans(code: Any, body: ast.expr) -> bool:
    """Whether an instruction stands for all of this expression: several lambdas may share a line."""
    places = [place for place in code.co_positions() if None not in place and place[3] > place[2]]
    wanted = (body.lineno, body.col_offset, body.end_lineno, body.end_col_offset)
    return any((place[0], place[2], place[1], place[3]) == wanted for place in places)
