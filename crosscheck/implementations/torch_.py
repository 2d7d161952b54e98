"""PyTorch, in the ways in which people run it: one line of ``IMPLEMENTATIONS`` each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from importlib.util import find_spec
from typing import Any

from ..cases import Arrays
from ..formats import AUTOCAST, TF32, Format, with_stored_products
from ..implementation import Implementation
from ..operation import Operation
from . import torch_modes, torch_programs
from ._driver import gpu_driver
from .torch_arrays import NOT_INSTALLED, from_torch, handed_over, torch_module
from .torch_programs import Form, Program

Build = Callable[[Operation, Form], Program]


def _devices() -> tuple[str, ...]:
    if find_spec("torch") is None:
        raise ImportError(NOT_INSTALLED)
    if not gpu_driver():
        return ("cpu",)
    cuda = torch_module().cuda
    return ("cpu", *(f"cuda:{i}" for i in range(cuda.device_count() if cuda.is_available() else 0)))


def _cuda_devices() -> tuple[str, ...]:
    return _devices()[1:]


@cache
def _program(build: Build, key: str, operation: Operation, axis: int) -> Program:
    """Kept, so that it is compiled once for a shape and dtype."""
    form = operation.forms[key](torch_module())
    return build(operation, form if axis == -1 else partial(form, axis=axis))


def _run(build: Build, key: str, operation: Operation, inputs: Arrays, device: str, axis: int = -1) -> Arrays:
    given = handed_over(operation, inputs, device)
    return _returned(operation, inputs, _program(build, key, operation, axis)(given))


def _run_by_rows(operation: Operation, inputs: Arrays, device: str, axis: int = -1) -> Arrays:
    """A row has no other axis than that of its classes: it is moved last, and back in the results."""
    given = handed_over(operation, inputs, device)
    whole = given["x"].ndim
    classes = [name for name in given if operation.shapes[name].split()[-1:] == ["n"]]
    given |= {name: given[name].movedim(axis, -1) for name in classes if axis != -1}
    results = _program(torch_modes.by_rows, "torch", operation, -1)(given)
    if axis != -1:
        results = {name: a.movedim(-1, axis) if a.ndim == whole else a for name, a in results.items()}
    return _returned(operation, inputs, results)


def _returned(operation: Operation, inputs: Arrays, results: dict[str, Any]) -> Arrays:
    dtype = inputs["x"].dtype
    return {name: from_torch(a, dtype) for name, a in results.items() if name in operation.quantities}


def _mode(name: str, summary: str, build: Build, key: str = "torch", **fields: Any) -> Implementation:
    fields = {"devices": _devices, "extra": True, "takes": lambda one, format: key in one.forms, **fields}
    return Implementation(f"torch.{name}", summary, partial(_run, build, key), **fields)


def _products_in_float32(operation: Operation, format: Format) -> bool:
    """Only operations with matrix products: what the mode changes."""
    return format.name == "float32" and operation.taps


def _compiled(operation: Operation, format: Format) -> bool:
    """In the dtypes that people compile for: every program takes a C++ compiler some five seconds."""
    return format.name in ("float32", "bfloat16") and "torch" in operation.forms


def _by_rows(operation: Operation, format: Format) -> bool:
    return "torch" in operation.forms and operation.has_rows


IMPLEMENTATIONS = (
    _mode("eager", "PyTorch autograd, forward-mode AD", torch_programs.eager, extra=False),
    _mode("func", "torch.func: vjp, jvp, grad", torch_programs.functional),
    replace(
        _mode("vmap", "torch.vmap over rows: gradients of every example", torch_modes.by_rows),
        run=_run_by_rows,
        takes=_by_rows,
        arithmetic=lambda format, device: with_stored_products(format),
    ),
    _mode(
        "compile",
        "torch.compile, gradients included",
        torch_modes.compiled,
        compiles=True,
        takes=_compiled,
        skips=frozenset({"widths"}),
    ),
    _mode("composed", "autograd of exp, sum and log, composed by hand", torch_programs.eager, "torch.composed"),
    _mode("module", "nn modules: backward() and .grad", torch_programs.modules, "torch.module"),
    _mode(
        "autocast",
        "torch.autocast to bfloat16",
        torch_modes.autocast,
        takes=_products_in_float32,
        arithmetic=lambda format, device: AUTOCAST,
    ),
    _mode(
        "tf32",
        "matrix products in TF32, on NVIDIA",
        torch_modes.tf32,
        takes=_products_in_float32,
        devices=_cuda_devices,
        arithmetic=lambda format, device: TF32,
    ),
)
