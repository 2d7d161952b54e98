"""What the truth costs: ns per certified value in balls, beside Arb's exp alone, mpmath, and plain float64.

The arithmetics take turns, round by round, in one process; the figures are medians. After the clock has stopped it
is checked that they agree: what is wrong has no time. The peak of memory is that of a process of its own.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from multiprocessing import get_context
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from reference.two_layer import two_layer

from ..cases import Arrays
from ..enclosure import Enclosure
from ..formats import FORMATS
from ..graph import complete
from ..numbers.ball import BITS
from ..numbers.fast import Fast
from ..operations import operation
from ..truth import enclose, negligible
from . import oracle_tasks as tasks

Progress = Callable[[int, int], None]

BALLS, EXP, MPMATH, FAST, FLOAT64 = "balls", "arb exp", "mpmath", "fast enclosure", "float64"
COLUMNS = (BALLS, EXP, MPMATH, FAST, FLOAT64)


@dataclass(frozen=True)
class Cost:
    """ns per value of one equation in each arithmetic of ``COLUMNS``; None where not measured, or wrong."""

    name: str
    ns: Mapping[str, float | None]

    def ratio(self, column: str) -> float | None:
        """How many times what balls cost."""
        own, other = self.ns[BALLS], self.ns.get(column)
        return None if own is None or other is None else other / own


@dataclass(frozen=True)
class Growth:
    """softmax of so many elements, from float64 to correctly rounded float64: ns per element."""

    elements: int
    ns: float


@dataclass(frozen=True)
class Network:
    """All quantities of a network: seconds of the truth and of the float64 reference, and their ratio.

    ``sharp`` is the share of the values that are known to 1/64 ulp of float32.
    """

    name: str
    arithmetic: str
    truth: float
    reference: float
    sharp: float

    @property
    def ratio(self) -> float:
        return self.truth / self.reference


@dataclass(frozen=True)
class Peak:
    """The memory of a process that computed the truth of a softmax, in GB, and that of one that only imported."""

    shape: tuple[int, int]
    gigabytes: float
    before: float


@dataclass(frozen=True)
class OracleTimes:
    """What the oracle costs. ``bits`` is the precision of the balls and of mpmath."""

    seed: int
    bits: int
    costs: tuple[Cost, ...]
    growth: tuple[Growth, ...]
    networks: tuple[Network, ...]
    peak: Peak
    seconds: float

    @property
    def passed(self) -> bool:
        """Every arithmetic agreed with the others: what is wrong has no time."""
        measured = (BALLS, FAST, FLOAT64, *([MPMATH] if find_spec("mpmath") else []))
        return all(cost.ns.get(name) is not None for cost in self.costs for name in measured)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


def measure(seed: int = 0, quick: bool = False, progress: Progress | None = None) -> OracleTimes:
    """Measure everything: some two minutes, or some seconds where it is to be ``quick``.

    ``progress(done, all)`` is called after every part. It starts one process, so a script needs the guard
    ``if __name__ == "__main__"``.
    """
    start = perf_counter()
    to_time = tasks.tasks(seed, quick)
    sizes = [10**k for k in ((3, 4) if quick else (3, 4, 5, 6, 7))]
    done, parts = 0, len(to_time) + len(sizes) + 3

    def told(result: Any) -> Any:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, parts)
        return result

    peak = told(
        _peak(seed, (4, 2000) if quick else (64, 128_000))
    )  # first: a process starts as large as its parent
    rounds = 1 if quick else 5
    costs = tuple(told(_cost(task, rounds)) for task in to_time)
    growth = tuple(told(_growth(seed, size)) for size in sizes)
    small, large = ((8, 20, 10, 5), (32, 64, 64, 50)) if quick else ((64, 784, 128, 10), (512, 2048, 2048, 1000))
    networks = (
        told(_network(seed, small, BALLS, 1 if quick else 3)),
        told(_network(seed, large, FAST, 1 if quick else 5)),
    )
    return OracleTimes(seed, BITS, costs, growth, networks, peak, perf_counter() - start)


def _turns(runs: Mapping[str, tasks.Run], rounds: int) -> dict[str, float]:
    """Median seconds of each, taken in turns; every round after a first that is not counted, unless it is one."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for i in range(rounds if rounds == 1 else rounds + 1):
        for name, run in runs.items():
            start = perf_counter()
            run()
            if i or rounds == 1:
                seconds[name].append(perf_counter() - start)
    return {name: median(found) for name, found in seconds.items()}


