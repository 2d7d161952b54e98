"""Limited: right for small logits, but nothing is subtracted first, so exp overflows for those above 709."""

import numpy as np


def softmax(x):
    return np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True)
