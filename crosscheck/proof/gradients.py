"""Every gradient of ``reference.equations`` with the definition whose derivative it must be.

In the network, ∂J/∂q is the derivative of J through the graph cut at q: q is given, and what follows from it is
computed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reference import equations as eq
from reference import label_equations
from reference.derivations import NETWORK_INPUTS, Definition, Input
from reference.equations import Equation

from ..graph import Graph, evaluate, needs
from .claims import Claim, Gradient, Tangent

_INPUTS = {**NETWORK_INPUTS, "y": Input(("N", "C")), "decay": Input()}
"""The network's inputs and quantities; y is any real numbers, decay the λ of weight decay."""


def network(graph: Graph = eq.NETWORK, of: str = "") -> dict[str, Claim]:
    """∂J/∂q for θ, h, φ, x and the parameters; ``of`` says in a claim's text which J it is the gradient of."""

    def claim(name: str) -> Claim:
        wrt = name.removeprefix("d_")
        given = {quantity: _INPUTS[quantity] for quantity in _cut(graph, wrt)}
        definition = Definition(f"J({wrt})", lambda **values: evaluate(graph, values, "J"), wrt)
        return Gradient(of + name, given, definition, lambda **values: evaluate(graph, values, name))

    return {name: claim(name) for name in graph if name.startswith("d_")}


def _cut(graph: Graph, at: str) -> list[str]:
    """What J and ∂J/∂q need where the graph is cut at q, q among it, in the order of ``_INPUTS``."""
    found: set[str] = set()

    def visit(name: str) -> None:
        if name == at or name not in graph:
            found.add(name)
        else:
            for need in needs(graph[name]):
                visit(need)

    visit("J")
    visit(f"d_{at}")
    return [name for name in _INPUTS if name in found]


_PER_CLASS, _PER_ROW, _PER_UNIT = Input(("N", "C")), Input(("N",)), Input(("N", "H"))
_LABELLED = {
    "x": Input(("N", "C"), like="theta"),
    "labels": Input(("N",), kind="labels"),
    "weight": Input(("C",)),
    "smoothing": Input(),
}
_OPERATIONS: dict[str, tuple[dict[str, Input], Input]] = {
    "softmax": ({"x": Input(("N", "C"), like="theta")}, _PER_CLASS),
    "log_softmax": ({"x": Input(("N", "C"), like="theta")}, _PER_CLASS),
    "logsumexp": ({"x": Input(("N", "C"), like="theta")}, _PER_ROW),
    "sigmoid": ({"x": Input(("N", "H"), like="phi")}, _PER_UNIT),
    "cross_entropy": ({"x": Input(("N", "C"), like="theta"), "y": Input(("N", "C"))}, _PER_ROW),
    "softplus": ({"x": Input(("N", "H"), like="phi")}, _PER_UNIT),
    "log_sigmoid": ({"x": Input(("N", "H"), like="phi")}, _PER_UNIT),
    "binary_cross_entropy": ({"x": Input(("N", "H"), like="phi"), "y": Input(("N", "H"))}, _PER_UNIT),
    "label_cross_entropy": (_LABELLED, _PER_ROW),
    "label_cross_entropy_sum": (_LABELLED, Input()),
    "label_cross_entropy_mean": (_LABELLED, Input()),
}
"""The inputs of each operation, and the shape of its value."""


def operations(equations: Mapping[str, Any] | None = None) -> dict[str, Claim]:
    """The VJP and the JVP of every operation, σ', and ∂/∂x of the cross-entropies."""
    find = {**vars(eq), **vars(label_equations)} if equations is None else equations
    claims: dict[str, Claim] = {}
    for name, (inputs, value) in _OPERATIONS.items():
        f: Equation = find[name]
        vjp, jvp = f"{name}_vjp", f"{name}_jvp"
        claims[vjp] = Gradient(
            vjp, {**inputs, "cotangent": value}, Definition(f"Σ ȳ {name}(x)", _contracted(f), "x"), find[vjp]
        )
        claims[jvp] = Tangent(
            jvp, {**inputs, "tangent": Input(inputs["x"].dims)}, Definition(f"{name}(x)", f, "x"), find[jvp]
        )
        if f"{name}_gradient" in find:
            total = Definition(f"Σ {name}(x)", _summed(f), "x")
            claims[f"{name}_gradient"] = Gradient(f"{name}_gradient", inputs, total, find[f"{name}_gradient"])
    return claims


def _contracted(f: Equation) -> Equation:
    return lambda cotangent, **inputs: (cotangent * f(**inputs)).sum()


def _summed(f: Equation) -> Equation:
    return lambda **inputs: f(**inputs).sum()
