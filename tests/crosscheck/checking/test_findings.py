"""Findings: of what a limit shows as, the worst is told, and every place where it shows."""

from dataclasses import replace

import numpy as np

import crosscheck
from crosscheck.checking.findings import findings
from crosscheck.checking.observe import Subject, judged
from crosscheck.formats import FORMATS
from crosscheck.guest.call import Call
from crosscheck.guest.runner import Runner
from crosscheck.mistake import Mistake
from crosscheck.operations import operation
from reference import equations


def by_the_global_max(x):
    e = np.exp(x - x.max())
    return e / e.sum(axis=-1, keepdims=True)


def _floats(report):
    return [o for o in report.observations if o.handed in FORMATS and o.failed]


def test_the_worst_symptom_of_a_limit_is_told_and_every_place_of_it():
    """Only ``value is off, in dominant`` was, and the cases with NaN and 0 were left out."""
    report = crosscheck.check(by_the_global_max, "softmax")
    first = report.findings[0]
    assert (first.quantity, first.symptom) == ("value", "is NaN")
    assert [s.name for s in first.suspects] == ["shift by the global max"]
    assert {(o.case.name, o.handed) for o in _floats(report)} == {
        (case, dtype) for case, dtypes in first.where.items() for dtype in dtypes
    }
    assert len(first.where) > 5
    assert np.isnan(first.smallest.got)


def test_whole_numbers_that_wrap_are_a_limit_of_their_own():
    """With NaN in other cases they were one limit, which no mistake explains."""
    report = crosscheck.check(by_the_global_max, "softmax", dtypes=("float64",))
    assert [(f.symptom, list(f.where), [s.name for s in f.suspects]) for f in report.findings[1:]] == [
        ("is NaN for unsigned integers, which wrap below 0", ["whole_uint8"], [])
    ]


def _found(one, fn, *cases):
    subject, runner, seen = Subject("mine", one, "", 0), Runner(fn, one), []
    for case in (one.cases[name] for name in cases):
        inputs = case.inputs(one.name, FORMATS["float64"], 0)
        seen.append(judged(subject, case, "float64", FORMATS["float64"], inputs, runner(Call(inputs))))
    return findings(subject, seen, None)


def test_a_limit_that_shows_in_other_quantities_too_says_in_which():
    """They were not told at all."""
    one = operation("label_cross_entropy_mean")
    (mistake,) = (m for m in one.mistakes if m.name == "mean over ignored rows")
    program = one.program(mistake)

    def fn(x, labels, weight, smoothing, cotangent, tangent):
        given = {"x": x, "labels": labels, "weight": weight, "smoothing": smoothing}
        return program(**given, cotangent=cotangent, tangent=tangent)

    (found,) = _found(one, fn, "typical", "ignored")
    assert (found.kind, found.quantity, found.also) == ("limited", "value", ("vjp", "jvp"))
    assert [s.name for s in found.suspects] == ["mean over ignored rows"]


def test_one_mistake_that_explains_everything_is_told_in_every_place():
    """Cases were left out in which the first wrong quantity is right, and another is not."""

    def doubled(x):
        return equations.softmax(x) * (1 if x.shape[0] == x.shape[1] else 2)

    def halved(x, cotangent):
        return 0.5 * equations.softmax_vjp(x, cotangent)

    mistake = Mistake("both", "two at once", "value", {"value": doubled, "vjp": halved})
    one = replace(operation("softmax"), mistakes=(mistake,))

    def fn(x, cotangent):
        return {"value": doubled(x), "vjp": halved(x, cotangent)}

    (found,) = _found(one, fn, "typical", "square")
    assert (found.kind, found.quantity, found.also) == ("wrong", "value", ("vjp",))
    assert list(found.where) == ["typical", "square"]
