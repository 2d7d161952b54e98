"""Limited: the numbers are right, but the shift is subtracted from the caller's own array."""

import numpy as np


def softmax(x):
    x -= np.max(x, axis=-1, keepdims=True)
    e = np.exp(x)
    return e / np.sum(e, axis=-1, keepdims=True)
