"""What a run ran on, as data: it stands in every report, so that figures can be compared."""

from __future__ import annotations

import os
import platform
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

PACKAGES = (
    "softmax-crosscheck",
    "numpy",
    "python-flint",
    "ml_dtypes",
    "torch",
    "jax",
    "jaxlib",
    "sympy",
    "scikit-learn",
    "scipy",
    "autograd",
)


def environment() -> dict[str, Any]:
    """Python, platform, processor, cores, and the versions of the packages that matter (None: not installed)."""
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": cores(),
        "devices": _gpus(),
        "packages": {name: package_version(name) for name in PACKAGES},
    }


def usable_cores() -> list[int]:
    """The numbers of the cores that this process may use; counted from 0 where the system does not say."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def cores() -> int:
    """How many cores this process may use."""
    return len(usable_cores())


@cache
def package_version(package: str) -> str | None:
    """The version of an installed package, or None."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _gpus() -> list[str]:
    """The names of the CUDA devices that torch finds, where it is already loaded."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return []
    return [str(torch.cuda.get_device_name(i)) for i in range(torch.cuda.device_count())]


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
            return next(names, platform.processor())
    except OSError:
        return platform.processor()
