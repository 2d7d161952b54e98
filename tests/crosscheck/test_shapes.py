"""Errors name the array, what came and what was expected."""

import numpy as np
import pytest

from crosscheck.operations import operation, operations
from crosscheck.shapes import check

F = np.float32


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": np.zeros(3, int)}, "x: got dtype int64, expected one of float64, float32, bfloat16, float16"),
        ({"x": np.zeros(3, bool)}, "x: got dtype bool, expected one of float64, float32, bfloat16, float16"),
        (
            {"x": np.zeros(3, complex)},
            "x: got dtype complex128, expected one of float64, float32, bfloat16, float16",
        ),
        ({"x": np.zeros((), F)}, "x: got 0 dimensions, expected shape (..., n)"),
        ({"x": np.zeros((2, 0), F)}, "x: got shape (2, 0), expected at least one class on the last axis"),
        ({"x": np.zeros((2, 3), F), "y": np.zeros((2, 4), F)}, "y: got shape (2, 4), expected (2, n=3)"),
        ({"x": np.zeros((2, 3), F), "y": np.zeros(3, F)}, "y: got shape (3,), expected (2, n=3)"),
        (
            {"x": np.zeros((2, 3), F), "cotangent": np.zeros((2, 3), F)},
            "cotangent: got shape (2, 3), expected (2)",
        ),
    ],
)
def test_what_does_not_fit_is_named(arrays, message):
    with pytest.raises((TypeError, ValueError)) as error:
        check(arrays, operation("cross_entropy").shapes)
    assert str(error.value) == message


def test_zero_rows_are_fine():
    check({"x": np.zeros((0, 3), F)}, {"x": "... n"})


@pytest.mark.parametrize("one", operations().values(), ids=lambda one: one.name)
def test_every_case_of_every_operation_has_the_shapes_that_it_declares(one):
    from crosscheck.cases import CaseUnavailableError
    from crosscheck.formats import FORMATS

    for case in one.cases.values():
        try:
            inputs = case.inputs(one.name, FORMATS["float32"], seed=0)
        except CaseUnavailableError:
            pytest.skip("scikit-learn is not installed")
        assert set(inputs) == set(one.inputs)
        check(inputs, one.shapes, one.integers)