def _cost(task: tasks.Task, rounds: int) -> Cost:
    runs: dict[str, tasks.Run] = {
        BALLS: lambda: tasks.balls(task, task.inputs),
        FAST: lambda: tasks.fast(task, task.inputs),
        FLOAT64: lambda: tasks.in_float64(task, task.inputs),
    }
    if task.name == "σ":
        runs[EXP] = tasks.bare_exp(task.inputs["x"])
    try:
        few = tasks.in_mpmath(task, task.few)
    except ImportError:
        few = {}
    else:
        runs[MPMATH] = lambda: tasks.in_mpmath(task, task.few)
    seconds = _turns(runs, rounds)
    exact = tasks.balls(task, task.inputs)
    count = tasks.values(exact)
    counts = {name: tasks.values(few) if name == MPMATH else count for name in runs}
    right = {
        BALLS: True,
        EXP: True,
        MPMATH: tasks.agree_with_mpmath(tasks.balls(task, task.few), few),
        FAST: tasks.encloses(exact, tasks.fast(task, task.inputs)),
        FLOAT64: tasks.near(exact, tasks.in_float64(task, task.inputs)),
    }
    ns = {
        name: 1e9 * seconds[name] / counts[name] if name in seconds and right[name] else None for name in COLUMNS
    }
    return Cost(task.name, ns)


def _softmax(x: np.ndarray) -> Enclosure:
    one = operation("softmax")
    return enclose(one.graph, "value", {"x": x}, None, one.shapes)


def _growth(seed: int, size: int) -> Growth:
    x = 3 * np.random.default_rng(seed).normal(size=(size // 1000, 1000))
    seconds = []
    for _ in range(max(1, min(5, 10**5 // size))):
        start = perf_counter()
        _softmax(x).round("float64")
        seconds.append(perf_counter() - start)
    return Growth(size, 1e9 * median(seconds) / size)


def _network(seed: int, sizes: tuple[int, ...], arithmetic: str, rounds: int) -> Network:
    one = operation("two_layer")
    inputs = tasks.network_inputs(np.random.default_rng(seed), *sizes)
    task = tasks.Task("", one.graph, one.quantities, inputs, inputs)
    runs: dict[str, tasks.Run] = {
        BALLS: lambda: tasks.balls(task, inputs),
        FAST: lambda: _fast_truth(inputs),
        FLOAT64: lambda: two_layer(**inputs),
    }
    seconds = _turns({name: runs[name] for name in (arithmetic, FLOAT64)}, rounds)
    return Network(tasks.spelled(*sizes), arithmetic, seconds[arithmetic], seconds[FLOAT64], _fast_truth(inputs))


def _fast_truth(inputs: Arrays) -> float:
    """The truth of every quantity, and the share of values that are known to 1/64 ulp of float32."""
    one, format = operation("two_layer"), FORMATS["float32"]
    known: dict[str, Any] = {name: Fast.of(a) for name, a in inputs.items()}
    sharp = [negligible(complete(one.graph, known, quantity), format) for quantity in one.quantities]
    return sum(int(np.count_nonzero(s)) for s in sharp) / sum(s.size for s in sharp)


def _peak(seed: int, shape: tuple[int, int]) -> Peak:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        before, after = pool.submit(memory_of_softmax, seed, shape).result()
    return Peak(shape, after, before)


def memory_of_softmax(seed: int, shape: tuple[int, int]) -> tuple[float, float]:
    """The peak of this process in GB before and after the truth of a softmax, as hi + lo in float64."""
    before = _gigabytes()
    x = (3 * np.random.default_rng(seed).normal(size=shape)).astype(np.float32)
    hi, lo = _softmax(x).split(FORMATS["float64"])
    assert hi.shape == lo.shape == shape
    return before, _gigabytes()


def _gigabytes() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e9 if sys.platform == "darwin" else 1e6)
