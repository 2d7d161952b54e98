"""Arrays arrive as tensors with the same values, lying in memory the same way, and are only read."""

import ml_dtypes
import numpy as np
import pytest

from crosscheck.implementations.torch_arrays import from_torch, handed_over, to_torch
from crosscheck.layouts import LAYOUTS
from crosscheck.operations import operation

torch = pytest.importorskip("torch")

DTYPES = [np.dtype(name) for name in ("float64", "float32", "float16", "int64")] + [np.dtype(ml_dtypes.bfloat16)]


def _values(dtype, shape=(3, 4)):
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.name)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_values_and_strides_survive(layout, dtype):
    array = LAYOUTS[layout](_values(dtype))
    tensor = to_torch(array, "cpu")
    np.testing.assert_array_equal(from_torch(tensor, dtype), array)
    expected = tuple(s // array.itemsize for s in array.strides)
    assert tensor.stride() == ((4, 1) if layout == "reversed" else expected)  # torch has no negative strides


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.name)
def test_a_broadcast_row_is_an_expanded_tensor(dtype):
    row = _values(dtype, (4,))
    tensor = to_torch(np.broadcast_to(row, (3, 4)), "cpu")
    assert tensor.stride() == (0, 1)
    np.testing.assert_array_equal(from_torch(tensor, dtype), np.broadcast_to(row, (3, 4)))


def test_what_lies_between_the_elements_is_poison():
    """A kernel that ignored the strides would read it."""
    tensor = to_torch(LAYOUTS["strided"](_values(np.float32)), "cpu")
    assert torch.as_strided(tensor, (7,), (1,)).isnan().sum() == 3
    indices = to_torch(LAYOUTS["strided"](_values(np.int64)), "cpu")
    assert torch.as_strided(indices, (7,), (1,)).min() == np.iinfo(np.int64).min


@pytest.mark.parametrize("shape", [(), (0, 3), (1, 1), (3, 0, 2)])
def test_scalars_and_empty_arrays(shape):
    array = np.ones(shape, dtype=np.float32)
    np.testing.assert_array_equal(from_torch(to_torch(array, "cpu"), array.dtype), array, strict=True)


def test_a_field_of_records_which_torch_cannot_stride_over_is_copied():
    records = np.zeros(3, dtype=[("tag", "i1"), ("x", "f4")])
    records["x"] = [1, 2, 3]
    np.testing.assert_array_equal(to_torch(records["x"], "cpu").numpy(), [1, 2, 3])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_write_to_the_tensor_stays_out_of_the_array(layout):
    array = LAYOUTS[layout](_values(np.float32))
    array.flags.writeable = False  # from_numpy warns of such an array, and warnings are errors here
    tensor = to_torch(array, "cpu")
    before = array.copy()
    (tensor[0] if layout == "broadcast" else tensor).fill_(7)
    np.testing.assert_array_equal(array, before)


def test_indices_become_int64_and_scalars_python_floats():
    from dataclasses import replace

    one = replace(operation("softmax"), integers=frozenset({"labels"}), scalars=frozenset({"smoothing"}))
    inputs = {
        "x": np.ones((2, 3), np.float32),
        "labels": np.array([0, 2], np.int32),
        "smoothing": np.asarray(0.25, np.float32),
    }
    given = handed_over(one, inputs, "cpu")
    assert given["labels"].dtype == torch.int64
    assert type(given["smoothing"]) is float
    assert given["smoothing"] == 0.25


def test_bfloat16_results_of_float32_inputs_are_widened_exactly():
    tensor = torch.tensor([1.0, 1 + 2.0**-7], dtype=torch.bfloat16)
    np.testing.assert_array_equal(
        from_torch(tensor, np.dtype(np.float32)), np.array([1.0, 1 + 2.0**-7], np.float32), strict=True
    )
