"""Whatever the layout, the values are the same; and each layout is what its name says."""

import ml_dtypes
import numpy as np
import pytest

from crosscheck.cases import Case
from crosscheck.layouts import LAYOUTS, canonical, handed

SHAPES = {"x": "... n", "cotangent": "...", "labels": "N", "smoothing": ""}
X = np.arange(24.0).reshape(4, 6)


def _case(layout="contiguous", axis=-1):
    return Case("planted", "", lambda rng, format: {}, layout=layout, axis=axis)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", [np.float64, np.float16, ml_dtypes.bfloat16, np.int64])
@pytest.mark.parametrize("shape", [(4, 6), (2, 3, 4), (5,), (), (0, 3)])
def test_the_values_do_not_depend_on_the_layout(layout, dtype, shape):
    a = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    lies = LAYOUTS[layout](a)
    assert lies.shape == a.shape
    assert lies.dtype == a.dtype
    assert np.array_equal(lies, a)
    assert not np.shares_memory(lies, a)


def test_the_strides_are_those_that_the_name_promises():
    assert LAYOUTS["fortran"](X).strides == (8, 32)
    assert LAYOUTS["strided"](X).strides == (2 * 12 * 8, 16)
    assert LAYOUTS["reversed"](X).strides == (-48, -8)
    assert LAYOUTS["broadcast"](np.ones((4, 6))).strides == (0, 8)
    assert LAYOUTS["broadcast"](X).strides == X.strides  # rows that differ cannot share memory


def test_what_lies_between_strided_entries_is_poison():
    assert np.isnan(LAYOUTS["strided"](X).base[1]).all()


def test_the_classes_go_to_their_axis_and_come_back():
    case, x = _case(axis=0), X
    inputs = {"x": x, "cotangent": np.ones(4), "labels": np.arange(4), "smoothing": np.array(0.1)}
    given = handed(case, SHAPES, inputs)
    assert np.array_equal(given["x"], x.T)
    assert given["x"].flags.c_contiguous
    assert given["cotangent"].shape == (4,)
    back = canonical(case, inputs, {"vjp": given["x"], "value": np.arange(4)})
    assert np.array_equal(back["vjp"], x)
    assert back["value"].shape == (4,)


def test_a_middle_axis_comes_back_too():
    x = np.arange(30.0).reshape(2, 3, 5)
    case = _case(axis=1)
    given = handed(case, SHAPES, {"x": x})["x"]
    assert given.shape == (2, 5, 3)
    assert np.array_equal(canonical(case, {"x": x}, {"value": given})["value"], x)
