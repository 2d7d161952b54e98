"""``assert_correct``: right answers pass, wrong ones say where, and an assertion that cannot fail is refused."""

import numpy as np
import pytest

import crosscheck
from crosscheck.formats import FORMATS

X = np.random.default_rng(0).normal(0, 3, (4, 5))


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("dtype", FORMATS)
def test_what_is_right_passes_in_its_own_dtype(dtype):
    x = FORMATS[dtype].round(X)
    crosscheck.assert_correct(softmax(x), "softmax", x=x)


def test_the_byte_order_is_no_matter():
    """The message was "got float32, expected float32"."""
    x = X.astype(">f4")
    crosscheck.assert_correct(softmax(x).astype(">f4"), "softmax", x=x)


def test_the_worst_element_is_told_in_decimal_and_bits():
    actual = np.float32([[0.09003, 0.24473, 0.66524], [0.33333334, 0.33333334, 0.5]])
    x = np.float32([[1, 2, 3], [0, 0, 0]])
    with pytest.raises(AssertionError) as error:
        crosscheck.assert_correct(actual, "softmax", x=x)
    lines = str(error.value).splitlines()
    assert lines[:4] == [
        "softmax value in float32: 4 of 6 elements are off",
        "  worst  at [1, 2]",
        "  got    0.5          0x3f000000",  # 2⁻¹: exponent 126, no fraction
        "  exact  0.333333333  0x3eaaaaab, to the nearest float32",
    ]
    # (0.5 − 1/3) / 2⁻²⁵, the spacing of float32 in [1/4, 1/2)
    assert lines[4].endswith("5.592e+06 ulp")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda y: y.ravel(), "softmax value in float32: shape: got (20,), expected (4, 5)"),
        (lambda y: np.where(y == y.max(), np.nan, y), "softmax value in float32: 1 of 20 elements are off"),
        (lambda y: y * np.float32(1 + 2.0**-17), "softmax value in float32: "),
        (np.zeros_like, "softmax value in float32: 20 of 20 elements are off"),
    ],
)
def test_what_is_wrong_fails(wrong, message):
    x = X.astype(np.float32)
    with pytest.raises(AssertionError) as error:
        crosscheck.assert_correct(wrong(softmax(x)), "softmax", x=x)
    assert str(error.value).startswith(message)


def test_special_values_are_those_of_the_table():
    x = np.array([[0.0, -np.inf], [np.inf, 0.0]])
    crosscheck.assert_correct(np.array([[1.0, 0.0], [np.nan, np.nan]]), "softmax", x=x)
    with pytest.raises(AssertionError, match=r"got +0 .*\n +exact +nan"):
        crosscheck.assert_correct(np.array([[1.0, 0.0], [np.nan, 0.0]]), "softmax", x=x)


def test_a_result_may_be_judged_by_a_narrower_dtype_than_it_is_stored_in():
    """What autocast returns: computed in bfloat16, stored in float32."""
    x = X.astype(np.float32)
    narrow = FORMATS["bfloat16"].round(softmax(x).astype(np.float64)).astype(np.float32)
    crosscheck.assert_correct(narrow, "softmax", x=x, dtype="bfloat16")
    with pytest.raises(AssertionError, match="softmax value in float32"):
        crosscheck.assert_correct(narrow, "softmax", x=x)
    with pytest.raises(AssertionError, match="dtype: got float32, expected float64"):
        crosscheck.assert_correct(narrow, "softmax", x=x, dtype="float64")


def test_float32_results_of_float64_inputs_have_rounded_them_first():
    x, cotangent = X, np.random.default_rng(1).normal(size=X.shape)
    y = softmax(x.astype(np.float32))
    g = cotangent.astype(np.float32)
    vjp = y * (g - (y * g).sum(axis=-1, keepdims=True))
    crosscheck.assert_correct(vjp, "softmax", "vjp", x=x, cotangent=cotangent)


