"""PyTorch's judges: ``gradcheck``, slow and fast, and ``assert_close`` with torch's own result, all at defaults.

``gradcheck`` asks for float64 (eps 1e-6, atol 1e-5, rtol 1e-3) and looks at a function's backward pass;
``assert_close`` compares in float32 (rtol 1.3e-6, atol 1e-5), everything that is returned.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ..cases import Arrays
from ..implementations import implementations
from ..implementations.torch_arrays import torch_module
from ..operation import Operation
from .answer import Answer, Judge, Subject
from .gradient import NO_GRADIENT, Gradient, copies, gradient, returned, sees_gradients

NO_FORM = "torch has no such operation here"
NEEDS = ("torch",)


def as_function(found: Gradient) -> Any:
    """The NumPy function as a ``torch.autograd.Function``, as users would wrap it; tensors share its memory."""
    torch = torch_module()

    def forward(ctx: Any, *points: Any) -> Any:
        ctx.save_for_backward(*points)
        return torch.from_numpy(np.asarray(found.of(*(p.detach().numpy() for p in points))))

    def backward(ctx: Any, cotangent: Any) -> Any:
        points = (p.detach().numpy() for p in ctx.saved_tensors)
        pulled = found.pull(cotangent.detach().numpy(), *points)
        return tuple(torch.from_numpy(np.asarray(a)) for a in pulled)

    once = torch.autograd.function.once_differentiable(backward)
    methods = {"forward": staticmethod(forward), "backward": staticmethod(once)}
    return type("Wrapped", (torch.autograd.Function,), methods).apply  # type: ignore[attr-defined]


def _gradcheck(fast: bool, operation: Operation, function: Subject, inputs: Arrays) -> Answer:
    torch = torch_module()
    found = gradient(operation, function, inputs)
    if found is None:
        return Answer(None, NO_GRADIENT)
    tensors = [torch.from_numpy(point.copy()).requires_grad_() for point in found.points]
    torch.autograd.gradcheck(as_function(found), tensors, fast_mode=fast)  # raises where it is not content
    return Answer(False)


def expected(operation: Operation, inputs: Arrays) -> Arrays | None:
    """What torch itself gives in the dtype of the inputs, or None where it has no such operation."""
    if "torch" not in operation.forms:
        return None
    return implementations()["torch.eager"].run(operation, copies(inputs), "cpu")


def sees_all(operation: Operation) -> frozenset[str]:
    """Every quantity."""
    return frozenset(operation.quantities)


def _assert_close(operation: Operation, function: Subject, inputs: Arrays) -> Answer:
    torch = torch_module()
    right = expected(operation, inputs)
    if right is None:
        return Answer(None, NO_FORM)
    got = returned(operation, function, copies(inputs))
    for name in (q for q in operation.quantities if q in got and q in right):
        pair = (torch.from_numpy(np.array(array)) for array in (got[name], right[name]))
        torch.testing.assert_close(*pair, msg=lambda told, name=name: f"{name}: {told}")
    return Answer(False)


JUDGES = (
    Judge(
        "gradcheck",
        "grad-\ncheck",
        "torch.autograd.gradcheck, float64",
        NEEDS,
        "float64",
        partial(_gradcheck, False),
        sees_gradients,
    ),
    Judge(
        "gradcheck fast",
        "fast\nmode",
        "torch.autograd.gradcheck with fast_mode=True, float64",
        NEEDS,
        "float64",
        partial(_gradcheck, True),
        sees_gradients,
    ),
    Judge(
        "assert_close",
        "assert\n_close",
        "torch.testing.assert_close with torch's own result, float32",
        NEEDS,
        "float32",
        _assert_close,
        sees_all,
    ),
)
