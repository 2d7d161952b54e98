"""A function with a backward pass of its own, by jax.custom_vjp."""

import jax
import jax.numpy as jnp


def _value(x):
    e = jnp.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _forward(x):
    y = _value(x)
    return y, y


def _backward(y, cotangent):
    return (y * (cotangent - (y * cotangent).sum(axis=-1, keepdims=True)),)


def _diagonal_backward(y, cotangent):
    """Wrong at vjp: the diagonal of the Jacobian alone."""
    return (y * (1 - y) * cotangent,)


_softmax, _diagonal = jax.custom_vjp(_value), jax.custom_vjp(_value)
_softmax.defvjp(_forward, _backward)
_diagonal.defvjp(_forward, _diagonal_backward)


def softmax(x):
    return _softmax(x)


def diagonal(x):
    return _diagonal(x)
