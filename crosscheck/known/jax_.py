"""Defects of JAX that fail in cells of the matrix."""

from __future__ import annotations

import math
from typing import Any

from .jax_digits import float32
from .record import Cells, Defect, Numbers, Reproduction, exactly

ALL = ("float64", "float32", "bfloat16", "float16")
HALVES = ("bfloat16", "float16")
_WHOLE_ARRAYS = ("jax.eager", "jax.jit", "jax.checkpoint", "jax.default", "jax.composed")


def _masked_class() -> Numbers:
    import jax

    x, y = [0.0, 1.0, -math.inf], [1.0, 0.0, 0.0]
    got = -(float32(*y) * jax.nn.log_softmax(float32(*x))).sum()
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


def _padded_row() -> Numbers:
    """A row whose cost is not chosen counts as absent, so its gradient is 0."""
    import jax

    def cost(x: Any) -> Any:
        return jax.numpy.where(False, jax.nn.log_softmax(x)[0], 0.0)

    return float(jax.grad(cost)(float32(-math.inf, -math.inf))[0]), 0.0


def _soft_targets_overflow() -> Numbers:
    import jax

    x, y = [3e38, -3e38], [1.0, 0.0]
    got = -(float32(*y) * jax.nn.log_softmax(float32(*x))).sum()
    return float(got), exactly("cross_entropy", "value", x=x, y=y)


def _bce_at_infinity() -> Numbers:
    import jax

    x, y = float32(math.inf, 0.0)[0], 1.0
    return float(-y * jax.nn.log_sigmoid(x) - (1 - y) * jax.nn.log_sigmoid(-x)), 0.0


DEFECTS = (
    Defect(
        name="NaN from finite logits, soft targets",
        implementations=("jax.*",),
        package="jax",
        since="0.10.2",
        happens="−Σ y log_softmax(x) is NaN where the gap to a class with target 0 overflows",
        reason="log ŷ overflows to −inf and 0 · (−inf) is NaN",
        shown=Reproduction(
            "-([1, 0] * jax.nn.log_softmax([3e38, -3e38])).sum()", "float32", _soft_targets_overflow
        ),
        threads=("google-deepmind/optax#896",),
        cells=(
            Cells("cross_entropy", ("value",), ALL, ("largest",)),
            Cells("cross_entropy", ("value",), ("float16",), ("hundred_thousand",)),
        ),
    ),
    Defect(
        name="binary cross-entropy NaN at an infinite logit",
        implementations=("jax.*",),
        package="jax",
        since="0.10.2",
        happens="−y log σ(x) − (1 − y) log σ(−x) is NaN at (+inf, 1) and (−inf, 0); the limit is 0",
        reason="0 · inf in the term that the target leaves out",
        shown=Reproduction("the same at x = inf, y = 1, with jax.nn.log_sigmoid", "float32", _bce_at_infinity),
        threads=("google-deepmind/optax#431",),
        cells=(Cells("binary_cross_entropy", ("value", "vjp", "jvp"), ALL, ("special",)),),
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
        cells=(
            *(Cells(f"two_layer{cost}", ("d_b1", "d_b2"), HALVES) for cost in ("", "_mean", "_l2")),
            Cells("two_layer_hvp", ("d_b1", "d_b2", "t_d_b1", "t_d_b2"), HALVES),
        ),
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
    Defect(
        name="NaN gradient from a row that is ignored",
        implementations=("jax.eager", "jax.jit", "jax.grad", "jax.checkpoint", "jax.default", "jax.optax"),
        package="jax",
        since="0.10.2",
        happens="the gradient of a row masked by jnp.where is NaN where its logits are all −inf, +inf or NaN",
        reason="the backward pass multiplies the mask's 0 by the softmax, which is NaN there",
        shown=Reproduction("gradient of where(False, log_softmax([-inf, -inf])[0], 0)", "float32", _padded_row),
        threads=("jax-ml/jax#6811",),
        cells=tuple(
            Cells(f"label_cross_entropy{reduction}", ("vjp",), ALL, ("padded*",))
            for reduction in ("", "_sum", "_mean")
        ),
    ),
)
