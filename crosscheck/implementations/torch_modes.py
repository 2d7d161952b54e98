"""The programs as PyTorch transforms them: mapped over rows, compiled, in autocast, in TF32."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..operation import Operation
from .torch_arrays import torch_module
from .torch_programs import Form, Program, Tensors, eager, functional


def by_rows(operation: Operation, form: Form) -> Program:
    """``torch.vmap`` over the rows; J and the gradients of what all rows share are summed afterwards.

    The classes stand on the last axis.
    """
    torch = torch_module()
    program = functional(operation, form)
    rows = operation.shapes["x"].split()[0]

    def mapped(program: Program, given: Tensors) -> Program:
        shared = {name for name in given if not operation.shapes[name].startswith(rows)}
        return torch.vmap(program, in_dims=({name: None if name in shared else 0 for name in given},))

    def network(given: Tensors) -> Tensors:
        shared = {f"d_{name}" for name in given if not operation.shapes[name].startswith(rows)} | {"J"}
        found = mapped(program, given)(given)
        return {name: a.sum(dim=0) if name.removeprefix("t_") in shared else a for name, a in found.items()}

    def of_rows(given: Tensors) -> Tensors:
        whole = program
        for _ in range(given["x"].ndim - 1):
            whole = mapped(whole, given)
        return whole(given)

    return network if operation.taps else of_rows


def compiled(operation: Operation, form: Form) -> Program:
    """The ``torch.func`` program, forward and backward in one graph, compiled once for a shape and dtype."""
    torch = torch_module()
    program = torch.compile(functional(operation, form), fullgraph=True, dynamic=False)

    def run(given: Tensors) -> Tensors:
        # All operations share the code of a program, and every shape and dtype of each is compiled for itself.
        with torch._dynamo.config.patch(recompile_limit=1000, accumulated_recompile_limit=10_000):
            return program(given)

    return run


def autocast(operation: Operation, form: Form) -> Program:
    """Autograd with ``torch.autocast`` to bfloat16 around the form; backward runs outside of it, as it should."""
    torch = torch_module()

    def cast(*args: Any, **given: Any) -> Any:
        x = given["x"] if operation.taps else args[0]
        with torch.autocast(x.device.type, dtype=torch.bfloat16):
            return form(*args, **given)

    return eager(operation, cast)


def tf32(operation: Operation, form: Form) -> Program:
    """Autograd with matrix products in TF32."""
    program = eager(operation, form)

    def run(given: Tensors) -> Tensors:
        with matmul_precision("high"):
            return program(given)

    return run


@contextmanager
def matmul_precision(precision: str) -> Iterator[None]:
    """``torch.set_float32_matmul_precision`` for a while."""
    torch = torch_module()
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(precision)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
