"""The derivative of an equation along a direction, as an equation; and that of every step of a graph.

Read in any arithmetic it is the derivative in that arithmetic (see ``numbers.dual``), so that the gradient
equations give Hessian-vector products: ∂/∂ε ∇J(p + ε v) = H v.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter, Signature
from typing import Any

from .graph import Graph, needs
from .numbers.dual import Dual

Equation = Callable[..., Any]


def along(equation: Equation, tangents: Mapping[str, str]) -> Equation:
    """The derivative of an equation along the tangents of its parameters, by the names they have there.

    It takes the equation's own parameters, then the names of the tangents; parameters that are not in ``tangents``
    are constants. ValueError: none of the parameters has a tangent, a tangent has the name of a parameter or of
    another tangent, or the equation depends on them only through a shift.

    >>> slope = along(lambda x, c: c * x * x, {"x": "v"})
    >>> needs(slope), float(slope(3.0, 10.0, 1.0))
    (('x', 'c', 'v'), 60.0)
    """
    own = needs(equation)
    pairs = {name: tangents[name] for name in own if name in tangents}
    called = getattr(equation, "__name__", "equation")
    if not pairs:
        raise ValueError(f"{called}: takes {', '.join(own)}, none of which has a tangent")
    clash = [name for name in pairs.values() if name in own]
    if clash or len(set(pairs.values())) < len(pairs):
        raise ValueError(f"{called}: {', '.join(clash or pairs.values())} cannot name a tangent")
    signature = Signature([Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in (*own, *pairs.values())])

    def derivative(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind(*args, **kwargs).arguments
        start = {name: Dual(given[name], given[pairs[name]]) if name in pairs else given[name] for name in own}
        result = equation(**start)
        if not isinstance(result, Dual):
            raise ValueError(f"{called}: depends on {', '.join(pairs)} only through a shift")
        return result.tangent

    derivative.__name__ = f"t_{called}"
    derivative.__doc__ = f"The derivative of {called} along {', '.join(pairs.values())}."
    derivative.__signature__ = signature  # type: ignore[attr-defined]
    return derivative


def tangent_graph(graph: Graph, tangents: Mapping[str, str]) -> dict[str, Equation]:
    """The graph, and ``t_q`` for every quantity q that depends on an input in ``tangents`` (input → its tangent).

    Each ``t_q`` is computed from the inputs of q and their tangents, so that every step of a forward-mode
    evaluation can be judged at the inputs that it saw.

    >>> graph = {"square": lambda x: x * x, "twice": lambda square: 2 * square}
    >>> [(q, needs(equation)) for q, equation in tangent_graph(graph, {"x": "v"}).items() if q not in graph]
    [('t_square', ('x', 'v')), ('t_twice', ('square', 't_square'))]
    """
    named = dict(tangents)

    def depends(name: str) -> bool:
        if name in graph and name not in named and any(map(depends, needs(graph[name]))):
            named[name] = f"t_{name}"
        return name in named

    moving = [name for name in graph if depends(name)]
    return {**graph, **{f"t_{name}": along(graph[name], named) for name in moving}}
