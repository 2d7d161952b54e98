"""CE with class indices, summed over the rows that are not ignored (§2.2)."""

from __future__ import annotations

from reference import label_equations as equations

from ..graph import Graph
from ..operation import Operation
from . import _labels
from ._label_cases import label_cases
from ._label_mistakes import label_mistakes

_GRAPH: Graph = {
    "value": equations.label_cross_entropy_sum,
    "vjp": equations.label_cross_entropy_sum_vjp,
    "jvp": equations.label_cross_entropy_sum_jvp,
}

OPERATION = Operation(
    name="label_cross_entropy_sum",
    summary="J = Σ_rows −Σ_c w_c ((1 − ε) [c = label] + ε/n) log softmax(x)_c",
    graph=_GRAPH,
    shapes={**_labels.SHAPES, "cotangent": ""},
    cases=label_cases(rows=False, smoothing=False),
    reference=_labels.reference("sum"),
    forms=_labels.forms("sum"),
    logits=frozenset({"x"}),
    integers=_labels.INTEGERS,
    scalars=_labels.SCALARS,
    check=_labels.check,
    special=_labels.SCALAR,
    table=(*_labels.TABLE, ("all rows ignored, or none there", "0, gradient 0", "the sum of nothing")),
    mistakes=label_mistakes(_GRAPH, "sum"),
)
