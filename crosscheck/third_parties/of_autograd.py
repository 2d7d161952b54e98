"""HIPS ``autograd``: forward passes in its NumPy, differentiated in reverse mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .party import ThirdParty, fresh


def _module() -> Any:
    try:
        import autograd
        import autograd.scipy.special  # a submodule of its own
    except ImportError:
        raise ImportError("autograd is not installed: pip install autograd") from None
    return autograd


def _sigmoid(autograd: Any, x: Any) -> Any:
    return autograd.scipy.special.expit(x)


def _softmax(autograd: Any, x: Any) -> Any:
    m = autograd.tracer.getval(x).max(axis=-1, keepdims=True)  # a constant shift (§1.1)
    e = autograd.numpy.exp(x - m)
    return e / e.sum(axis=-1, keepdims=True)


def _logsumexp(autograd: Any, x: Any) -> Any:
    return autograd.scipy.special.logsumexp(x, axis=-1)


def _log_softmax(autograd: Any, x: Any) -> Any:
    return x - autograd.scipy.special.logsumexp(x, axis=-1, keepdims=True)


def _cross_entropy(autograd: Any, x: Any, y: Any) -> Any:
    return -autograd.numpy.sum(y * _log_softmax(autograd, x), axis=-1)


def _function(form: Callable[..., Any], *others: str) -> Callable[..., dict[str, Any]]:
    def function(x: np.ndarray, cotangent: np.ndarray, **given: np.ndarray) -> dict[str, Any]:
        autograd = _module()
        held = [fresh(given[name]) for name in others]
        pull, value = autograd.make_vjp(lambda x: form(autograd, x, *held))(fresh(x))
        return {"value": value, "vjp": pull(fresh(cotangent))}

    return function


def _network(mean: bool) -> Callable[..., dict[str, Any]]:
    def function(
        x: np.ndarray, y: np.ndarray, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray
    ) -> dict[str, Any]:
        autograd = _module()
        anp = autograd.numpy

        def cost(x: Any, W1: Any, b1: Any, W2: Any, b2: Any) -> Any:
            theta = anp.dot(_sigmoid(autograd, anp.dot(x, W1) + b1), W2) + b2
            J = anp.sum(_cross_entropy(autograd, theta, y))
            return J / x.shape[0] if mean else J

        points = [fresh(a) for a in (x, W1, b1, W2, b2)]
        J = cost(*points)
        found = (autograd.grad(cost, which)(*points) for which in range(len(points)))
        return {"J": J, **dict(zip(("d_x", "d_W1", "d_b1", "d_W2", "d_b2"), found, strict=True))}

    return function


_FUNCTIONS: dict[str, Callable[..., object]] = {
    "sigmoid": _function(_sigmoid),
    "softmax": _function(_softmax),
    "log_softmax": _function(_log_softmax),
    "logsumexp": _function(_logsumexp),
    "cross_entropy": _function(_cross_entropy, "y"),
    "two_layer": _network(mean=False),
    "two_layer_mean": _network(mean=True),
}
PARTIES = tuple(ThirdParty("autograd", name, f, "autograd", "autograd") for name, f in _FUNCTIONS.items())
