"""The ceilings of some cores, measured in a process of their own beside every cell that is timed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .cells import TWO_LAYER, WORKLOADS, Cell
from .process import Child, Contender, LostError, RefusedError

_CEILINGS = Contender("ceilings", "numpy", "crosscheck.bench.ceilings")
_MEASURING = 120.0  # seconds


class Meter:
    """What the cores can do. A context manager: its process ends with it.

    ``gemm`` are operations a second, by dtype: the best that was seen, as anything that runs beside it only takes
    from it. What could not be measured is 0.
    """

    def __init__(self, cores: Sequence[int], dtypes: Sequence[str], size: int) -> None:
        self.size = size
        self.gemm = dict.fromkeys(dtypes, 0.0)
        self._child: Child | None = Child(_CEILINGS, list(cores))
        self._ask(dtypes, 0)

    def __enter__(self) -> Meter:
        return self

    def __exit__(self, *_: object) -> None:
        if self._child is not None:
            self._child.close()

    def beside(self, cell: Cell) -> float:
        """Bytes a second at the cell's footprint; for a network, products of its dtype are measured again."""
        networks = WORKLOADS[cell.workload].group == TWO_LAYER
        return float(self._ask([cell.dtype] if networks else [], cell.bytes).get("copy", 0.0))

    def _ask(self, dtypes: Sequence[str], copy: int) -> dict[str, Any]:
        if self._child is None:
            return {}
        try:
            found = self._child.ask("rates", _MEASURING, gemm=dict.fromkeys(dtypes, self.size), copy=copy)
        except RefusedError:
            return {}
        except LostError:
            self._child = None
            return {}
        for dtype, rate in found["gemm"].items():
            self.gemm[dtype] = max(self.gemm[dtype], rate)
        return found
