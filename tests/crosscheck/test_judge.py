"""The judge: planted wrong backward passes, special values, vacuity, shapes and dtypes."""

from dataclasses import replace

import numpy as np
import pytest

from crosscheck import truth
from crosscheck.formats import FORMATS, TF32
from crosscheck.graph import needs
from crosscheck.judge import (
    END_TO_END,
    FAIL,
    KNOWN,
    LOCAL,
    PASS,
    UNAVAILABLE,
    VACUOUS,
    Assessment,
    Cell,
    assess,
    check_from_inputs,
    judge,
    ratios,
    spelled,
    stored_inputs,
)
from crosscheck.operations import operation
from crosscheck.truth import Reading, read
from reference import equations as eq

NETWORK = operation("two_layer")
FLOAT32 = FORMATS["float32"]


def _cell(case="typical", format=FLOAT32, one=NETWORK):
    return Cell(one, "planted", "cpu", format, case, seed=0)


def _inputs(case, format=FLOAT32, one=NETWORK):
    return one.cases[case].inputs(one.name, format, seed=0)


def _run(steps, inputs):
    """The network with the given steps, every quantity computed from the stored ones, as honest code does."""
    known = dict(inputs)
    for name in eq.NETWORK:
        step = steps.get(name, eq.NETWORK[name])
        known[name] = np.asarray(step(*(known[need] for need in needs(step))), dtype=np.float32)
    return {name: known[name] for name in eq.NETWORK}


def _stale(d_phi):
    return np.roll(d_phi.sum(axis=0), 1)


