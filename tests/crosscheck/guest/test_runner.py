"""A call gets fresh arrays; what it does to them and to earlier results is seen."""

import numpy as np
import pytest

from crosscheck.guest.call import Call
from crosscheck.guest.runner import Runner
from crosscheck.mistake import ALIASED, CHANGED, REUSED
from crosscheck.operations import operation

SOFTMAX = operation("softmax")
X = np.array([[1.0, 2.0]])


def _in_place(x):
    x -= 1
    return x * 1


_KEPT = np.empty((1, 2))


def _reused(x):
    _KEPT[:] = _KEPT + x
    return _KEPT


@pytest.mark.parametrize(
    ("fn", "shows"),
    [
        (lambda x: x * 1, {}),
        (lambda x: x.astype(">f8"), {}),  # in another byte order
        (_in_place, {CHANGED: "x"}),
        (lambda x: x[:], {ALIASED: "value in x"}),
        (_reused, {REUSED: "value"}),
    ],
)
def test_what_is_seen_apart_from_numbers(fn, shows):
    _KEPT[:] = 0
    run = Runner(fn, SOFTMAX)
    run(Call({"x": X}))
    assert run(Call({"x": X})).shows == shows
    assert X.tolist() == [[1.0, 2.0]]  # the caller's own arrays are never handed over


def _raising(error):
    def fn(x):
        raise error

    return fn


@pytest.mark.parametrize(
    ("error", "refused"), [(TypeError("no"), True), (ValueError("no"), True), (ArithmeticError("no"), False)]
)
def test_an_exception_is_an_outcome_and_may_be_a_refusal(error, refused):
    outcome = Runner(_raising(error), SOFTMAX)(Call({"x": X}))
    assert (outcome.error, outcome.refused) == (f"raised {type(error).__name__}: no", refused)


def test_ctrl_c_passes_where_it_runs_in_the_callers_process():
    with pytest.raises(KeyboardInterrupt):
        Runner(_raising(KeyboardInterrupt()), SOFTMAX)(Call({"x": X}))


def test_a_quantity_that_is_asked_for_is_the_only_one():
    run = Runner(lambda x: {"value": x * 1, "vjp": x * 2}, SOFTMAX, "value")
    assert [*run(Call({"x": X})).results] == ["value"]


def test_an_axis_is_moved_there_and_back():
    run = Runner(lambda x, axis=-1: x / x.sum(axis=axis, keepdims=True), SOFTMAX)
    assert run(Call({"x": X}, axis=0)).results["value"].tolist() == [[1 / 3, 2 / 3]]


def test_labels_that_are_written_to_are_seen_in_tensors_too():
    """Of whole numbers the arrays handed over were looked at, and not the tensors made of them."""
    pytest.importorskip("torch")

    def fn(x, labels):
        labels[labels < 0] = 0
        return x.sum(dim=-1)

    inputs = {"x": X, "labels": np.array([-100]), "cotangent": np.ones(1)}
    outcome = Runner(fn, operation("label_cross_entropy"), arrays="torch")(Call(inputs))
    assert outcome.shows == {CHANGED: "labels"}


def test_an_axis_without_a_default_is_always_handed_over():
    """It was left out where it is the last one."""
    outcome = Runner(lambda x, axis: x.sum(axis=axis, keepdims=True) + 0 * x, SOFTMAX)(Call({"x": X}))
    assert outcome.results["value"].tolist() == [[3.0, 3.0]]
