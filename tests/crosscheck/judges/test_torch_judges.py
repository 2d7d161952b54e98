"""PyTorch's judges catch a plain mistake, pass a right function, and have the blind spots that they have."""

import numpy as np
import pytest

from crosscheck.judges import asked, settled
from crosscheck.operations import operation

torch = pytest.importorskip("torch")

from crosscheck.judges.torch_judges import JUDGES  # noqa: E402

SLOW, FAST, CLOSE = JUDGES
SOFTMAX, ENTROPY, NETWORK = operation("softmax"), operation("cross_entropy"), operation("two_layer")


def _with(one, **changed):
    """The reference with some quantities multiplied."""

    def function(**inputs):
        found = one.reference(**inputs)
        return {name: a * changed.get(name, 1) for name, a in found.items()}

    return function


@pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: judge.name)
@pytest.mark.parametrize("name", ["sigmoid", "softmax", "cross_entropy", "label_cross_entropy_mean", "two_layer"])
def test_the_reference_passes(judge, name):
    one = operation(name)
    answer = asked(judge, one, one.reference)
    assert answer.caught is False, answer.reason


@pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: judge.name)
def test_half_a_gradient_is_caught(judge):
    assert asked(judge, SOFTMAX, _with(SOFTMAX, vjp=0.5)).caught
    assert asked(judge, NETWORK, _with(NETWORK, d_W1=0.5)).caught


@pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: judge.name)
def test_nan_is_caught(judge):
    assert asked(judge, SOFTMAX, _with(SOFTMAX, value=np.nan)).caught


@pytest.mark.parametrize("judge", [SLOW, FAST], ids=lambda judge: judge.name)
def test_gradcheck_sees_only_what_does_not_fit_together(judge):
    assert asked(judge, SOFTMAX, _with(SOFTMAX, value=2, vjp=2)).caught is False
    assert asked(CLOSE, SOFTMAX, _with(SOFTMAX, value=2, vjp=2)).caught
    assert asked(judge, SOFTMAX, lambda x: x).caught is None


@pytest.mark.parametrize("name", ["cross_entropy", "label_cross_entropy_mean"])
def test_half_the_gradient_of_cross_entropy_passes_fast_mode_at_64_by_100(name):
    """Projected on positive random vectors, ŷ − y nearly cancels, and the tolerance grows with their sums."""
    one = operation(name)
    rng = np.random.default_rng(0)
    x, labels = rng.normal(0, 1, (64, 100)), rng.integers(0, 100, 64)
    inputs = {"x": x, "tangent": rng.normal(0, 1, (64, 100))}
    if name == "cross_entropy":
        inputs |= {"y": np.eye(100)[labels], "cotangent": rng.normal(0, 1, 64)}
    else:
        inputs |= {
            "labels": labels,
            "weight": np.ones(100),
            "smoothing": np.array(0.0),
            "cotangent": np.array(1.0),
        }
    half = _with(one, vjp=0.5)
    assert settled(FAST, one, half, [inputs]).caught is False
    few = {q: a[:4] if np.ndim(a) and len(a) == 64 else a for q, a in inputs.items()}
    assert settled(SLOW, one, half, [few]).caught


def test_zeros_pass_assert_close_for_a_wide_softmax():
    # Logits from [0, 1), as benchmarks draw them: no class has more than e/393216 = 7·10⁻⁶ < 10⁻⁵.
    x = np.random.default_rng(0).uniform(0, 1, (1, 393_216)).astype(np.float32)
    inputs = {"x": x, "cotangent": x, "tangent": x}
    zeros = lambda x: np.zeros_like(x)  # noqa: E731
    assert settled(CLOSE, SOFTMAX, zeros, [inputs]).caught is False
    assert asked(CLOSE, SOFTMAX, zeros).caught


def test_another_dtype_is_not_close():
    def wide(**inputs):
        return {name: a.astype(np.float64) for name, a in SOFTMAX.reference(**inputs).items()}

    assert "dtype" in asked(CLOSE, SOFTMAX, wide).reason
