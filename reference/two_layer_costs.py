"""The two-layer network of §2.3 whose J is the mean over the batch, or has weight decay; every gradient.

    two_layer_mean:  J = (1/N) Σ_rows CE(y, ŷ)
    two_layer_l2:    J = Σ_rows CE(y, ŷ) + (λ/2) (Σ W₁² + Σ W₂²)

Arguments, shapes, dtypes and errors as in ``reference.two_layer``; the equations stand in
``reference.cost_equations``. No argument is modified.
"""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np

from ._arrays import real
from .two_layer import Arrays, _checked, _checked_targets, _quantities


def _checked_decay(decay: Any) -> float:
    number = real("decay", decay)
    if not (isfinite(number) and number >= 0):
        raise ValueError(f"decay: got {number}, expected a finite number from 0")
    return number


@np.errstate(all="ignore")
def two_layer_mean(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Arrays:
    """Every quantity of ``reference.cost_equations.NETWORK_MEAN``, by name; J is the mean cost of a row   (§2.3).

    ∂J/∂θ is ((Σy) ŷ − y)/N row by row, and every gradient after it is that of the mean. Of no rows J is NaN, 0/0,
    and the gradients of the parameters are sums of nothing, 0.

    >>> given = {"x": np.zeros((4, 3)), "W1": np.ones((3, 2)), "b1": np.zeros(2)}
    >>> given |= {"y": np.zeros(4, int), "W2": np.zeros((2, 2)), "b2": np.zeros(2)}
    >>> found = two_layer_mean(**given)
    >>> found["J"], found["d_b2"]
    (array(0.69314718), array([-0.5,  0.5]))
    """
    given = x, *_, b2 = _checked(x, W1, b1, W2, b2)
    return _quantities(given, _checked_targets(y, x, b2), rows=len(x))


@np.errstate(all="ignore")
def two_layer_l2(x: Any, y: Any, W1: Any, b1: Any, W2: Any, b2: Any, decay: Any) -> Arrays:
    """Every quantity of ``reference.cost_equations.NETWORK_L2``, by name; ``decay`` is λ, from 0   (§2.3).

    λ W₁ and λ W₂ are added to the gradients of the weights; the biases do not decay. ValueError where ``decay`` is
    negative or not finite, TypeError where it is no number.

    >>> given = {"x": np.zeros((4, 3)), "W1": np.ones((3, 2)), "b1": np.zeros(2)}
    >>> given |= {"y": np.zeros(4, int), "W2": np.zeros((2, 2)), "b2": np.zeros(2)}
    >>> two_layer_l2(**given, decay=0.5)["d_W1"][0]
    array([0.5, 0.5])
    """
    given = x, *_, b2 = _checked(x, W1, b1, W2, b2)
    return _quantities(given, _checked_targets(y, x, b2), decay=_checked_decay(decay))
