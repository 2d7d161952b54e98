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
