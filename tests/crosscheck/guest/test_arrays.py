"""What is returned becomes a NumPy array, or is declined in words."""

import numpy as np
import pytest

from crosscheck.guest.arrays import as_numpy, require
from crosscheck.guest.call import UnusableError

F64 = np.dtype(np.float64)


@pytest.mark.parametrize("returned", [1.5, [1.5], [[1.5]], np.float32(1.5), np.array([1.5])])
def test_numbers_lists_and_arrays_are_arrays(returned):
    assert as_numpy(returned, F64).ravel().tolist() == [1.5]


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ("text", "returned a str"),
        ({1.0}, "returned a set"),
        (1j, "returned a complex, expected an array of real numbers"),
        ([[1], [1, 2]], "returned a list that is no array: ValueError"),
        (np.array([None]), "dtype object"),
        (np.array(["a"]), "expected an array of real numbers"),
        (np.broadcast_to(0.0, 2**40), r"shape \(1099511627776,\), too large"),
    ],
)
def test_what_is_no_array_of_numbers_is_said(returned, said):
    with pytest.raises(UnusableError, match=said):
        as_numpy(returned, F64)


def test_numpy_arrays_are_in_main_memory():
    with pytest.raises(ValueError, match="device: got 'cuda', expected cpu"):
        require("numpy", "cuda")


def test_a_cost_to_which_nothing_was_added_is_a_number():
    assert as_numpy(0, np.dtype(np.float32)).dtype == np.float32
    assert as_numpy(np.int64(0), F64).dtype == np.int64  # an array's own dtype is the function's
    with pytest.raises(UnusableError, match="returned a int that is no array: OverflowError"):
        as_numpy(10**400, F64)


def test_what_comes_in_another_byte_order_is_the_same_numbers():
    """A process of its own sent the bytes as they were, and a right result was 3e-319."""
    found = as_numpy(np.array([1.5], ">f4"), F64)
    assert (found.dtype, found.tolist()) == (np.dtype("float32"), [1.5])
    assert found.dtype.isnative
