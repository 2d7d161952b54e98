"""The whole assignment in one file, the usual way: q1 softmax, q2 sigmoid and its gradient, the network."""

import numpy as np


def softmax(x):
    x = x - np.max(x, axis=-1, keepdims=True)
    e = np.exp(x)
    return e / np.sum(e, axis=-1, keepdims=True)


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


def sigmoid_grad(s):
    return s * (1 - s)


def forward_backward_prop(data, labels, params, dimensions):
    Dx, H, Dy = dimensions
    ofs = 0
    W1 = np.reshape(params[ofs : ofs + Dx * H], (Dx, H))
    ofs += Dx * H
    b1 = np.reshape(params[ofs : ofs + H], (1, H))
    ofs += H
    W2 = np.reshape(params[ofs : ofs + H * Dy], (H, Dy))
    ofs += H * Dy
    b2 = np.reshape(params[ofs : ofs + Dy], (1, Dy))

    h = sigmoid(data.dot(W1) + b1)
    theta = h.dot(W2) + b2
    y_hat = softmax(theta)
    shifted = theta - theta.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    cost = -np.sum(labels * log_probs)

    d_theta = y_hat - labels
    gradW2 = h.T.dot(d_theta)
    gradb2 = np.sum(d_theta, axis=0)
    d_phi = d_theta.dot(W2.T) * sigmoid_grad(h)
    gradW1 = data.T.dot(d_phi)
    gradb1 = np.sum(d_phi, axis=0)
    grad = np.concatenate((gradW1.flatten(), gradb1.flatten(), gradW2.flatten(), gradb2.flatten()))
    return cost, grad
