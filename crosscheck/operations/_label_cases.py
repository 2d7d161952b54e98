"""The cases of the cross-entropies with class indices: regimes of logits, with labels, weights and smoothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from reference.label_equations import IGNORED

from ..cases import Arrays, Case, Draw
from ..formats import Format
from ..regimes import LOGITS, possible_labels

Labels = Callable[[np.random.Generator, np.ndarray], np.ndarray]


def _some_ignored(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    """Rows 0, 3 and 6 are ignored."""
    labels = possible_labels(rng, x)
    labels[::3] = IGNORED
    return labels


def _ends(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    """The first class and the last by turns, where an index that is one off leaves the row."""
    return np.resize([0, x.shape[-1] - 1], len(x))


def _none(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    return np.full(len(x), IGNORED)


def _weights(rng: np.random.Generator, n: int) -> np.ndarray:
    """Between 1/4 and 4, and one class that does not count."""
    weight = rng.uniform(0.25, 4, n)
    weight[n // 2] = 0
    return weight


def _downhill(rng: np.random.Generator, labels: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Up at the label and down elsewhere: the terms of the JVP have one sign, so that their sum is sharp."""
    at_label = labels[:, None] == np.arange(shape[-1])
    return rng.uniform(0.5, 1.5, shape) * np.where(at_label, 1, -1)


def _padded(rng: np.random.Generator, format: Format) -> np.ndarray:
    """What a padded row may hold: NaN, +inf, all −inf in the rows that ``_some_ignored`` ignores."""
    x = rng.normal(0, 3, (8, 10))
    x[0, 2], x[3, 4], x[6] = np.nan, np.inf, -np.inf
    return x


def _case(
    name: str,
    of: str,
    what: str,
    rows: bool,
    labels: Labels = possible_labels,
    weighted: bool = False,
    smoothing: float = 0.0,
    extra: bool = False,
    draw: Draw | None = None,
) -> Case:
    """A case on the logits of the regime ``of``, or of ``draw``; ``rows``: the value is one for each row."""

    def inputs(rng: np.random.Generator, format: Format) -> Arrays:
        x = (draw or LOGITS[of].draw)(rng, format)
        wanted = labels(rng, x)
        return {
            "x": x,
            "labels": wanted,
            "weight": _weights(rng, x.shape[-1]) if weighted else np.ones(x.shape[-1]),
            "smoothing": np.array(smoothing),
            "cotangent": np.asarray(rng.normal(0, 1, len(x) if rows else ())),
            "tangent": rng.normal(0, 1, x.shape) if rows else _downhill(rng, wanted, x.shape),
        }

    regime = LOGITS[of]
    parts = [what if draw else regime.summary, "" if draw else what]
    parts += ["weights"] * weighted + [f"ε = {smoothing:g}"] * bool(smoothing)
    return Case(name, ", ".join(filter(None, parts)), inputs, extra or regime.extra, layout=regime.layout)


def _sharp(rows: bool) -> Case:
    """Little cancels: every label is a class of probability about 3/5, every direction is along the others."""

    def draw(rng: np.random.Generator, format: Format) -> Arrays:
        x = np.full((8, 10), -np.inf)
        x[:, :3] = rng.uniform(-1, 1, (8, 3)) / 32 + [0, 0, 1]
        return {
            "x": x,
            "labels": np.where(np.arange(8) < (8 if rows else 2), 2, IGNORED),
            "weight": np.ones(10),
            "smoothing": np.array(0.0),
            "cotangent": np.asarray(rng.uniform(1.3, 1.4, 8 if rows else ())),
            "tangent": np.where(np.arange(10) < 2, rng.uniform(1.3, 1.4, (8, 10)), 0.0),
        }

    few = "" if rows else ", all rows but two ignored"
    return Case("sharp", f"logits near 0, 0 and 1, the rest −inf{few}: the sharpest bounds, 8×10", draw)


_REGIMES = ("typical", "tiny", "dominant", "masked")
_EXTRA = ("strided", "reversed", "fortran", "one_example", "no_examples", "many_classes", "many_examples")
_MORE_ROWS = ("wide", "special")


def label_cases(rows: bool, smoothing: bool = True) -> dict[str, Case]:
    """The cases of an operation whose value is one for each row, or a single number.

    Without ``smoothing`` those with one are extra: forms are compiled again for it.
    """
    extra = not smoothing
    padded = "NaN, +inf, all −inf in rows that are ignored, 8×10"
    found = (
        *(_case(name, name, "", rows) for name in (*_REGIMES, *(_MORE_ROWS if rows else ()), *_EXTRA)),
        _sharp(rows),
        _case("ends", "typical", "the first class and the last by turns", rows, _ends),
        _case("ignored", "typical", "three rows ignored", rows, _some_ignored),
        *(() if rows else (_case("all_ignored", "typical", "all rows ignored", rows, _none),)),
        _case("padded", "typical", padded, rows, _some_ignored, draw=_padded),
        _case("smoothed", "typical", "", rows, smoothing=0.1, extra=extra),
        _case("weighted", "typical", "", rows, weighted=True),
        _case("everything", "typical", "three rows ignored", rows, _some_ignored, True, 0.1, extra),
        _case("masked_smoothed", "masked", "", rows, smoothing=0.1, extra=True),
    )
    return {case.name: case for case in found}
