"""Defects of JAX that lose digits within the bound of the textbook's form: no cell can fail for them."""

from __future__ import annotations

from typing import Any

from .record import Defect, Numbers, Reproduction, exactly


def float32(*values: float) -> Any:
    """A float32 array: a scalar where there is one value."""
    import jax

    return jax.numpy.array(values if len(values) > 1 else values[0], jax.numpy.float32)


def _sigmoid_gradient() -> Numbers:
    import jax

    got = jax.grad(jax.nn.sigmoid)(float32(18.0))
    return float(got), exactly("sigmoid", "vjp", x=18.0, cotangent=1.0)


def _softmax_gradient() -> Numbers:
    import jax

    got = jax.grad(lambda x: jax.nn.softmax(x)[0])(float32(18.0, 0.0))
    return float(got[0]), exactly("softmax", "vjp", (0,), x=[18.0, 0.0], cotangent=[1.0, 0.0])


def _softmax_gap() -> Numbers:
    import jax
    import numpy as np

    x = float32(16.3, -63.67)
    return float(jax.nn.softmax(x)[1]), exactly("softmax", "value", (1,), x=np.asarray(x))


def _log_softmax() -> Numbers:
    import jax

    return float(jax.nn.log_softmax(float32(40.0, 0.0))[0]), exactly("log_softmax", "value", (0,), x=[40.0, 0.0])


def _log_softmax_gradient() -> Numbers:
    import jax

    got = jax.grad(lambda x: jax.nn.log_softmax(x)[0])(float32(18.0, 0.0))
    return float(got[0]), exactly("log_softmax", "vjp", (0,), x=[18.0, 0.0], cotangent=[1.0, 0.0])


def _logsumexp() -> Numbers:
    import jax

    return float(jax.nn.logsumexp(float32(0.0, -40.0))), exactly("logsumexp", "value", x=[0.0, -40.0])


DEFECTS = (
    Defect(
        name="sigmoid gradient lost to 1 − y",
        implementations=("jax.*",),
        package="jax",
        since="0.9.2",
        happens="σ'(x) is 0 from x = 17 on in float32, 37 in float64; it is a normal number up to 87 and 708",
        reason="it is computed as y(1 − y) from the rounded y = σ(x), which is 1 there",
        shown=Reproduction("jax.grad(jax.nn.sigmoid)(18)", "float32", _sigmoid_gradient),
        threads=("jax-ml/jax#40385", "jax-ml/jax#40342"),
    ),
    Defect(
        name="softmax gradient of the likeliest class lost",
        implementations=("jax.*",),
        package="jax",
        since="0.9.2",
        happens="the VJP at the likeliest class is 0 where it leads by 17 in float32, 37 in float64",
        reason="ŷ(ȳ − Σȳŷ) cancels once ŷ rounds to 1",
        shown=Reproduction("gradient of jax.nn.softmax([18, 0])[0], entry 0", "float32", _softmax_gradient),
        threads=("jax-ml/jax#40386", "jax-ml/jax#40344"),
    ),
    Defect(
        name="softmax far below the maximum",
        implementations=("jax.*",),
        package="jax",
        since="0.10.2",
        happens="a probability e^−80 times the largest is off by up to 64 ulp in float32",
        reason="the rounding of x − max x is a relative error of e^(x − max x) as large as its absolute one",
        shown=Reproduction("jax.nn.softmax([16.3, -63.67])[1]", "float32", _softmax_gap),
    ),
    Defect(
        name="log-softmax of the likeliest class lost",
        implementations=("jax.*",),
        package="jax",
        since="0.10.2",
        happens="0 where one logit leads by 17 in float32, 37 in float64; so are cross-entropies made of it",
        reason="log Σe^(x − max x) adds the small terms to 1 before the logarithm, where log1p would keep them",
        shown=Reproduction("jax.nn.log_softmax([40, 0])[0]", "float32", _log_softmax),
        threads=("jax-ml/jax#1205",),
    ),
    Defect(
        name="log-softmax gradient of the likeliest class lost",
        implementations=("jax.*",),
        package="jax",
        since="0.9.2",
        happens="0 at a class that leads by 17 in float32, 37 in float64, and so in cross-entropies made of it",
        reason="1 − ŷ cancels once ŷ rounds to 1, where the sum of the other ŷ would not",
        shown=Reproduction(
            "gradient of jax.nn.log_softmax([18, 0])[0], entry 0", "float32", _log_softmax_gradient
        ),
        threads=("jax-ml/jax#40384", "jax-ml/jax#40344"),
    ),
    Defect(
        name="logsumexp of a maximum 0 lost",
        implementations=("jax.*",),
        package="jax",
        since="0.10.2",
        happens="0 where the largest logit is 0 and leads by 17 in float32, 37 in float64",
        reason="log Σe^(x − max x) adds the small terms to 1 before the logarithm, where log1p would keep them",
        shown=Reproduction("jax.nn.logsumexp([0, -40])", "float32", _logsumexp),
        threads=("jax-ml/jax#1205",),
    ),
)
