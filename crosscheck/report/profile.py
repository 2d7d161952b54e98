"""Where the time of a run went, in a few lines."""

from __future__ import annotations

from collections.abc import Mapping

from rich.text import Text

from ..spent import PHASES, Profile

_WIDTH = max(map(len, PHASES))
_LEAST = 0.05
"""Seconds below which a phase is not told."""


def render(profile: Profile) -> Text:
    """Seconds by phase, implementation and operation, and the slowest cells."""
    return Text("\n".join(["", *_lines(profile)]))


def _lines(profile: Profile) -> list[str]:
    s = "es" if profile.processes > 1 else ""
    lines = [
        f"Where the time went: {profile.wall:.1f} s, {profile.cores} cores {profile.busy:.0%} busy; seconds "
        f"summed over {profile.processes} process{s}"
    ]
    everything = sum(profile.phases.values())
    for name, seconds in profile.phases.items():
        if seconds >= _LEAST:
            lines.append(f"  {name:<{_WIDTH}} {seconds:7.1f} {seconds / everything:5.0%}")
    lines.append(f"  in implementations: {_listed(profile.implementations)}")
    lines.append(f"  by operation: {_listed(profile.operations)}")
    lines.append("  slowest cells")
    lines += [
        f"    {spent.total:6.2f}  {spent.implementation} {spent.operation} {spent.dtype} {spent.case}: mostly "
        f"{spent.mostly}"
        for spent in profile.slowest()
    ]
    return lines


def _listed(seconds: Mapping[str, float], most: int = 4) -> str:
    first = [f"{name} {value:.1f}" for name, value in [*seconds.items()][:most]]
    more = len(seconds) - len(first)
    return ", ".join(first) + (f" and {more} more" if more else "")
