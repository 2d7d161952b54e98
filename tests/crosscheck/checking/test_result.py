"""A report as data."""

import json

import numpy as np

import crosscheck
from crosscheck.checking import to_dict


def overflowing(x):
    e = np.exp(x)
    return e / e.sum(axis=-1, keepdims=True)


def test_reports_are_data_with_a_schema_and_an_environment():
    report = crosscheck.check(overflowing, "softmax", dtypes=("float64",))
    data = json.loads(json.dumps(to_dict([report], ["f.py has no sigmoid(x)"]), allow_nan=False))
    assert data["schema"] == "crosscheck.check/1"
    assert data["environment"]["packages"]["numpy"] == np.__version__
    assert (data["passed"], data["missing"]) == (False, ["f.py has no sigmoid(x)"])
    (told,) = data["reports"]
    assert (told["function"], told["operation"], told["verdict"]) == ("overflowing", "softmax", "limited")
    finding = told["findings"][0]
    assert finding["symptom"] == "is NaN"
    assert finding["where"]["thousand"] == ["float64"]
    assert finding["suspects"][0]["name"] == "no shift"
    assert finding["smallest"]["got"] == "nan"
    assert finding["smallest"]["bits"][1] == "0x3ff0000000000000"
    assert np.shape(finding["smallest"]["inputs"]["x"]) == (1, 1)
    assert len(told["verdicts"]) == len(report.verdicts)
    assert len({v["id"] for v in told["verdicts"]}) == len(told["verdicts"])


def test_nothing_judged_is_nothing_passed():
    assert to_dict([])["passed"] is False
