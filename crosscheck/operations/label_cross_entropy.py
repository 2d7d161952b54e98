"""CE with class indices per row: −Σ_c t_c log softmax(x)_c, t_c = w_c ((1 − ε) [c = label] + ε/n) (§2.2)."""

from __future__ import annotations

from reference import label_equations as equations

from ..graph import Graph
from ..operation import Operation
from . import _labels
from ._label_cases import label_cases
from ._label_mistakes import label_mistakes

_GRAPH: Graph = {
    "value": equations.label_cross_entropy,
    "vjp": equations.label_cross_entropy_vjp,
    "jvp": equations.label_cross_entropy_jvp,
}

OPERATION = Operation(
    name="label_cross_entropy",
    summary="CE(label) = −Σ_c w_c ((1 − ε) [c = label] + ε/n) log softmax(x)_c, row by row",
    graph=_GRAPH,
    shapes={**_labels.SHAPES, "cotangent": "N"},
    cases=label_cases(rows=True),
    reference=_labels.reference("none"),
    forms=_labels.forms("none"),
    logits=frozenset({"x"}),
    integers=_labels.INTEGERS,
    scalars=_labels.SCALARS,
    check=_labels.check,
    special=_labels.ROWS,
    open={"vjp": _labels.beside_infinity},
    table=_labels.TABLE,
    mistakes=label_mistakes(_GRAPH, "none"),
)
