"""Truth that several threads ask for at once: Arb has one precision for all of them."""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import crosscheck
from crosscheck.numbers.ball import working_precision


@pytest.fixture
def _in_turn_often():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def _exact(seed):
    rng = np.random.default_rng(seed)
    x, u = rng.normal(0, 3, (2, 8, 10))
    found = crosscheck.exact("softmax", "vjp", x=x, cotangent=u)
    return found.bits, found.mid.tobytes(), found.radius.tobytes()


@pytest.mark.usefixtures("_in_turn_often")
def test_threads_get_the_truth_that_one_would():
    """A thread went on with 53 bits where another had just finished. Every test had one thread, but for one that
    stands threads in for processes: what it left behind spoilt a verdict of the next test once in many runs.
    """
    before = working_precision()
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(_exact, range(64)))
    assert working_precision() == before
    assert together == [_exact(seed) for seed in range(64)]
