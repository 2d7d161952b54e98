"""A known mistake is recognised where a function agrees with it everywhere, and only there; the step is found."""

from dataclasses import replace

import numpy as np
import pytest
from ml_dtypes import bfloat16

from crosscheck.checking.diagnose import first_wrong, suspects, suspects_of_step
from crosscheck.checking.observe import Subject, judged
from crosscheck.formats import FORMATS
from crosscheck.guest.call import Call
from crosscheck.guest.runner import Runner
from crosscheck.mistake import Mistake
from crosscheck.operations import operation
from reference import equations

FLOAT64 = FORMATS["float64"]


def _halved(x, cotangent):
    return 0.5 * equations.softmax_vjp(x, cotangent)


def _diagonal(x, cotangent):
    y = equations.softmax(x)
    return cotangent * y * (1 - y)


HALVED = Mistake("halved", "half the gradient", "vjp", {"vjp": _halved})
DIAGONAL = Mistake("diagonal", "the diagonal of the Jacobian alone", "vjp", {"vjp": _diagonal})
NARROW = Mistake(
    "narrow", "float32 inside", "value", model=lambda f: replace(FORMATS["float32"], stored_as="float64")
)
BROKEN = Mistake("broken", "shapes that do not fit", "value", {"value": lambda x: x @ x})
SOFTMAX = replace(operation("softmax"), mistakes=(HALVED, DIAGONAL, NARROW, BROKEN))
NETWORK = operation("two_layer")


def _observations(one, fn, *cases):
    subject, runner = Subject("mine", one, "", 0), Runner(fn, one)
    for name in cases:
        case = one.cases[name]
        inputs = case.inputs(one.name, FLOAT64, 0)
        yield judged(subject, case, "float64", FLOAT64, inputs, runner(Call(inputs)))


def _named(fn, *cases, one=SOFTMAX):
    seen = [*_observations(one, fn, *(cases or ("typical", "tiny", "wide")))]
    return [s.name for s in suspects(one, [o for o in seen if o.failed], [o for o in seen if o.passed])]


def _with(**steps):
    """The softmax of the reference with other equations."""

    def fn(x, cotangent, tangent):
        given = {"x": x, "cotangent": cotangent, "tangent": tangent}
        wrong = {q: step(**{n: given[n] for n in ("x", "cotangent")}) for q, step in steps.items()}
        return {**SOFTMAX.reference(**given), **wrong}

    return fn


def test_a_mistake_that_agrees_everywhere_is_named_and_no_other():
    assert _named(_with(vjp=_halved)) == ["halved"]
    assert _named(_with(vjp=_diagonal)) == ["diagonal"]


def test_an_unknown_mistake_is_not_given_a_name():
    assert _named(_with(vjp=lambda x, cotangent: 0.51 * equations.softmax_vjp(x, cotangent))) == []


def test_a_mistake_must_agree_where_the_function_is_right_too():
    def sometimes(x, cotangent):
        return _halved(x, cotangent) if np.abs(x).max() > 1 else equations.softmax_vjp(x, cotangent)

    assert _named(_with(vjp=sometimes), "typical") == ["halved"]
    assert _named(_with(vjp=sometimes), "typical", "tiny") == []


def test_a_second_mistake_beside_it_hides_it_in_a_function():
    assert _named(_with(vjp=_halved, value=lambda x, cotangent: 2 * equations.softmax(x))) == []


def _without_log1p(x, y):
    return np.logaddexp(0, x) - x * y  # ∞ − ∞ at infinity alone


def _overflowing_bce(x, y):
    return np.log(1 + np.exp(x)) - x * y


def _by_the_row_max(x, y):
    d = x - x.max(axis=-1, keepdims=True)
    return -(y * (d - np.log(np.exp(d).sum(axis=-1, keepdims=True)))).sum(axis=-1)


def _by_the_global_max(x, y):
    d = x - x.max()
    return -(y * (d - np.log(np.exp(d).sum(axis=-1, keepdims=True)))).sum(axis=-1)


@pytest.mark.parametrize(
    ("name", "fn", "cases", "named"),
    [
        ("binary_cross_entropy", _without_log1p, ("special", "typical", "soft", "thousand"), None),
        ("binary_cross_entropy", _overflowing_bce, ("special", "typical", "soft", "thousand"), "no shift"),
        ("cross_entropy", _by_the_row_max, ("largest", "typical", "tiny", "apart"), None),
        ("cross_entropy", _by_the_global_max, ("largest", "typical", "tiny", "apart"), "shift by the global max"),
    ],
)
def test_a_mistake_is_refuted_by_any_case_that_passes(name, fn, cases, named):
    """Only the first two were looked at, and a mistake was named that the third refutes."""
    found = _named(fn, *cases, one=operation(name))
    assert found[:1] == [named] if named else found == []


def test_a_divisor_with_weights_is_not_one_without():
    """NaN in the gradient of ignored rows, where all weights are 1, was called that; ``weighted`` refutes it."""
    one = operation("label_cross_entropy_mean")

    def fn(x, labels, weight, smoothing, cotangent):
        given = {"x": x, "labels": labels, "weight": weight, "smoothing": smoothing, "cotangent": cotangent}
        right = one.reference(**given, tangent=x)
        spoilt = np.where(np.isfinite(x).all(axis=-1, keepdims=True), right["vjp"], np.nan)
        return {"value": right["value"], "vjp": spoilt}

    cases = ("padded", "typical", "one_example")
    assert "divisor without weights" in _named(fn, *cases, one=one)
    assert "divisor without weights" not in _named(fn, *cases, "weighted", one=one)


