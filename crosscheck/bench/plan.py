"""What is to be timed: cells, contenders and rounds; what makes no sense is refused by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise

from ..environment import usable_cores
from ..implementations._driver import gpu_driver
from .cells import DTYPES, WORKLOADS, Cell, Size
from .process import Contender

REFERENCE, JAX = "reference", "jax.jit"

CONTENDERS = (
    Contender(REFERENCE, "numpy", "crosscheck.bench.of_reference"),
    Contender("torch.eager", "torch", "crosscheck.bench.of_torch"),
    Contender("torch.compile", "torch", "crosscheck.bench.of_torch_compile"),
    Contender(JAX, "jax", "crosscheck.bench.of_jax"),
)

ROUNDS, QUICK_ROUNDS = 11, 3
LARGEST = 2**26  # elements of the logits, or of one matrix of a network


@dataclass(frozen=True)
class Plan:
    """What is timed.

    ``cells`` in order, ``contenders`` in the order of their turns, ``missing`` what is not installed, each with
    what to do about it; at most ``rounds`` rounds; ``sample`` and ``budget`` are seconds: what a sample takes at
    least, and about what all rounds of one contender in a cell may take.
    """

    cells: tuple[Cell, ...]
    contenders: tuple[Contender, ...]
    missing: tuple[str, ...] = ()
    rounds: int = ROUNDS
    sample: float = 0.01
    budget: float = 1.5
    gemm: int = 2048
    seed: int = 0

    @property
    def cores(self) -> tuple[int, ...]:
        """The numbers of cores, in order."""
        return tuple(dict.fromkeys(cell.cores for cell in self.cells))


def size_of(word: str) -> Size:
    """A size, its numbers joined by x or ×.

    >>> size_of("256x1000")
    (256, 1000)
    >>> size_of("256")
    Traceback (most recent call last):
    ValueError: size: got '256', expected 2 or 4 numbers from 1, such as 256x1000 or 64x784x128x10
    """
    numbers = re.split("[x×]", word)
    if len(numbers) not in (2, 4) or not all(n.isdecimal() and int(n) > 0 for n in numbers):
        raise ValueError(f"size: got {word!r}, expected 2 or 4 numbers from 1, such as 256x1000 or 64x784x128x10")
    size = tuple(map(int, numbers))
    if max(a * b for a, b in pairwise(size)) > LARGEST:
        raise ValueError(f"size: got {word!r}, expected at most {LARGEST} elements in an array")
    return size


def cores_of(word: str) -> int:
    """A number of cores: a number, or ``all`` that this process may use.

    >>> cores_of("1")
    1
    """
    here = len(usable_cores())
    if word == "all":
        return here
    if not word.isdecimal() or not 1 <= int(word) <= here:
        raise ValueError(f"cores: got {word!r}, expected 1 to {here}, or all")
    return int(word)


def chosen(kind: str, names: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    """Those that are named, or all; ValueError lists what there is."""
    for name in names:
        if name not in known:
            raise ValueError(f"{kind}: got {name!r}, expected one of {', '.join(known)}")
    return tuple(name for name in known if not names or name in names)


def plan(
    workloads: tuple[str, ...] = (),
    sizes: tuple[str, ...] = (),
    dtypes: tuple[str, ...] = (),
    cores: tuple[str, ...] = (),
    contenders: tuple[str, ...] = (),
    rounds: int | None = None,
    quick: bool = False,
    seed: int = 0,
) -> Plan:
    """What is asked for; ValueError, by name, where it makes no sense. A framework that is missing is told of."""
    works = chosen("workload", workloads, tuple(WORKLOADS))
    wanted = tuple(dict.fromkeys(map(size_of, sizes)))
    formats = chosen("dtype", dtypes, DTYPES)
    many = tuple(dict.fromkeys(map(cores_of, cores or ("1", "all"))))
    for size in wanted:
        if not any(_fits(name, size) for name in works):
            axes = " or ".join(dict.fromkeys(WORKLOADS[name].axes for name in works))
            raise ValueError(f"size: got {'×'.join(map(str, size))}, expected {axes}")
    for name in workloads:
        if wanted and not any(_fits(name, size) for size in wanted):
            raise ValueError(
                f"workload: got {name!r} with no size of {WORKLOADS[name].axes}, expected one for each"
            )
    cells = tuple(
        Cell(name, size, dtype, k)
        for name in works
        for dtype in formats
        for size in _sizes(name, wanted, quick)
        for k in many
    )
    found, missing = _contenders(contenders)
    if quick:
        return Plan(cells, found, missing, rounds or QUICK_ROUNDS, sample=0.002, budget=0.05, gemm=512, seed=seed)
    return Plan(cells, found, missing, rounds or ROUNDS, seed=seed)


def _fits(workload: str, size: Size) -> bool:
    return len(WORKLOADS[workload].sizes[0]) == len(size)


def _sizes(workload: str, wanted: tuple[Size, ...], quick: bool) -> tuple[Size, ...]:
    work = WORKLOADS[workload]
    return (
        tuple(size for size in wanted if _fits(workload, size)) if wanted else work.quick if quick else work.sizes
    )


def _contenders(names: tuple[str, ...]) -> tuple[tuple[Contender, ...], tuple[str, ...]]:
    """Those that are there, on the CPU and where there is a driver on a GPU, and what is missing."""
    wanted = chosen("contender", names, tuple(one.name for one in CONTENDERS))
    found, missing = [], []
    for one in CONTENDERS:
        if one.name not in wanted:
            continue
        if find_spec(one.package) is None:
            missing.append(f"{one.name}: {one.package} is not installed: pip install -e '.[{one.package}]'")
            continue
        found.append(one)
        if one.name == REFERENCE:
            continue
        if gpu_driver():
            found.append(Contender(f"{one.name}@cuda", one.package, one.programs, "cuda"))
        else:
            missing.append(f"{one.name} on a GPU: no driver of one is found")
    return tuple(found), tuple(missing)
