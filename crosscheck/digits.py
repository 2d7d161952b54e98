"""Real input: the handwritten digits of scikit-learn, and networks trained on them by the reference.

1,797 images of 8×8 pixels (E. Alpaydin, C. Kaynak, UCI Machine Learning Repository, 1998), shipped with
scikit-learn, so nothing is downloaded. Pixels are divided by 16. The file is read without scikit-learn, whose
import takes longer than all cases.
"""

from __future__ import annotations

import gzip
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from reference.two_layer import gradient_descent, initial

from .cases import Arrays, CaseUnavailableError

HIDDEN = 32
TRAINING_SET = 256
STEPS = {"untrained": 0, "half_trained": 60, "saturated": 1500}
"""Steps of gradient descent at rate 2 on the first 256 images."""


@cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """(x, y): images (1797, 64) in [0, 1] and one-hot labels (1797, 10), float64."""
    data, target = _table()
    return data / 16, np.eye(10)[target.astype(int)]


def _table() -> tuple[np.ndarray, np.ndarray]:
    """(pixels, digits) of the images, from the file that scikit-learn reads, or where it has moved, from it."""
    found = find_spec("sklearn")
    if found is None:
        raise CaseUnavailableError("the handwritten digits need scikit-learn: pip install -e '.[data]'")
    for folder in found.submodule_search_locations or ():
        file = Path(folder, "datasets", "data", "digits.csv.gz")
        if file.exists():
            with gzip.open(file, "rt", encoding="ascii") as text:
                rows = np.loadtxt(text, delimiter=",")
            return rows[:, :-1], rows[:, -1]
    from sklearn.datasets import load_digits

    data = load_digits()
    return data.data, data.target


@cache
def trained(stage: str) -> Arrays:
    """Parameters W1, b1, W2, b2 (64-32-10) after ``STEPS[stage]`` steps; float64, the same every time."""
    x, y = digits()
    params = initial(64, HIDDEN, 10, seed=0, dtype=np.float64)
    return gradient_descent(params, x[:TRAINING_SET], y[:TRAINING_SET], rate=2.0, steps=STEPS[stage])


def batch(stage: str, rng: np.random.Generator, rows: int = 16) -> Arrays:
    """A random batch of the training images with the parameters of a stage."""
    x, y = digits()
    chosen = rng.choice(TRAINING_SET, rows, replace=False)
    return {"x": x[chosen], "y": y[chosen], **trained(stage)}
