"""CE with class indices, the mean over the rows that are not ignored, each with the weight of its label (§2.2)."""

from __future__ import annotations

from reference import label_equations as equations

from ..graph import Graph
from ..operation import Operation
from . import _labels
from ._label_cases import label_cases
from ._label_mistakes import label_mistakes

_GRAPH: Graph = {
    "value": equations.label_cross_entropy_mean,
    "vjp": equations.label_cross_entropy_mean_vjp,
    "jvp": equations.label_cross_entropy_mean_jvp,
}

OPERATION = Operation(
    name="label_cross_entropy_mean",
    summary="(Σ_rows −Σ_c w_c ((1 − ε) [c = label] + ε/n) log softmax(x)_c) / Σ_rows w_label",
    graph=_GRAPH,
    shapes={**_labels.SHAPES, "cotangent": ""},
    cases=label_cases(rows=False),
    reference=_labels.reference("mean"),
    forms=_labels.forms("mean"),
    logits=frozenset({"x"}),
    integers=_labels.INTEGERS,
    scalars=_labels.SCALARS,
    check=_labels.check,
    special=_labels.SCALAR,
    open={"vjp": _labels.no_weight("x"), "jvp": _labels.no_weight("")},
    table=(
        *_labels.TABLE,
        (
            "smoothing or weights",
            "the divisor is Σ w_label over the rows that count",
            "PyTorch's mean, whatever ε",
        ),
        ("all rows ignored, or none there", "NaN", "0/0: there is no row to take the mean of"),
        ("the same, in the VJP and JVP", "not judged", "0 and NaN are both in use"),
    ),
    mistakes=label_mistakes(_GRAPH, "mean"),
)
