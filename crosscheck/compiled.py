"""Where JAX keeps what it has compiled for a run: most of a first run is compiling, and a second need not.

The place is the user's cache folder. JAX's key of a program holds what it says, the versions and the options; the
folder's name holds the instructions of the processor. ``JAX_ENABLE_COMPILATION_CACHE=false`` is JAX's own way to
say no, and ``JAX_COMPILATION_CACHE_DIR`` to say where: what is set is left alone.
"""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

import numpy as np

_AT_LEAST = "0.05"
"""Seconds that a program takes to compile for it to be kept: thousands of single primitives take less."""


def variables() -> dict[str, str]:
    """The environment variables that tell JAX, of those that are not set; none where there is no home folder.

    They count for a process that imports JAX after they are set.
    """
    folder = _folder()
    if folder is None:
        return {}
    simd = np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", [])
    told = {
        "JAX_COMPILATION_CACHE_DIR": str(folder / "-".join(["jax", platform.machine(), *simd])),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": _AT_LEAST,
    }
    return {name: value for name, value in told.items() if name not in os.environ}


def _folder() -> Path | None:
    """The folder for caches, by the conventions of the system."""
    said = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(said):
        return Path(said, "softmax-crosscheck")
    try:
        home = Path.home()
    except RuntimeError:
        return None
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "softmax-crosscheck"
