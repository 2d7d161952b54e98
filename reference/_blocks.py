"""Blocks that fit a cache, shared among threads: what keeps NumPy's passes from going out to memory.

A NumPy expression of several passes over a large array goes out to memory in each of them, and allocates what lies
between. Over a block of ``BLOCK`` entries the passes stay in the last cache. NumPy gives up the interpreter's lock
within a pass, so that threads can take blocks in turn.

What is computed does not depend on the blocks: a kernel treats each row (each entry) by itself.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from ._arrays import stored

BLOCK = 262_144
"""Entries of a block: 2 MiB in float64, of which a kernel has two or three. That is more than a second-level cache
holds, but what a pass costs beside its entries, microseconds and some for each row, then hardly counts."""

SMALL = 16_384
"""Entries up to which what follows saves less than the microseconds that it takes."""

_LINE = 64
"""Bytes of a cache line, and of the widest vector register."""

_BUFFER = 1024
"""NumPy's buffer, in entries. Where an operand is broadcast along rows shorter than the buffer, NumPy copies all
operands through it, which takes as long as two or three passes."""


def _vector_exp() -> bool:
    """Whether NumPy's float64 exponential is one of vectors, for which it needs AVX-512, or the C library's."""
    introspect = getattr(np.lib, "introspect", None)
    found = introspect.opt_func_info("^exp$", "float64") if introspect else {}
    current = found.get("exp", {}).get("dd", {}).get("current", "")
    return not found or "AVX512" in current or "X86_V4" in current


SHARED = 524_288 if _vector_exp() else 131_072
"""Entries from which on threads share the blocks: to wake a thread and to wait for it takes some 0.1 ms, which is
soon won where an exponential takes four times as long."""

FRESH = 4096
"""Entries up to which memory taken anew is as fast as memory that is kept for the next block."""

_LEAST = 2 * FRESH
"""Entries of a block at least, where threads share: kernels may treat arrays of up to ``FRESH`` in another way."""

Kernel = Callable[..., None]

_pool: ThreadPoolExecutor | None = None
_kept = threading.local()


def _forget_pool() -> None:
    """A fork takes no threads with it: the child makes its own pool."""
    global _pool
    _pool = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_pool)


def threads() -> int:
    """The threads that share blocks: the cores that this process may use, at most ``OMP_NUM_THREADS``."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, min(cores, int(asked))) if asked.isdecimal() else cores


