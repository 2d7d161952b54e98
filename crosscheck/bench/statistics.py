"""Medians, quartiles, ratios pair by pair, geometric means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, fsum, log
from statistics import quantiles


@dataclass(frozen=True)
class Spread:
    """A median between its quartiles."""

    low: float
    median: float
    high: float


def spread(numbers: Sequence[float]) -> Spread:
    """Median and quartiles, interpolated between the numbers (as ``numpy.quantile`` does); of at least one.

    >>> spread([4.0, 1.0, 3.0, 2.0, 5.0])
    Spread(low=2.0, median=3.0, high=4.0)
    """
    if len(numbers) == 1:
        return Spread(numbers[0], numbers[0], numbers[0])
    low, middle, high = quantiles(numbers, n=4, method="inclusive")
    return Spread(low, middle, high)


def paired(over: Sequence[float], under: Sequence[float]) -> Spread:
    """The ratios of the numbers of each round, which drift of the machine leaves alone.

    >>> paired([2.0, 4.0, 9.0], [1.0, 2.0, 3.0])
    Spread(low=2.0, median=2.0, high=2.5)
    """
    return spread([a / b for a, b in zip(over, under, strict=False)])


def geometric_mean(numbers: Sequence[float]) -> float:
    """(Π numbers)^(1/n), of at least one, all positive.

    >>> round(geometric_mean([1.0, 4.0]), 12)
    2.0
    """
    return exp(fsum(map(log, numbers)) / len(numbers))
