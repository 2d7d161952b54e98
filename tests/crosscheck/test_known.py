"""Records of defects are strict: they cover failures only, and a record that no longer fails is reported."""

import numpy as np
import pytest

from crosscheck.judge import Verdict, Worst
from crosscheck.known import DEFECTS, stale, with_known
from crosscheck.operations import operations
from crosscheck.run import Run

DEFECT = DEFECTS[0]


def _verdict(status, case="typical", dtype="bfloat16", quantity="d_b1", **rest):
    place = {"operation": "two_layer", "implementation": "jax.jit", "device": "cpu", "check": "local"}
    worst = Worst((0,), 1.0, 2.0, 0.1)
    fields = {"status": status, "worst": worst, "replay": "", **place, **rest}
    return Verdict(quantity=quantity, dtype=dtype, case=case, **fields)


def test_a_covered_failure_is_known_and_any_other_stays_a_failure():
    known, other, shape = with_known(
        [_verdict("fail"), _verdict("fail", quantity="d_x"), _verdict("fail", worst=None)]
    )
    assert (known.status, other.status, shape.status) == ("known", "fail", "fail")
    assert known.reason.startswith(DEFECT.name)


def _whole(status):
    cases = operations()[DEFECT.operation].cases
    return [_verdict(status, case, dtype) for dtype in DEFECT.dtypes for case in cases]


def test_a_record_that_no_longer_fails_is_stale_and_fails_the_run():
    assert not stale(_whole("pass")[1:])  # not the whole record
    assert not stale([*_whole("pass"), _verdict("known")])
    run = Run(tuple(_whole("pass")), (), seed=0, seconds=0.0)
    assert not run.passed
    assert run.stale[0].startswith("jax.jit: 'bias gradient summed in 16 bits' no longer fails; remove")
    assert run.stale[0] in " ".join(str(run).split())


def test_the_recorded_input_shows_the_bias_gradient_defect():
    jax = pytest.importorskip("jax")
    jnp = jax.numpy
    for dtype, first in ((jnp.bfloat16, 256), (jnp.float16, 2048)):
        cotangent = jnp.ones((65, 1), dtype).at[0].set(first)
        _, pull = jax.vjp(lambda b, dtype=dtype: jnp.zeros((65, 1), dtype) + b, jnp.zeros(1, dtype))
        (gradient,) = pull(cotangent)
        assert float(gradient[0]) != first + 64
        assert float(cotangent.sum()) == first + 64
        assert np.isfinite(float(gradient[0]))


def test_the_recorded_input_shows_the_log_softmax_defect():
    jax = pytest.importorskip("jax")
    jnp = jax.numpy
    for dtype, large in ((jnp.bfloat16, 256), (jnp.float16, 2048)):
        cotangent = jnp.ones(10, dtype).at[0].set(large).at[-1].set(-large)
        _, pull = jax.vjp(jax.nn.log_softmax, jnp.zeros(10, dtype))
        (gradient,) = pull(cotangent)
        assert float(cotangent.sum()) == 8
        assert float(gradient[5]) == 1  # exact: 1 − 8/10


def test_every_record_says_what_is_needed_to_see_it():
    for defect in DEFECTS:
        assert all((defect.name, defect.found_in, defect.reason, defect.shown))
        assert set(defect.quantities) <= set(operations()[defect.operation].graph)