@pytest.mark.parametrize(
    ("name", "fn", "case"),
    [
        ("sigmoid", lambda x: 0.5 * (1 + np.tanh(x / 2)), "typical"),
        ("sigmoid", lambda x: 1 / (1 + np.exp(-np.clip(x, -500, 500))), "thousand"),
    ],
    ids=["tanh", "clipped"],
)
def test_a_mistake_that_predicts_what_is_right_explains_no_failure(name, fn, case):
    """A lost axis was named where there is none, within the largest bound of the whole array."""
    one = operation(name)
    assert _named(fn, case, one=one) == []
    assert "axis of length 1 dropped" in _named(lambda x: np.squeeze(fn(x)), "one_example", one=one)


def test_precision_explains_small_errors_and_nothing_else():
    def narrow(x):
        return equations.softmax(x.astype(np.float32)).astype(np.float64)

    assert _named(narrow) == ["narrow"]
    assert _named(lambda x: equations.softmax(x) * 1.001) == []


@pytest.mark.parametrize(
    "changed",
    [lambda x: 1.001 * x, lambda x: x * 1.00001, lambda x: x + 1e-8, lambda x: x * (1 + 1e-13)],
    ids=["a thousandth", "a hundred thousandth", "a little more", "a few hundred ulps"],
)
def test_an_error_is_not_one_of_precision_because_it_is_small(changed):
    """Within the bound of bfloat16 sums, it was called that; the tests above have mistakes of their own."""
    cases = ("typical", "tiny", "one_class")
    assert _named(lambda x: changed(equations.softmax(x)), *cases, one=operation("softmax")) == []


@pytest.mark.parametrize("part", [1, 4])
def test_sums_in_bfloat16_are_named_in_whatever_order(part):
    def fn(x):
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        total = e[:, :part].sum(axis=-1, keepdims=True)  # of a part, in float64
        for i in range(part, x.shape[1], part):
            total = (total + e[:, i : i + part].sum(axis=-1, keepdims=True)).astype(bfloat16).astype(np.float64)
        return e / total

    assert _named(fn, one=operation("softmax")) == ["bfloat16 accumulation"]


def test_two_functions_that_cannot_be_computed_agree():
    assert _named(lambda x: x @ x, "typical") == ["broken"]


def test_special_values_agree_with_the_same_special_values():
    overflows = Mistake("no shift", "", "value", {"value": lambda x: np.exp(x) / np.exp(x).sum(-1, keepdims=True)})
    one = replace(operation("softmax"), mistakes=(overflows,))

    def fn(x):
        e = np.exp(x)
        return e / e.sum(axis=-1, keepdims=True)

    assert _named(fn, "typical", "thousand", one=one) == ["no shift"]
    assert _named(lambda x: np.nan_to_num(fn(x)), "typical", "thousand", one=one) == []


def _network(drop=(), **steps):
    graph = {**NETWORK.graph, **steps}

    def fn(x, y, W1, b1, W2, b2):
        from crosscheck.graph import evaluate_all

        given = {"x": x, "y": y, "W1": W1, "b1": b1, "W2": W2, "b2": b2}
        found = evaluate_all(graph, given, tuple(graph))
        return {name: a for name, a in found.items() if name not in drop}

    return fn


def test_of_two_mistakes_in_a_network_the_first_is_named_at_its_own_inputs():
    phi_for_h = Mistake("φ for h", "", "d_phi", {"d_phi": lambda d_h, phi: d_h * phi * (1 - phi)})
    one = replace(NETWORK, mistakes=(phi_for_h,))
    fn = _network(d_phi=phi_for_h.steps["d_phi"], d_b2=lambda d_theta: 3 * d_theta.sum(axis=0))
    assert _named(fn, "typical", one=one) == []
    assert [s.name for s in suspects_of_step(one, "d_phi", [*_observations(one, fn, "typical")])] == ["φ for h"]


def test_a_step_is_not_named_by_a_mistake_in_an_earlier_one_that_is_right():
    """θ returned as half of what was used: J, which is right at ŷ, was told to be softmax over the wrong axis."""

    def fn(x, y, W1, b1, W2, b2):
        found = _network()(x, y, W1, b1, W2, b2)
        return {**found, "theta": found["theta"] / 2}

    seen = [*_observations(NETWORK, fn, "typical", "square")]
    assert {v.quantity for v in seen[0].failed if v.check == "local"} >= {"theta", "J"}
    named = {s.name for s in suspects_of_step(NETWORK, "J", seen)}
    assert named <= {m.name for m in NETWORK.mistakes if m.step == "J"}


BACKWARD = ("d_theta", "d_h", "d_phi")


@pytest.mark.parametrize(
    ("fn", "steps"),
    [
        (_network(d_h=lambda d_theta, W2: 2 * (d_theta @ W2.T)), ("d_h",)),
        (_network(BACKWARD, d_h=lambda d_theta, W2: 2 * (d_theta @ W2.T)), ("d_h", "d_phi")),
        (_network(BACKWARD, d_theta=lambda theta, y: 2 * equations.d_theta(theta, y)), ("d_theta",)),
        (_network(BACKWARD, d_W2=lambda x, d_theta: x[:, :5].T @ d_theta), ("d_W2",)),
        (_network(BACKWARD, d_x=lambda d_phi, W1: -(d_phi @ W1.T)), ("d_x",)),
        (_network(d_b1=lambda d_phi: d_phi.mean(axis=0), d_b2=lambda d_theta: d_theta.mean(axis=0)), ("d_b1",)),
        (_network(BACKWARD, d_b1=lambda d_phi: d_phi[0], d_b2=lambda d_theta: d_theta[0]), ("d_b1",)),
    ],
)
def test_the_first_wrong_step(fn, steps):
    (seen,) = _observations(NETWORK, fn, "typical")
    assert first_wrong(NETWORK, seen) == steps
