"""CE with class indices per row: −Σ_c t_c log softmax(x)_c, t_c = w_c ((1 − ε) [c = label] + ε/n) (§2.2)."""

from __future__ import annotations

from reference import label_equations as equations

from ..operation import Operation
from . import _labels

OPERATION = Operation(
    name="label_cross_entropy",
    summary="CE(label) = −Σ_c w_c ((1 − ε) [c = label] + ε/n) log softmax(x)_c, row by row",
    graph={
        "value": equations.label_cross_entropy,
        "vjp": equations.label_cross_entropy_vjp,
        "jvp": equations.label_cross_entropy_jvp,
    },
    shapes={**_labels.SHAPES, "cotangent": "N"},
    cases=_labels.label_cases(rows=True),
    reference=_labels.reference("none"),
    forms=_labels.forms("none"),
    logits=frozenset({"x"}),
    integers=_labels.INTEGERS,
    scalars=_labels.SCALARS,
    special=_labels.ROWS,
    table=_labels.TABLE,
)
