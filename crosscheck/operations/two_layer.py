"""The two-layer network of §2.3: φ = x W₁ + b₁, h = σ(φ), θ = h W₂ + b₂, J = CE(y, softmax(θ)), every gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import equations
from reference.two_layer import two_layer

from .. import digits
from ..cases import Arrays, Case
from ..formats import Format
from ..operation import Operation
from . import cross_entropy, sigmoid, softmax


def _network(
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
    """Every array N(0, scale²); targets are ``hard``, ``soft`` (they sum to 1) or ``unnormalised``."""

    def draw(rng: np.random.Generator, format: Format) -> Arrays:
        y = (rng.integers(0, classes, (rows, 1)) == np.arange(classes)).astype(np.float64)
        if targets != "hard":
            y = rng.dirichlet(np.ones(classes), rows) if targets == "soft" else rng.uniform(0, 1, (rows, classes))
        lengths = {"x": (rows, inputs), "W1": (inputs, hidden), "b1": (hidden,), "W2": (hidden, classes)}
        drawn = {name: rng.normal(0, scale, length) for name, length in lengths.items()}
        return {**drawn, "b2": rng.normal(0, scale, classes), "y": y}

    parts = (f"N(0, {scale:g}²)", f"{rows} row{'' if rows == 1 else 's'}", f"{inputs}-{hidden}-{classes}")
    told = (f"{targets} targets",) if targets != "hard" else ()
    lies = (layout,) if layout != "contiguous" else ()
    return Case(name, ", ".join((*parts, *told, *lies)), draw, extra, layout=layout)


def _digits(stage: str) -> Case:
    summary = f"16 handwritten digits, 64-{digits.HIDDEN}-10, after {digits.STEPS[stage]} steps of training"
    return Case(stage, summary, lambda rng, format: digits.batch(stage, rng))


_LAYOUTS = ("strided", "reversed", "fortran")


def _torch(torch: Any) -> Any:
    def network(tap: Any, x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
        phi = tap("phi", x @ W1 + b1)
        h = tap("h", torch.sigmoid(phi))
        theta = tap("theta", h @ W2 + b2)
        tap("y_hat", torch.softmax(theta, dim=-1))
        return torch.nn.functional.cross_entropy(theta, y, reduction="sum")

    return network


def _jax_network(sigmoid: Any, softmax: Any, cost: Any) -> Any:
    def network(tap: Any, x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
        phi = tap("phi", x @ W1 + b1)
        h = tap("h", sigmoid(phi))
        theta = tap("theta", h @ W2 + b2)
        tap("y_hat", softmax(theta))
        return cost(theta, y).sum()

    return network


def _torch_module(torch: Any) -> Any:
    nn = torch.nn

    def linear(W: Any, b: Any) -> Any:
        layer = nn.utils.skip_init(nn.Linear, *W.shape, device=W.device, dtype=W.dtype)
        layer.load_state_dict({"weight": W.T, "bias": b})
        return layer

    def network(tap: Any, x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
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

        return nn.CrossEntropyLoss(reduction="sum")(theta, y), gradients

    return network


def _jax(jax: Any) -> Any:
    return _jax_network(jax.nn.sigmoid, jax.nn.softmax, lambda theta, y: -(y * jax.nn.log_softmax(theta)))


def _jax_composed(jax: Any) -> Any:
    return _jax_network(*(one.OPERATION.forms["jax.composed"](jax) for one in (sigmoid, softmax, cross_entropy)))


def _jax_optax(jax: Any) -> Any:
    return _jax_network(jax.nn.sigmoid, jax.nn.softmax, cross_entropy.OPERATION.forms["jax.optax"](jax))


def _reference(**inputs: np.ndarray) -> Arrays:
    return two_layer(**inputs)


OPERATION = Operation(
    name="two_layer",
    summary="θ = σ(x W₁ + b₁) W₂ + b₂, J = CE(y, softmax(θ)), every gradient",
    graph=equations.NETWORK,
    shapes={"x": "N D", "y": "N n", "W1": "D H", "b1": "H", "W2": "H n", "b2": "n"},
    cases={
        "typical": _network("typical", 20, 10, 5, 10),
        "square": _network("square", 4, 4, 4, 4),
        "sharp": _network("sharp", 4, 3, 3, 3, scale=0.25),
        "soft": _network("soft", 20, 10, 5, 10, targets="soft"),
        "unnormalised": _network("unnormalised", 20, 10, 5, 10, targets="unnormalised"),
        "saturated_classes": _network("saturated_classes", 20, 10, 5, 10, scale=20),
        **{stage: _digits(stage) for stage in digits.STEPS},
        "one_row": _network("one_row", 1, 10, 5, 10, extra=True),
        "no_rows": _network("no_rows", 0, 10, 5, 10, extra=True),
        "odd": _network("odd", 33, 17, 65, 9, extra=True),
        "many_rows": _network("many_rows", 70_000, 3, 3, 3, extra=True),
        **{layout: _network(layout, 20, 10, 5, 10, extra=True, layout=layout) for layout in _LAYOUTS},
    },
    reference=_reference,
    forms={
        "torch": _torch,
        "torch.module": _torch_module,
        "jax": _jax,
        "jax.composed": _jax_composed,
        "jax.optax": _jax_optax,
    },
    logits=frozenset({"phi", "theta"}),
    taps=True,
)
