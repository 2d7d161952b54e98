import numpy as np

INPUTS = {"x": "N H"}
WRT = "x"


def DEFINITION(x):
    """Σ σ(x), σ(x) = 1 / (1 + e^(−x))"""
    return np.sum(1 / (1 + np.exp(-x)))


def quotient_rule(x):
    """e^(−x) / (1 + e^(−x))²"""
    return np.exp(-x) / (1 + np.exp(-x)) ** 2


def as_a_product(x):
    """σ(x) · e^(−x) / (1 + e^(−x))"""
    s = 1 / (1 + np.exp(-x))
    return s * np.exp(-x) * s


def in_terms_of_itself(x):
    """σ(x) (1 + σ(x))"""
    s = 1 / (1 + np.exp(-x))
    return s * (1 + s)
