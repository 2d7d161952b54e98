"""A function is right, limited or wrong; what it may take and return; where it goes wrong first."""

import numpy as np
import pytest

import crosscheck
from crosscheck.checking import LIMITED, RIGHT, WRONG
from crosscheck.guest.call import UnusableError
from crosscheck.operations import operation


def softmax(x):
    """Right everywhere, whole numbers included."""
    e = np.exp(x - np.asarray(x, dtype=np.result_type(x, np.float32)).max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def overflowing(x):
    e = np.exp(x)
    return e / e.sum(axis=-1, keepdims=True)


def over_columns(x):
    e = np.exp(x - x.max(axis=0))
    return e / e.sum(axis=0)


@pytest.mark.parametrize(("fn", "verdict"), [(softmax, RIGHT), (overflowing, LIMITED), (over_columns, WRONG)])
def test_the_three_verdicts(fn, verdict):
    report = crosscheck.check(fn, "softmax")
    assert report.verdict == verdict
    assert report.passed == (verdict == RIGHT)
    assert report.first_wrong == ("value" if verdict == WRONG else "")
    assert report.function == fn.__name__


def test_the_name_of_the_function_may_name_the_operation():
    assert crosscheck.check(softmax, cases=("typical",)).operation == "softmax"
    with pytest.raises(ValueError, match="operation: not given, and 'over_columns' is none of sigmoid"):
        crosscheck.check(over_columns)


# --- what a function takes and returns -----------------------------------------------------------------------


def vjp_only(x, cotangent):
    y = softmax(x)
    return y * (cotangent - (y * cotangent).sum(axis=-1, keepdims=True))


def everything(x, cotangent, tangent):
    y = softmax(x)
    return {"value": y, "vjp": vjp_only(x, cotangent), "jvp": vjp_only(x, tangent)}


def value_and_vjp(logits, upstream):
    return softmax(logits), vjp_only(logits, upstream)


@pytest.mark.parametrize(
    ("fn", "quantity", "judged"),
    [
        (softmax, None, {"value"}),
        (vjp_only, None, {"vjp"}),
        (everything, None, {"value", "vjp", "jvp"}),
        (everything, "jvp", {"jvp"}),
        (value_and_vjp, None, {"value", "vjp"}),
        (lambda z: softmax(z), None, {"value"}),
        (lambda z, v: vjp_only(z, v), "jvp", {"jvp"}),  # the Jacobian is symmetric
    ],
)
def test_what_is_returned_is_what_is_judged(fn, quantity, judged):
    report = crosscheck.check(fn, "softmax", quantity=quantity, dtypes=("float64",))
    assert {v.quantity for v in report.verdicts} == judged
    assert report.passed


def test_a_function_of_labels_need_not_know_of_weights():
    def cost(x, labels):
        lse = np.log(np.exp(x - x.max(axis=-1, keepdims=True)).sum(axis=-1)) + x.max(axis=-1)
        return lse - np.take_along_axis(x, np.maximum(labels, 0)[..., None], axis=-1)[..., 0]

    report = crosscheck.check(cost, "label_cross_entropy", dtypes=("float64",))
    cases = {o.case.name for o in report.observations}
    assert "typical" in cases
    assert not cases & {"weighted", "smoothed", "everything"}
    assert report.verdict == LIMITED  # it has never heard of −100
    assert "ignored" in {name for finding in report.findings for name in finding.where}


def test_what_a_function_is_taken_for_by_the_number_of_its_arguments_is_said():
    """A softmax with a temperature was a wrong VJP, and nothing said why it was one."""
    report = crosscheck.check(lambda z, v: vjp_only(z, v), "softmax", dtypes=("float64",), cases=("typical",))
    assert report.notes[0] == "judged as the vjp, by the number of its arguments, whose names say nothing"
    for fn, quantity in ((vjp_only, None), (lambda z, v: vjp_only(z, v), "vjp"), (lambda z: softmax(z), None)):
        report = crosscheck.check(fn, "softmax", quantity=quantity, dtypes=("float64",), cases=("typical",))
        assert not [note for note in report.notes if note.startswith("judged as")]


def test_a_value_that_autodiff_knows_nothing_of_is_said_to_be_one():
    torch = pytest.importorskip("torch")
    report = crosscheck.check(
        lambda x: torch.softmax(x.detach(), -1), "softmax", dtypes=("float64",), arrays="torch", cases=("typical",)
    )
    assert report.notes[-1] == "the result requires no gradient, so PyTorch's autodiff was not judged"


def test_a_function_that_takes_weights_and_forgets_them_is_wrong():
    """It was limited, "right on ordinary input", where one that forgets ε is wrong."""

    def cost(x, labels, weight):
        m = x.max(axis=-1, keepdims=True)
        lse = np.log(np.exp(x - m).sum(axis=-1)) + m[..., 0]
        chosen = np.take_along_axis(x, np.maximum(labels, 0)[..., None], axis=-1)[..., 0]
        return np.where(labels < 0, 0.0, lse - chosen)

    report = crosscheck.check(cost, "label_cross_entropy", dtypes=("float64",))
    assert report.verdict == WRONG
    assert "weighted" in report.findings[0].where


def test_which_of_several_results_is_no_array_is_said():
    """The cost was blamed, whatever it was."""

    def net(x, y, W1, b1, W2, b2):
        return {"J": np.zeros(()), "d_x": None}

    report = crosscheck.check(net, "two_layer", dtypes=("float64",), cases=("square",))
    assert report.findings[0].symptom.startswith("d_x: returned a NoneType")


def test_a_number_that_is_nan_where_an_infinity_is_exact_is_told_as_nan():
    """It was "off"."""
    report = crosscheck.check(
        lambda x, y: np.full(x.shape[:-1], np.nan), "cross_entropy", dtypes=("float64",), cases=("largest",)
    )
    assert [finding.symptom for finding in report.findings] == ["is NaN"]


def test_lists_are_taken_and_text_is_not():
    assert crosscheck.check(lambda x: softmax(x).tolist(), "softmax", dtypes=("float64",)).verdict != WRONG
    report = crosscheck.check(lambda x: "0.5", "softmax", dtypes=("float64",))
    assert report.verdict == WRONG
    assert report.findings[0].symptom == "returned a str, expected an array of numbers"


def test_a_function_that_computes_in_float32_says_so_by_what_it_returns():
    report = crosscheck.check(
        lambda x: softmax(x.astype(np.float32)), "softmax", dtypes=("float64",), cases=("typical",)
    )
    assert report.passed
    assert report.notes[0] == "returns float32 for float64, and is judged by the roundings of float32"
    pretends = crosscheck.check(
        lambda x: softmax(x.astype(np.float32)).astype(np.float64),
        "softmax",
        dtypes=("float64",),
        cases=("typical",),
    )
    assert pretends.verdict == WRONG


def test_a_wider_result_is_rounded_to_what_was_handed_over():
    report = crosscheck.check(lambda x: softmax(x.astype(np.float64)), "softmax", dtypes=("float32",))
    assert report.passed


def test_a_dtype_that_is_declined_is_a_limit():
    def picky(x):
        if x.dtype == np.float32:
            raise TypeError("float64 only")
        return softmax(x)

    report = crosscheck.check(picky, "softmax")
    assert report.verdict == LIMITED
    assert [finding.symptom for finding in report.findings] == ["does not take float32"]
    assert crosscheck.check(picky, "softmax", dtypes=("float64",)).passed
    assert crosscheck.check(picky, "softmax", dtypes=("float32",)).verdict == WRONG  # it takes nothing


def test_to_decline_whole_numbers_is_no_limit_but_to_wrap_is():
    def declines(x):
        if x.dtype.kind != "f":
            raise TypeError("floats only")
        return softmax(x)

    assert crosscheck.check(declines, "softmax", dtypes=("float64",)).passed
    wraps = crosscheck.check(
        lambda x: overflowing(x - x.max(axis=-1, keepdims=True)), "softmax", dtypes=("float64",)
    )
    assert wraps.verdict == LIMITED
    assert list(wraps.findings[0].where) == ["whole_uint8"]
    assert wraps.findings[0].symptom.endswith("for unsigned integers, which wrap below 0")


def test_what_is_seen_apart_from_numbers_is_a_limit():
    def in_place(x):
        x -= x.max(axis=-1, keepdims=True)
        return overflowing(x)

    kept = {}

    def buffered(x):
        out = kept.setdefault((x.shape, x.dtype), np.empty_like(x))
        out[...] = softmax(x)
        return out

    floats = ("typical", "tiny")
    changed = crosscheck.check(in_place, "softmax", dtypes=("float64",), cases=floats)
    assert (changed.verdict, changed.findings[0].symptom) == (LIMITED, "changes its argument x")
    reused = crosscheck.check(buffered, "softmax", dtypes=("float64",), cases=floats)
    assert (reused.verdict, reused.findings[0].symptom) == (
        LIMITED,
        "writes again to the memory of an earlier result, value",
    )


# --- networks ------------------------------------------------------------------------------------------------


def network(x, y, W1, b1, W2, b2, slip=""):
    """The network in the textbook's way; ``slip`` is where it goes wrong, ``mean`` where J is a mean."""
    phi = x @ W1 + b1
    h = 1 / (1 + np.exp(-phi))
    theta = h @ W2 + b2
    y_hat = softmax(theta)
    scale = 1 / len(x) if slip == "mean" else 1
    d_theta = (y_hat - y) * scale
    d_h = d_theta @ W2.T
    s = phi if slip == "d_phi" else h
    d_phi = d_h * s * (1 - s)
    return {
        "phi": phi,
        "h": h,
        "theta": theta,
        "y_hat": y_hat,
        "J": -(y * np.log(y_hat)).sum() * scale,
        "d_theta": d_theta,
        "d_h": d_h,
        "d_phi": d_phi,
        "d_x": d_phi @ W1.T,
        "d_W1": x.T @ d_phi,
        "d_b1": d_phi.mean(axis=0) if slip == "d_b1" else d_phi.sum(axis=0),
        "d_W2": h.T @ d_theta,
        "d_b2": d_theta.sum(axis=0),
    }


ORDINARY = ("typical", "square", "soft")


def run(slip, *returned):
    def fn(x, y, W1, b1, W2, b2):
        results = network(x, y, W1, b1, W2, b2, slip)
        return {name: results[name] for name in returned} if returned else results

    return crosscheck.check(fn, "two_layer", dtypes=("float64",), cases=ORDINARY)


def test_a_right_network_is_right_be_its_cost_a_sum_or_a_mean():
    for slip, reduction in (("", "sum"), ("mean", "mean")):
        report = run(slip)
        assert report.passed, str(report)
        assert f"J is judged as the {reduction} over the batch" in report.notes


def test_a_reduction_that_is_named_is_held_to():
    def mean(x, y, W1, b1, W2, b2):
        return network(x, y, W1, b1, W2, b2, "mean")

    assert crosscheck.check(mean, "two_layer", reduction="mean", dtypes=("float64",), cases=ORDINARY).passed
    assert (
        crosscheck.check(mean, "two_layer", reduction="sum", dtypes=("float64",), cases=ORDINARY).verdict == WRONG
    )


def test_the_first_wrong_step_is_named():
    report = run("d_phi")
    assert (report.verdict, report.first_wrong) == (WRONG, "d_phi")
    (finding,) = report.findings
    assert finding.quantity == "d_phi"
    assert finding.also == ("d_x", "d_W1", "d_b1")


def test_where_steps_are_not_returned_the_graph_says_which_one_it_must_be():
    report = run("d_phi", "J", "d_W1", "d_b1", "d_W2", "d_b2")
    assert report.first_wrong == "d_h or d_phi"
    assert run("d_b1", "J", "d_W1", "d_b1", "d_W2", "d_b2").first_wrong == "d_b1"


def test_a_cost_and_its_gradients_may_be_a_pair():
    def pair(x, y, W1, b1, W2, b2):
        found = network(x, y, W1, b1, W2, b2)
        return found["J"], {name: found[f"d_{name}"] for name in ("W1", "b1", "W2", "b2")}

    report = crosscheck.check(pair, "two_layer", dtypes=("float64",), cases=ORDINARY)
    assert report.passed
    assert {v.quantity for v in report.verdicts} == {"J", "d_W1", "d_b1", "d_W2", "d_b2"}


# --- bad calls -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"operation": "sotfmax"}, "operation: got 'sotfmax', expected one of sigmoid"),
        ({"quantity": "gradient"}, "quantity: got 'gradient', expected one of value, vjp, jvp"),
        ({"dtypes": ("float8",)}, "dtype: got 'float8'"),
        ({"dtypes": ()}, "dtypes: got (), expected one or more of float64"),  # judged whole numbers alone, once
        ({"dtypes": "float64"}, "dtypes: got 'float64', expected a tuple of names"),
        ({"arrays": "cupy"}, "arrays: got 'cupy', expected one of numpy, torch, jax"),
        ({"device": "cuda"}, "device: got 'cuda', expected cpu: NumPy arrays are in main memory"),
        ({"reduction": "max"}, "reduction: got 'max', expected one of sum, mean, auto"),
        ({"cases": ("none",)}, "case: got 'none', expected one of typical"),
        ({"seed": -1}, "seed: got -1, expected a whole number from 0"),
        ({"time_limit": 0}, "time_limit: got 0, expected seconds above 0"),
        ({"fn": 3}, "fn: got int, expected a function, or FILE.py:FN or pkg.module:fn"),
        ({"fn": lambda a, b, c, d: a}, "takes a, b, c, d, expected x for value"),
    ],
)
def test_a_bad_call_names_the_argument(arguments, message):
    given = {"fn": softmax, "operation": "softmax", **arguments}
    with pytest.raises((ValueError, TypeError)) as caught:
        crosscheck.check(given.pop("fn"), given.pop("operation"), **given)
    assert message in str(caught.value)


def test_a_file_that_is_not_there_is_a_bad_call(tmp_path):
    with pytest.raises(UnusableError, match="there is no such file"):
        crosscheck.check(str(tmp_path / "none.py") + ":softmax", "softmax")


def test_progress_is_told_after_every_call():
    seen = []
    crosscheck.check(
        softmax, "softmax", dtypes=("float64",), progress=lambda done, total: seen.append((done, total))
    )
    assert [done for done, _ in seen] == [*range(1, seen[-1][1] + 1)]


def test_the_same_seed_gives_the_same_report():
    first, second = (crosscheck.check(overflowing, "softmax", seed=3).to_dict() for _ in range(2))
    assert {**first, "seconds": 0} == {**second, "seconds": 0}


@pytest.mark.parametrize("name", ["sigmoid", "softmax", "log_softmax", "logsumexp", "cross_entropy", "softplus"])
def test_the_reference_is_right(name):
    report = crosscheck.check(operation(name).reference, name)
    assert report.passed, str(report)
