"""Defects of PyTorch that fail in cells of the matrix."""

from __future__ import annotations

import math
from typing import Any

from .record import Cells, Defect, Numbers, Reproduction, exactly
from .torch_digits import leaf

ALL = ("float64", "float32", "bfloat16", "float16")
_ORDINARY = (
    *("smoothed", "soft", "typical", "tiny", "wide", "extreme", "thousand"),
    *("strided", "reversed", "fortran", "broadcast", "one_example"),
)


def _masked_class() -> Numbers:
    import torch

    x, y = [0.0, 1.0, -math.inf], [1.0, 0.0, 0.0]
    got = torch.nn.functional.cross_entropy(leaf(*x), torch.tensor(y))
    return got.item(), exactly("cross_entropy", "value", x=x, y=y)


def _padded_row() -> Numbers:
    """A row with label −100 counts as absent, so its gradient is 0."""
    import torch

    x = leaf(-math.inf, -math.inf)
    loss = torch.nn.functional.cross_entropy(x[None], torch.tensor([-100]), reduction="sum")
    (got,) = torch.autograd.grad(loss, x)
    return got[0].item(), 0.0


def _softplus() -> Numbers:
    """softplus(x) = lse(0, x)."""
    import torch

    got = torch.nn.functional.softplus(torch.tensor(20.5, dtype=torch.float64))
    return got.item(), exactly("logsumexp", "value", x=[0.0, 20.5])


def _bce() -> Numbers:
    """BCE(x, 0) = softplus(x)."""
    import torch

    got = torch.nn.functional.binary_cross_entropy_with_logits(
        torch.tensor(-20.0, dtype=torch.float64), torch.tensor(0.0, dtype=torch.float64)
    )
    return got.item(), exactly("softplus", "value", x=-20.0)


def _bce_transformed() -> Numbers:
    """∂BCE(x, 0)/∂x = σ(x)."""
    import torch

    def cost(x: Any) -> Any:
        return torch.nn.functional.binary_cross_entropy_with_logits(x, torch.zeros(()))

    return torch.func.grad(cost)(torch.tensor(-8.0)).item(), exactly("sigmoid", "value", x=-8.0)


def _bce_at_infinity() -> Numbers:
    import torch

    one = torch.tensor(1.0)
    return torch.nn.functional.binary_cross_entropy_with_logits(math.inf * one, one).item(), 0.0


def _mean_of_many() -> Numbers:
    import torch

    x, labels = torch.zeros(70_000, 2, dtype=torch.float16), torch.zeros(70_000, dtype=torch.int64)
    return torch.nn.functional.cross_entropy(x, labels).item(), exactly("logsumexp", "value", x=[0.0, 0.0])


def _soft_targets_overflow() -> Numbers:
    import torch

    x, y = [3e38, -3e38], [1.0, 0.0]
    got = torch.nn.functional.cross_entropy(leaf(*x), torch.tensor(y))
    return got.item(), exactly("cross_entropy", "value", x=x, y=y)


