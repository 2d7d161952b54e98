"""The public functions: the truth and the tolerance of an operation at given arrays, and what there is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from . import shapes, workers
from .cases import Arrays
from .checking.shrink import axes
from .enclosure import Enclosure
from .environment import cores
from .formats import FORMATS, format_of
from .guest.arrays import as_numpy
from .guest.call import UnusableError
from .guest.signature import NEUTRAL
from .implementations import implementations
from .judge import Verdict, check_from_inputs, stored_inputs
from .known import with_known
from .matrix import Plan, Selection, plan
from .operation import Operation
from .operations import operation, operations
from .run import Run
from .spent import STARTING, Profile
from .truth import enclose, require_gradual_underflow, rounded, special_values


def list_operations() -> tuple[str, ...]:
    """The names of the operations.

    >>> list_operations()[:6]
    ('sigmoid', 'softmax', 'log_softmax', 'logsumexp', 'cross_entropy', 'two_layer')
    """
    return tuple(operations())


def list_implementations() -> tuple[str, ...]:
    """The names of the implementations, installed or not.

    >>> [name for name in list_implementations() if name.startswith("jax")][:3]
    ['jax.eager', 'jax.jit', 'jax.vmap']
    """
    return tuple(implementations())


def exact(name: str, quantity: str | None = None, **inputs: Any) -> Enclosure:
    """The exact value of a quantity of an operation: an enclosure that provably holds it.

    ``quantity`` is ``"value"`` where nothing is said, or ``"vjp"`` (with ``cotangent``), ``"jvp"`` (with
    ``tangent``); for ``"two_layer"`` a name of ``reference.equations.NETWORK``. Arrays, of NumPy, PyTorch or JAX,
    are float64, float32, bfloat16 or float16, and taken exactly; the classes are on the last axis. ``weight`` and
    ``smoothing`` are 1 and 0 where they are not given. ValueError or TypeError name what does not fit.

    >>> import crosscheck
    >>> crosscheck.exact("sigmoid", x=np.float32(-20)).round("float16")
    array(0., dtype=float16)
    >>> float(crosscheck.exact("sigmoid", x=np.float32(-20)).round("float32"))
    2.06115369216775e-09
    """
    require_gradual_underflow()
    one, wanted, given = checked(name, quantity, inputs)
    return enclose(one.graph, wanted, given, special_values(one, wanted, given), one.shapes)


def tolerance(name: str, quantity: str | None = None, dtype: object = None, **inputs: Any) -> np.ndarray:
    """The most that an honest evaluation in ``dtype`` may lose, element by element, as absolute float64 bounds.

    ``dtype`` is that of the inputs where nothing is said; they must then share one. The inputs are those of
    ``exact``, and taken as they are, but for those that are wider than ``dtype``, for logits (so that honest forms
    such as exp(x − lse) pass) and for what a network computes in several steps from its inputs: they start with an
    error of one rounding. A bound is inf where nothing can be said, as in a row with a NaN. ValueError or
    TypeError name what does not fit.

    >>> import crosscheck
    >>> bool(crosscheck.tolerance("sigmoid", x=np.float32(1)) < 2.0**-20)
    True
    """
    one, wanted, given = checked(name, quantity, inputs)
    found = sorted({array.dtype.name for name, array in given.items() if name not in one.integers | one.scalars})
    if dtype is None and len(found) > 1:
        raise ValueError(f"dtype: not given, and the inputs have several: {', '.join(found)}")
    format = format_of(found[0] if dtype is None else dtype)
    stored = stored_inputs(one, given, format, check_from_inputs(one, wanted))
    return rounded(one.graph, wanted, given, format, stored).bound


def checked(name: str, quantity: str | None, inputs: dict[str, Any]) -> tuple[Operation, str, Arrays]:
    """An operation, its quantity and what it needs, as arrays; ValueError or TypeError name what does not fit."""
    one = operation(name)
    wanted = "value" if quantity is None else quantity
    if not isinstance(wanted, str) or wanted not in one.graph:
        raise ValueError(f"quantity: got {quantity!r}, expected one of {', '.join(one.quantities)}")
    leaves = one.leaves(wanted)
    for unknown in (key for key in inputs if key not in leaves):
        raise ValueError(f"{unknown}: not an input of {name} {wanted}, which takes {', '.join(leaves)}")
    for missing in (leaf for leaf in leaves if leaf not in inputs and leaf not in _DEFAULTED):
        raise ValueError(f"{missing}: missing, {name} {wanted} needs {', '.join(leaves)}")
    given = {leaf: array_of(leaf, inputs[leaf]) for leaf in leaves if leaf in inputs}
    shapes.check(given, one.shapes, one.integers)
    sizes = axes(one, given)
    for leaf in (leaf for leaf in leaves if leaf not in given):
        shape = [sizes[axis] for axis in one.shapes[leaf].split()]
        given[leaf] = np.full(shape, NEUTRAL[leaf], given["x"].dtype)
    given = {leaf: given[leaf] for leaf in leaves}
    if one.check is not None and one.integers <= set(given):
        one.check(**given)
    return one, wanted, given


_DEFAULTED = ("weight", "smoothing")
"""Inputs that need not be given. Not the decay: without it, the cost with weight decay is another operation."""


def array_of(name: str, value: Any) -> np.ndarray:
    """An array of NumPy, PyTorch (of bfloat16 too, and on any device) or JAX, or lists, as one of NumPy.

    TypeError or ValueError, by name, where it is no array of real numbers.
    """
    if isinstance(value, np.ndarray) or not hasattr(value, "__dlpack__"):
        return shapes.array(name, value)
    try:
        return as_numpy(value, FORMATS["bfloat16"].dtype)
    except UnusableError as error:
        raise TypeError(f"{name}: {str(error).replace('returned', 'got', 1)}") from None


def validate(
    selection: Selection | None = None,
    progress: Callable[[int, int], None] | None = None,
    jobs: int = 1,
) -> Run:
    """Run the matrix on what is installed; ``progress(done, all)`` is called after every cell.

    With ``jobs`` > 1 that many processes share the work; a script that asks for them needs the guard
    ``if __name__ == "__main__"`` that ``multiprocessing`` asks for. ValueError names what cannot be run.
    """
    if jobs < 1:
        raise ValueError(f"jobs: got {jobs}, expected 1 or more")
    if selection is not None and not isinstance(selection, Selection):
        raise TypeError(f"selection: got {selection!r}, expected a Selection, such as Selection(('softmax',))")
    selection = selection or Selection()
    return execute(plan(selection), selection.seed, progress, jobs)


def execute(
    todo: Plan,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
    jobs: int | None = None,
) -> Run:
    """Judge the cells of a plan, in ``jobs`` processes (by default one for each core)."""
    start, cpu = time.perf_counter(), time.process_time()
    ledger = workers.Ledger()
    found: dict[int, tuple[Verdict, ...]] = {}
    for i, verdicts in workers.run(todo.cells, jobs, ledger):
        found[i] = verdicts
        if progress is not None:
            progress(len(found), len(todo.cells))
    ordered = (verdict for i in sorted(found) for verdict in found[i])
    verdicts = with_known(ordered)
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu + ledger.cpu
    own = {STARTING: ledger.around} if ledger.processes else {}
    cells = tuple(ledger.cells[i] for i in sorted(ledger.cells))
    return Run(verdicts, todo.gaps, seed, wall, Profile(wall, cpu, cores(), 1 + ledger.processes, own, cells))
