"""JAX, in the ways in which people run it: a table of modes, and the one function that runs them.

float64 is switched on for the length of a run, and matrix products are asked for at the precision of their format
(on NVIDIA the default for float32 is TF32, which is another format, and another mode).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from importlib.util import find_spec
from typing import Any

import numpy as np

from ..cases import Arrays
from ..formats import TF32, Format, with_stored_products
from ..implementation import Implementation
from ..operation import Operation
from ..spent import IMPORT, phase
from . import jax_programs as programs
from ._driver import gpu_driver
from .jax_jacobian import by_jacobian, contracted, stored_twice

Finish = Callable[[Operation, programs.Quantities, Arrays, int], programs.Quantities]
Scalars = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Mode:
    """How an operation is put to JAX.

    ``form``       which of the operation's forms is run
    ``derive``     how a function is differentiated (see ``jax_programs``); a network always is by ``jax.grad``
    ``rows``       whether one row at a time is seen, under ``jax.vmap``
    ``checkpoint`` whether the backward pass computes intermediates again, by ``jax.checkpoint``
    ``wide``       whether only functions are taken whose value is as wide as x: column by column, the gradient of
                   a loss would be sums of n terms where reverse mode rounds once
    ``finish``     what is left to do with the results of the program
    ``jit``        whether all of it is compiled as one program
    ``precision``  the precision of matrix products that is asked for
    ``products``   whether only operations with matrix products are taken, because only these differ
    ``dtypes``     the dtypes that are taken, where it is not all of them
    """

    name: str
    summary: str
    form: str = "jax"
    derive: programs.Derive = programs.by_vjp_and_jvp
    rows: bool = False
    checkpoint: bool = False
    wide: bool = False
    finish: Finish | None = None
    jit: bool = True
    precision: str = "highest"
    products: bool = False
    dtypes: tuple[str, ...] = ()

    def takes(self, operation: Operation, format: Format) -> bool:
        """Whether it has the form, rows where these are mapped over, and no taps where ``derive`` knows none."""
        function_only = self.derive is not programs.by_vjp_and_jvp
        return (
            self.form in operation.forms
            and (not self.products or operation.taps)
            and (not self.dtypes or format.name in self.dtypes)
            and not (self.rows and not operation.has_rows)
            and not (self.wide and operation.shapes.get("cotangent") != operation.shapes["x"])
            and not (function_only and operation.taps)
        )

    def arithmetic(self, format: Format, device: str) -> Format:
        """The format by whose roundings the mode is judged."""
        if self.precision == "default" and format.name == "float32" and device.startswith("cuda"):
            return TF32
        if self.finish is contracted:
            return stored_twice(format)
        return with_stored_products(format) if self.rows else format


_JACREV, _JACFWD = partial(by_jacobian, "jacrev"), partial(by_jacobian, "jacfwd")

MODES = (
    Mode("eager", "op by op: vjp, jvp, grad", jit=False),
    Mode("jit", "under jit, gradients included"),
    Mode(
        "vmap",
        "one example at a time under vmap: vjp, jvp; vmap(grad), summed over the batch",
        rows=True,
        finish=programs.summed,
    ),
    Mode("grad", "value_and_grad, linearize, grad of grad", derive=programs.by_grad),
    Mode("jacrev", "Jacobians of rows by jacrev", derive=_JACREV, rows=True, finish=contracted),
    Mode("jacfwd", "Jacobians of rows by jacfwd", derive=_JACFWD, rows=True, finish=contracted, wide=True),
    Mode(
        "checkpoint",
        "intermediates computed again in the backward pass",
        checkpoint=True,
        dtypes=("float32", "bfloat16"),
    ),
    Mode("default", "matrix products at the default precision", precision="default", products=True),
    Mode("composed", "forms composed by hand from exp, max, sum, log", form="jax.composed"),
    Mode("optax", "optax' losses", form="jax.optax"),
)
USUAL = ("jit",)

_SKIPS = {
    "eager": frozenset({"widths"}),  # every primitive is compiled for every shape
    "jacrev": frozenset({"vocabulary"}),  # the Jacobian of a row of 128,000 classes fills 65 GB
    "jacfwd": frozenset({"vocabulary"}),
}


@cache
def _jax() -> Any:
    with phase(IMPORT):
        import jax

    return jax


@contextmanager
def _settings(precision: str) -> Iterator[None]:
    jax = _jax()
    with jax.enable_x64(True), jax.default_matmul_precision(precision):
        yield


@cache
def _found() -> dict[str, Any]:
    jax = _jax()
    found = {"cpu": jax.devices("cpu")[0]}
    with suppress(RuntimeError):  # what JAX raises where it has no such backend
        found.update({f"cuda:{i}": device for i, device in enumerate(jax.devices("cuda"))})
    return found


def _devices(*packages: str) -> tuple[str, ...]:
    for package in packages:
        if find_spec(package) is None:
            raise ImportError(f"{package} is not installed: pip install -e '.[{package}]'")
    return tuple(_found()) if gpu_driver() else ("cpu",)


@lru_cache(maxsize=512)
def _program(mode: Mode, operation: Operation, axis: int, scalars: Scalars) -> programs.Program:
    """The program of a mode, kept so that it is compiled once for a shape and dtype; scalars are constants."""
    jax = _jax()
    form = partial(operation.forms[mode.form](jax), **dict(scalars))
    wrap = jax.checkpoint if mode.checkpoint else lambda f: f
    if operation.taps:
        program = programs.of_network(jax, operation, form, wrap, mode.rows)
    else:
        program = programs.of_function(jax, operation, form, wrap, mode.derive, mode.rows, axis)
    return jax.jit(program) if mode.jit else program


def _run(mode: Mode, operation: Operation, inputs: Arrays, device: str, axis: int = -1) -> Arrays:
    scalars = tuple((name, float(inputs[name])) for name in sorted(operation.scalars))
    arrays = {name: a for name, a in inputs.items() if name not in operation.scalars}
    arrays.update({name: arrays[name].astype(np.int32) for name in operation.integers & set(arrays)})
    jax = _jax()
    with _settings(mode.precision):
        given = {name: jax.device_put(a, _found()[device]) for name, a in arrays.items()}
        results = _program(mode, operation, axis, scalars)(given)
        if mode.finish:
            results = mode.finish(operation, results, arrays, axis)
        return {name: np.asarray(a) for name, a in results.items()}


def _implementation(mode: Mode) -> Implementation:
    packages = ("jax", "optax") if mode.form == "jax.optax" else ("jax",)
    return Implementation(
        f"jax.{mode.name}",
        f"JAX, {mode.summary}",
        partial(_run, mode),
        partial(_devices, *packages),
        extra=mode.name not in USUAL,
        compiles=True,
        takes=mode.takes,
        skips=_SKIPS.get(mode.name, frozenset()),
        arithmetic=mode.arithmetic,
    )


IMPLEMENTATIONS = tuple(map(_implementation, MODES))
