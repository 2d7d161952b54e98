"""Blocks and threads: every row is computed once, whatever the block, the threads, the axis; errors are raised."""

import math
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from reference import _blocks, _rows
from reference._blocks import by_entries, by_rows, by_rows_into, entries_in_blocks, in_blocks, scratch, threads
from reference.cross_entropy import cross_entropy_gradient, cross_entropy_with_gradient
from reference.hvp import cross_entropy_hvp
from reference.label_cross_entropy import label_cross_entropy_vjp
from reference.sigmoid import sigmoid, sigmoid_gradient, sigmoid_vjp
from reference.softmax import (
    log_softmax,
    log_softmax_jvp,
    logsumexp,
    logsumexp_vjp,
    softmax,
    softmax_vjp,
)

ROOT = Path(__file__).parents[2]
RNG = np.random.default_rng(0)


@pytest.fixture
def small(monkeypatch):
    """Blocks of 64 entries, from 128 entries on shared among three threads."""
    monkeypatch.setattr(_blocks, "_BUFFER", 32)
    monkeypatch.setattr(_blocks, "SMALL", 32)
    monkeypatch.setattr(_blocks, "BLOCK", 64)
    monkeypatch.setattr(_blocks, "SHARED", 128)
    monkeypatch.setattr(_blocks, "_LEAST", 32)
    monkeypatch.setenv("OMP_NUM_THREADS", "")
    monkeypatch.setattr(_blocks, "threads", lambda: 3)


def test_what_is_shared_is_enough_for_all_threads(small, monkeypatch):
    monkeypatch.setattr(_blocks, "BLOCK", 10_000)  # so that a block might hold everything
    sizes = []
    in_blocks(lambda part: sizes.append(len(part)), np.zeros((7, 20)))
    assert sorted(sizes) == [2, 2, 3]


def test_many_threads_get_no_small_blocks(monkeypatch):
    monkeypatch.setattr(_blocks, "SHARED", 131_072)
    monkeypatch.setattr(_blocks, "threads", lambda: 32)
    x = np.tile(RNG.normal(0, 3, (1, 16)), (8193, 1))
    found = log_softmax(x)
    np.testing.assert_array_equal(found, np.tile(found[:1], (8193, 1)))


def test_no_block_is_smaller_than_another_by_more_than_a_row(small, monkeypatch):
    """Which few rows of few classes a kernel treats in another way must not depend on where a row is."""
    monkeypatch.setattr(_blocks, "SHARED", 10**6)
    sizes = []
    in_blocks(lambda part: sizes.append(len(part)), np.zeros((13, 16)))
    assert sizes == [3, 3, 3, 4]
    sizes.clear()
    in_blocks(lambda part: sizes.append(len(part)), np.zeros((65, 1)))
    assert sizes == [32, 33]


@pytest.mark.parametrize(
    ("current", "found"),
    [("X86_V4", True), ("AVX512_SKX", True), ("X86_V3", False), ("baseline(X86_V2)", False), (None, True)],
)
def test_processors_without_vectors_for_exp_are_known(current, found, monkeypatch):
    introspect = pytest.importorskip("numpy.lib.introspect")
    told = {"exp": {"dd": {"current": current}}} if current else {}
    monkeypatch.setattr(introspect, "opt_func_info", lambda func_name, signature: told)
    assert _blocks._vector_exp() is found
    monkeypatch.undo()
    assert "dd" in introspect.opt_func_info("^exp$", "float64")["exp"]


