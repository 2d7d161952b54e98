"""The public functions: what they refuse, and that what they return is the truth and the tolerance."""

import subprocess
import sys

import numpy as np
import pytest

import crosscheck


@pytest.mark.parametrize(
    ("arguments", "inputs", "message"),
    [
        (("softmix",), {"x": np.ones(2)}, "operation: got 'softmix', expected one of sigmoid, softmax"),
        (("softmax", "grad"), {"x": np.ones(2)}, "quantity: got 'grad', expected one of value, vjp, jvp"),
        (("two_layer",), {"x": np.ones((2, 2))}, "quantity: got None, expected one of phi, h, theta"),
        (("softmax", "vjp"), {"x": np.ones(2)}, "cotangent: missing, softmax vjp needs x, cotangent"),
        (("softmax",), {"x": np.ones(2), "axis": 1}, "axis: not an input of softmax value, which takes x"),
        (("softmax",), {"x": np.ones(2, int)}, "x: got dtype int64, expected one of float64"),
        (("softmax",), {"x": np.ones((2, 0))}, "x: got shape (2, 0), expected at least one class"),
        (
            ("cross_entropy",),
            {"x": np.ones((2, 3)), "y": np.ones((3, 2))},
            "y: got shape (3, 2), expected (2, n=3)",
        ),
        (("softmax",), {"x": "logits"}, "x: got dtype str"),
    ],
)
@pytest.mark.parametrize("function", [crosscheck.exact, crosscheck.tolerance])
def test_a_bad_call_is_one_line_that_names_the_argument(function, arguments, inputs, message):
    with pytest.raises((TypeError, ValueError)) as error:
        function(*arguments, **inputs)
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_exact_takes_lists_read_only_and_strided_arrays():
    x = np.arange(12.0).reshape(3, 4)
    x.setflags(write=False)
    plain = crosscheck.exact("softmax", x=x[:, ::-2].copy()).round()
    np.testing.assert_array_equal(crosscheck.exact("softmax", x=x[:, ::-2]).round(), plain)
    np.testing.assert_array_equal(crosscheck.exact("softmax", x=x[:, ::-2].tolist()).round(), plain)


def test_exact_of_special_rows_follows_the_table():
    inf = np.inf
    x = np.array([[0.0, -inf], [-inf, -inf], [inf, 0.0], [np.nan, 0.0], [0.0, 0.0]])
    np.testing.assert_array_equal(
        crosscheck.exact("logsumexp", x=x).round(), [0.0, -inf, inf, np.nan, np.log(2.0)]
    )
    nan = [np.nan, np.nan]
    np.testing.assert_array_equal(
        crosscheck.exact("softmax", x=x).round(), [[1.0, 0.0], nan, nan, nan, [0.5, 0.5]]
    )
    y = np.array([[1.0, 0.0]] * 5)
    np.testing.assert_array_equal(
        crosscheck.exact("cross_entropy", x=x, y=y).round(), [0.0, np.nan, np.nan, np.nan, np.log(2.0)]
    )
    y = y[:, ::-1]
    assert crosscheck.exact("cross_entropy", x=x[:1], y=y[:1]).round() == inf


def test_exact_of_the_network_meets_its_own_definition():
    rng = np.random.default_rng(0)
    inputs = {
        "x": rng.normal(size=(2, 3)),
        "W1": rng.normal(size=(3, 2)),
        "b1": rng.normal(size=2),
        "W2": rng.normal(size=(2, 3)),
        "b2": rng.normal(size=3),
        "y": np.eye(3)[:2],
    }
    d_x = crosscheck.exact("two_layer", "d_x", **inputs)
    # A central difference of the exact cost, at h = 2⁻²⁶: its error is of order h² (Taylor) and u/h.
    h = 2.0**-26
    up, down = (dict(inputs, x=inputs["x"] + s * h * np.eye(1, 6).reshape(2, 3)) for s in (1, -1))
    slope = (crosscheck.exact("two_layer", "J", **up).mid - crosscheck.exact("two_layer", "J", **down).mid) / (
        2 * h
    )
    assert abs(slope - d_x.mid[0, 0]) < 2.0**-24


def test_tolerance_is_tight_and_is_met_by_plain_numpy():
    x = np.random.default_rng(0).normal(0, 3, (8, 10)).astype(np.float32)
    e = np.exp(x - x.max(-1, keepdims=True))
    error = np.abs((e / e.sum(-1, keepdims=True)).astype(float) - crosscheck.exact("softmax", x=x).mid)
    bound = crosscheck.tolerance("softmax", x=x)
    assert (error <= bound).all()
    assert (error / bound).max() > 0.01


