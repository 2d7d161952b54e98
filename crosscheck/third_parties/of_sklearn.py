"""scikit-learn: the gradients of ``MLPClassifier``'s backpropagation at given weights.

Its cost is a mean over the samples (with ``alpha``, plus α/2N Σ W²); it is left out, because it clips ŷ. Class by
class ŷ − y is the gradient, so the targets must sum to 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .party import ThirdParty, fresh


def gradients(alpha: float, x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> dict[str, np.ndarray]:
    """∂J/∂W₁, ∂J/∂b₁, ∂J/∂W₂, ∂J/∂b₂ as ``fit`` computes them for a step."""
    try:
        from sklearn.neural_network import MLPClassifier
    except ImportError:
        raise ImportError("scikit-learn is not installed: pip install -e '.[data]'") from None
    x, y, W1, b1, W2, b2 = map(fresh, (x, y, W1, b1, W2, b2))
    network = MLPClassifier(hidden_layer_sizes=b1.shape, activation="logistic", alpha=alpha)
    # What ``fit`` sets up before its first step, but for the weights, which it would draw.
    network.coefs_, network.intercepts_ = [W1, W2], [b1, b2]
    network.n_layers_, network.n_outputs_, network.out_activation_, network.loss = (
        3,
        b2.size,
        "softmax",
        "log_loss",
    )
    deltas = [np.empty_like(a) for a in (x @ W1, y)]
    of_coefs, of_intercepts = [np.empty_like(W1), np.empty_like(W2)], [np.empty_like(b1), np.empty_like(b2)]
    activations = [x, *(np.empty_like(a) for a in deltas)]
    _, of_coefs, of_intercepts = network._backprop(x, y, None, activations, deltas, of_coefs, of_intercepts)
    return dict(zip(("d_W1", "d_W2", "d_b1", "d_b2"), (*of_coefs, *of_intercepts), strict=True))


def two_layer_mean(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> dict[str, np.ndarray]:
    return gradients(0.0, x, y, W1, b1, W2, b2)


def two_layer_l2(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, decay: Any) -> dict[str, np.ndarray]:
    """Its mean times N: a sum over the samples, whose weights decay by α."""
    found = gradients(float(decay), x, y, W1, b1, W2, b2)
    return {name: len(x) * a for name, a in found.items()}


PARTIES = tuple(
    ThirdParty("scikit-learn", f.__name__, f, "sklearn", "scikit-learn", assumes="Σy = 1 in every row")
    for f in (two_layer_mean, two_layer_l2)
)
