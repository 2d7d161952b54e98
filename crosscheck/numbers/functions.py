"""NumPy's usual functions, put together from what every exact arithmetic has: + − × ÷ @, exp, log, sqrt, max, Σ.

What is put together is an identity over the reals (tanh x = 1 − 2/(1 + e^(2x)), log1p x = log(1 + x)): nothing is
rounded here, and a function that is not in these tables is an error, never a silent fall back to floating point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from inspect import signature
from types import MappingProxyType
from typing import Any

import numpy as np

READ = "+, −, *, /, @, **, sum, mean, max, exp, log, sqrt, tanh, dot, outer, einsum, reshape and their like can"


def unread(function: Callable[..., Any] | str, with_: str = "") -> TypeError:
    """The error for what no exact arithmetic reads."""
    name = function if isinstance(function, str) else named(function)
    return TypeError(f"{name}{with_} cannot be read in exact arithmetic; {READ}")


def named(function: Callable[..., Any]) -> str:
    """``np.sort``, or the bare name of what is not NumPy's."""
    name = function.__name__
    return f"np.{name}" if getattr(np, name, None) is function else name


COMPOSED: Mapping[np.ufunc, Callable[..., Any]] = MappingProxyType(
    {
        np.positive: lambda x: x + 0,
        np.square: lambda x: x * x,
        np.reciprocal: lambda x: 1 / x,
        np.expm1: lambda x: np.exp(x) - 1,
        np.log1p: lambda x: np.log(1 + x),
        np.tanh: lambda x: 1 - 2 / (1 + np.exp(2 * x)),
        np.sinh: lambda x: (np.exp(x) - np.exp(-x)) / 2,
        np.cosh: lambda x: (np.exp(x) + np.exp(-x)) / 2,
        np.logaddexp: lambda a, b: np.log(np.exp(a) + np.exp(b)),
        np.minimum: lambda a, b: -np.maximum(-a, -b),
    }
)
"""Functions of one entry or of two, in terms of others."""


def power(x: Any, exponent: Any) -> Any:
    """x ** exponent for a whole exponent, or half of one, by repeated multiplication.

    TypeError for another exponent: e^(a log x) says what is meant.
    """
    if not isinstance(exponent, int | float | np.integer | np.floating) or not float(2 * exponent).is_integer():
        raise TypeError(
            f"**: got the exponent {exponent!r}, expected a whole number or half of one; e^(a log x) can"
        )
    if not float(exponent).is_integer():
        return power(np.sqrt(x), int(2 * exponent))
    if exponent < 0:
        return 1 / power(x, -int(exponent))
    if exponent == 0:
        return x * 0 + 1
    half = power(x, int(exponent) // 2) if exponent > 1 else None
    return x if half is None else half * half * x if exponent % 2 else half * half


def mean(x: Any, axis: Any, keepdims: bool) -> Any:
    """Σ x / n, exactly divided."""
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return x.sum(axis=axis, keepdims=keepdims) / int(np.prod([x.shape[i] for i in axes], dtype=int))


def dot(a: Any, b: Any) -> Any:
    """Of vectors and matrices their product, of anything and a number its multiple."""
    return a * b if a.ndim == 0 or b.ndim == 0 else a @ b


def _moved(function: Callable[..., Any], of: Callable[[Any], Any], x: Any, *args: Any, **kwargs: Any) -> Any:
    """A function that moves, repeats or drops entries and computes nothing."""
    return of(function(of(x).data, *args, **kwargs))


def _joined(function: Callable[..., Any], of: Callable[[Any], Any], arrays: Any, *args: Any, **kwargs: Any) -> Any:
    return of(function([of(x).data for x in arrays], *args, **kwargs))


def _reduced(name: str, of: Callable[[Any], Any], a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return getattr(of(a), name)(axis=axis, keepdims=keepdims)


def _constant(number: int, of: Callable[[Any], Any], a: Any) -> Any:
    return of(np.full(np.shape(a), number))


def _outer(of: Callable[[Any], Any], a: Any, b: Any) -> Any:
    return of(a).ravel()[:, None] * of(b).ravel()[None, :]


FUNCTIONS: Mapping[Callable[..., Any], Callable[..., Any]] = MappingProxyType(
    {
        **{function: partial(_reduced, function.__name__) for function in (np.sum, np.mean)},
        **dict.fromkeys((np.max, np.amax), partial(_reduced, "max")),
        **dict.fromkeys((np.min, np.amin), partial(_reduced, "min")),
        np.dot: lambda of, a, b: dot(of(a), of(b)),
        np.vdot: lambda of, a, b: of(a).ravel() @ of(b).ravel(),
        np.inner: lambda of, a, b: dot(of(a), of(b).T),
        np.outer: _outer,
        np.trace: lambda of, a: of(np.diagonal(of(a).data)).sum(),
        np.einsum: lambda of, formula, *arrays: of(np.einsum(formula, *(of(x).data for x in arrays))),
        np.shape: lambda of, a: of(a).shape,
        np.ndim: lambda of, a: of(a).ndim,
        np.size: lambda of, a: of(a).size,
        **dict.fromkeys((np.zeros_like, np.empty_like), partial(_constant, 0)),
        np.ones_like: partial(_constant, 1),
        **{
            function: partial(_moved, function)
            for function in (
                *(np.transpose, np.swapaxes, np.moveaxis, np.reshape, np.ravel, np.squeeze, np.expand_dims),
                *(np.broadcast_to, np.atleast_2d, np.diag, np.diagflat, np.diagonal, np.copy, np.repeat, np.tile),
                *(np.flip, np.roll, np.take),
            )
        },
        **{function: partial(_joined, function) for function in (np.concatenate, np.stack, np.vstack, np.hstack)},
    }
)
"""Functions of whole arrays. The first argument of each reading makes an array of the arithmetic."""


def called(function: Callable[..., Any], of: Callable[[Any], Any], args: Any, kwargs: Any) -> Any:
    """``function(*args, **kwargs)`` as it is read in the arithmetic of ``of``.

    TypeError where it cannot be read, or not with these arguments.
    """
    reading = FUNCTIONS.get(function)
    if reading is None:
        raise unread(function)
    try:
        signature(reading).bind(of, *args, **kwargs)
    except TypeError as error:
        raise TypeError(
            f"{named(function)} cannot be read in exact arithmetic with these arguments: {error}"
        ) from None
    return reading(of, *args, **kwargs)
