"""Find a function by its name: ``FILE.py:FN`` runs a file, ``pkg.module:fn`` imports a module.

Both are code that runs, with the rights of whoever runs it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from .call import UnusableError, first_line, of_python_2, told


def divided(name: str) -> tuple[str, str]:
    """A name as (file or module, function); the function is '' where only a file is named.

    UnusableError where it is neither ``FILE.py``, ``FILE.py:FN`` nor ``pkg.module:fn``.

    >>> divided("homework.py:softmax"), divided("my.kernels:softmax")
    (('homework.py', 'softmax'), ('my.kernels', 'softmax'))
    """
    place, colon, function = name.rpartition(":")
    if not colon or function.endswith(".py") or "/" in function or "\\" in function:
        place, function = name, ""
    is_file = place.endswith(".py")
    if not place or (colon and not function and place != name) or (not is_file and not function):
        raise UnusableError(f"function: got {name!r}, expected FILE.py:FN or pkg.module:fn")
    return place, function


def load(place: str) -> ModuleType:
    """The module of a file or of a dotted name; UnusableError says in one line what stands in the way."""
    return _run_file(Path(place)) if place.endswith(".py") else _import(place)


def _import(name: str) -> ModuleType:
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        return import_module(name)
    except BaseException as error:
        raise UnusableError(f"{name}: cannot be imported: {told(error)}") from None


def _run_file(path: Path) -> ModuleType:
    readable(path)
    spec = spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise UnusableError(f"{path}: is no Python file")
    module = module_from_spec(spec)
    sys.modules[path.stem] = module  # dataclasses and pickles look their module up
    sys.path.insert(0, str(path.resolve().parent))
    sys.argv = [str(path)]
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise UnusableError(_what_is_no_syntax(path, error)) from None
    except ModuleNotFoundError as error:
        raise UnusableError(f"{path}: imports {error.name}, which is not there{of_python_2(error)}") from None
    except BaseException as error:
        raise UnusableError(
            f"{path}{_line_of(path, error)}: raised while it was imported: {told(error)}"
        ) from None
    return module


def readable(path: Path) -> None:
    """UnusableError where there is no such file, or one that cannot be read."""
    if not path.is_file():
        raise UnusableError(f"{path}: there is no such file")
    try:
        path.read_bytes()
    except OSError as error:
        raise UnusableError(f"{path}: cannot be read: {error.strerror}") from None


def _what_is_no_syntax(path: Path, error: SyntaxError) -> str:
    if error.lineno is None or error.text is None:  # null bytes, an encoding that is none
        return f"{path}: is no Python: {first_line(error)}"
    where = f"{path}, line {error.lineno}"
    text = error.text.strip()
    if text.startswith(("print ", "print\t", "exec ")) or "Missing parentheses in call to" in str(error):
        return f"{where}: a statement of Python 2, {text!r}; in Python 3 it is a call: {text.split()[0]}(…)"
    if "inconsistent use of tabs" in str(error):
        return f"{where}: tabs and spaces are mixed, as Python 2 allowed"
    return f"{where}: is no Python: {first_line(error).partition(' (')[0]}: {text!r}"


def _line_of(path: Path, error: BaseException) -> str:
    """The line of the file at which an error was raised."""
    trace, line = error.__traceback__, 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return f", line {line}" if line else ""


def function_of(module: ModuleType, name: str) -> Callable[..., Any]:
    """The function of that name, which may be ``Class.method``; UnusableError lists those there are."""
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    if not callable(found):
        there = ", ".join(functions_in(module)) or "none"
        what = "is not there" if found is None else f"is no function but of type {type(found).__name__}"
        raise UnusableError(f"{module.__name__}: {name} {what}; functions in it: {there}")
    function: Callable[..., Any] = found
    return function


def functions_in(module: ModuleType) -> list[str]:
    """The names of the functions that a module defines itself."""
    return [
        name
        for name, value in vars(module).items()
        if callable(value)
        and not name.startswith("_")
        and getattr(value, "__module__", "") == module.__name__
        and not isinstance(value, type)
    ]
