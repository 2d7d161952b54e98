"""Every equation of second derivatives with the gradient whose derivative along a direction it must be.

A step of the R-operator, ``t_q``, is the derivative of the step q along the tangents of q's own inputs. By the
chain rule the whole follows from the steps; it is claimed apart: the derivative of ∂J/∂p, through the network and
back, is the Hessian-vector product.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reference import equations as eq
from reference import second_equations
from reference.derivations import NETWORK_INPUTS, Definition, Input

from ..graph import Graph, evaluate, needs
from .claims import Claim, Tangent
from .points import Shape

SMALLEST = Shape(1, 1, 1, 2)
"""Where a whole Hessian-vector product is proved by algebra: 3 s, and at 2×3-2-3 two minutes."""

_PER_CLASS, _PER_UNIT = Input(("N", "C")), Input(("N", "H"))
_LEAVES = {name: NETWORK_INPUTS[name] for name in second_equations.ALONG}
_QUANTITIES = {
    **_LEAVES,
    "y": _PER_CLASS,
    **dict.fromkeys(("phi", "h", "d_h", "d_phi"), _PER_UNIT),
    **dict.fromkeys(("theta", "d_theta"), _PER_CLASS),
}
_PARAMETERS = ("d_x", "d_W1", "d_b1", "d_W2", "d_b2")


def operations(equations: Mapping[str, Any] | None = None) -> dict[str, Claim]:
    """σ″, and the derivatives of the VJPs of σ and the cross-entropy along a tangent."""
    find = {**vars(eq), **vars(second_equations)} if equations is None else equations
    phi, theta = Input(("N", "H"), like="phi"), Input(("N", "C"), like="theta")
    inputs = {
        "sigmoid": {"x": phi, "cotangent": _PER_UNIT, "tangent": _PER_UNIT},
        "cross_entropy": {"x": theta, "y": _PER_CLASS, "cotangent": Input(("N",)), "tangent": _PER_CLASS},
    }
    claims: dict[str, Claim] = {}
    for name, given in inputs.items():
        hvp, vjp = f"{name}_hvp", f"{name}_vjp"
        claims[hvp] = Tangent(hvp, given, Definition(vjp, find[vjp], "x"), find[hvp])
    slope = find["sigmoid_second"]
    claims["sigmoid_second"] = Tangent(
        "sigmoid_second",
        {"x": phi, "tangent": _PER_UNIT},
        Definition("sigmoid_gradient", find["sigmoid_gradient"], "x"),
        lambda x, tangent: slope(x) * tangent,
    )
    return claims


def steps(tangents: Graph = second_equations.NETWORK_TANGENTS) -> dict[str, Claim]:
    """R{q} of every step q of the network, from the inputs of q and their tangents, whatever they are."""

    def claim(name: str) -> Claim:
        step = eq.NETWORK[name.removeprefix("t_")]
        along = {need: f"t_{need}" for need in needs(step) if need != "y"}
        given = {need: _QUANTITIES[need] for need in needs(step)}
        given |= {to: Input(_QUANTITIES[need].dims) for need, to in along.items()}
        return Tangent(name, given, Definition(step.__name__, step, ", ".join(along)), tangents[name], along)

    return {name: claim(name) for name in tangents}


def network(tangents: Graph = second_equations.NETWORK_TANGENTS) -> dict[str, Claim]:
    """H v: the derivatives of ∂J/∂x and of the parameters' gradients as x and the parameters move."""
    along = second_equations.ALONG
    given = {**_LEAVES, "y": _PER_CLASS, **{to: Input(_LEAVES[name].dims) for name, to in along.items()}}
    whole = {**eq.NETWORK, **tangents}

    def claim(name: str) -> Claim:
        definition = Definition(name, lambda **values: evaluate(eq.NETWORK, values, name), ", ".join(along))
        return Tangent(f"H v: t_{name}", given, definition, lambda **v: evaluate(whole, v, f"t_{name}"), along)

    return {f"t_{name}": claim(name) for name in _PARAMETERS}
