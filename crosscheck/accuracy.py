"""How accurate: the worst error in ulps of the reference, torch and JAX, quantity by quantity, regime by regime.

The truth is an enclosure of the literal equation (``reference.equations``) at the very inputs. Cross-entropy has
hard labels; its gradient, and σ', come from autograd in torch and from ``jax.grad`` under ``jit`` in JAX, on the
CPU. The errors of logsumexp are in ulps of the larger of |lse| and |m|, as m + log Σ may cancel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from zlib import crc32

import numpy as np
from rich.table import Table

from reference import equations

from .accuracy_forms import IMPLEMENTATIONS, Program, programs
from .enclosure import Enclosure, ulps
from .environment import environment
from .formats import FORMATS, Format, format_of
from .graph import Graph, evaluate
from .numbers.ball import Ball
from .regimes import LOGITS, possible_labels
from .truth import require_gradual_underflow

SCHEMA = "crosscheck.accuracy/1"

LIMIT = 4.0
"""What the reference promises, in ulps."""

DTYPES = ("float32", "float64")

QUANTITIES = (
    "sigmoid",
    "sigmoid_gradient",
    "softmax",
    "log_softmax",
    "logsumexp",
    "cross_entropy",
    "cross_entropy_gradient",
)
"""Names in ``reference.equations``, and of the public functions of the reference."""


def _gap(gap: float) -> Callable[[np.random.Generator, Format], np.ndarray]:
    def draw(rng: np.random.Generator, format: Format) -> np.ndarray:
        x = rng.normal(0, 1, (8, 10))
        x[np.arange(8), rng.integers(0, 10, 8)] = x.max(axis=1) + gap
        return x

    return draw


def _near_ties(rng: np.random.Generator, format: Format) -> np.ndarray:
    return rng.normal(0, 3, (8, 1)) * (1 + 2 * format.unit_roundoff * rng.integers(-2, 3, (8, 10)))


def _ties(rng: np.random.Generator, format: Format) -> np.ndarray:
    """All logits equal; one ahead of equal ones, whose errors then all point the same way."""
    x = np.repeat(rng.normal(0, 3, (8, 1)), 100, axis=1)
    x[4:, 0] += rng.uniform(0.1, 5, 4)
    return x


def _subnormal(rng: np.random.Generator, format: Format) -> np.ndarray:
    """Probabilities from the smallest normal number of the format down to those that only together are not 0."""
    x = rng.uniform(np.log(format.smallest_subnormal) - 1, np.log(format.smallest_normal), (8, 100))
    x[4:] = np.log(format.smallest_subnormal) - 2
    x[:, 0] = 0
    return x


def _infinite(rng: np.random.Generator, format: Format) -> np.ndarray:
    x = rng.normal(0, 3, (8, 10))
    x[0, 3] = np.inf
    x[2, 4:6] = np.inf
    x[4] = -np.inf
    x[6, 2] = np.nan
    return x


def _huge(rng: np.random.Generator, format: Format) -> np.ndarray:
    return rng.uniform(-1, 1, (8, 10)) * (1e30 if format.name == "float32" else 1e300)


REGIMES: Mapping[str, Callable[[np.random.Generator, Format], np.ndarray]] = {
    "|x| < 1": lambda rng, format: rng.uniform(-1, 1, (8, 10)),
    "N(0, 3)": lambda rng, format: rng.normal(0, 3, (8, 10)),
    "N(0, 30)": lambda rng, format: rng.normal(0, 30, (8, 10)),
    **{f"gap {gap}": _gap(gap) for gap in (17, 40, 80, 700)},
    "near ties": _near_ties,
    "ties": _ties,
    "one class": lambda rng, format: rng.normal(0, 3, (8, 1)),
    "1e5 classes": lambda rng, format: rng.normal(0, 3, (1, 100_000)),
    "subnormal": _subnormal,
    "some -inf": LOGITS["masked"].draw,
    "inf and NaN": _infinite,
    "1e30, 1e300": _huge,
    "largest": lambda rng, format: rng.uniform(-1, 1, (8, 10)) * format.largest,
}
"""Regime → its logits, drawn in float64, (rows, classes)."""


@dataclass(frozen=True)
class Row:
    """The worst error of each implementation, in ulps; inf where it is NaN or infinite and the truth is not."""

    quantity: str
    regime: str
    dtype: str
    worst: Mapping[str, float]


def inputs(regime: str, dtype: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits and class labels of a regime: the likeliest class in even rows, any possible class in odd ones.

    >>> x, labels = inputs("N(0, 3)", "float32", seed=0)
    >>> x.shape, x.dtype.name, labels.shape
    ((8, 10), 'float32', (8,))
    """
    format = format_of(dtype)
    rng = np.random.default_rng([seed, crc32(regime.encode())])
    x = format.round(REGIMES[regime](rng, format))
    return x, possible_labels(rng, x)


