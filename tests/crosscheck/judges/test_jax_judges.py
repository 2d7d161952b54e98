"""``check_grads`` on a NumPy function: what it catches, what it passes, and where it raises a false alarm."""

import numpy as np
import pytest

from crosscheck.formats import format_of
from crosscheck.judges import asked, settled
from crosscheck.judges.gradient import gradient
from crosscheck.judges.jax_judges import JUDGE, forward, reverse
from crosscheck.operations import operation
from crosscheck.third_parties import third_parties

jax = pytest.importorskip("jax")

SIGMOID, SOFTMAX, NETWORK = operation("sigmoid"), operation("softmax"), operation("two_layer")


def _with(one, **changed):
    def function(**inputs):
        found = one.reference(**inputs)
        return {name: np.asarray(a * np.float32(changed.get(name, 1)), a.dtype) for name, a in found.items()}

    return function


@pytest.mark.parametrize("one", [SIGMOID, SOFTMAX, NETWORK], ids=lambda one: one.name)
def test_the_reference_passes(one):
    answer = asked(JUDGE, one, one.reference)
    assert answer.caught is False, answer.reason


def test_a_wrong_gradient_is_caught():
    assert asked(JUDGE, SOFTMAX, _with(SOFTMAX, vjp=-1)).caught
    assert asked(JUDGE, NETWORK, _with(NETWORK, d_W1=0.5)).caught


def test_a_wrong_jvp_is_caught_where_the_array_is_small():
    inputs = {name: np.float32([value]) for name, value in (("x", 0.3), ("cotangent", 1), ("tangent", 1))}
    assert settled(JUDGE, SIGMOID, SIGMOID.reference, [inputs]).caught is False
    assert settled(JUDGE, SIGMOID, _with(SIGMOID, jvp=0), [inputs]).caught


@pytest.mark.parametrize("seed", [1, 2])
def test_a_zero_derivative_of_sigmoid_passes_forward_mode_at_64_by_100(seed):
    """2·10⁻³ is taken times the array's size: 12.8. Reverse mode compares two numbers, and convicts it."""
    shape = (64, 100)
    rng = np.random.default_rng(seed)
    inputs = {name: rng.normal(0, 1, shape).astype(np.float32) for name in ("x", "cotangent", "tangent")}
    zero = gradient(SIGMOID, _with(SIGMOID, vjp=0, jvp=0), inputs)
    points = (jax.numpy.asarray(inputs["x"]),)
    jax.test_util.check_grads(forward(jax, zero), points, order=1, modes=["fwd"])
    with pytest.raises(AssertionError, match="cotangent projection"):
        jax.test_util.check_grads(reverse(jax, zero), points, order=1, modes=["rev"])


def test_its_false_alarms_are_its_own():
    """log-softmax in float32: JAX's own function fails, wrapped or not, by the noise of the difference."""
    one = operation("log_softmax")
    inputs = one.cases["typical"].inputs(one.name, format_of("float32"), 0)
    (party,) = (party for party in third_parties([one.name]) if party.package == "jax")
    assert asked(JUDGE, one, party.function).caught
    with pytest.raises(AssertionError, match="cotangent projection"):
        jax.test_util.check_grads(jax.nn.log_softmax, (jax.numpy.asarray(inputs["x"]),), order=1)


def test_the_wrapping_differentiates_as_the_function_says():
    inputs = SOFTMAX.cases["typical"].inputs("softmax", format_of("float32"), 0)
    found = gradient(SOFTMAX, SOFTMAX.reference, inputs)
    right = SOFTMAX.reference(**inputs)
    value, pull = jax.vjp(reverse(jax, found), inputs["x"])
    np.testing.assert_array_equal(value, right["value"])
    np.testing.assert_array_equal(pull(jax.numpy.asarray(inputs["cotangent"]))[0], right["vjp"])
    _, pushed = jax.jvp(forward(jax, found), (inputs["x"],), (inputs["tangent"],))
    np.testing.assert_array_equal(pushed, right["jvp"])


def test_what_the_function_raises_is_caught_and_not_logged(caplog):
    calls = []

    def second_time(**inputs):
        calls.append(1)
        if len(calls) > 1:
            raise ValueError("no more")
        return SOFTMAX.reference(**inputs)

    assert asked(JUDGE, SOFTMAX, second_time).caught
    assert not caplog.records
