"""Cross-entropy of softmax with class indices: ignored rows, class weights, label smoothing, reductions   (§2.2).

A label c in 0 … n − 1 stands for the target t_c = w_c ((1 − ε) [c = label] + ε/n) (``reference.label_equations``),
and the cost of its row is −Σ_c t_c log ŷ_c. ``reduction`` is

- ``"none"``: the cost of each row, in the shape of x without ``axis``; 0 for an ignored row;
- ``"sum"``: their sum, 0-dimensional; 0 where every row is ignored, or there is none;
- ``"mean"``: the sum over W = Σ w_label of the rows that are not ignored, whatever ε is. Where that is 0, as in a
  batch that is ignored as a whole, the value is 0/0 = NaN, and so are its derivatives.

An ignored row is as if it were absent: it costs 0 and its gradient is 0 whatever its logits are, NaN included. In
the other rows special values are those of ``reference.cross_entropy``: a class of t_c = 0 on a logit −inf adds
nothing, one of t_c > 0 costs +inf. The conventions are PyTorch's; the forms, without cancellation, those of
``reference.cross_entropy``.

All functions: x has at least one dimension and an entry along ``axis``, in a floating dtype, which is that of the
result; ``labels`` are integers in the shape of x without ``axis``, each a class or ``ignored``; ``weight`` has an
entry for each class in x's dtype (all 1 where it is None), ``smoothing`` is ε in [0, 1]. TypeError or ValueError
says by name what is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ._arrays import matching, real, rows, stored, with_axis, without
from ._rows import exponentials
from .cross_entropy import cost_of, gradient_of
from .label_equations import IGNORED

REDUCTIONS = ("none", "sum", "mean")


@dataclass(frozen=True)
class _Given:
    """Checked arguments: x, its axis, the rows that count, the targets in float64 with the classes last, and W."""

    x: np.ndarray
    axis: int
    kept: np.ndarray
    t: np.ndarray
    total: np.float64

    @property
    def gradient(self) -> np.ndarray:
        """∂CE/∂x of each row in float64, the classes last."""
        found = gradient_of(exponentials(rows(self.x, self.axis)), rows(self.t, self.t.ndim - 1))
        return np.where(self.kept[..., None], found.reshape(self.t.shape), 0.0)

    @property
    def cost(self) -> np.ndarray:
        """CE of each row in float64."""
        found = cost_of(rows(self.x, self.axis), rows(self.t, self.t.ndim - 1))
        return found.reshape(self.kept.shape)


def _checked_labels(value: Any, shape: tuple[int, ...], classes: int, ignored: int) -> np.ndarray:
    labels = np.asarray(value)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels: got dtype {labels.dtype.name}, expected integers")
    if labels.shape != shape:
        raise ValueError(f"labels: got shape {labels.shape}, expected {shape}")
    wrong = labels[((labels < 0) | (labels >= classes)) & (labels != ignored)]
    if wrong.size:
        raise ValueError(f"labels: got {wrong[0]}, expected 0 to {classes - 1}, or {ignored} for an ignored row")
    return labels


def _checked(x: Any, labels: Any, weight: Any, smoothing: float, ignored: int, axis: int) -> _Given:
    x, axis = with_axis(x, axis)
    n = x.shape[axis]
    labels = _checked_labels(labels, without(x.shape, axis), n, ignored)
    w = np.ones(n, x.dtype) if weight is None else matching("weight", weight, (n,), x.dtype)
    w = w.astype(np.float64)
    epsilon = real("smoothing", smoothing)
    if not 0 <= epsilon <= 1:
        raise ValueError(f"smoothing: got {epsilon}, expected 0 to 1")
    kept = labels != ignored
    is_label = (labels[..., None] == np.arange(n)) & kept[..., None]
    t = np.where(kept[..., None], w * ((1 - epsilon) * is_label + epsilon / n), 0.0)
    return _Given(x, axis, kept, t, (is_label * w).sum())


def _checked_reduction(reduction: str) -> str:
    if reduction not in REDUCTIONS:
        raise ValueError(f"reduction: got {reduction!r}, expected one of {', '.join(REDUCTIONS)}")
    return reduction


def _reduced(per_row: np.ndarray, given: _Given, reduction: str) -> np.ndarray:
    """The rows, 0 where they are ignored, reduced and rounded once."""
    kept = np.where(given.kept, per_row, 0.0)
    if reduction != "none":
        kept = kept.sum()
    return stored(kept / given.total if reduction == "mean" else kept, given.x.dtype)


@np.errstate(all="ignore")
def label_cross_entropy(
    x: Any,
    labels: Any,
    weight: Any = None,
    smoothing: float = 0.0,
    reduction: str = "none",
    ignored: int = IGNORED,
    axis: int = -1,
) -> np.ndarray:
    """−Σ_c t_c log ŷ_c per row, or reduced: Σ_c t_c (log1p(S) + m − x_c), every term ≥ 0   (§2.2).

    >>> label_cross_entropy([[40.0, 0.0], [0.0, 0.0], [1.0, 2.0]], [0, 1, -100])
    array([4.24835426e-18, 6.93147181e-01, 0.00000000e+00])
    >>> label_cross_entropy([[0.0, 0.0], [1.0, 2.0]], [0, -100], reduction="mean")
    array(0.69314718)
    """
    reduction, given = _checked_reduction(reduction), _checked(x, labels, weight, smoothing, ignored, axis)
    return _reduced(given.cost, given, reduction)


@np.errstate(all="ignore")
def label_cross_entropy_jvp(
    x: Any,
    labels: Any,
    tangent: Any,
    weight: Any = None,
    smoothing: float = 0.0,
    reduction: str = "none",
    ignored: int = IGNORED,
    axis: int = -1,
) -> np.ndarray:
    """Σ_c (∂CE/∂x)_c ẋ_c per row, or reduced; ``tangent`` has the shape of x   (§2.2).

    >>> label_cross_entropy_jvp([[0.0, 0.0], [1.0, 2.0]], [0, -100], [[1.0, 0.0], [1.0, 0.0]], reduction="sum")
    array(-0.5)
    """
    reduction, given = _checked_reduction(reduction), _checked(x, labels, weight, smoothing, ignored, axis)
    v = rows(matching("tangent", tangent, given.x.shape, given.x.dtype), given.axis)
    along = given.gradient * v.reshape(given.t.shape).astype(np.float64)
    return _reduced(along.sum(axis=-1), given, reduction)


@np.errstate(all="ignore")
def label_cross_entropy_vjp(
    x: Any,
    labels: Any,
    cotangent: Any,
    weight: Any = None,
    smoothing: float = 0.0,
    reduction: str = "none",
    ignored: int = IGNORED,
    axis: int = -1,
) -> np.ndarray:
    """x̄ = ȳ ∂CE/∂x, over W for the mean, the shape of x; ``cotangent`` has the shape of the value   (§2.2).

    >>> label_cross_entropy_vjp([[0.0, 0.0], [1.0, 2.0]], [0, -100], 1.0, reduction="mean")
    array([[-0.5,  0.5],
           [ 0. ,  0. ]])
    """
    reduction, given = _checked_reduction(reduction), _checked(x, labels, weight, smoothing, ignored, axis)
    shape = without(given.x.shape, given.axis) if reduction == "none" else ()
    v = matching("cotangent", cotangent, shape, given.x.dtype).astype(np.float64)
    scale = v[..., None] / (given.total if reduction == "mean" else 1)
    return stored(scale * given.gradient, given.x.dtype, given.axis)