DEFECTS = (
    Defect(
        name="mean over many rows overflows in float16",
        implementations=("torch.eager", "torch.func", "torch.compile"),
        package="torch",
        since="2.13",
        happens="F.cross_entropy's mean over 65,520 float16 rows or more is 0, or NaN where the sum overflows too",
        reason="the rows are counted in float16, to infinity; Tensor.mean() divides in float32",
        shown=Reproduction("F.cross_entropy(zeros(70000, 2), zeros(70000, int))", "float16", _mean_of_many),
        cells=(Cells("label_cross_entropy_mean", ("value",), ("float16",), ("many_examples",)),),
    ),
    Defect(
        name="NaN from finite logits, soft targets",
        implementations=("torch.eager", "torch.func", "torch.vmap", "torch.compile"),
        package="torch",
        since="2.13",
        happens="cross-entropy with soft targets is NaN where the gap to a class with target 0 overflows",
        reason="log ŷ overflows to −inf and 0 · (−inf) is NaN; class indices give the finite loss",
        shown=Reproduction("F.cross_entropy([3e38, -3e38], target [1, 0])", "float32", _soft_targets_overflow),
        cells=(
            Cells("cross_entropy", ("value",), ALL, ("largest",)),
            Cells("cross_entropy", ("value",), ("float16",), ("hundred_thousand",)),
        ),
    ),
    Defect(
        name="binary cross-entropy as a difference",
        implementations=("torch.eager", "torch.func", "torch.vmap", "torch.compile"),
        package="torch",
        since="2.13",
        happens="BCE-with-logits of a negative logit loses as many digits as |x| is larger than the loss",
        reason="it is computed as (1 − y) x − log σ(x): for x < 0 and y = 0 a difference of two numbers near x",
        shown=Reproduction("F.binary_cross_entropy_with_logits(-20, 0)", "float64", _bce),
        threads=("pytorch/pytorch#195529",),
        cells=(Cells("binary_cross_entropy", ("value",), ALL, _ORDINARY),),
    ),
    Defect(
        name="binary cross-entropy gradient under torch.func",
        implementations=("torch.func", "torch.vmap", "torch.compile"),
        package="torch",
        since="2.13",
        happens="the gradient of BCE-with-logits at y = 0 loses every digit for x < 0, where autograd keeps them",
        reason="it comes out as (1 − y) − σ(−x), which cancels, where autograd has σ(x) − y",
        shown=Reproduction("torch.func.grad of BCE-with-logits at x = -8, y = 0", "float32", _bce_transformed),
        cells=(Cells("binary_cross_entropy", ("vjp",), ALL),),
    ),
    Defect(
        name="binary cross-entropy NaN at an infinite logit",
        implementations=("torch.eager", "torch.func", "torch.vmap", "torch.compile"),
        package="torch",
        since="2.13",
        happens="BCE-with-logits(+inf, 1) and (−inf, 0) are NaN; the limit is 0",
        reason="0 · inf, or inf − inf",
        shown=Reproduction("F.binary_cross_entropy_with_logits(inf, 1)", "float32", _bce_at_infinity),
        threads=("pytorch/pytorch#102894",),
        cells=(Cells("binary_cross_entropy", ("value", "vjp", "jvp"), ALL, ("special",)),),
    ),
    Defect(
        name="NaN from a masked class, soft targets",
        implementations=("torch.eager", "torch.func", "torch.vmap", "torch.compile", "torch.autocast"),
        package="torch",
        since="2.13",
        happens="cross-entropy with soft targets is NaN where a class with target 0 is masked by −inf",
        reason="0 · log ŷ is computed as 0 · (−inf); the limit is 0, and class indices give the finite loss",
        shown=Reproduction("F.cross_entropy([0, 1, -inf], target [1, 0, 0])", "float32", _masked_class),
        cells=(Cells("cross_entropy", ("value",), ALL, ("masked*",)),),
    ),
    Defect(
        name="NaN gradient from a row that is ignored",
        implementations=("torch.eager", "torch.func", "torch.compile", "torch.autocast"),
        package="torch",
        since="2.13",
        happens="the gradient of an ignored row (label −100) is NaN where its logits are all −inf, +inf or NaN",
        reason="0 is multiplied by softmax(x), which is NaN there; the loss itself leaves the row out",
        shown=Reproduction("gradient of F.cross_entropy([[-inf, -inf]], [-100], sum)", "float32", _padded_row),
        threads=("pytorch/pytorch#11551",),
        cells=tuple(
            Cells(f"label_cross_entropy{reduction}", ("vjp",), ALL, ("padded*",))
            for reduction in ("", "_sum", "_mean")
        ),
    ),
    Defect(
        name="softplus linear from 20 on",
        implementations=("torch.eager", "torch.func", "torch.vmap", "torch.compile"),
        package="torch",
        since="2.13",
        happens="softplus(x) is x and its derivative 1 for every x > 20: in float64 7 of 16 digits are lost",
        reason="the default threshold, 20, is that of float32 (e^−20 = 2e−9); float64 needs 37",
        shown=Reproduction("F.softplus(20.5)", "float64", _softplus),
        cells=(Cells("softplus", ("value", "vjp", "jvp"), ("float64",)),),
    ),
)
