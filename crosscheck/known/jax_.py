"""Defects of JAX. Those without cells stay within the bound of the textbook's form."""

from __future__ import annotations

import math
from typing import Any

from .record import Cells, Defect, Numbers, Reproduction, exactly

ALL = ("float64", "float32", "bfloat16", "float16")
HALVES = ("bfloat16", "float16")
_WHOLE_ARRAYS = ("jax.eager", "jax.jit", "jax.checkpoint", "jax.default", "jax.composed")


def _float32(*values: float) -> Any:
    """A float32 array: a scalar where there is one value."""
    import jax

    return jax.numpy.array(values if len(values) > 1 else values[0], jax.numpy.float32)


def _sigmoid_gradient() -> Numbers:
    import jax

    got = jax.grad(jax.nn.sigmoid)(_float32(18.0))
    return float(got), exactly("sigmoid", "vjp", x=18.0, cotangent=1.0)


def _softmax_gradient() -> Numbers:
    import jax

    got = jax.grad(lambda x: jax.nn.softmax(x)[0])(_float32(18.0, 0.0))
    return float(got[0]), exactly("softmax", "vjp", (0,), x=[18.0, 0.0], cotangent=[1.0, 0.0])


def _softmax_gap() -> Numbers:
    import jax
    import numpy as np

    x = _float32(16.3, -63.67)
    return float(jax.nn.softmax(x)[1]), exactly("softmax", "value", (1,), x=np.asarray(x))


def _log_softmax() -> Numbers:
    import jax

    return float(jax.nn.log_softmax(_float32(40.0, 0.0))[0]), exactly("log_softmax", "value", (0,), x=[40.0, 0.0])


def _log_softmax_gradient() -> Numbers:
    import jax

    got = jax.grad(lambda x: jax.nn.log_softmax(x)[0])(_float32(18.0, 0.0))
    return float(got[0]), exactly("log_softmax", "vjp", (0,), x=[18.0, 0.0], cotangent=[1.0, 0.0])


def _logsumexp() -> Numbers:
    import jax

    return float(jax.nn.logsumexp(_float32(0.0, -40.0))), exactly("logsumexp", "value", x=[0.0, -40.0])


def _masked_class() -> Numbers:
    import jax

    x, y = [0.0, 1.0, -math.inf], [1.0, 0.0, 0.0]
    got = -(_float32(*y) * jax.nn.log_softmax(_float32(*x))).sum()
    return float(got), exactly("cross_entropy", "value", x=x, y=y)


def _bias_gradient() -> Numbers:
    """The sum of a cotangent 256, 1, …, 1 of 65 rows: 256 + 64."""
    import jax

    jnp = jax.numpy
    cotangent = jnp.ones((65, 1), jnp.bfloat16).at[0].set(256)
    _, pull = jax.vjp(lambda b: jnp.zeros((65, 1), jnp.bfloat16) + b, jnp.zeros(1, jnp.bfloat16))
    return float(pull(cotangent)[0][0]), 256.0 + 64.0


def _log_softmax_cotangent() -> Numbers:
    import jax

    jnp = jax.numpy
    cotangent = [256.0, *[1.0] * 8, -256.0]
    _, pull = jax.vjp(jax.nn.log_softmax, jnp.zeros(10, jnp.bfloat16))
    exact = exactly("log_softmax", "vjp", (5,), x=[0.0] * 10, cotangent=cotangent)
    return float(pull(jnp.array(cotangent, jnp.bfloat16))[0][5]), exact


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
    Defect(
        name="NaN from a masked class, soft targets",
        implementations=("jax.*",),
        package="jax",
        since="0.10.2",
        happens="−Σ y log_softmax(x) is NaN where a class with target 0 is masked by −inf",
        reason="0 · log ŷ is computed as 0 · (−inf); the limit is 0",
        shown=Reproduction("-([1, 0, 0] * jax.nn.log_softmax([0, 1, -inf])).sum()", "float32", _masked_class),
        threads=("google-deepmind/optax#896",),
        cells=(Cells("cross_entropy", ("value",), ALL, ("masked*",)),),
    ),
    Defect(
        name="bias gradient summed in 16 bits",
        implementations=(*_WHOLE_ARRAYS, "jax.optax"),
        package="jax",
        since="0.10.2",
        happens="d_b1 and d_b2 lose rows of the batch: a sum of 16-bit numbers stops growing",
        reason="the transpose of a broadcast is reduce_sum in the input's dtype, where jnp.sum adds in float32",
        shown=Reproduction(
            "VJP of b ↦ zeros((65, 1)) + b at the cotangent [256, 1, …, 1]", "bfloat16", _bias_gradient
        ),
        cells=(Cells("two_layer", ("d_b1", "d_b2"), HALVES),),
    ),
    Defect(
        name="cotangent of log_softmax summed in 16 bits",
        implementations=(*_WHOLE_ARRAYS, "jax.grad", "jax.vmap"),
        package="jax",
        since="0.10.2",
        happens="the VJP of log_softmax is wrong in every digit where the cotangent's sum cancels",
        reason="the backward pass sums the cotangent by reduce_sum in its dtype; the forward pass adds in float32",
        shown=Reproduction(
            "VJP of jax.nn.log_softmax at zeros(10), cotangent [256, 1, …, 1, −256], entry 5",
            "bfloat16",
            _log_softmax_cotangent,
        ),
        threads=("jax-ml/jax#40409",),
        cells=(Cells("log_softmax", ("vjp",), HALVES),),
    ),
)
