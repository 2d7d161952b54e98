"""Call a function as an operation, and watch what it does to its arguments and to its earlier results."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..cases import Arrays
from ..formats import native
from ..layouts import laid, moved_back
from ..mistake import ALIASED, CHANGED, REUSED
from ..operation import Operation
from . import derive
from .arrays import as_numpy, handed_over, handing, settings
from .call import Call, Outcome, UnusableError, same_bits, told
from .signature import Takes, quantities, takes

_DECLINES = (TypeError, ValueError, NotImplementedError)
_DERIVES: Mapping[str, Callable[..., dict[str, Any]]] = {"torch": derive.by_torch, "jax": derive.by_jax}


def _array(name: str, value: Any, like: np.dtype, several: bool) -> np.ndarray:
    """A copy of a result as a NumPy array; UnusableError says which of several cannot be one."""
    try:
        return as_numpy(value, like).copy()
    except UnusableError as error:
        raise UnusableError(f"{name}: {error}" if several else str(error)) from None


class Runner:
    """One function, called as one operation. UnusableError where its parameters fit nothing asked of it."""

    def __init__(
        self,
        fn: Callable[..., Any],
        operation: Operation,
        quantity: str | None = None,
        arrays: str = "numpy",
        device: str = "cpu",
    ) -> None:
        self._fn = fn
        self._operation = operation
        self._quantity = quantity
        self._arrays = arrays
        self._takes: Takes = takes(fn, operation, quantity)
        self._hand = handing(arrays, device)
        self._kept: list[tuple[str, np.ndarray, np.ndarray]] = []

    @property
    def takes(self) -> Takes:
        """How the function is called."""
        return self._takes

    def __call__(self, call: Call) -> Outcome:
        """Hand over fresh arrays, and take what comes back; no exception of the function passes."""
        handed = laid(call.layout, call.axis, self._operation.shapes, call.inputs)
        before = {name: a.copy() for name, a in handed.items()}
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"), settings(self._arrays):
                warnings.simplefilter("ignore")
                given = handed_over(self._operation, handed, self._hand)
                found, ignored = self._evaluate(given, call.axis)
                results = self._results(found, call)
                now = self._now(given, handed)
        except UnusableError as error:
            return Outcome(error=str(error))
        except (Exception, SystemExit) as error:
            return Outcome(error=f"raised {told(error)}", refused=isinstance(error, _DECLINES))
        arrays = {name: value for name, value in found.items() if isinstance(value, np.ndarray)}
        shows = self._shows(before, now, arrays)
        self._kept = [(name, value, results[name].reshape(value.shape)) for name, value in arrays.items()]
        canonical = moved_back(call.axis, call.inputs["x"].ndim if "x" in call.inputs else 0, results)
        return Outcome(canonical, shows=shows, ignored=ignored)

    def _evaluate(self, given: dict[str, Any], axis: int) -> tuple[dict[str, Any], tuple[str, ...]]:
        ignored: tuple[str, ...] = ()

        def once(inputs: Mapping[str, Any]) -> dict[str, Any]:
            nonlocal ignored
            found, ignored = quantities(self._takes.call(self._fn, inputs, axis), self._operation, self._takes)
            return found

        derives = _DERIVES.get(self._arrays)
        found = derives(self._operation, once, given) if derives else once(given)
        if self._quantity is not None:
            if self._quantity not in found:
                raise UnusableError(f"returned {', '.join(found)}, expected {self._quantity}")
            found = {self._quantity: found[self._quantity]}
        return found, ignored

    def _results(self, found: dict[str, Any], call: Call) -> Arrays:
        floats = [a.dtype for name, a in call.inputs.items() if a.dtype.kind not in "iu"]
        like = floats[0] if floats else np.dtype(np.float64)
        results = {name: _array(name, value, like, len(found) > 1) for name, value in found.items()}
        # A cost is a number, whether it is held in an array of one or not.
        return {n: a.reshape(()) if n == "J" and a.size == 1 else a for n, a in results.items()}

    def _now(self, given: dict[str, Any], handed: Arrays) -> Arrays:
        """The arguments as they are after the call."""
        if self._arrays != "torch":
            return handed
        return {
            n: as_numpy(given[n], a.dtype) if a.dtype.kind not in "iu" else given[n].cpu().numpy()
            for n, a in handed.items()
            if n not in self._operation.scalars
        }

    def _shows(self, before: Arrays, now: Arrays, arrays: Arrays) -> dict[str, str]:
        """What is to be seen apart from numbers. NumPy alone shows memory."""
        shows = {}
        changed = [name for name, a in now.items() if not same_bits(np.asarray(a), before[name])]
        if changed:
            shows[CHANGED] = changed[0]
        shared = [(q, n) for q, a in arrays.items() for n, b in now.items() if np.shares_memory(a, b)]
        if shared and self._arrays == "numpy":
            shows[ALIASED] = f"{shared[0][0]} in {shared[0][1]}"
        rewritten = [name for name, value, copy in self._kept if not same_bits(native(np.asarray(value)), copy)]
        if rewritten:
            shows[REUSED] = rewritten[0]
        return shows
