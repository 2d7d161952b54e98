"""What people get wrong in the sum and the mean over a batch with class indices."""

from __future__ import annotations

from collections.abc import Callable

from reference.equations import Array, Equation
from reference.label_equations import (
    IGNORED,
    label_cross_entropy_gradient,
    label_cross_entropy_sum,
    label_cross_entropy_sum_jvp,
    label_weight,
)

from ..mistake import Mistake
from ._mistakes import wrong

Divisor = Callable[[Array, Array], Array]
"""(labels, weight) → what a sum over the rows is divided by."""


def _all_rows(labels: Array, weight: Array) -> Array:
    return label_weight(labels, weight) + int((labels == IGNORED).sum())


def _counted_rows(labels: Array, weight: Array) -> Array:
    return int((labels != IGNORED).sum())


def _weight_squared(labels: Array, weight: Array) -> Array:
    total = label_weight(labels, weight)
    return total * total


def _one(labels: Array, weight: Array) -> Array:
    return 1


def _over(by: Divisor) -> dict[str, Equation]:
    """The value, VJP and JVP of the sum over the rows that count, divided by ``by``."""

    def value(x: Array, labels: Array, weight: Array, smoothing: Array) -> Array:
        return label_cross_entropy_sum(x, labels, weight, smoothing) / by(labels, weight)

    def vjp(x: Array, labels: Array, weight: Array, smoothing: Array, cotangent: Array) -> Array:
        return cotangent / by(labels, weight) * label_cross_entropy_gradient(x, labels, weight, smoothing)

    def jvp(x: Array, labels: Array, weight: Array, smoothing: Array, tangent: Array) -> Array:
        return label_cross_entropy_sum_jvp(x, labels, weight, smoothing, tangent) / by(labels, weight)

    return {"value": value, "vjp": vjp, "jvp": jvp}


def _part(by: Divisor, quantity: str) -> dict[str, Equation]:
    return {quantity: _over(by)[quantity]}


def of_sums() -> tuple[Mistake, ...]:
    return (
        wrong("cost and gradient of the mean", "the mean over the rows, not their sum", **_over(label_weight)),
        wrong(
            "cost of the mean",
            "the cost of the mean beside the gradient of the sum",
            **_part(label_weight, "value"),
        ),
        wrong(
            "gradient of the mean",
            "the gradient of the mean beside the cost of the sum",
            **_part(label_weight, "vjp"),
        ),
    )


def of_means() -> tuple[Mistake, ...]:
    return (
        wrong("cost and gradient of the sum", "the sum over the rows, not their mean", **_over(_one)),
        wrong("cost of the sum", "the cost of the sum beside the gradient of the mean", **_part(_one, "value")),
        wrong("gradient of the sum", "the gradient of the sum beside the cost of the mean", **_part(_one, "vjp")),
        wrong("gradient ÷ N", "the gradient divided by W twice", **_part(_weight_squared, "vjp")),
        wrong(
            "mean over ignored rows", "a divisor that counts the rows that are ignored", True, **_over(_all_rows)
        ),
        wrong(
            "divisor without weights",
            "a divisor that counts the rows, instead of adding their weights",
            True,
            **_over(_counted_rows),
        ),
    )
