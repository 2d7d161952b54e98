"""Python 2: xrange, which is only missed once the function is called."""

import numpy as np


def softmax(x):
    out = np.array(x, dtype=float)
    flat = out.reshape(-1, out.shape[-1])
    for i in xrange(len(flat)):
        e = np.exp(flat[i] - flat[i].max())
        flat[i] = e / e.sum()
    return out
