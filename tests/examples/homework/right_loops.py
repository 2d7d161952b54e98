"""Plain loops over rows and classes, lists, and the math module; no NumPy but for the result."""

import math

import numpy as np


def softmax(x):
    rows = np.asarray(x, dtype=x.dtype if x.dtype.kind == "f" else float)
    out = np.empty(rows.shape, rows.dtype)
    for index in np.ndindex(*rows.shape[:-1]):
        row = [float(v) for v in rows[index]]
        top = row[0]
        for v in row[1:]:
            if v > top or v != v:
                top = v
        exps = []
        for v in row:
            exps.append(math.nan if math.isinf(top) else math.exp(v - top))
        total = 0.0
        for e in exps:
            total = total + e
        for j in range(len(row)):
            out[index + (j,)] = exps[j] / total
    return out
