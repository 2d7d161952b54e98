"""Python 2: a print statement."""

import numpy as np


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


if __name__ == "__main__":
    print "Running basic tests..."
    print softmax(np.array([1.0, 2.0]))