WRONG = {
    # name: (the step that is wrong, its wrong form); "square" inputs, where no shape gives a mistake away
    "label term dropped": ("d_theta", lambda theta, y: eq.softmax(theta)),
    "gradient halved": ("d_theta", lambda theta, y: (eq.softmax(theta) - y) / 2),
    "sign flipped": ("d_theta", lambda theta, y: y - eq.softmax(theta)),
    "W2 not transposed": ("d_h", lambda d_theta, W2: d_theta @ W2),
    "σ' given the value": ("d_phi", lambda d_h, h: d_h * eq.sigmoid_gradient(h)),
    "σ' forgotten": ("d_phi", lambda d_h: d_h),
    "tanh' for σ'": ("d_phi", lambda d_h, h: d_h * (1 - h * h)),
    "W1 not transposed": ("d_x", lambda d_phi, W1: d_phi @ W1),
    "x and ∂J/∂φ the wrong way round": ("d_W1", lambda x, d_phi: d_phi.T @ x),
    "bias gradient of another unit": ("d_b1", _stale),
    "φ for h": ("d_W2", lambda phi, d_theta: phi.T @ d_theta),
    "bias gradient averaged": ("d_b2", lambda d_theta: d_theta.mean(axis=0)),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_wrong_backward_pass_fails_at_its_first_wrong_step(mistake):
    step, wrong = WRONG[mistake]
    inputs = _inputs("square")
    verdicts = list(judge(_cell("square"), inputs, _run({step: wrong}, inputs)))
    failed = [v.quantity for v in verdicts if v.check == LOCAL and v.status == FAIL]
    # Later steps are right given the wrong one, so locally only the wrong step fails.
    assert failed == [step]


def test_the_same_network_without_a_mistake_passes_everywhere():
    inputs = _inputs("square")
    verdicts = list(judge(_cell("square"), inputs, _run({}, inputs)))
    assert {v.status for v in verdicts if v.check == LOCAL} == {PASS}
    assert FAIL not in {v.status for v in verdicts}


def test_results_in_another_byte_order_are_the_same_results():
    """Their dtype was told to be wrong, and what follows from them was not judged at them."""
    inputs = _inputs("square")
    swapped = {name: a.astype(a.dtype.newbyteorder()) for name, a in _run({}, inputs).items()}
    verdicts = list(judge(_cell("square"), inputs, swapped))
    assert {v.status for v in verdicts} <= {PASS, VACUOUS}
    assert verdicts == list(judge(_cell("square"), inputs, _run({}, inputs)))


def test_without_intermediates_a_wrong_gradient_fails_end_to_end():
    inputs = _inputs("square")
    results = _run({"d_theta": WRONG["label term dropped"][1]}, inputs)
    (verdict,) = [v for v in judge(_cell("square"), inputs, {"d_x": results["d_x"]}) if v.quantity == "d_x"]
    assert (verdict.check, verdict.status) == ("end_to_end", FAIL)


def test_a_quantity_that_is_missing_is_unavailable_and_named():
    inputs = _inputs("square")
    verdicts = {v.quantity: v for v in judge(_cell("square"), inputs, {})}
    assert (verdicts["d_x"].status, verdicts["d_x"].check) == (UNAVAILABLE, LOCAL)
    assert verdicts["d_x"].reason == "d_x was not returned"


def test_a_status_and_a_check_are_words_that_a_report_is_read_by():
    """The JSON of a run has them, and so have the programs that read it."""
    words = {"pass": PASS, "fail": FAIL, "vacuous": VACUOUS, "known": KNOWN, "unavailable": UNAVAILABLE}
    assert all(word == status for word, status in words.items())
    assert (LOCAL, END_TO_END) == ("local", "end_to_end")


def test_what_was_not_compared_has_no_figures():
    found = Assessment(UNAVAILABLE)
    assert (found.reason, found.flushed) == ("", 0)
    assert found.worst_ulp is found.worst_ratio is found.resolution is found.worst is None


def test_what_needs_only_given_inputs_is_judged_once_and_the_rest_end_to_end_too():
    """φ = x W₁ + b₁ has no inputs that an implementation computed: its local check is the whole check."""
    inputs = _inputs("square")
    checks = [(v.quantity, v.check) for v in judge(_cell("square"), inputs, _run({}, inputs))]
    assert checks.count(("phi", LOCAL)) == 1
    assert ("phi", END_TO_END) not in checks
    assert all(checks.count((name, check)) == 1 for name in ("h", "d_x") for check in (LOCAL, END_TO_END))


def test_end_to_end_every_input_starts_with_an_error_and_locally_only_logits_do():
    inputs = _inputs("square")
    results = _run({}, inputs)
    verdicts = {(v.quantity, v.check): v for v in judge(_cell("square"), inputs, results)}
    known = {**inputs, **results}
    for quantity in ("d_h", "y_hat", "d_phi"):
        for check in (LOCAL, END_TO_END):
            local = check == LOCAL
            names = needs(eq.NETWORK[quantity]) if local else NETWORK.leaves(quantity)
            # ∂J/∂θ and W₂ are no logits, θ and φ are.
            start = {"theta", "phi"} & set(names) if local else set(names)
            read_ = read(NETWORK, quantity, {name: known[name] for name in names}, FLOAT32, frozenset(start))
            found = verdicts[quantity, check]
            assert found.worst.bound == read_.bound[found.worst.index], (quantity, check)


LABELS = operation("label_cross_entropy")


def test_from_the_inputs_alone_what_needs_another_quantity_is_judged_end_to_end():
    """x W₁ + b₁ needs none; ∂J/∂W₁ = xᵀ ∂J/∂φ needs one, beside an input."""
    assert check_from_inputs(NETWORK, "phi") == LOCAL
    assert check_from_inputs(NETWORK, "d_W1") == END_TO_END


def test_inputs_that_are_wider_than_the_result_start_with_an_error_too():
    """An implementation that returns float32 for float64 rounded them first; labels and ε it takes as they are."""
    wide = LABELS.cases["typical"].inputs(LABELS.name, FORMATS["float64"], seed=0)
    assert set(wide) > {"labels", "smoothing"}
    floats = {name for name, array in wide.items() if array.dtype.kind == "f"} - LABELS.scalars
    assert "weight" in floats
    assert stored_inputs(LABELS, wide, FLOAT32, LOCAL) == floats
    assert stored_inputs(LABELS, wide, FORMATS["float64"], LOCAL) == {"x"}
    assert stored_inputs(LABELS, wide, FLOAT32, END_TO_END) == set(wide)
    without = {name: array for name, array in wide.items() if name != "x"}
    assert stored_inputs(LABELS, without, FORMATS["float64"], LOCAL) == set()


def test_a_verdict_says_where_it_stands():
    """Every figure of a report is found by these; the arithmetic is what an implementation declares."""
    tf32 = replace(_cell(), device="cuda:1", arithmetic=TF32, seed=3)
    verdict = tf32.verdict("d_x", END_TO_END, Assessment(FAIL, "a reason", worst_ulp=2.0))
    assert (verdict.status, verdict.reason, verdict.worst_ulp) == (FAIL, "a reason", 2.0)
    assert (verdict.operation, verdict.quantity, verdict.implementation) == ("two_layer", "d_x", "planted")
    assert (verdict.device, verdict.dtype, verdict.arithmetic) == ("cuda:1", "float32", "tf32")
    assert (verdict.case, verdict.check) == ("typical", END_TO_END)
    assert verdict.id == "two_layer-d_x-planted@cuda:1-float32-typical-end_to_end"
    assert verdict.replay == (
        "crosscheck two_layer -i planted --dtype float32 --case typical --seed 3 --device cuda"
    )
    here = _cell().verdict("d_x", LOCAL, Assessment(PASS))
    assert (here.device, here.dtype, here.arithmetic) == ("cpu", "float32", "float32")
    assert here.id == spelled("two_layer", "d_x", "planted", "cpu", "float32", "typical")
    assert here.id == "two_layer-d_x-planted-float32-typical"
    assert here.replay == "crosscheck two_layer -i planted --dtype float32 --case typical --seed 0"


def _reading(hi, bound, special=False):
    hi = np.asarray(hi, dtype=np.float64)
    return Reading(
        hi,
        np.zeros_like(hi),
        np.broadcast_to(bound, hi.shape),
        np.full(hi.shape, special),
        np.zeros(hi.shape, bool),
    )


TRUTH = _reading([1.0, 2.0, -3.0], 2.0**-20)
LARGEST = FLOAT32.largest


def _assess(actual, truth=TRUTH, dtype=np.float32):
    return assess(np.asarray(actual, dtype=dtype), truth, FLOAT32)


def test_within_the_bound_passes_and_beyond_it_fails():
    ulp = 2.0**-22
    assert _assess([1, 2, -3]).status == PASS
    assert _assess([1, 2, -3 + 4 * ulp]).status == PASS  # 2⁻²⁰, exactly the bound
    found = _assess([1, 2, -3 + 5 * ulp])
    assert found.status == FAIL
    assert found.worst is not None
    assert found.worst.index == (2,)
    assert found.worst_ulp == 5
    assert found.worst_ratio == 1.25
    assert found.reason == "at [2] got -2.99999881, exact is -3, off by 1.25 × bound 9.54e-07"


@pytest.mark.parametrize(
    ("actual", "reason"),
    [
        (np.ones(2, np.float32), "shape: got (2,), expected (3,)"),
        (np.ones((3, 1), np.float32), "shape: got (3, 1), expected (3,)"),
        (np.ones(3), "dtype: got float64, expected float32"),
        (np.ones(3, np.int64), "dtype: got int64, expected float32"),
        (np.array([1, np.nan, -3], np.float32), "at [1] got nan, exact is 2"),
        (np.array([np.inf, 2, -3], np.float32), "at [0] got inf, exact is 1"),
        (np.array([1, 2, -np.inf], np.float32), "at [2] got -inf, exact is -3"),
    ],
)
def test_a_result_that_cannot_be_right_fails_with_the_reason(actual, reason):
    found = assess(actual, TRUTH, FLOAT32)
    assert (found.status, found.reason) == (FAIL, reason)


def test_a_wrong_number_without_an_index_is_told_without_one():
    found = _assess(2.0, _reading(1.0, 0.25))
    assert (found.status, found.reason) == (FAIL, "got 2, exact is 1, off by 4 × bound 0.25")


def test_errors_are_against_the_whole_truth_and_not_its_first_float64():
    """hi + lo: a quarter of the bound that hi leaves of the exact value counts for or against a result."""
    got, truth = np.array([1 + 2.0**-38]), _reading([1.0], 2.0**-38)
    for lo, ratio in ((2.0**-40, 0.75), (0.0, 1.0), (-(2.0**-40), 1.25)):
        assert ratios(got, replace(truth, lo=np.array([lo])), FORMATS["float64"]) == ratio


def test_an_exact_result_has_no_error_even_where_there_is_no_tolerance():
    assert ratios(np.float32([0, 1]), _reading([0.0, 1.0], 0.0), FLOAT32).tolist() == [0, 0]
    assert ratios(np.float32([1e-45]), _reading([0.0], 0.0), FLOAT32).tolist() == [np.inf]
    found = _assess([0.0, 1.0], _reading([0.0, 1.0], [0.0, 0.25]))
    assert (found.status, found.worst_ratio, found.worst_ulp) == (PASS, 0, 0)


@pytest.mark.parametrize(
    ("got", "exact"),
    [
        (np.nan, 1.0),
        (1.0, np.nan),
        (np.inf, 1.0),
        (1.0, np.inf),
        (np.inf, -np.inf),
        (np.nan, np.inf),
        (0.0, -np.inf),
    ],
    ids=str,
)
@pytest.mark.parametrize("bound", [0.0, 2.0**-20, np.inf])
def test_no_bound_makes_up_for_a_wrong_special_value(got, exact, bound):
    """|∞ − 1|/∞ is NaN and no ratio; an infinite bound lets every finite number pass, and no NaN.

    Where the bound is infinite, the honest result may be the infinity too.
    """
    ratio = ratios(np.float32([got]), _reading([exact], bound, special=True), FLOAT32)
    assert ratio.tolist() == [0 if np.isinf(bound) and (got, exact) == (np.inf, 1.0) else np.inf]


def test_what_the_table_leaves_open_is_not_judged():
    opened = replace(_reading([np.nan, 1.0], 2.0**-20), open=np.array([True, False]))
    for got in (0.0, np.nan, np.inf):
        found = _assess([got, 1.0], opened)
        assert (found.status, found.worst_ratio, found.worst_ulp) == (PASS, 0, 0)
    assert _assess([0.0, 2.0], opened).status == FAIL
    nothing = replace(opened, open=np.array([True, True]))
    assert (_assess([0.0, 1.0], nothing).status, _assess([0.0, 1.0], nothing).reason) == (
        VACUOUS,
        "anything would pass",
    )


@pytest.mark.parametrize("exact", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("got", [np.nan, np.inf, -np.inf, 0.0, 3.4028235e38])
def test_a_special_value_must_be_that_value(exact, got):
    truth = _reading([exact, 1.0], 2.0**-20, special=True)
    same = got == exact or (np.isnan(got) and np.isnan(exact))
    assert _assess([got, 1.0], truth).status == (PASS if same else FAIL)


def test_overflow_is_right_where_the_truth_with_its_bound_passes_the_largest_number():
    assert _assess([np.inf], _reading([LARGEST * 1.5], 1e30)).status == PASS
    assert _assess([np.inf], _reading([LARGEST * (1 - 2e-8)], 1e31)).status == PASS
    assert _assess([np.inf], _reading([LARGEST / 2], 1e31)).status == FAIL
    assert _assess([-np.inf], _reading([LARGEST * 1.5], 1e30)).status == FAIL


def test_overflow_is_right_from_where_the_bound_reaches_the_largest_number():
    """Both halves are float64 numbers, so their sum is exactly the largest float32."""
    half = LARGEST / 2
    reaching, below = _reading([half], half), _reading([half], half * (1 - 2.0**-50))
    assert ratios(np.float32([np.inf]), reaching, FLOAT32) == 0
    assert ratios(np.float32([np.inf]), below, FLOAT32) == np.inf


def test_beyond_float64_the_infinity_and_the_largest_number_of_its_sign_are_right():
    """An exact value that float64 has no number for stands as ±inf and is not special: e^800, say."""
    for sign in (1, -1):
        beyond = _reading([sign * np.inf, 1.0], 2.0**-20)
        for got, right in ((np.inf, True), (LARGEST, True), (-np.inf, False), (-LARGEST, False), (1e38, False)):
            assert (_assess([sign * got, 1.0], beyond).status == PASS) is right, got
        # the limit at an infinite input is the infinity itself
        assert (
            _assess([sign * LARGEST, 1.0], _reading([sign * np.inf, 1.0], 2.0**-20, special=True)).status == FAIL
        )


@pytest.mark.parametrize(
    ("hi", "bound", "reason"),
    [
        ([1e-9, -1e-9], 1e-8, "zeros would pass"),
        ([0.0, 0.0], 1e-8, "zeros would pass"),
        ([1.0, -1.0], 0.6, "half the right answer would pass"),
        ([1.0, 1.25], 0.25, "the constant 1.12 would pass"),
        ([1.0, 2.0, 2.0, 1.001], 0.01, "a stale answer, the elements reversed would pass"),
        (
            [1.0, 1.25, 1.5, 1.75, 2.0],
            [1.25, 0.25, 0.25, 0.25, 0.25],
            "a stale answer, each element's neighbour would pass",
        ),
    ],
)
def test_a_check_that_a_wrong_answer_would_pass_is_vacuous(hi, bound, reason):
    truth = _reading(hi, bound)
    found = _assess(truth.hi, truth)
    assert (found.status, found.reason) == (VACUOUS, reason)


def test_a_sharp_check_is_not_vacuous_even_for_one_element_or_a_constant_truth():
    assert _assess([1.0], _reading([1.0], 0.25)).status == PASS
    assert _assess([0.5, 0.5], _reading([0.5, 0.5], 2.0**-20)).status == PASS


def test_a_check_stays_vacuous_beside_a_special_value():
    """The special value is right in every wrong answer: it must not make the others look sharp."""
    truth = _reading([np.nan, 1e-9, -1e-9], 1e-8, special=[True, False, False])
    found = _assess(truth.hi, truth)
    assert (found.status, found.reason) == (VACUOUS, "zeros would pass")


def test_a_result_of_special_values_alone_is_compared_exactly_and_not_vacuous():
    assert _assess([np.nan, np.inf], _reading([np.nan, np.inf], np.inf, special=True)).status == PASS


@pytest.mark.parametrize("sign", [1, -1])
def test_the_wrong_answers_are_numbers_that_the_format_has(sign):
    """Half of a value beyond float32's range is at most half its largest number, which is 2.3e38 off 4e38."""
    truth = _reading([sign * 4e38], 2.1e38)
    assert _assess([sign * np.inf], truth).status == PASS
    assert _assess([sign * np.inf], _reading([sign * 4e38], 2.4e38)).reason == "half the right answer would pass"


def test_an_empty_result_is_vacuous():
    found = assess(np.zeros((0, 3), np.float32), _reading(np.zeros((0, 3)), 1.0), FLOAT32)
    assert (found.status, found.reason) == (VACUOUS, "there is nothing to compare: the result is empty")


def test_resolution_is_the_bound_in_ulps_median_and_worst():
    found = _assess([1, 2, 4], _reading([1.0, 2.0, 4.0], 2.0**-20))
    assert found.resolution == (4.0, 8.0)


def test_resolution_is_of_what_has_a_tolerance():
    """Exact zeros and special values would flatter it; without a tolerance there is none."""
    truth = _reading([0.0, 0.0, np.nan, 1.0, 2.0], [0, 0, 2.0**-20, 2.0**-20, 2.0**-20])
    assert _assess(truth.hi, truth).resolution == (6.0, 8.0)
    assert _assess([0.5, 1.0], _reading([0.5, 1.0], 0.0)).resolution is None
    # in ulps of the smallest float32, 2⁻¹⁴⁹, a bound of 10³⁰⁰ is more than float64 has
    assert _assess([0.0], _reading([0.0], 1e300)).resolution == (np.inf, np.inf)


def test_results_flushed_to_zero_are_counted_apart():
    truth = _reading([2.0**-130, 1.0], 2.0**-126)
    found = _assess([0.0, 1.0], truth)
    assert (found.flushed, found.worst_ulp) == (1, 0.0)
    # a normal number returned as 0 is an error like any other, the smallest too
    for normal in (2.0**-120, 2.0**-126):
        found = _assess([0.0, 1.0], _reading([normal, 1.0], 2.0**-119))
        assert (found.flushed, found.worst_ulp) == (0, 2.0**23)
    # and a 0 that is exact is not flushed
    assert _assess([0.0, 1.0], _reading([0.0, 1.0], 2.0**-126)).flushed == 0


@pytest.mark.parametrize("case", ["typical", "dominant", "masked", "many_classes"])
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
def test_the_fast_truth_and_the_balls_agree(name, case):
    """Read the same quantity in float32 (fast where it can be) and by balls alone."""
    one = operation(name)
    inputs = _inputs(case, one=one)
    for quantity in one.quantities:
        given = {leaf: inputs[leaf] for leaf in one.leaves(quantity)}
        fast = read(one, quantity, given, FLOAT32, frozenset({"x"}))
        from crosscheck.truth import enclose

        hi, lo = enclose(one.graph, quantity, given).split(FORMATS["float64"])
        finite = np.isfinite(hi)
        with np.errstate(invalid="ignore"):
            apart = np.abs((fast.hi - hi) + (fast.lo - lo))
        # The two limits of the fast truth: truth.NEGLIGIBLE ulps, and 2⁻²⁰ beside the tolerance.
        assert (apart <= np.maximum(FLOAT32.ulp(hi) / 64, 2.0**-20 * fast.bound))[finite].all()
        np.testing.assert_array_equal(fast.hi[~finite], hi[~finite])


def test_where_the_truth_is_not_known_to_an_ulp_errors_are_the_least_that_they_can_be():
    """Missed before: no test looked at the figures of a large array: a right result was said to err by 7e28."""
    slack = np.array([0.0, 2.0**-30])
    truth = replace(_reading([1.0, 2.0**-60], 2.0**-20), slack=slack)
    assert _assess([1 + 2.0**-23, 2.0**-31], truth).worst_ulp == 1.0
    # off by 2⁻²⁸, of which 2⁻³⁰ may be the truth's; an ulp is at most that of 2⁻³⁰ + 2⁻⁶⁰
    assert _assess([1.0, 2.0**-28], truth).worst_ulp == (2.0**-28 - 2.0**-60 - 2.0**-30) / 2.0**-53
    # where it is known, it is hi + lo as in a small array, and an infinity where the truth has one is no error
    known = replace(truth, lo=np.array([2.0**-24, 0]))
    assert _assess([1 + 2.0**-23, 0], known).worst_ulp == 0.5
    infinite = replace(_reading([np.inf, 1.0], 2.0**-20, special=True), slack=slack)
    assert _assess([np.inf, 1.0], infinite).worst_ulp == 0
    unknown = replace(_reading([1.0, np.inf], 2.0**-20, special=True), slack=slack)
    assert _assess([1.0, np.inf], unknown).worst_ulp == 0


def test_large_arrays_have_no_ball_truth_and_say_so():
    one = operation("softmax")
    inputs = _inputs("many_examples", one=one)
    given = {name: inputs[name] for name in ("x", "cotangent")}
    reading = read(one, "vjp", given, FLOAT32, frozenset({"x"}))
    assert (reading.slack <= 2.0**-20 * reading.bound).all()
    few = {name: array[:100] for name, array in given.items()}
    exact = read(one, "vjp", few, FLOAT32, frozenset({"x"}))
    assert not np.any(exact.slack)
    assert (np.abs(exact.hi - reading.hi[:100]) <= reading.slack[:100] + FLOAT32.ulp(exact.hi) / 64).all()


def test_wrong_intermediate_shapes_are_a_verdict_and_not_an_exception():
    inputs = _inputs("square")
    results = _run({}, inputs)
    results["d_phi"] = results["d_phi"][:, :3]
    verdicts = list(judge(_cell("square"), inputs, results))
    assert "d_phi" in {v.quantity for v in verdicts if v.status == FAIL}
    assert len({v.quantity for v in verdicts}) == 13
    (product,) = [v for v in verdicts if v.quantity == "d_x" and v.check == LOCAL]
    assert product.status == FAIL
    assert product.reason.startswith("the step has no value at the returned inputs: ")
    assert len(product.reason) > len("the step has no value at the returned inputs: ")


def test_few_elements_of_a_large_network_are_not_taken_by_balls(monkeypatch):
    """∂J/∂b₁ of a 512×2048×2048×1000 network has 2048 elements, and took 21 seconds, by balls."""
    inputs = _inputs("typical")
    # ŷ is 1/10 in every class, and each is the label of two of the 20 rows: ∂J/∂b₂ is 0, which no float64 knows.
    inputs |= {
        "W2": 0 * inputs["W2"],
        "b2": 0 * inputs["b2"],
        "y": np.eye(10, dtype=np.float32)[np.arange(20) % 10],
    }
    given = {leaf: inputs[leaf] for leaf in NETWORK.leaves("d_b2")}
    monkeypatch.setattr(truth, "_MANY_INPUTS", 60)
    monkeypatch.setattr(truth, "enclose", lambda *_: pytest.fail("by balls"))
    reading = read(NETWORK, "d_b2", given, FLOAT32, frozenset(given))
    assert (reading.slack > 0).all()
    assert (reading.slack <= 2.0**-20 * reading.bound).all()
    monkeypatch.setattr(truth, "_MANY_INPUTS", 600)
    with pytest.raises(pytest.fail.Exception):
        truth._read(NETWORK, "d_b2", given, FLOAT32, frozenset(given))
