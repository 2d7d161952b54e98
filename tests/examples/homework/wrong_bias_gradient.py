"""Wrong at d_b2: J is a sum over the batch, but the gradient of the second bias is averaged over it."""

import numpy as np


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


def forward_backward_prop(data, labels, params, dimensions):
    Dx, H, Dy = dimensions
    sizes = np.cumsum([Dx * H, H, H * Dy])
    W1, b1, W2, b2 = np.split(params, sizes)
    W1, W2 = W1.reshape(Dx, H), W2.reshape(H, Dy)

    h = sigmoid(data @ W1 + b1)
    theta = h @ W2 + b2
    shifted = theta - theta.max(axis=-1, keepdims=True)
    cost = -np.sum(labels * (shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))))

    d_theta = softmax(theta) - labels
    d_phi = d_theta @ W2.T * h * (1 - h)
    grads = [data.T @ d_phi, d_phi.sum(axis=0), h.T @ d_theta, d_theta.mean(axis=0)]
    return cost, np.concatenate([g.ravel() for g in grads])
