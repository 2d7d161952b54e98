"""Messages keep every bit, and what is no message is an error and never code."""

import io

import ml_dtypes
import numpy as np
import pytest

from crosscheck.guest.wire import Message, receive, send


def _through(message):
    stream = io.BytesIO()
    send(stream, message)
    stream.seek(0)
    return receive(stream)


@pytest.mark.parametrize(
    "dtype", [np.float64, np.float32, np.float16, ml_dtypes.bfloat16, np.int64, np.uint8, bool]
)
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3)])
def test_arrays_keep_dtype_shape_and_bits(dtype, shape):
    a = np.ones(shape, dtype)
    back = _through(Message({"n": 1}, {"a": a}))
    assert back.data == {"n": 1}
    assert (back.arrays["a"].dtype, back.arrays["a"].shape) == (a.dtype, a.shape)
    assert back.arrays["a"].tobytes() == a.tobytes()


def test_special_values_and_layouts_survive():
    a = np.array([[np.nan, -0.0], [np.inf, 5e-324]]).T[::-1]
    assert _through(Message({}, {"a": a})).arrays["a"].tobytes() == a.tobytes()


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", EOFError),
        (b"rubbish", EOFError),
        (b"rubbish\n", ValueError),
        (b'{"data": {}, "arrays": [["a", "object", [1]]]}\n12345678', ValueError),
        (b'{"data": {}, "arrays": [["a", "float64", [-1]]]}\n', ValueError),
        (b'{"data": {}, "arrays": [["a", "float64", [2]]]}\n1234', EOFError),
        (b'{"data": {}, "arrays": [["a", "float64", [1000000, 1000000]]]}\n', ValueError),
        (b'{"data": [], "arrays": []}\n', ValueError),
        (b"[]\n", ValueError),
    ],
)
def test_what_is_no_message_is_an_error(content, error):
    with pytest.raises(error):
        receive(io.BytesIO(content))


class Trickle(io.BytesIO):
    """A stream that takes three bytes at a time, as a pipe without a buffer may."""

    def write(self, content):
        return super().write(content[:3])


def test_a_stream_that_takes_a_part_at_a_time_gets_all_of_it():
    stream = Trickle()
    send(stream, Message({"n": 1}, {"a": np.arange(10.0)}))
    stream.seek(0)
    assert receive(stream).arrays["a"].tolist() == [*range(10)]
