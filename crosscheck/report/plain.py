"""A report as plain text, for ``str()`` and for the tests."""

from __future__ import annotations

from io import StringIO

from rich.console import Console, RenderableType

WIDTH = 100


def plain(report: RenderableType, width: int = WIDTH) -> str:
    """What is printed where there are no colours, ``width`` columns wide."""
    file = StringIO()
    Console(file=file, width=width, color_system=None, force_terminal=False).print(report)
    return file.getvalue().rstrip()
