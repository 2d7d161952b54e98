"""What the two-layer networks share: their cases, and their forms, which differ in the cost J.

J is the sum or the mean over the batch, and perhaps has a penalty: (W₁, W₂, scalars of the operation) → what is
added to it, in arithmetic that arrays and tensors have in common.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import digits
from ..cases import Arrays, Case
from ..formats import Format
from . import cross_entropy, sigmoid, softmax

Form = Callable[..., Any]
Penalty = Callable[..., Any]

SHAPES = {"x": "N D", "y": "N n", "W1": "D H", "b1": "H", "W2": "H n", "b2": "n"}
LOGITS = frozenset({"phi", "theta"})


def case(
    name: str,
    rows: int,
    inputs: int,
    hidden: int,
    classes: int,
    scale: float = 1,
    targets: str = "hard",
    extra: bool = False,
    layout: str = "contiguous",
) -> Case:
    """Every array N(0, scale²); targets are ``hard``, ``random`` (hard, and any), ``soft`` (they sum to 1) or
    ``unnormalised``.
    """

    def draw(rng: np.random.Generator, format: Format) -> Arrays:
        labels = rng.integers(0, classes, (rows, 1))
        if targets == "hard":
            # Every class is the label of a row, where there are rows enough: a mistake in one alone must show.
            labels[:classes] = (labels[:1] + np.arange(classes)[:rows, None]) % classes
        y = (labels == np.arange(classes)).astype(np.float64)
        if targets in ("soft", "unnormalised"):
            y = rng.dirichlet(np.ones(classes), rows) if targets == "soft" else rng.uniform(0, 1, (rows, classes))
        lengths = {"x": (rows, inputs), "W1": (inputs, hidden), "b1": (hidden,), "W2": (hidden, classes)}
        drawn = {name: rng.normal(0, scale, length) for name, length in lengths.items()}
        return {**drawn, "b2": rng.normal(0, scale, classes), "y": y}

    parts = (f"N(0, {scale:g}²)", f"{rows} row{'' if rows == 1 else 's'}", f"{inputs}-{hidden}-{classes}")
    told = (f"{targets} targets",) if targets != "hard" else ()
    lies = (layout,) if layout != "contiguous" else ()
    return Case(name, ", ".join((*parts, *told, *lies)), draw, extra, layout=layout)


def of_digits(stage: str, extra: bool = False) -> Case:
    """Handwritten digits, and a network at a stage of its training."""
    summary = f"16 handwritten digits, 64-{digits.HIDDEN}-10, after {digits.STEPS[stage]} steps of training"
    return Case(stage, summary, lambda rng, format: digits.batch(stage, rng), extra)


def _torch(reduction: str, penalty: Penalty | None, torch: Any) -> Form:
    def network(tap: Any, x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, **scalars: Any) -> Any:
        phi = tap("phi", x @ W1 + b1)
        h = tap("h", torch.sigmoid(phi))
        theta = tap("theta", h @ W2 + b2)
        tap("y_hat", torch.softmax(theta, dim=-1))
        cost = torch.nn.functional.cross_entropy(theta, y, reduction=reduction)
        return cost + penalty(W1, W2, **scalars) if penalty else cost

    return network


def _torch_module(reduction: str, penalty: Penalty | None, torch: Any) -> Form:
    nn = torch.nn

    def linear(W: Any, b: Any) -> Any:
        layer = nn.utils.skip_init(nn.Linear, *W.shape, device=W.device, dtype=W.dtype)
        layer.load_state_dict({"weight": W.T, "bias": b})
        return layer

    def network(tap: Any, x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, **scalars: Any) -> Any:
        """J, and what the parameters' gradients are after its backward pass."""
        first, second = linear(W1, b1), linear(W2, b2)
        h = tap("h", nn.Sigmoid()(tap("phi", first(x))))
        theta = tap("theta", second(h))
        tap("y_hat", nn.Softmax(dim=-1)(theta))

        def gradients() -> dict[str, Any]:
            return {
                "d_W1": first.weight.grad.T,
                "d_b1": first.bias.grad,
                "d_W2": second.weight.grad.T,
                "d_b2": second.bias.grad,
            }

        cost = nn.CrossEntropyLoss(reduction=reduction)(theta, y)
        return cost + penalty(first.weight, second.weight, **scalars) if penalty else cost, gradients

    return network


def _jax(reduction: str, penalty: Penalty | None, sigmoid: Any, softmax: Any, costs: Any) -> Form:
    def network(tap: Any, x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, **scalars: Any) -> Any:
        phi = tap("phi", x @ W1 + b1)
        h = tap("h", sigmoid(phi))
        theta = tap("theta", h @ W2 + b2)
        tap("y_hat", softmax(theta))
        cost = getattr(costs(theta, y), reduction)()
        return cost + penalty(W1, W2, **scalars) if penalty else cost

    return network


def forms(reduction: str, penalty: Penalty | None = None) -> dict[str, Callable[[Any], Form]]:
    """Framework or variant → the network as its users write it; ``reduction`` is ``sum`` or ``mean``."""
    of_rows, how = cross_entropy.OPERATION.forms, (reduction, penalty)

    def jax_composed(jax: Any) -> Form:
        parts = (one.OPERATION.forms["jax.composed"](jax) for one in (sigmoid, softmax, cross_entropy))
        return _jax(*how, *parts)

    return {
        "torch": lambda torch: _torch(*how, torch),
        "torch.module": lambda torch: _torch_module(*how, torch),
        "jax": lambda jax: _jax(*how, jax.nn.sigmoid, jax.nn.softmax, of_rows["jax"](jax)),
        "jax.composed": jax_composed,
        "jax.optax": lambda jax: _jax(*how, jax.nn.sigmoid, jax.nn.softmax, of_rows["jax.optax"](jax)),
    }