def test_an_assertion_that_cannot_fail_is_refused():
    """A cotangent of ones: the VJP of softmax is 0 then, whatever the function returns is near it."""
    x, ones = X, np.ones_like(X)
    with pytest.raises(AssertionError, match="nothing sharp was checked: zeros would pass; give inputs") as error:
        crosscheck.assert_correct(np.zeros_like(x), "softmax", "vjp", x=x, cotangent=ones)
    assert "allow_vacuous=True" in str(error.value)
    crosscheck.assert_correct(np.zeros_like(x), "softmax", "vjp", x=x, cotangent=ones, allow_vacuous=True)
    empty = np.empty((0, 3))
    with pytest.raises(AssertionError, match="the result is empty"):
        crosscheck.assert_correct(empty, "softmax", x=empty)
    crosscheck.assert_correct(empty, "softmax", x=empty, allow_vacuous=True)
    with pytest.raises(AssertionError, match="shape"):
        crosscheck.assert_correct(empty, "softmax", x=X, allow_vacuous=True)


def test_a_step_of_the_network_is_judged_from_its_inputs():
    rng = np.random.default_rng(0)
    shapes = {"x": (3, 4), "W1": (4, 5), "b1": (5,), "W2": (5, 6), "b2": (6,)}
    given = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    given["y"] = np.eye(6, dtype=np.float32)[:3]
    from reference.two_layer import two_layer

    found = two_layer(**given)
    for quantity in ("J", "d_x", "d_W1"):
        crosscheck.assert_correct(found[quantity], "two_layer", quantity, **given)
        bound = crosscheck.tolerance("two_layer", quantity, **given)
        exact = crosscheck.exact("two_layer", quantity, **given).mid
        assert (np.abs(found[quantity] - exact) <= bound).all()
    crosscheck.assert_correct(found["J"].reshape(1), "two_layer", "J", **given)
    with pytest.raises(AssertionError, match="two_layer d_W1 in float32"):
        crosscheck.assert_correct(-found["d_W1"], "two_layer", "d_W1", **given)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: crosscheck.assert_correct(X, "softmix", x=X), "operation: got 'softmix', expected one of"),
        (
            lambda: crosscheck.assert_correct(X, "softmax", "grad", x=X),
            "quantity: got 'grad', expected one of value",
        ),
        (lambda: crosscheck.assert_correct(X, "softmax"), "x: missing, softmax value needs x"),
        (lambda: crosscheck.assert_correct(X, "softmax", x=X, y=X), "y: not an input of softmax value"),
        (
            lambda: crosscheck.assert_correct(X, "softmax", x=X, dtype="float8"),
            "dtype: got 'float8', expected one",
        ),
        (
            lambda: crosscheck.assert_correct(X > 0, "softmax", x=X),
            "actual: got dtype bool, expected one of float64",
        ),
        (
            lambda: crosscheck.assert_correct(None, "softmax", x=X),
            "actual: got dtype object, expected one of float64",
        ),
    ],
)
def test_a_bad_call_is_one_line_that_names_the_argument(call, message):
    with pytest.raises((TypeError, ValueError)) as error:
        call()
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_tensors_of_torch_are_taken(dtype):
    """bfloat16 tensors were not: NumPy does not take them."""
    torch = pytest.importorskip("torch")
    x = torch.tensor(X, dtype=getattr(torch, dtype), requires_grad=True)
    y = torch.softmax(x, dim=-1)
    crosscheck.assert_correct(y, "softmax", x=x)
    assert crosscheck.tolerance("softmax", x=x).shape == (4, 5)
    np.testing.assert_array_equal(
        crosscheck.exact("softmax", x=x).round(dtype),
        crosscheck.exact("softmax", x=FORMATS[dtype].round(X)).round(dtype),
    )
    with pytest.raises(AssertionError, match=f"softmax value in {dtype}"):
        crosscheck.assert_correct(y * 0, "softmax", x=x)
    with pytest.raises(TypeError, match=r"^x: got dtype complex64, expected one of float64"):
        crosscheck.exact("softmax", x=torch.ones(2, dtype=torch.complex64))


def test_arrays_of_jax_are_taken():
    jax = pytest.importorskip("jax")
    x = jax.numpy.asarray(X, dtype="bfloat16")
    crosscheck.assert_correct(jax.nn.softmax(x), "softmax", x=x)
    with pytest.raises(AssertionError, match="softmax value in bfloat16"):
        crosscheck.assert_correct(1 - jax.nn.softmax(x), "softmax", x=x)