def test_nothing_that_needs_a_framework_is_imported_for_the_truth():
    program = (
        "import sys, numpy, crosscheck; crosscheck.list_implementations();"
        "crosscheck.exact('softmax', x=numpy.ones(2)).round();"
        "print([m for m in ('torch', 'jax', 'sympy', 'sklearn', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_process_that_flushes_subnormals_is_refused():
    torch = pytest.importorskip("torch")
    if not torch.set_flush_denormal(True):
        pytest.skip("this processor cannot flush subnormals")
    try:
        with pytest.raises(RuntimeError, match=r"^subnormal float64 numbers are flushed"):
            crosscheck.exact("sigmoid", x=np.ones(1))
    finally:
        torch.set_flush_denormal(False)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_the_tolerance_is_that_of_the_inputs_dtype_if_none_is_named(dtype):
    """It was float32's whatever came: every test had passed float32."""
    x = np.linspace(-1, 1, 5).astype(dtype)
    bound = crosscheck.tolerance("softmax", x=x)
    np.testing.assert_array_equal(bound, crosscheck.tolerance("softmax", x=x, dtype=dtype))
    assert 1 < np.median(bound / np.spacing(crosscheck.exact("softmax", x=x).round(dtype)).astype(float)) < 64


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: crosscheck.exact(np.ones(2)), "operation: got ndarray, expected one of sigmoid"),
        (lambda: crosscheck.exact("softmax", np.ones(2)), "quantity: got array"),
        (
            lambda: crosscheck.exact("softmax", x=[[1.0], [1.0, 2.0]]),
            "x: got list that is not an array of numbers",
        ),
        (lambda: crosscheck.exact("softmax", theta=np.ones(2)), "theta: not an input of softmax value"),
        (lambda: crosscheck.tolerance("softmax", x=np.ones(2), dtype=3), "dtype: got 3, expected one of float64"),
        (
            lambda: crosscheck.tolerance("softmax", "jvp", x=np.ones(2), tangent=np.ones(2, np.float32)),
            "dtype: not given, and the inputs have several: float32, float64",
        ),
        (
            lambda: crosscheck.Selection(operations="softmax"),
            "operations: got 'softmax', expected a tuple of names",
        ),
        (lambda: crosscheck.Selection(seed=-1), "seed: got -1, expected a whole number from 0"),
        (lambda: crosscheck.validate(jobs=0), "jobs: got 0, expected 1 or more"),
        (
            lambda: crosscheck.exact("sigmoid", x=np.ones(2)).ulp_error(np.arange(2)),
            "actual: got dtype int64, expected one of float64",
        ),
    ],
)
def test_more_bad_calls_are_one_line_that_names_the_argument(call, message):
    with pytest.raises((TypeError, ValueError)) as error:
        call()
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_the_quantity_may_be_named_and_an_enclosure_shows_itself():
    truth = crosscheck.exact("softmax", quantity="vjp", x=np.zeros(2), cotangent=np.array([1.0, 0.0]))
    assert repr(truth).startswith("Enclosure([ 0.25 -0.25] ± ")


LABELS = {
    "x": np.float32([[1, 2, 3], [0, -1, 4]]),
    "labels": np.array([2, 0]),
    "weight": np.ones(3, np.float32),
    "smoothing": np.float32(0),
}


@pytest.mark.parametrize("ask", [crosscheck.exact, crosscheck.tolerance])
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"labels": np.array([3, 0])}, "labels: got 3, expected 0 to 2, or -100 for a row to ignore"),
        ({"labels": np.array([-1, 0])}, "labels: got -1, expected 0 to 2"),
        ({"smoothing": np.float32(2)}, "smoothing: got 2.0, expected a number from 0 to 1"),
        ({"weight": -np.ones(3, np.float32)}, "weight: got -1.0, expected numbers from 0"),
    ],
)
def test_inputs_that_mean_nothing_are_refused_by_name(ask, wrong, message):
    """A label that is no class got the cost 0 of a row that has none: only shapes and dtypes were looked at."""
    with pytest.raises(ValueError, match="^" + message):
        ask("label_cross_entropy", **{**LABELS, **wrong})


@pytest.mark.parametrize("dtype", ["uint8", "uint64", "int8", "int32"])
def test_labels_may_be_any_integers(dtype):
    """Unsigned ones ended in a TypeError from inside: every case has signed ones."""
    given = {**LABELS, "labels": LABELS["labels"].astype(dtype)}
    wanted = crosscheck.exact("label_cross_entropy", **LABELS).round("float32")
    np.testing.assert_array_equal(crosscheck.exact("label_cross_entropy", **given).round("float32"), wanted)


def test_a_scalar_does_not_decide_the_dtype():
    bound = crosscheck.tolerance("label_cross_entropy", **{**LABELS, "smoothing": 0.125})
    wanted = crosscheck.tolerance("label_cross_entropy", **{**LABELS, "smoothing": np.float32(0.125)})
    np.testing.assert_array_equal(bound, wanted)


def test_a_selection_is_a_selection():
    with pytest.raises(TypeError, match=r"^selection: got 'softmax', expected a Selection"):
        crosscheck.validate("softmax")


def test_weight_and_smoothing_need_not_be_given():
    few = {name: LABELS[name] for name in ("x", "labels")}
    wanted = crosscheck.exact("label_cross_entropy", **LABELS).round("float32")
    np.testing.assert_array_equal(crosscheck.exact("label_cross_entropy", **few).round("float32"), wanted)
    bound = crosscheck.tolerance("label_cross_entropy", **LABELS)
    np.testing.assert_array_equal(crosscheck.tolerance("label_cross_entropy", **few), bound)
    crosscheck.assert_correct(wanted, "label_cross_entropy", **few)
    with pytest.raises(ValueError, match=r"^x: missing, label_cross_entropy value needs x, labels"):
        crosscheck.exact("label_cross_entropy", labels=few["labels"])


def test_the_decay_of_a_cost_must_be_given():
    """Without one it is the cost of another operation, and leaving it out would be a mistake."""
    with pytest.raises(ValueError, match=r"^decay: missing, two_layer_l2 J needs "):
        crosscheck.exact("two_layer_l2", "J", **dict.fromkeys(("x", "W1", "b1", "W2", "b2", "y"), np.ones(2)))
