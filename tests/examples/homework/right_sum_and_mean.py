"""The network twice: J summed over the batch, and J averaged over it. Both are right, each with its gradients."""

import numpy as np


def sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)


def _network(x, y, W1, b1, W2, b2, n):
    phi = x @ W1 + b1
    h = sigmoid(phi)
    theta = h @ W2 + b2
    shifted = theta - theta.max(axis=1, keepdims=True)
    lse = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    y_hat = np.exp(shifted - lse)
    J = (y * (lse - shifted)).sum() / n
    d_theta = (y_hat - y) / n
    d_h = d_theta @ W2.T
    d_phi = d_h * h * sigmoid(-phi)
    forward = {"phi": phi, "h": h, "theta": theta, "y_hat": y_hat, "J": J}
    backward = {
        "d_theta": d_theta,
        "d_h": d_h,
        "d_phi": d_phi,
        "d_x": d_phi @ W1.T,
        "d_W1": x.T @ d_phi,
        "d_b1": d_phi.sum(axis=0),
        "d_W2": h.T @ d_theta,
        "d_b2": d_theta.sum(axis=0),
    }
    return {**forward, **backward}


def summed(x, y, W1, b1, W2, b2):
    return _network(x, y, W1, b1, W2, b2, 1)


def averaged(x, y, W1, b1, W2, b2):
    return _network(x, y, W1, b1, W2, b2, len(x))
