"""Right implementations that are not ours, to be judged through the public API: a judge that objects errs.

>>> [party.operation for party in third_parties() if party.package == "scipy"]
['sigmoid', 'log_sigmoid', 'softmax', 'log_softmax', 'logsumexp']
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec

from ..operations import operations
from . import of_autograd, of_jax, of_scipy, of_sklearn, of_torch
from .party import FLOATS, ThirdParty

__all__ = ["FLOATS", "ThirdParty", "installed", "third_parties"]


def third_parties(names: Iterable[str] | None = None) -> tuple[ThirdParty, ...]:
    """All of them, the NumPy reference first; or those of the named operations."""
    ours = (ThirdParty("reference", name, one.reference, "", "") for name, one in operations().items())
    others = (of_torch, of_jax, of_scipy, of_sklearn, of_autograd)
    every = (*ours, *(party for module in others for party in module.PARTIES))
    wanted = set(operations() if names is None else names)
    return tuple(party for party in every if party.operation in wanted)


def installed(party: ThirdParty) -> bool:
    """Whether its package is there."""
    return not party.needs or find_spec(party.needs) is not None
