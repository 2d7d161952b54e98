"""Errors of a coarser arithmetic are told from errors that are only as small."""

from dataclasses import replace

import numpy as np
import pytest

from crosscheck.checking.diagnose import suspects
from crosscheck.checking.observe import Subject, judged
from crosscheck.formats import FORMATS
from crosscheck.guest.call import Call
from crosscheck.guest.runner import Runner
from crosscheck.operations import operation
from reference import equations

FLOAT64 = FORMATS["float64"]
BFLOAT16 = "bfloat16 accumulation"
NARROW = "float32 inside float64"


def _named(one, fn, *cases):
    seen, subject, runner = [], Subject("mine", one, "", 0), Runner(fn, one)
    for case in (one.cases[name] for name in cases):
        inputs = case.inputs(one.name, FLOAT64, 0)
        seen.append(judged(subject, case, "float64", FLOAT64, inputs, runner(Call(inputs))))
    return [s.name for s in suspects(one, [o for o in seen if o.failed], [o for o in seen if o.passed])]


def _held_in(name):
    return lambda a: FORMATS[name].round(a).astype(a.dtype)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("softmax", lambda a: a * 1.01),
        ("logsumexp", lambda a: a * 1.001),
        ("log_softmax", lambda a: a * 1.001),
        ("logsumexp", _held_in("float16")),
        ("log_softmax", _held_in("float16")),
    ],
    ids=["softmax × 1.01", "logsumexp × 1.001", "log-softmax × 1.001", "logsumexp, held", "log-softmax, held"],
)
@pytest.mark.parametrize("cases", [("typical",), ("typical", "tiny", "square")])
def test_a_factor_or_a_result_held_in_float16_is_no_sum_in_bfloat16(name, change, cases):
    """They were called that: an error of a thousandth lies within the bounds of bfloat16 sums."""
    reference = getattr(equations, name)
    assert _named(operation(name), lambda x: change(reference(x)), *cases) == []


def test_a_softmax_in_float16_that_is_cast_back_is_no_sum_in_bfloat16():
    """What rounds its inputs to float16 was called that."""

    def fn(x):
        return equations.softmax(x.astype(np.float16).astype(np.float64))

    assert _named(operation("softmax"), fn, "typical", "tiny", "square") == []


@pytest.mark.parametrize("factor", [0, 0.5], ids=["zeros", "half"])
def test_no_gradient_and_half_of_it_are_no_sums_in_bfloat16(factor):
    """They were, within bounds of 129 terms that zeros pass: ``stop_gradient`` gives such zeros."""

    def fn(x, cotangent):
        return factor * equations.softmax_vjp(x, cotangent)

    one = operation("softmax")
    one = replace(one, mistakes=tuple(m for m in one.mistakes if m.model is not None))
    assert _named(one, fn, "many_classes") == []
    assert _named(one, fn, "width_129") == []


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
@pytest.mark.parametrize("cases", [("typical",), ("typical", "tiny", "square")])
def test_sums_in_bfloat16_are_named(name, cases):
    """What is refused above is not refused for its size, or the tests above could not fail."""
    one = operation(name)
    (mistake,) = (m for m in one.mistakes if m.name == BFLOAT16)
    program = one.program(mistake)

    def fn(x, cotangent, tangent):
        return program(x=x, cotangent=cotangent, tangent=tangent)

    assert _named(one, fn, *cases) == [BFLOAT16]


def test_what_is_right_to_float64_elsewhere_is_not_float32_inside():
    """σ of a clipped x was called that: 7e-218 for 5e-227, of which float32 keeps nothing."""

    def clipped(x):
        return 1 / (1 + np.exp(-np.clip(x, -500, 500)))

    def narrow(x):
        return equations.sigmoid(x.astype(np.float32)).astype(np.float64)

    one = operation("sigmoid")
    assert _named(one, clipped, "thousand") == []
    assert _named(one, clipped, "typical", "thousand") == []
    assert _named(one, narrow, "typical", "thousand") == [NARROW]
