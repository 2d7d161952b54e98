"""Central differences of the implementation's own cost, as courses teach them.

(J(p + h) − J(p − h)) / 2h beside the gradient, for every single entry, with h = 10⁻⁴ and
|n − a| / max(1, |n|, |a|) ≤ 10⁻⁵, in float64. A function is made a cost by a weighted sum of its value. What
cost and gradient have wrong together cannot be seen.
"""

from __future__ import annotations

import numpy as np

from ..cases import Arrays
from ..operation import Operation
from .answer import Answer, Judge, Subject
from .gradient import NO_GRADIENT, gradient, sees_gradients

STEP, TOLERANCE = 1e-4, 1e-5


def _ask(operation: Operation, function: Subject, inputs: Arrays) -> Answer:
    found = gradient(operation, function, inputs)
    if found is None:
        return Answer(None, NO_GRADIENT)
    weights = np.asarray(1.0) if operation.taps else inputs["cotangent"]
    points = [point.copy() for point in found.points]
    pulled = found.pull(weights, *points)

    def cost() -> float:
        return float((weights * found.of(*points)).sum())

    for name, point, exact in zip(found.names, points, pulled, strict=True):
        if exact.shape != point.shape:
            return Answer(True, f"{name}: a gradient of shape {exact.shape}, expected {point.shape}")
        for index in np.ndindex(point.shape):
            there = point[index]
            point[index] = there + STEP  # in place, as the courses do it
            above = cost()
            point[index] = there - STEP
            numeric, analytic = (above - cost()) / (2 * STEP), float(exact[index])
            point[index] = there
            if not abs(numeric - analytic) <= TOLERANCE * max(1.0, abs(numeric), abs(analytic)):
                return Answer(True, f"{name}{list(index)}: {analytic:.6g} beside a difference of {numeric:.6g}")
    return Answer(False)


JUDGE = Judge(
    "differences",
    "diffe-\nrences",
    "central differences of its own cost, step 1e-4, relative difference 1e-5, float64",
    (),
    "float64",
    _ask,
    sees_gradients,
)
