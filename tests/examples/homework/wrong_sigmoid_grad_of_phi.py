"""Wrong at d_phi: sigmoid_grad wants the value h = sigmoid(phi), and is given phi."""

import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


def sigmoid_grad(s):
    return s * (1 - s)


def network(x, y, W1, b1, W2, b2):
    phi = x @ W1 + b1
    h = sigmoid(phi)
    theta = h @ W2 + b2
    shifted = theta - theta.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    y_hat = np.exp(log_probs)
    J = -np.sum(y * log_probs)
    d_theta = y_hat - y
    d_h = d_theta @ W2.T
    d_phi = d_h * sigmoid_grad(phi)
    return {
        "phi": phi, "h": h, "theta": theta, "y_hat": y_hat, "J": J,
        "d_theta": d_theta, "d_h": d_h, "d_phi": d_phi,
        "d_W1": x.T @ d_phi, "d_b1": d_phi.sum(axis=0).reshape(b1.shape),
        "d_W2": h.T @ d_theta, "d_b2": d_theta.sum(axis=0).reshape(b2.shape),
    }
