"""A derivation of one's own: a file of plain NumPy functions, read as lines.

The lines are the list ``LINES`` of the file (functions, or pairs of a text and a function), or else the functions
that it defines, in order, but for those whose name begins with an underscore. With ``DEFINITION`` (a function
whose value is one number) and ``WRT`` (one of its parameters, by name) the first line must be that derivative.
``INPUTS`` says what the parameters are: ``{"x": "N C", "y": "N C sums to 1", "j": "label"}``.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Mapping
from inspect import Parameter, signature, unwrap
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from reference.derivations import NETWORK_INPUTS, Definition, Derivation, Input, Line

from .own_text import line_text

BAD_CALL, FAILED = 2, 1
KINDS = ("sums to 1", "other label", "label", "labels")
WORDS = "lengths among N, D, H, C or whole numbers, then perhaps 'sums to 1', 'label', 'other label' or 'labels'"
_MODULE = "__derivation__"
_PYTHON_2 = re.compile(r"call to '(print|exec)'|exception types must be parenthesized|leading zeros in decimal")
_PYTHON_2_NAMES = ("xrange", "raw_input", "unicode", "basestring", "unichr", "reduce")


class OwnError(ValueError):
    """A file whose lines cannot be judged, in one line; ``status`` is that of the program."""

    def __init__(self, message: str, status: int = BAD_CALL) -> None:
        super().__init__(" ".join(message.split()))
        self.status = status


def load(path: str) -> Derivation:
    """Run the file and take its lines, its definition and its inputs.

    OwnError: there is no such file, it is no Python 3, it fails when it is run, or it defines no derivation.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "mine.py").write_text("def one(x): return x + x\\ndef two(x): return 2 * x")
    ...     [line.text for line in load(f"{folder}/mine.py").lines]
    ['x + x', '2 * x']
    """
    tree, source = _parsed(path)
    module = _run(path, source)
    definition = _definition(module, tree, source)
    lines = _lines(module, tree, source)
    if not lines:
        raise OwnError(f"{path}: has no lines; expected functions, or a list LINES of them")
    if len(lines) == 1 and definition is None:
        raise OwnError(f"{path}: got one line; expected two, or one and its DEFINITION and WRT")
    return Derivation("", Path(path).name, _inputs(module, lines, definition), lines, definition)


def names(derivation: Derivation) -> list[str]:
    """What errors call the lines: ``line 2 (my_line)``."""
    return [f"line {i} ({line.function.__name__})" for i, line in enumerate(derivation.lines, 1)]


def _parsed(path: str) -> tuple[ast.Module, str]:
    try:
        source = Path(path).read_bytes()
        return ast.parse(source, path), source.decode("utf-8", "replace")
    except SyntaxError as error:
        if _PYTHON_2.search(error.msg):
            raise OwnError(f"{path}: line {error.lineno} is Python 2 ({error.msg}); expected Python 3") from None
        raise OwnError(f"{path}: line {error.lineno}: {error.msg}; expected Python") from None
    except OSError as error:
        raise OwnError(f"{path}: {error.strerror}; expected a Python file") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise OwnError(f"{path}: {error or type(error).__name__}; expected Python") from None


def _run(path: str, source: str) -> ModuleType:
    module = ModuleType(_MODULE)
    module.__file__ = path
    sys.modules[_MODULE] = module
    sys.path.insert(0, str(Path(path).resolve().parent))
    try:
        exec(compile(Path(path).read_bytes(), path, "exec"), vars(module))
    except BaseException as error:
        raise OwnError(told(error, path), FAILED) from None
    finally:
        sys.path.pop(0)
    return module


def told(error: BaseException, path: str) -> str:
    """What a file's code raised, and in which of its lines."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        line = trace.tb_lineno if trace.tb_frame.f_code.co_filename == path else line
        trace = trace.tb_next
    name, where = type(error).__name__, f"{path}: line {line}: " if line else f"{path}: "
    if isinstance(error, SystemExit):
        return f"{where}it ends the program (SystemExit: {error.code})"
    if isinstance(error, NameError) and error.name in _PYTHON_2_NAMES:
        return f"{where}{error.name} is Python 2; expected Python 3"
    return f"{where}{name}: {error}" if str(error) else f"{where}{name}"


