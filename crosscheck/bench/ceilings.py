"""What the cores can do at most: their rate of multiplying matrices, and of copying memory.

The GEMM rate is the best of several products of two 2048 × 2048 matrices by ``np.matmul``, 2 · 2048³ operations
each. The copy rate is that at the footprint of the question, since a cache copies several times faster than
memory: every core copies its share of half of it to the other half, over and over, without waiting for the others.
Counted are the bytes that are read and those that are written.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from ..environment import cores

GEMM = 2048
SMALLEST_COPY = 2**18
"""Bytes that each core copies at least: below that it is the interpreter that is measured."""

_COPYING = 0.04  # seconds
_TIMES = 5


def start(cores: int, device: str) -> str:
    """Nothing has to be set."""
    return ""


def measured(gemm: dict[str, int], copy: int) -> dict[str, Any]:
    """Operations a second for each dtype in ``gemm`` (at that size), bytes a second at a footprint of ``copy``."""
    found: dict[str, Any] = {"gemm": {dtype: gemm_rate(dtype, size) for dtype, size in gemm.items()}}
    return found | ({"copy": copy_rate(copy)} if copy else {})


def gemm_rate(dtype: str, size: int = GEMM) -> float:
    """Operations a second of a matrix product, the best of several."""
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=(size, size)).astype(dtype) for _ in range(2))
    out = np.empty_like(a)
    np.matmul(a, b, out=out)
    return 2 * size**3 / min(_seconds(lambda: np.matmul(a, b, out=out)) for _ in range(_TIMES))


def copy_rate(footprint: int) -> float:
    """Bytes a second, read and written, of copying within ``footprint`` bytes on all cores of this process."""
    many = cores()
    share = max(footprint // many, SMALLEST_COPY) // 2
    pairs = [(np.ones(share, np.uint8), np.zeros(share, np.uint8)) for _ in range(many)]
    calls = max(1, int(_COPYING / _seconds(lambda: np.copyto(pairs[0][1], pairs[0][0]))))

    def copies(pair: tuple[np.ndarray, np.ndarray]) -> None:
        for _ in range(calls):
            np.copyto(pair[1], pair[0])

    with ThreadPoolExecutor(many) as pool:
        list(pool.map(copies, pairs))
        best = min(_seconds(lambda: list(pool.map(copies, pairs))) for _ in range(_TIMES))
    return 2 * share * many * calls / best


def _seconds(call: Callable[[], Any]) -> float:
    before = time.perf_counter()
    call()
    return max(time.perf_counter() - before, 1e-9)


def threads(cores: int) -> dict[str, str]:
    """The environment that has every library take as many threads as there are cores."""
    names = ("OMP", "MKL", "OPENBLAS", "NUMEXPR", "VECLIB_MAXIMUM")
    return {f"{name}_NUM_THREADS": str(cores) for name in names} | {"OMP_DYNAMIC": "FALSE"}