@pytest.mark.parametrize("length", [0, 1, 6, 7, 200])
def test_each_row_comes_once(small, length):
    seen = []
    rows = np.arange(length * 10).reshape(length, 10)
    in_blocks(lambda part: seen.extend(part[:, 0] // 10), rows)
    assert sorted(seen) == [*range(length)]


def test_threads_share_the_blocks(small):
    names, both = set(), threading.Barrier(2, timeout=20)

    def kernel(part):
        names.add(threading.current_thread().name)
        if part[0] in (0, 960):  # the first block and the last are underway at once
            both.wait()

    in_blocks(kernel, np.arange(1024))
    assert len(names) > 1


def test_two_threads_come_from_the_ends(small, monkeypatch):
    """Where they wrote to neighbouring blocks, both would clear the same new pages of memory."""
    monkeypatch.setattr(_blocks, "threads", lambda: 2)
    starts, both = {}, threading.Barrier(2, timeout=20)

    def kernel(part):
        own = starts.setdefault(threading.current_thread().name, [])
        if not own:
            both.wait()
        own.append(part[0])

    in_blocks(kernel, np.arange(1024))
    mine = starts.pop(threading.current_thread().name)
    (others,) = starts.values()
    assert (mine[0], others[0]) == (0, 960)
    assert mine == sorted(mine)
    assert others == sorted(others, reverse=True)


def test_a_few_entries_stay_in_the_thread_that_asks(small):
    names = set()
    in_blocks(lambda part: names.add(threading.current_thread().name), np.arange(127))
    assert names == {threading.current_thread().name}


@pytest.mark.parametrize("wrong", ["first", "last"])
def test_an_error_in_any_block_reaches_the_caller(small, wrong):
    rows = np.arange(1000)

    def kernel(part):
        if rows[0 if wrong == "first" else -1] in part:
            raise ValueError("in a block")

    with pytest.raises(ValueError, match="in a block"):
        in_blocks(kernel, rows)


@pytest.mark.parametrize(("entries", "calls"), [(0, 1), (32, 1), (33, 1), (128, 3), (640, 10)])
def test_few_entries_are_one_block(small, entries, calls):
    sizes = []
    entries_in_blocks(lambda part: sizes.append(part.size), np.zeros(entries))
    assert (len(sizes), sum(sizes)) == (calls, entries)


def test_an_error_is_not_raised_while_another_thread_still_writes(small, monkeypatch):
    monkeypatch.setattr(_blocks, "_pool", None)  # so that the first that is asked is the first that starts
    all_, asked, done = threading.Barrier(3, timeout=20), [], []

    def kernel(part):
        name = threading.current_thread().name
        if name in asked:
            return
        asked.append(name)
        all_.wait()
        if name.endswith("_0"):
            raise ValueError("in a block")
        if name.endswith("_1"):
            time.sleep(0.2)
            done.append(name)

    with pytest.raises(ValueError, match="in a block"):
        in_blocks(kernel, np.arange(1024))
    assert len(done) == 1


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("function", [sigmoid, softmax, log_softmax])
def test_blocks_and_threads_change_no_bit(function, dtype, monkeypatch):
    x = RNG.normal(0, 100, (60, 50)).astype(dtype)
    whole = function(x)
    for block, count in ((50, 1), (64, 3), (999, 2)):
        monkeypatch.setattr(_blocks, "_BUFFER", 32)
        monkeypatch.setattr(_blocks, "SMALL", 32)
        monkeypatch.setattr(_blocks, "BLOCK", block)
        monkeypatch.setattr(_blocks, "SHARED", 128)
        monkeypatch.setattr(_blocks, "threads", lambda count=count: count)
        np.testing.assert_array_equal(function(x), whole)


def test_two_results_of_one_pass_are_those_of_two(small):
    x, y = RNG.normal(0, 3, (7, 5, 20)), RNG.integers(0, 5, (7, 20))
    cost, slope = cross_entropy_with_gradient(x, y, axis=1)
    np.testing.assert_array_equal(slope, cross_entropy_gradient(x, y, axis=1))
    assert cost.shape == (7, 20)


def test_rows_and_their_reductions_come_back_on_their_axis(small):
    x, v = RNG.normal(0, 1, (9, 4, 8)), RNG.normal(0, 1, (9, 8))

    def kernel(x, v, scaled, total):
        scaled[...] = x * v[:, None]
        total[...] = x.sum(axis=-1) * v

    scaled, total = by_rows_into(kernel, 1, (x, v), (False, True))
    np.testing.assert_array_equal(scaled, x * v[:, None, :])
    np.testing.assert_allclose(total, x.sum(axis=1) * v, rtol=1e-14)
    assert scaled.flags.c_contiguous
    np.testing.assert_array_equal(by_rows(lambda x, out: np.copyto(out, x), 0, x), x)
    np.testing.assert_array_equal(by_entries(lambda x, out: np.copyto(out, x), x.T), x.T)


def test_several_callers_at_once(small):
    x = RNG.normal(0, 3, (500, 30))
    expected = softmax(x)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(softmax, [x] * 12):
            np.testing.assert_array_equal(found, expected)


FORKS = """
import os, threading
import numpy as np
from reference import _blocks
from reference.softmax import softmax
_blocks._BUFFER, _blocks.SMALL, _blocks.BLOCK, _blocks.SHARED = 32, 32, 64, 128
_blocks.threads = lambda: 3
x = np.random.default_rng(0).normal(0, 3, (500, 30))
expected = softmax(x)
child = os.fork()
if child == 0:
    threading.Timer(20, os._exit, (2,)).start()
    os._exit(0 if (softmax(x) == expected).all() else 1)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_a_fork_makes_threads_of_its_own():
    """The pool of the parent has no threads in the child, where its work would wait for ever.

    In a process of its own: a fork beside JAX's threads is a warning.
    """
    assert subprocess.run([sys.executable, "-c", FORKS], cwd=ROOT).returncode == 0


@pytest.mark.parametrize(("asked", "expected"), [("1", 1), ("100000", None), ("", None), ("many", None), ("0", 1)])
def test_threads_are_the_cores_or_fewer(monkeypatch, asked, expected):
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    assert threads() == (expected or len(os.sched_getaffinity(0)))


@pytest.mark.parametrize("classes", [1, 8, 77, 1024, 1025, 5000])
@pytest.mark.parametrize("sums", [_rows.row_sum, _rows.narrow_sum])
def test_row_sums_do_not_depend_on_the_rows_beside(sums, classes):
    a = RNG.normal(0, 1, (9, classes))
    for one, total in zip(a, sums(a), strict=True):
        assert sums(one[None])[0, 0] == total[0]


@pytest.mark.parametrize("classes", [1, 8, 17, 1000, 1024, 1025, 8192, 128_000])
def test_sums_for_narrow_formats_have_digits_to_spare(classes):
    """The bound is that of the docstring; the last row stands still where its terms are added one by one."""
    rows = np.stack(
        [
            np.full(classes, 0.1),
            np.exp(RNG.normal(0, 10, classes)),
            RNG.permutation(classes) + 1 / 3,
            np.where(np.arange(classes) == 0, 1, 2.0**-55),
        ]
    )
    for row, total in zip(rows, _rows.narrow_sum(rows), strict=True):
        assert total[0] == pytest.approx(math.fsum(row), rel=2.0**-45, abs=0)


def _labels(x):
    return x.argmin(axis=-1)


CALLS = {
    "sigmoid": sigmoid,
    "sigmoid_gradient": sigmoid_gradient,
    "sigmoid_vjp": lambda x: sigmoid_vjp(x, x),
    "softmax": softmax,
    "softmax_vjp": lambda x: softmax_vjp(x, x),
    "log_softmax": log_softmax,
    "log_softmax_jvp": lambda x: log_softmax_jvp(x, x),
    "logsumexp": logsumexp,
    "logsumexp_vjp": lambda x: logsumexp_vjp(x, x[..., 0].copy()),
    "cross_entropy": lambda x: cross_entropy_with_gradient(x, _labels(x)),
    "cross_entropy of targets": lambda x: cross_entropy_with_gradient(x, softmax(x)),
    "cross_entropy_gradient": lambda x: cross_entropy_gradient(x, _labels(x)),
    "cross_entropy_hvp": lambda x: cross_entropy_hvp(x, _labels(x), x[..., 0].copy(), x),
    "label_cross_entropy_vjp": lambda x: label_cross_entropy_vjp(x, _labels(x), x[..., 0].copy()),
}


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("name", CALLS)
def test_results_outlast_the_next_call(name, dtype):
    """What a kernel keeps from block to block is never what it returns, whatever the blocks are."""
    first, second = (RNG.normal(0, 3, (200, 50)).astype(dtype) for _ in range(2))
    found = CALLS[name](first)
    found = found if isinstance(found, tuple) else (found,)
    copies = [part.copy() for part in found]
    CALLS[name](second)
    for part, copy in zip(found, copies, strict=True):
        np.testing.assert_array_equal(part, copy)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("classes", [1, 17, 1025, 300_000])
@pytest.mark.parametrize("name", CALLS)
def test_no_rows_give_no_results(name, classes, dtype):
    found = CALLS[name](np.zeros((0, classes), dtype))
    for part in found if isinstance(found, tuple) else (found,):
        assert (part.size, part.dtype) == (0, dtype)


def test_scratch_is_of_one_thread_and_one_name():
    mine = scratch("a test", (5000,))
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(scratch, "a test", (5000,)).result()
    assert np.shares_memory(mine, scratch("a test", (50, 90), np.float32))
    assert not np.shares_memory(mine, other)
    assert not np.shares_memory(mine, scratch("another", (5000,)))


@pytest.mark.parametrize("size", [0, 1, 4096, 262_145])
def test_scratch_keeps_neither_little_nor_much(size):
    assert not np.shares_memory(scratch("a test", (size,)), scratch("a test", (size,)))
    assert scratch("a test", (size,)).shape == (size,)
