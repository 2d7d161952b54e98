"""The real input: the digits, and the network at three stages of its training."""

from types import SimpleNamespace

import numpy as np
import pytest

from crosscheck import digits
from crosscheck.cases import CaseUnavailableError
from reference.two_layer import two_layer


def test_the_stages_are_what_their_names_say():
    pytest.importorskip("sklearn")
    x, y = digits.digits()
    assert (x.shape, y.shape) == ((1797, 64), (1797, 10))
    assert (x.min(), x.max()) == (0, 1)
    seen = slice(digits.TRAINING_SET)
    confidence, right = {}, {}
    for stage in digits.STEPS:
        y_hat = two_layer(x[seen], y[seen], **digits.trained(stage))["y_hat"]
        confidence[stage] = y_hat.max(axis=1).mean()
        right[stage] = (y_hat.argmax(axis=1) == y[seen].argmax(axis=1)).mean()
    assert confidence["untrained"] < 0.25
    assert confidence["untrained"] < confidence["half_trained"] < 0.95
    assert confidence["saturated"] > 0.99
    assert right["saturated"] == 1


def test_a_batch_replays_and_is_real():
    pytest.importorskip("sklearn")
    first, again = (digits.batch("half_trained", np.random.default_rng(5)) for _ in range(2))
    assert all((first[name] == again[name]).all() for name in first)
    x, y = digits.digits()
    for row, label in zip(first["x"], first["y"], strict=True):
        (place,) = np.flatnonzero((x == row).all(axis=1))
        assert (y[place] == label).all()


def test_they_are_those_that_scikit_learn_loads(monkeypatch, tmp_path):
    loaded = pytest.importorskip("sklearn.datasets").load_digits()
    moved = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    for spec in (digits.find_spec, lambda name: moved):
        monkeypatch.setattr(digits, "find_spec", spec)
        pixels, target = digits._table()
        assert np.array_equal(pixels, loaded.data)
        assert np.array_equal(target, loaded.target)


def test_without_scikit_learn_the_case_says_what_to_install(monkeypatch):
    monkeypatch.setattr(digits, "find_spec", lambda name: None)
    digits.digits.cache_clear()
    try:
        with pytest.raises(CaseUnavailableError, match=r"need scikit-learn: pip install"):
            digits.digits()
    finally:
        digits.digits.cache_clear()
