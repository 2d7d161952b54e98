"""SciPy's expit, log_expit, softmax, log_softmax, logsumexp, and of derivatives softmax: that of logsumexp."""

from __future__ import annotations

from typing import Any

import numpy as np

from .party import ThirdParty


def _special() -> Any:
    try:
        from scipy import special
    except ImportError:
        raise ImportError("scipy is not installed: pip install scipy") from None
    return special


def sigmoid(x: np.ndarray) -> dict[str, Any]:
    return {"value": _special().expit(x)}


def log_sigmoid(x: np.ndarray) -> dict[str, Any]:
    return {"value": _special().log_expit(x)}


def softmax(x: np.ndarray) -> dict[str, Any]:
    return {"value": _special().softmax(x, axis=-1)}


def log_softmax(x: np.ndarray) -> dict[str, Any]:
    return {"value": _special().log_softmax(x, axis=-1)}


def logsumexp(x: np.ndarray, cotangent: np.ndarray) -> dict[str, Any]:
    special = _special()
    return {"value": special.logsumexp(x, axis=-1), "vjp": cotangent[..., None] * special.softmax(x, axis=-1)}


PARTIES = tuple(
    ThirdParty("scipy", function.__name__, function, "scipy", "scipy")
    for function in (sigmoid, log_sigmoid, softmax, log_softmax, logsumexp)
)
