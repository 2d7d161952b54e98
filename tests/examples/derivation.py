"""∂CE/∂θ with one slip: the minus sign of the label is lost on the way."""

import numpy as np

INPUTS = {"theta": "C", "y": "C sums to 1"}
WRT = "theta"


def DEFINITION(theta, y):
    """CE = −Σ_i y_i log ŷ_i, ŷ = softmax(θ)"""
    e = np.exp(theta - np.max(theta))
    return -np.sum(y * np.log(e / np.sum(e)))


def softmax_minus_y(theta, y):
    """e^θ / Σ e^θ − y"""
    return np.exp(theta) / np.sum(np.exp(theta)) - y


def shifted(theta, y):
    """e^(θ − m) / Σ e^(θ − m) − y"""
    e = np.exp(theta - theta.max())
    return e / e.sum() - y


def factored(theta, y):
    """(e^(θ − m) + y Σ e^(θ − m)) / Σ e^(θ − m)"""
    e = np.exp(theta - theta.max())
    return (e + y * e.sum()) / e.sum()
