"""Which calls are made: ordinary ones first, large ones when asked, none that a function cannot be told of."""

import numpy as np
import pytest

from crosscheck.checking.calls import ORDINARY, planned
from crosscheck.checking.options import Options
from crosscheck.guest.conventions import members
from crosscheck.guest.signature import takes
from crosscheck.operations import operation, operations


def _planned(fn, name, of=None, **options):
    one = operation(name)
    return [*planned(one, takes(fn, one), Options(**options), of)]


def _names(calls):
    return {call.case.name for call in calls}


def test_ordinary_cases_come_first_in_every_dtype():
    calls = _planned(lambda x: x, "softmax")
    for dtype in ("float64", "float32"):
        here = [call.case.name in ORDINARY for call in calls if call.handed == dtype]
        assert here == sorted(here, reverse=True)
        assert any(here)
        assert not all(here)


@pytest.mark.parametrize("name", [n for n, one in operations().items() if one.cases])
def test_every_operation_has_ordinary_cases(name):
    assert ORDINARY & set(operation(name).cases)


def test_large_cases_and_unnormalised_targets_are_asked_for():
    def fn(x, y, W1, b1, W2, b2):
        return x

    usual, all_of_them = _names(_planned(fn, "two_layer")), _names(_planned(fn, "two_layer", all=True))
    assert {"many_rows", "unnormalised"} <= all_of_them - usual
    assert _names(_planned(fn, "two_layer", cases=("unnormalised",))) == {"unnormalised"}


def test_the_axis_moves_only_for_a_function_that_can_be_told():
    assert "first_axis" not in _names(_planned(lambda x: x, "softmax"))
    assert "first_axis" in _names(_planned(lambda x, axis=-1: x, "softmax"))


def test_an_input_that_is_not_taken_is_at_its_neutral_value():
    for call in _planned(lambda x, labels: x, "label_cross_entropy"):
        assert (call.inputs["weight"] == 1).all()
        assert call.inputs["smoothing"] == 0
    assert "weighted" in _names(_planned(lambda x, labels, weight, smoothing: x, "label_cross_entropy"))


def test_whole_numbers_are_judged_at_the_same_numbers():
    whole = [call for call in _planned(lambda x: x, "softmax") if call.handed in ("int64", "uint8")]
    assert [call.given["x"].dtype.name for call in whole] == ["int64", "uint8"]
    for call in whole:
        assert call.inputs["x"].dtype == np.float64
        np.testing.assert_array_equal(call.inputs["x"], call.given["x"])


def test_whole_numbers_are_for_functions_of_the_value():
    calls = _planned(lambda x, cotangent: x, "softmax")
    assert {call.handed for call in calls} == {"float64", "float32"}


def test_a_convention_is_float64_and_leaves_out_what_it_does_not_promise():
    (network,) = [one for one in members("cs224n") if one.name == "forward_backward_prop"]

    def fn(x, y, W1, b1, W2, b2):
        return x

    calls = _planned(fn, "two_layer", network)
    assert {call.handed for call in calls} == {"float64"}
    assert not _names(calls) & {"soft", "unnormalised"}


def test_jax_compiles_for_many_widths_only_when_asked():
    one = operation("softmax")
    how = takes(lambda x: x, one)
    assert "width_17" in _names(planned(one, how, Options(), None))
    pytest.importorskip("jax")
    assert "width_17" not in _names(planned(one, how, Options(arrays="jax"), None))
    assert "width_17" in _names(planned(one, how, Options(arrays="jax", all=True), None))


def test_a_vector_is_ordinary_where_a_convention_promises_it():
    softmax = members("cs224n")[0]
    calls = [*planned(softmax.operation(), takes(lambda x: x, operation("softmax")), Options(), softmax)]
    shapes = {call.case.name: call.inputs["x"].ndim for call in calls}
    assert shapes["one_vector"] == 1
    assert "one_vector" in ORDINARY
    assert set(shapes.values()) == {1, 2}
