"""What the cross-entropies with class indices share: cases, forms, special values; they differ in the reduction.

The conventions are PyTorch's, and those of ``reference.label_cross_entropy``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from reference.label_cross_entropy import label_cross_entropy, label_cross_entropy_jvp, label_cross_entropy_vjp
from reference.label_equations import IGNORED, label_weight

from ..cases import Arrays, Case, Draw
from ..formats import Format
from ..operation import Special
from ..regimes import LOGITS

SHAPES = {"x": "N n", "labels": "N", "weight": "n", "smoothing": "", "tangent": "N n"}
INTEGERS, SCALARS = frozenset({"labels"}), frozenset({"smoothing"})

TABLE = (
    ("label −100", "the row is as if absent: cost 0, gradient 0, whatever its logits", "PyTorch's ignore_index"),
    ("t = 0 where x = −inf", "contributes 0", "the limit: 0 log 0 = 0"),
    ("t > 0 where x = −inf", "+inf", "the limit"),
    ("+inf, NaN, or a row all −inf in x", "NaN", "softmax has no value there"),
)

Labels = Callable[[np.random.Generator, np.ndarray], np.ndarray]


def _possible(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    """The likeliest class in the even rows, a random one of probability > 0 in the others."""
    labels = x.argmax(axis=-1)
    for row in range(1, len(x), 2):
        labels[row] = rng.choice(np.flatnonzero(x[row] > -np.inf))
    return labels


def _some_ignored(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    """Rows 0, 3 and 6 are ignored."""
    labels = _possible(rng, x)
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
    labels: Labels = _possible,
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
    """Little cancels: every label is a class of probability about 3/4, every direction is along the other."""

    def draw(rng: np.random.Generator, format: Format) -> Arrays:
        x = np.full((8, 10), -np.inf)
        x[:, :2] = rng.uniform(-1, 1, (8, 2)) / 32 + [0, 1]
        return {
            "x": x,
            "labels": np.where(np.arange(8) < (8 if rows else 2), 1, IGNORED),
            "weight": np.ones(10),
            "smoothing": np.array(0.0),
            "cotangent": np.asarray(rng.uniform(1.3, 1.4, 8 if rows else ())),
            "tangent": np.where(np.arange(10) == 0, rng.uniform(1.3, 1.4, (8, 10)), 0.0),
        }

    few = "" if rows else ", all rows but two ignored"
    return Case("sharp", f"logits near 0 and 1, the rest −inf{few}: the sharpest bounds, 8×10", draw)


_REGIMES = ("typical", "tiny", "dominant", "masked")
_EXTRA = ("strided", "reversed", "fortran", "one_example", "no_examples", "many_classes", "many_examples")
_MORE_ROWS = ("wide", "special")


def label_cases(rows: bool) -> dict[str, Case]:
    """The cases of an operation whose value is one for each row, or a single number."""
    padded = "NaN, +inf, all −inf in rows that are ignored, 8×10"
    found = (
        *(_case(name, name, "", rows) for name in (*_REGIMES, *(_MORE_ROWS if rows else ()), *_EXTRA)),
        _sharp(rows),
        _case("ends", "typical", "the first class and the last by turns", rows, _ends),
        _case("ignored", "typical", "three rows ignored", rows, _some_ignored),
        *(() if rows else (_case("all_ignored", "typical", "all rows ignored", rows, _none),)),
        _case("padded", "typical", padded, rows, _some_ignored, draw=_padded),
        _case("smoothed", "typical", "", rows, smoothing=0.1),
        _case("weighted", "typical", "", rows, weighted=True),
        _case("everything", "typical", "three rows ignored", rows, _some_ignored, weighted=True, smoothing=0.1),
        _case("masked_smoothed", "masked", "", rows, smoothing=0.1, extra=True),
    )
    return {case.name: case for case in found}


def reference(reduction: str) -> Callable[..., Arrays]:
    """The NumPy implementation with a reduction."""

    def run(
        x: np.ndarray,
        labels: np.ndarray,
        weight: np.ndarray,
        smoothing: np.ndarray,
        cotangent: np.ndarray,
        tangent: np.ndarray,
    ) -> Arrays:
        how = (weight, float(smoothing), reduction)
        return {
            "value": label_cross_entropy(x, labels, *how),
            "vjp": label_cross_entropy_vjp(x, labels, cotangent, *how),
            "jvp": label_cross_entropy_jvp(x, labels, tangent, *how),
        }

    return run


def torch(reduction: str) -> Callable[[Any], Any]:
    """``F.cross_entropy`` with class indices."""

    def form(torch: Any) -> Any:
        def cross_entropy(x: Any, labels: Any, weight: Any, smoothing: float) -> Any:
            return torch.nn.functional.cross_entropy(
                x, labels, weight, ignore_index=IGNORED, reduction=reduction, label_smoothing=smoothing
            )

        return cross_entropy

    return form


def _reduced(costs: Any, counts: Any, reduction: str) -> Any:
    """Costs of rows as JAX users reduce them; ``counts`` is the weight of each row in the mean."""
    if reduction == "none":
        return costs
    return costs.sum() if reduction == "sum" else costs.sum() / counts.sum()


def jax(reduction: str) -> Callable[[Any], Any]:
    """By hand: log-softmax, the entry of the label, and a mask; the smoothing where it is asked for."""

    def form(jax: Any) -> Any:
        jnp = jax.numpy

        def cross_entropy(x: Any, labels: Any, weight: Any, smoothing: float) -> Any:
            kept = labels != IGNORED
            safe = jnp.where(kept, labels, 0)
            log_p = jax.nn.log_softmax(x, axis=-1)
            costs = -weight[safe] * jnp.take_along_axis(log_p, safe[:, None], axis=-1)[:, 0]
            if smoothing:
                costs = (1 - smoothing) * costs - smoothing / x.shape[-1] * (weight * log_p).sum(axis=-1)
            return _reduced(jnp.where(kept, costs, 0), jnp.where(kept, weight[safe], 0), reduction)

        return cross_entropy

    return form


def optax(reduction: str) -> Callable[[Any], Any]:
    """optax' losses: that of integer labels, and with smoothing that of weighted ``smooth_labels``."""

    def form(jax: Any) -> Any:
        import optax

        jnp = jax.numpy

        def cross_entropy(x: Any, labels: Any, weight: Any, smoothing: float) -> Any:
            kept = labels != IGNORED
            safe = jnp.where(kept, labels, 0)
            if smoothing:
                target = optax.smooth_labels(jax.nn.one_hot(safe, x.shape[-1], dtype=x.dtype), smoothing)
                costs = optax.softmax_cross_entropy(x, weight * target)
            else:
                costs = weight[safe] * optax.softmax_cross_entropy_with_integer_labels(x, safe)
            return _reduced(jnp.where(kept, costs, 0), jnp.where(kept, weight[safe], 0), reduction)

        return cross_entropy

    return form


def forms(reduction: str) -> dict[str, Callable[[Any], Any]]:
    """Framework → the function as its users write it."""
    return {"torch": torch(reduction), "jax": jax(reduction), "jax.optax": optax(reduction)}


def of_rows(labels: np.ndarray, **others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Special values of what has one number for each row: 0 in the ignored ones."""
    return labels == IGNORED, np.zeros(labels.shape)


def of_entries(x: np.ndarray, labels: np.ndarray, **others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Special values of what has the shape of x: 0 in the ignored rows."""
    return np.broadcast_to((labels == IGNORED)[:, None], x.shape), np.zeros(x.shape)


def no_weight(wanted: str) -> Callable[..., np.ndarray]:
    """The derivatives of the mean where W = 0, in the shape of the input ``wanted``, or of a number."""

    def rule(labels: np.ndarray, weight: np.ndarray, **others: np.ndarray) -> np.ndarray:
        nothing = label_weight(labels, weight.astype(np.float64)) == 0
        return np.full(others[wanted].shape if wanted else (), nothing)

    return rule


ROWS: dict[str, Special] = {"value": of_rows, "vjp": of_entries, "jvp": of_rows}
SCALAR: dict[str, Special] = {"vjp": of_entries}
