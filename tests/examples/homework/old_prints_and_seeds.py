"""An old file: seeds the random numbers, prints and tests itself at import. It is right all the same."""

import random

import numpy as np

random.seed(31415)
np.random.seed(9265)
print("Testing with random matrices:")
print(np.random.randn(3, 3))


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


print("Running basic tests...")
assert np.allclose(softmax(np.array([1001.0, 1002.0])), [0.26894142, 0.73105858])
print("You should verify these results!")
