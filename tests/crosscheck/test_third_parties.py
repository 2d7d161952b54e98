"""Right implementations of others: each is close to the reference, and our judge raises no alarm."""

import sys
from functools import partial

import numpy as np
import pytest

from crosscheck.formats import format_of
from crosscheck.judges.gradient import returned
from crosscheck.judges.ours import _check, ours
from crosscheck.operations import operation, operations
from crosscheck.third_parties import installed, third_parties

OTHERS = [party for party in third_parties() if party.package != "reference"]


# torch, when it first pushes a tangent forward, calls what it deprecates itself.
@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")
@pytest.mark.parametrize("party", OTHERS, ids=lambda party: party.name)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_it_is_what_it_says(party, dtype):
    pytest.importorskip(party.needs)
    one = operation(party.operation)
    inputs = one.cases["typical"].inputs(one.name, format_of(dtype), 0)
    before = {name: a.copy() for name, a in inputs.items()}
    found = returned(one, party.function, inputs)
    right = one.reference(**inputs)
    assert found
    for name, array in found.items():
        assert (array.dtype, array.shape) == (np.dtype(dtype), right[name].shape), name
        np.testing.assert_allclose(array, right[name], rtol=1e-3, atol=1e-4 if dtype == "float32" else 1e-12)
    assert all(np.array_equal(inputs[name], before[name]) for name in before)


as_jax = partial(_check, arrays="jax")
"""Asked with JAX's arrays: the hundred widths, each of which is compiled, are then left out."""


@pytest.mark.parametrize("party", third_parties(), ids=lambda party: party.name)
def test_no_false_alarm(party):
    if party.needs:
        pytest.importorskip(party.needs)
    one = operation(party.operation)
    way = {"check": as_jax} if party.package == "jax" else {}
    answer = ours(one, party.function, dtypes=("float64",), assumes=party.assumes, **way)
    assert answer.caught is False, answer.reason
    if party.package == "reference":
        assert answer.reason == "right"


def test_every_operation_has_its_reference_and_the_assignment_has_all_the_others():
    packages = {name: {p.package for p in third_parties([name])} for name in operations()}
    assert all("reference" in found for found in packages.values())
    assert {"torch", "jax", "scipy", "autograd"} <= packages["softmax"]
    assert {"torch", "jax", "autograd"} <= packages["two_layer"]
    assert {p.operation for p in OTHERS if p.package == "scikit-learn"} == {
        "two_layer_mean",
        "two_layer_l2",
    } & set(operations())


@pytest.mark.parametrize(
    "party", [p for p in OTHERS if p.operation in ("sigmoid", "two_layer_mean")], ids=lambda p: p.name
)
def test_what_is_missing_is_named(party, monkeypatch):
    if party.package == "torch":
        pytest.skip("its module is kept once it is imported")
    one = operation(party.operation)
    inputs = one.cases["typical"].inputs(one.name, format_of("float64"), 0)
    for module in (party.needs, "sklearn.neural_network"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=f"{party.install} is not installed: pip install"):
        returned(one, party.function, inputs)


def test_installed_looks_for_the_module(monkeypatch):
    monkeypatch.setattr("crosscheck.third_parties.find_spec", lambda name: None)
    assert installed(third_parties(["softmax"])[0])  # the reference needs nothing
    assert not any(installed(party) for party in OTHERS)
