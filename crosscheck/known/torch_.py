"""Defects of PyTorch that fail in cells of the matrix."""

from __future__ import annotations

import math

from .record import Cells, Defect, Numbers, Reproduction, exactly
from .torch_digits import leaf

ALL = ("float64", "float32", "bfloat16", "float16")


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


DEFECTS = (
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
