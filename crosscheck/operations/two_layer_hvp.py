"""The network of §2.3 with R{q} for every quantity q; R{∂J/∂p} is H v, the Hessian of J times a direction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from reference import second_equations
from reference.equations import NETWORK
from reference.hvp import two_layer_hvp

from ..cases import Arrays, Case
from ..formats import Format
from ..operation import Operation
from . import two_layer

_LENGTHS = {"x": "N D", "W1": "D H", "b1": "H", "W2": "H n", "b2": "n"}


def _directions(rng: np.random.Generator, inputs: Arrays) -> Arrays:
    """A random direction for every input that moves."""
    return {to: rng.normal(0, 1, inputs[name].shape) for name, to in second_equations.ALONG.items()}


def _along(case: Case) -> Case:
    """A case of ``two_layer`` with directions N(0, 1)."""

    def draw(rng: np.random.Generator, format: Format) -> Arrays:
        inputs = case.draw(rng, format)
        return {**inputs, **_directions(rng, inputs)}

    return Case(case.name, f"{case.summary}, directions N(0, 1)", draw, case.extra, layout=case.layout)


def _sharp(rng: np.random.Generator, format: Format) -> Arrays:
    """Two classes, θ near 0, and a direction that moves θ₁ by 1.05: the sums of a step hardly cancel.

    J is then near 3 log 2 = 2.08 and R{ŷ} near ±0.26, a little above powers of 2, where an ulp is largest beside
    the number.
    """
    lengths = {"x": (3, 3), "W1": (3, 3), "b1": (3,), "W2": (3, 2), "b2": (2,)}
    inputs = {name: rng.uniform(0.05, 0.1, length) for name, length in lengths.items()}
    moved = {f"t_{name}": rng.uniform(0.01, 0.02, length) for name, length in lengths.items()}
    inputs["W2"] *= [-1, 1]
    inputs["b2"] = np.array([0.12, -0.12])  # h W₂ is near (−0.12, 0.12)
    moved["t_b2"] = np.array([0.0, 1.05])
    return {**inputs, "y": np.eye(2)[[0, 0, 0]], **moved}


OPERATION = Operation(
    name="two_layer_hvp",
    summary="R{q} = d/dε q(p + ε v) for every quantity q of the network; R{∂J/∂p} = H v",
    graph={**NETWORK, **second_equations.NETWORK_TANGENTS},
    shapes={**_LENGTHS, "y": "N n", **{f"t_{name}": axes for name, axes in _LENGTHS.items()}},
    cases={
        **{name: _along(two_layer.OPERATION.cases[name]) for name in ("typical", "soft", "unnormalised")},
        "sharp": Case("sharp", "small weights, one of two classes moves, 3 rows, 3-3-2", _sharp),
        "half_trained": replace(_along(two_layer.OPERATION.cases["half_trained"]), extra=True),
    },
    reference=two_layer_hvp,
    forms={name: two_layer.OPERATION.forms[name] for name in ("torch", "jax", "jax.composed")},
    logits=frozenset({"phi", "theta"}),
    taps=True,
    along=second_equations.ALONG,
)
