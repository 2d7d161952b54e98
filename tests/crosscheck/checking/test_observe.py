"""What comes back is judged in the format that it is in."""

import numpy as np

from crosscheck.checking.observe import Subject, in_format, judged
from crosscheck.formats import FORMATS
from crosscheck.guest.call import Outcome
from crosscheck.operations import operation

SIGMOID = operation("sigmoid")
FLOAT64, FLOAT32 = FORMATS["float64"], FORMATS["float32"]


def _observe(results, format=FLOAT64, error=""):
    case = SIGMOID.cases["typical"]
    inputs = case.inputs("sigmoid", format, 0)
    outcome = Outcome(results(inputs) if not error else {}, error)
    return judged(Subject("mine", SIGMOID, "again", 7), case, format.name, format, inputs, outcome)


def test_the_narrowest_format_of_the_results_is_that_of_all():
    model, results = in_format({"a": np.float64([0.1]), "b": np.float32([0.1]), "n": np.array([1])}, FLOAT64)
    assert model is FLOAT32
    assert [a.dtype.name for a in results.values()] == ["float32", "float32", "int64"]


def test_wider_results_are_rounded():
    model, results = in_format({"a": np.longdouble([0.1]), "b": np.float64([0.1])}, FLOAT32)
    assert model is FLOAT32
    assert all(a.dtype == np.float32 and a[0] == np.float32(0.1) for a in results.values())


def test_only_what_was_returned_is_judged():
    seen = _observe(lambda given: {"value": 1 / (1 + np.exp(-given["x"]))})
    assert [v.quantity for v in seen.verdicts] == ["value"]
    assert seen.passed
    assert not seen.failed


def test_an_error_fails_the_main_quantity():
    seen = _observe(None, error="raised ValueError")
    assert [(v.quantity, v.status, v.reason) for v in seen.verdicts] == [("value", "fail", "raised ValueError")]


def test_whole_numbers_for_a_result_are_a_failure_of_the_dtype():
    seen = _observe(lambda given: {"value": np.ones(given["x"].shape, int)})
    assert seen.failed[0].reason == "dtype: got int64, expected float64"


def test_float32_returned_for_float64_may_have_rounded_its_inputs():
    """σ' is steep enough in its argument that rounding x costs more than the bound at x itself."""
    seen = _observe(lambda given: SIGMOID.reference(**{n: a.astype(np.float32) for n, a in given.items()}))
    assert seen.format is FLOAT32
    assert seen.passed


def test_how_to_do_it_again_is_a_command_or_a_line_of_python():
    command = Subject("f.py:f", SIGMOID, "crosscheck check f.py:f --as sigmoid", 7)
    assert (
        command.again("float32", "tiny")
        == "crosscheck check f.py:f --as sigmoid --dtype float32 --case tiny --seed 7"
    )
    assert command.again("uint8", "whole_uint8").endswith("sigmoid --case whole_uint8 --seed 7")
    python = Subject("f", SIGMOID, "crosscheck.check(f, 'sigmoid'", 0)
    assert (
        python.again("float32", "tiny") == "crosscheck.check(f, 'sigmoid', dtypes=('float32',), cases=('tiny',))"
    )


def test_float32_is_not_judged_at_numbers_that_it_cannot_hold():
    case = operation("softmax").cases["largest"]
    inputs = case.inputs("softmax", FLOAT64, 0)
    subject = Subject("mine", operation("softmax"), "again", 0)
    nothing = {"value": np.full(inputs["x"].shape, np.nan)}
    wide = judged(subject, case, "float64", FLOAT64, inputs, Outcome(nothing))
    assert wide.failed
    narrow = judged(subject, case, "float64", FLOAT64, inputs, Outcome({"value": np.float32(nothing["value"])}))
    assert (narrow.format, narrow.verdicts, narrow.passed) == (FLOAT32, (), False)
