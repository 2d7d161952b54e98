"""A softmax and its backward pass with einsum: the Jacobian is never formed."""

import numpy as np


def softmax(x, cotangent):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    y = np.einsum("...i,...->...i", e, 1 / e.sum(axis=-1))
    inner = np.einsum("...i,...i->...", y, cotangent)
    return {"value": y, "vjp": np.einsum("...i,...i->...i", y, cotangent - inner[..., None])}