def in_blocks(kernel: Kernel, *arrays: np.ndarray) -> None:
    """``kernel(*parts)`` for runs of rows, the same of every array; results are written to parts.

    All arrays have the same length, and if it is 0 nothing is done; the first has as many entries to a row as any.
    Floating-point warnings are the caller's affair, and off where threads share the blocks. What a kernel raises
    is raised here.

    >>> x, doubled = np.ones((3, 2)), np.empty((3, 2))
    >>> in_blocks(lambda a, out: np.add(a, a, out=out), x, doubled)
    >>> doubled.sum()
    np.float64(12.0)
    """
    first = arrays[0]
    if first.size <= _BUFFER:
        if first.size:
            kernel(*arrays)
        return
    sharing = max(1, min(threads(), len(first), first.size // _LEAST)) if first.size >= SHARED else 1
    step = max(1, min(BLOCK * len(first) // first.size, -(-len(first) // sharing)))
    many = -(-len(first) // step)
    runs = deque(pairwise([len(first) * i // many for i in range(many + 1)]))  # all of one size, or of a row more
    if sharing == 1:
        _run(kernel, arrays, runs.popleft)
        return
    global _pool
    if _pool is None:
        _pool = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="reference")
    # From the other end: threads that write to one page of new memory at once, perhaps of 2 MiB, all clear it.
    others = [_pool.submit(_run, kernel, arrays, runs.pop) for _ in range(sharing - 1)]
    try:
        _run(kernel, arrays, runs.popleft)
    finally:
        wait(others)  # for all of them, whatever one raised: they write to the caller's arrays
        for other in others:
            other.result()


def entries_in_blocks(kernel: Kernel, *arrays: np.ndarray) -> None:
    """``in_blocks`` of a kernel that treats each entry by itself: up to ``SMALL`` of them are one block.

    >>> x, doubled = np.ones((3, 2)), np.empty((3, 2))
    >>> entries_in_blocks(lambda a, out: np.add(a, a, out=out), x, doubled)
    >>> doubled.sum()
    np.float64(12.0)
    """
    if arrays[0].size <= SMALL:
        kernel(*arrays)
    else:
        in_blocks(kernel, *arrays)


def _run(kernel: Kernel, arrays: tuple[np.ndarray, ...], take: Callable[[], tuple[int, int]]) -> None:
    """Take blocks until there are no more; no two threads are given the same."""
    with np.errstate(all="ignore"):
        np.setbufsize(_BUFFER)  # until the end of ``errstate``
        while True:
            try:
                start, stop = take()
            except IndexError:
                return
            kernel(*(array[start:stop] for array in arrays))


def aligned(shape: tuple[int, ...], dtype: Any = np.float64) -> np.ndarray:
    """An array whose memory starts on a cache line: vector registers are then stored to one line, and not to two.

    >>> aligned((3, 2)).shape
    (3, 2)
    """
    size = prod(shape)
    if size <= SMALL:
        return np.empty(shape, dtype)
    bytes_ = np.dtype(dtype).itemsize * size
    memory = np.empty(bytes_ + _LINE, np.uint8)
    start = -memory.ctypes.data % _LINE
    return memory[start : start + bytes_].view(dtype).reshape(shape)


def scratch(name: str, shape: tuple[int, ...], dtype: Any = np.float64) -> np.ndarray:
    """Memory of a kernel, the same at every call with that name in a thread: what it holds lasts until the next.

    Memory that is allocated anew for each block comes from the system page by page, which takes longer than the
    passes over it.

    >>> scratch("example", (2, 5000)) is scratch("example", (2, 5000))
    False
    >>> np.shares_memory(scratch("example", (2, 5000)), scratch("example", (50, 100)))
    True
    """
    size = prod(shape)
    if not FRESH < size <= BLOCK:  # more is no block
        return np.empty(shape, dtype)
    kept = _kept.__dict__
    if name not in kept:
        kept[name] = aligned((8 * BLOCK,), np.uint8)
    memory: np.ndarray = kept[name][: np.dtype(dtype).itemsize * size]
    return memory.view(dtype).reshape(shape)


def widened(name: str, array: np.ndarray) -> np.ndarray:
    """The array in float64: itself, new if it is small, or in ``scratch``: copied at once, without NumPy's buffer.

    >>> widened("example", np.ones(2, np.float32)).dtype
    dtype('float64')
    """
    if array.size <= FRESH:
        return array.astype(np.float64, copy=False)
    if array.itemsize == 8:
        return array
    wide = scratch(name, array.shape)
    wide[...] = array
    return wide


def spare(name: str, like: np.ndarray, dtype: Any = np.float64) -> np.ndarray | None:
    """``scratch`` of the shape of an array, for ``out=``; None, for which NumPy takes memory anew, if it is small.

    >>> spare("example", np.empty((2, 3))) is None
    True
    """
    return None if like.size <= FRESH else scratch(name, like.shape, dtype)


def by_entries(kernel: Kernel, *arrays: np.ndarray) -> np.ndarray:
    """``kernel(*parts, out)`` for arrays of one shape and dtype, entry by entry; the result is like the first.

    >>> by_entries(lambda a, out: np.add(a, a, out=out), np.ones((3, 2))).shape
    (3, 2)
    """
    if arrays[0].size <= SMALL:
        out = np.empty(arrays[0].shape, arrays[0].dtype)
        kernel(*arrays, out)
        return out
    flat = [np.ascontiguousarray(array).reshape(-1) for array in arrays]
    out = aligned(flat[0].shape, flat[0].dtype)
    in_blocks(kernel, *flat, out)
    return out.reshape(arrays[0].shape)


def by_rows(kernel: Kernel, axis: int, *arrays: np.ndarray, reduced: bool = False) -> np.ndarray:
    """``kernel(*parts, out)`` for rows along ``axis``: (R, n) parts, and (R,) parts of arrays that lack the axis.

    The result has the dtype of the first array, and its shape, or that without ``axis`` where it is ``reduced``.

    >>> by_rows(lambda a, out: np.sum(a, axis=-1, out=out), 0, np.ones((3, 2)), reduced=True)
    array([3., 3.])
    """
    return by_rows_into(kernel, axis, arrays, (reduced,))[0]


def by_rows_into(
    kernel: Kernel, axis: int, arrays: tuple[np.ndarray, ...], reduced: tuple[bool, ...]
) -> tuple[np.ndarray, ...]:
    """``by_rows`` of a kernel with several results, each of which is reduced or not."""
    first = arrays[0]
    ndim, last, shape = first.ndim, first.ndim - 1, first.shape
    if axis == last == 1 and 0 < first.size <= _BUFFER:  # the usual small case, with less around it
        outs = tuple([np.empty(shape[:1] if flag else shape, first.dtype) for flag in reduced])
        kernel(*[np.ascontiguousarray(array) for array in arrays], *outs)
        return outs
    if axis != last:
        moved = tuple(np.moveaxis(array, axis, -1) if array.ndim == ndim else array for array in arrays)
        found = by_rows_into(kernel, last, moved, reduced)
        return tuple(
            out if flag else stored(out, out.dtype, axis) for out, flag in zip(found, reduced, strict=True)
        )
    outs = tuple([aligned(shape[:-1] if flag else shape, first.dtype) for flag in reduced])
    flat = [np.ascontiguousarray(array) for array in arrays] + list(outs)
    if ndim != 2:
        flat = [array.reshape(-1, shape[-1]) if array.shape == shape else array.reshape(-1) for array in flat]
    in_blocks(kernel, *flat)
    return outs
