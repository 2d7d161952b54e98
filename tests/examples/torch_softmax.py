"""A custom autograd.Function: its backward pass is what training uses, so it is judged with the value."""

import torch


class Softmax(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        e = torch.exp(x - x.amax(dim=-1, keepdim=True))
        y = e / e.sum(dim=-1, keepdim=True)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, cotangent):
        (y,) = ctx.saved_tensors
        return y * (cotangent - (y * cotangent).sum(dim=-1, keepdim=True))


class Diagonal(Softmax):
    """Wrong at vjp: the diagonal of the Jacobian alone."""

    @staticmethod
    def backward(ctx, cotangent):
        (y,) = ctx.saved_tensors
        return y * (1 - y) * cotangent


def softmax(x):
    return Softmax.apply(x)


def diagonal(x):
    return Diagonal.apply(x)