def measure(
    quantity: str, regime: str, dtype: str, programs: Mapping[str, Mapping[str, Program]], seed: int = 0
) -> Row:
    """One row of the table: every implementation in ``programs`` against one truth."""
    require_gradual_underflow()
    x, labels = inputs(regime, dtype, seed)
    targets = np.zeros(x.shape)
    targets[np.arange(len(x)), labels] = 1
    largest = x.astype(np.float64).max(axis=1)
    special = (np.isinf(largest), largest) if quantity == "logsumexp" else None
    graph: Graph = {quantity: getattr(equations, quantity)}
    truth = Enclosure(lambda: evaluate(graph, {"x": Ball.of(x), "y": Ball.of(targets)}, quantity), special)
    scale = 1.0
    if quantity == "logsumexp":
        ulp = FORMATS[dtype].ulp
        scale = ulp(truth.mid) / np.maximum(ulp(truth.mid), ulp(np.where(np.isfinite(largest), largest, 0.0)))
    hi, lo = truth.split(format_of(dtype))
    worst = {
        name: float((ulps(program[quantity](x.copy(), labels), hi, lo, format_of(dtype)) * scale).max())
        for name, program in programs.items()
    }
    return Row(quantity, regime, dtype, worst)


def table(seed: int = 0, implementations: Sequence[str] = tuple(IMPLEMENTATIONS)) -> list[Row]:
    """A row for every quantity, regime and dtype."""
    chosen = programs(implementations)
    return [
        measure(quantity, regime, dtype, chosen, seed)
        for quantity in QUANTITIES
        for regime in REGIMES
        for dtype in DTYPES
    ]


def to_dict(rows: Sequence[Row], seed: int) -> dict[str, Any]:
    """The rows as plain data, with the schema and the environment."""
    return {
        "schema": SCHEMA,
        "environment": environment(),
        "seed": seed,
        "limit": LIMIT,
        "rows": [asdict(row) for row in rows],
    }


def show(rows: Sequence[Row]) -> Table:
    """The rows as a table of at most 80 columns: quantity and regime down, implementation and dtype across."""
    shown = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    shown.add_column("worst ulp", no_wrap=True)
    columns = list(dict.fromkeys((name, row.dtype) for row in rows for name in row.worst))
    columns.sort(key=lambda column: list(IMPLEMENTATIONS).index(column[0]))
    for name, dtype in columns:
        shown.add_column(f"{name}\n{dtype}", justify="right", no_wrap=True)
    cells = {(r.quantity, r.regime, name, r.dtype): worst for r in rows for name, worst in r.worst.items()}
    before = ""
    for quantity, regime in dict.fromkeys((row.quantity, row.regime) for row in rows):
        figures = (cells.get((quantity, regime, *column)) for column in columns)
        if quantity != before:
            shown.add_row(quantity, style="bold")
        shown.add_row(f"  {regime}", *map(_figure, figures))
        before = quantity
    return shown


def _figure(ulp: float | None) -> str:
    if ulp is None:
        return ""
    return f"{ulp:.2f}" if ulp < 1000 else f"{ulp:.0e}".replace("e+0", "e").replace("e+", "e")
