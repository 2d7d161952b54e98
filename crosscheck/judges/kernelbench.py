"""KernelBench's comparison: ``torch.allclose`` at atol = rtol = 10⁻⁴ with torch's own float32 result.

As KernelBench does it: the same shape, then ``allclose``, on five draws of inputs (the number of its run scripts),
torch first. KernelBench looks at one output; here everything that is returned is compared.
"""

from __future__ import annotations

import numpy as np

from ..cases import Arrays
from ..implementations.torch_arrays import torch_module
from ..operation import Operation
from .answer import Answer, Judge, Subject
from .gradient import copies, returned
from .torch_judges import NEEDS, NO_FORM, expected, sees_all

TOLERANCE, TRIALS = 1e-4, 5


def _ask(operation: Operation, function: Subject, inputs: Arrays) -> Answer:
    torch = torch_module()
    right = expected(operation, inputs)
    if right is None:
        return Answer(None, NO_FORM)
    got = returned(operation, function, copies(inputs))
    for name in (q for q in operation.quantities if q in got and q in right):
        if got[name].shape != right[name].shape:
            return Answer(True, f"{name}: shape {got[name].shape}, expected {right[name].shape}")
        pair = (torch.from_numpy(np.array(array)) for array in (right[name], got[name]))
        if not torch.allclose(*pair, atol=TOLERANCE, rtol=TOLERANCE):
            return Answer(True, f"{name}: not close")
    return Answer(False)


JUDGE = Judge(
    "KernelBench",
    "Kernel\nBench",
    "torch.allclose at KernelBench's 1e-4 with torch's own result, five draws, float32",
    NEEDS,
    "float32",
    _ask,
    sees_all,
    TRIALS,
)
