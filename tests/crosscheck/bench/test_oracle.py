"""The figures of the oracle's cost: complete, and none for what is wrong. No test looks at how long it takes."""

import json
from dataclasses import replace

import numpy as np
import pytest

from crosscheck.bench import oracle, oracle_tasks
from crosscheck.bench.mpf import Mpf
from crosscheck.bench.oracle import BALLS, COLUMNS, EXP, FAST, FLOAT64, MPMATH, measure
from crosscheck.numbers.ball import BITS, Ball
from crosscheck.numbers.fast import Fast
from reference import equations as eq


@pytest.fixture(scope="module")
def told():
    return []


@pytest.fixture(scope="module")
def times(told):
    return measure(seed=1, quick=True, progress=lambda done, parts: told.append((done, parts)))


def test_every_part_is_measured_and_told(times, told):
    assert [cost.name for cost in times.costs][:3] == ["σ", "softmax", "log-softmax"]
    for cost in times.costs:
        assert set(cost.ns) == set(COLUMNS)
        assert all(cost.ns[column] > 0 for column in (BALLS, MPMATH, FAST, FLOAT64))
    assert times.costs[0].ns[EXP] > 0
    assert [growth.elements for growth in times.growth] == [1000, 10_000]
    assert [network.arithmetic for network in times.networks] == [BALLS, FAST]
    assert all(network.truth > 0 and network.reference > 0 for network in times.networks)
    assert times.networks[1].sharp > 0.9
    assert 0 < times.peak.before <= times.peak.gigabytes < 2
    assert told == [(i, told[-1][1]) for i in range(1, told[-1][1] + 1)]
    assert (times.seed, times.bits) == (1, BITS)


def test_they_go_into_json(times):
    assert json.loads(json.dumps(times.to_dict()))["costs"][0]["ns"][BALLS] == times.costs[0].ns[BALLS]


def test_a_ratio_is_of_what_balls_cost(times):
    cost = times.costs[0]
    assert cost.ratio(MPMATH) == cost.ns[MPMATH] / cost.ns[BALLS]
    assert cost.ratio("another") is None
    assert replace(cost, ns={**cost.ns, BALLS: None}).ratio(MPMATH) is None


@pytest.mark.parametrize("column", [MPMATH, FAST, FLOAT64])
def test_what_is_wrong_has_no_time(column, monkeypatch):
    """A planted fault in each arithmetic in turn: one row is off by 10⁻⁶ of itself."""
    name = {MPMATH: "in_mpmath", FAST: "fast", FLOAT64: "in_float64"}[column]
    right = getattr(oracle_tasks, name)

    def wrong(task, inputs):
        factor = np.ones(inputs["x"].shape)
        factor[0] += 1e-6
        return {quantity: result * factor for quantity, result in right(task, inputs).items()}

    softmax = oracle_tasks.tasks(0, quick=True)[1]
    assert all(oracle._cost(softmax, 1).ns[other] for other in (BALLS, MPMATH, FAST, FLOAT64))
    monkeypatch.setattr(oracle_tasks, name, wrong)
    ns = oracle._cost(softmax, 1).ns
    assert ns[column] is None
    assert all(ns[other] for other in {BALLS, MPMATH, FAST, FLOAT64} - {column})


def test_without_mpmath_its_column_is_empty(monkeypatch):
    def missing(task, inputs):
        raise ImportError("mpmath")

    monkeypatch.setattr(oracle_tasks, "in_mpmath", missing)
    ns = oracle._cost(oracle_tasks.tasks(0, quick=True)[0], 1).ns
    assert ns[MPMATH] is None
    assert ns[BALLS] > 0


def test_the_equations_in_mpmath_are_those_in_balls():
    x = np.random.default_rng(0).normal(size=(2, 3))
    for equation in (eq.softmax, eq.log_softmax, eq.logsumexp, eq.sigmoid):
        found, exact = equation(Mpf.of(x)), equation(Ball.of(x))
        assert found.shape == exact.shape
        assert all(abs(b - float(f)) < 1e-15 for b, f in zip(exact.data.ravel(), found.data.ravel(), strict=True))
    assert [float(v) for v in Mpf.of(x).max(axis=0).data] == x.max(axis=0).tolist()


def test_values_are_counted_over_all_quantities():
    assert oracle_tasks.values({"a": Fast.of(np.ones((2, 3))), "b": Fast.of(np.float64(1))}) == 7
