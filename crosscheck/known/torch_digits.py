"""Defects of PyTorch that lose digits within the bound of the textbook's form: no cell can fail for them."""

from __future__ import annotations

from typing import Any

from .record import Defect, Numbers, Reproduction, exactly


def leaf(*values: float) -> Any:
    """A float32 tensor that takes a gradient: a scalar where there is one value."""
    import torch

    return torch.tensor(values if len(values) > 1 else values[0], dtype=torch.float32, requires_grad=True)


def _sigmoid_gradient() -> Numbers:
    import torch

    x = leaf(18.0)
    (got,) = torch.autograd.grad(torch.sigmoid(x), x)
    return got.item(), exactly("sigmoid", "vjp", x=18.0, cotangent=1.0)


def _softmax_gradient() -> Numbers:
    import torch

    x = leaf(18.0, 0.0)
    (got,) = torch.autograd.grad(torch.softmax(x, 0)[0], x)
    return got[0].item(), exactly("softmax", "vjp", (0,), x=[18.0, 0.0], cotangent=[1.0, 0.0])


def _softmax_gap() -> Numbers:
    import torch

    x = leaf(16.3, -63.67).detach()
    return torch.softmax(x, 0)[1].item(), exactly("softmax", "value", (1,), x=x.numpy())


def _log_softmax() -> Numbers:
    import torch

    return torch.log_softmax(leaf(40.0, 0.0), 0)[0].item(), exactly("log_softmax", "value", (0,), x=[40.0, 0.0])


def _logsumexp() -> Numbers:
    import torch

    return torch.logsumexp(leaf(0.0, -40.0), 0).item(), exactly("logsumexp", "value", x=[0.0, -40.0])


def _cross_entropy() -> Numbers:
    import torch

    got = torch.nn.functional.cross_entropy(leaf(18.0, 0.0), torch.tensor(0))
    return got.item(), exactly("cross_entropy", "value", x=[18.0, 0.0], y=[1.0, 0.0])


def _cross_entropy_gradient() -> Numbers:
    import torch

    x = leaf(18.0, 0.0)
    (got,) = torch.autograd.grad(torch.nn.functional.cross_entropy(x, torch.tensor(0)), x)
    exact = exactly("cross_entropy", "vjp", (0,), x=[18.0, 0.0], y=[1.0, 0.0], cotangent=1.0)
    return got[0].item(), exact


def _bce() -> Numbers:
    """BCE(x, 0) = log(1 + e^x) = lse(0, x)."""
    import torch

    x = leaf(-40.0)
    got = torch.nn.functional.binary_cross_entropy_with_logits(x, torch.zeros_like(x))
    return got.item(), exactly("logsumexp", "value", x=[0.0, -40.0])


def _bce_gradient() -> Numbers:
    """∂BCE(x, 1)/∂x = σ(x) − 1 = −σ(−x)."""
    import torch

    x = leaf(40.0)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(x, torch.ones_like(x))
    (got,) = torch.autograd.grad(loss, x)
    return got.item(), -exactly("sigmoid", "value", x=-40.0)


DEFECTS = (
    Defect(
        name="sigmoid gradient lost to 1 − y",
        implementations=("torch.*",),
        package="torch",
        since="2.12",
        happens="σ'(x) is 0 from x = 17 on in float32, 37 in float64; it is a normal number up to 87 and 708",
        reason="it is computed as y(1 − y) from the rounded y = σ(x), which is 1 there",
        shown=Reproduction("gradient of torch.sigmoid at x = 18", "float32", _sigmoid_gradient),
        threads=("pytorch/pytorch#195681", "pytorch/pytorch#195527"),
    ),
    Defect(
        name="softmax gradient of the likeliest class lost",
        implementations=("torch.*",),
        package="torch",
        since="2.12",
        happens="the VJP at the likeliest class is 0 where it leads by 17 in float32, 37 in float64",
        reason="ŷ(ȳ − Σȳŷ) cancels once ŷ rounds to 1",
        shown=Reproduction("gradient of torch.softmax([18, 0])[0], entry 0", "float32", _softmax_gradient),
        threads=("pytorch/pytorch#195684",),
    ),
    Defect(
        name="softmax far below the maximum",
        implementations=("torch.*",),
        package="torch",
        since="2.13",
        happens="a probability e^−80 times the largest is off by up to 64 ulp in float32",
        reason="the rounding of x − max x is a relative error of e^(x − max x) as large as its absolute one",
        shown=Reproduction("torch.softmax([16.3, -63.67])[1]", "float32", _softmax_gap),
    ),
    Defect(
        name="log-softmax of the likeliest class lost",
        implementations=("torch.*",),
        package="torch",
        since="2.12",
        happens="0 where one logit leads by 17 in float32, 37 in float64; the truth is a small normal number",
        reason="log Σe^(x − max x) adds the small terms to 1 before the logarithm, where log1p would keep them",
        shown=Reproduction("torch.log_softmax([40, 0])[0]", "float32", _log_softmax),
        threads=("pytorch/pytorch#113708",),
    ),
    Defect(
        name="logsumexp of a maximum 0 lost",
        implementations=("torch.*",),
        package="torch",
        since="2.13",
        happens="0 where the largest logit is 0 and leads by 17 in float32, 37 in float64",
        reason="log Σe^(x − max x) adds the small terms to 1 before the logarithm, where log1p would keep them",
        shown=Reproduction("torch.logsumexp([0, -40])", "float32", _logsumexp),
    ),
    Defect(
        name="cross-entropy of a sure class lost",
        implementations=("torch.*",),
        package="torch",
        since="2.12",
        happens="the loss is 0 where the target's logit leads by 17 in float32, 37 in float64",
        reason="it is minus the log-softmax of the likeliest class",
        shown=Reproduction("F.cross_entropy([18, 0], class 0)", "float32", _cross_entropy),
        threads=("pytorch/pytorch#113708",),
    ),
    Defect(
        name="cross-entropy gradient of a sure class lost",
        implementations=("torch.*",),
        package="torch",
        since="2.12",
        happens="the gradient at the target is 0 where its logit leads by 17 in float32, 37 in float64",
        reason="ŷ − 1 cancels once ŷ rounds to 1, where minus the sum of the other ŷ would not",
        shown=Reproduction(
            "gradient of F.cross_entropy([18, 0], class 0), entry 0", "float32", _cross_entropy_gradient
        ),
        threads=("pytorch/pytorch#195678",),
    ),
    Defect(
        name="binary cross-entropy of a sure 0 lost",
        implementations=("torch.*",),
        package="torch",
        since="2.12",
        happens="BCE-with-logits(x, 0) is 0 from x = −17 down in float32, −37 in float64; BCE(−x, 1) is right",
        reason="it is (1 − y)x − log σ(x), two large numbers that cancel",
        shown=Reproduction("F.binary_cross_entropy_with_logits(-40, 0)", "float32", _bce),
        threads=("pytorch/pytorch#195529",),
    ),
    Defect(
        name="binary cross-entropy gradient of a sure 1 lost",
        implementations=("torch.*",),
        package="torch",
        since="2.12",
        happens="the gradient at target 1 is 0 from x = 17 on in float32, 37 in float64; at −x and 0 it is right",
        reason="σ(x) − 1 cancels once σ(x) rounds to 1",
        shown=Reproduction(
            "gradient of F.binary_cross_entropy_with_logits at x = 40, y = 1", "float32", _bce_gradient
        ),
        threads=("pytorch/pytorch#195677", "pytorch/pytorch#195529"),
    ),
)
