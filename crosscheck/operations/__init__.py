"""One file per operation: its equations, cases and framework forms, in a constant ``OPERATION``.

A new file here is a new operation; nothing else is edited. A name with a leading underscore is no operation, but
what several of them share.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from ..operation import Operation

_ORDER = ("sigmoid", "softmax", "log_softmax", "logsumexp", "cross_entropy", "two_layer")


@cache
def operations() -> dict[str, Operation]:
    """Every operation by name, the assignment's first, in its order."""
    names = sorted(
        (module.name for module in iter_modules(__path__) if not module.name.startswith("_")),
        key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name),
    )
    return {name: import_module(f"{__name__}.{name}").OPERATION for name in names}


def operation(name: str) -> Operation:
    """The operation of that name; ValueError lists the names there are, TypeError asks for one."""
    if not isinstance(name, str):
        raise TypeError(f"operation: got {type(name).__name__}, expected one of {', '.join(operations())}")
    if name not in operations():
        raise ValueError(f"operation: got {name!r}, expected one of {', '.join(operations())}")
    return operations()[name]