def _lines(module: ModuleType, tree: ast.Module, source: str) -> tuple[Line, ...]:
    listed = getattr(module, "LINES", None)
    if listed is None:
        skipped = getattr(module, "DEFINITION", None)
        mine = {
            id(value): value
            for name, value in vars(module).items()
            if isinstance(value, FunctionType) and unwrap(value).__module__ == _MODULE
            if not name.startswith("_") and value is not skipped
        }
        ordered = sorted(mine.values(), key=lambda function: unwrap(function).__code__.co_firstlineno)
        return tuple(Line(line_text(function, tree, source), function) for function in ordered)
    if not isinstance(listed, list | tuple):
        raise OwnError(f"LINES: got {type(listed).__name__}, expected a list of functions")
    found = []
    for i, item in enumerate(listed, 1):
        pair = item if isinstance(item, tuple) and len(item) == 2 else (None, item)
        if not callable(pair[1]) or not isinstance(pair[0], str | None):
            raise OwnError(f"LINES: item {i} is {item!r}, expected a function, or a pair of a text and a function")
        found.append(Line(pair[0] or line_text(pair[1], tree, source), pair[1]))
    return tuple(found)


def _definition(module: ModuleType, tree: ast.Module, source: str) -> Definition | None:
    function, wrt = getattr(module, "DEFINITION", None), getattr(module, "WRT", None)
    if function is None:
        if wrt is not None:
            raise OwnError(f"WRT: got {wrt!r} without a DEFINITION; expected the function to be differentiated")
        return None
    if not callable(function):
        raise OwnError(f"DEFINITION: got {function!r}, expected a function whose value is one number")
    asked = _parameters(function, "DEFINITION")
    wrt = asked[0] if wrt is None and len(asked) == 1 else wrt
    if wrt not in asked:
        raise OwnError(f"WRT: got {wrt!r}, expected the parameter to differentiate by: {', '.join(asked)}")
    return Definition(f"{line_text(function, tree, source)} by {wrt}", function, wrt)


def _parameters(function: Callable[..., Any], where: str) -> list[str]:
    """The names of the arguments without a default."""
    try:
        found = signature(function).parameters.values()
    except (TypeError, ValueError):
        raise OwnError(f"{where}: its parameters cannot be read; expected a Python function") from None
    starred = [
        str(one) for one in found if one.kind not in (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    ]
    if starred:
        raise OwnError(f"{where}: takes {starred[0]!r}, expected parameters that can be given by name")
    return [one.name for one in found if one.default is Parameter.empty]


def _inputs(module: ModuleType, lines: tuple[Line, ...], definition: Definition | None) -> dict[str, Input]:
    said = getattr(module, "INPUTS", {})
    if not isinstance(said, Mapping):
        raise OwnError(f"INPUTS: got {type(said).__name__}, expected a dict such as {{'x': 'N C', 'j': 'label'}}")
    asked: dict[str, str] = {}
    for i, line in enumerate(lines, 1):
        where = f"line {i} ({line.function.__name__})"
        asked = dict.fromkeys(_parameters(line.function, where), where) | asked
    if definition is not None:
        asked = dict.fromkeys(_parameters(definition.function, "DEFINITION"), "DEFINITION") | asked
    unused = [name for name in said if name not in asked]
    if unused:
        raise OwnError(f"INPUTS: {unused[0]!r} is a parameter of no line; expected some of {', '.join(asked)}")
    unknown = [name for name in asked if name not in said and name not in NETWORK_INPUTS]
    if unknown:
        name = unknown[0]
        raise OwnError(
            f"{asked[name]}: the shape of {name!r} is not known; say INPUTS = {{{name!r}: 'N C'}}: {WORDS}"
        )
    return {name: parsed(said[name], name) if name in said else NETWORK_INPUTS[name] for name in asked}


def parsed(words: Any, name: str = "x") -> Input:
    """What ``INPUTS`` says of a parameter. OwnError: it is not in these words.

    >>> parsed("N C sums to 1")
    Input(dims=('N', 'C'), kind='sums to 1', like='')
    >>> parsed("")  # one number
    Input(dims=(), kind='real', like='')
    """
    if isinstance(words, Input):
        return words
    text = " ".join(words.split()) if isinstance(words, str) else "?"
    kind = next((kind for kind in KINDS if text == kind or text.endswith(f" {kind}")), "real")
    dims = tuple(text.removesuffix(kind).split())
    fits = {"label": not dims, "other label": not dims, "labels": dims == ("N",), "sums to 1": bool(dims)}
    if not all(re.fullmatch(r"[NDHC]|[1-9]\d*", dim) for dim in dims) or not fits.get(kind, True):
        raise OwnError(f"INPUTS[{name!r}]: got {words!r}, expected {WORDS}")
    return Input(dims, kind)


__all__ = ["BAD_CALL", "FAILED", "OwnError", "load", "names", "parsed", "told"]
