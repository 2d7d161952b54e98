"""Cross-entropy with class indices: each case catches a fault of its own; frameworks share the conventions."""

import numpy as np
import pytest

from crosscheck.formats import FORMATS
from crosscheck.implementations import implementations
from crosscheck.judge import FAIL, PASS, VACUOUS, Cell, judge
from crosscheck.matrix import cell_at, run_cell
from crosscheck.operations import operation, operations
from reference.label_equations import IGNORED

NAMES = ("label_cross_entropy", "label_cross_entropy_sum", "label_cross_entropy_mean")


def caught_by(name, function):
    """The cases in which the judge convicts a function, in float64: those that are usual for the costs of rows."""
    one = operation(name)
    usual = {case.name for case in operation(NAMES[0]).cases.values() if not case.extra}
    found = set()
    for case in one.cases.values():
        if case.name in usual or not case.extra:
            inputs = case.inputs(name, FORMATS["float64"], 0)
            with np.errstate(all="ignore"):
                results = function(**{n: a.copy() for n, a in inputs.items()})
            cell = Cell(one, "planted", "cpu", FORMATS["float64"], case.name, 0)
            if any(v.status == FAIL for v in judge(cell, inputs, results)):
                found.add(case.name)
    return found


def wrapped(reference):
    """An ignored label indexes from the end, as −100 does in JAX."""

    def run(labels, x, **others):
        return reference(labels=np.where(labels == IGNORED, x.shape[-1] - 1, labels), x=x, **others)

    return run


def without(reference, **changed):
    return lambda **inputs: reference(**{**inputs, **{n: make(inputs) for n, make in changed.items()}})


def masked_by_a_product(reference):
    """Ignored rows multiplied by 0, which is NaN where the row holds NaN or an infinity."""

    def run(labels, x, **others):
        results = reference(labels=labels, x=x, **others)
        spoiled = (labels == IGNORED)[:, None] & ~np.isfinite(x).all(axis=-1, keepdims=True)
        return {**results, "vjp": np.where(spoiled, np.nan, results["vjp"])}

    return run


def zero_times_infinity(reference):
    """−Σ t log ŷ over all the classes, where 0 · −inf is NaN."""

    def run(x, **others):
        results = reference(x=x, **others)
        return {**results, "value": np.where(np.isneginf(x).any(), np.nan, results["value"])}

    return run


def mean_over_the_rows(reference):
    """Divided by the number of rows that count, not by their weights."""

    def run(labels, weight, **others):
        results = reference(labels=labels, weight=weight, **others)
        kept = labels[labels != IGNORED]
        wrong = weight[kept].sum() / np.float64(len(kept))
        return {name: np.asarray(array * wrong) for name, array in results.items()}

    return run


def mean_over_all_rows(reference):
    def run(labels, **others):
        results = reference(labels=labels, **others)
        return {n: np.asarray(a * (labels != IGNORED).mean()) for n, a in results.items()}

    return run


def last_class_dropped(reference):
    """A label that is not below n − 1 is taken for the one before."""
    return without(reference, labels=lambda given: np.minimum(given["labels"], given["x"].shape[-1] - 2))


FAULTS = {
    "ignored labels wrap around": (NAMES, wrapped, {"ignored", "padded", "everything"}),
    "no smoothing": (
        NAMES,
        lambda reference: without(reference, smoothing=lambda given: np.array(0.0)),
        {"smoothed", "everything"},
    ),
    "no weights": (
        NAMES,
        lambda reference: without(reference, weight=lambda given: np.ones(10)),
        {"weighted", "everything"},
    ),
    "ignored rows times 0": (NAMES, masked_by_a_product, {"padded"}),
    "0 · inf": (NAMES[:1], zero_times_infinity, {"masked", "sharp"}),
    "the mean over the rows": (NAMES[2:], mean_over_the_rows, {"weighted", "everything"}),
    "the mean over all rows": (NAMES[2:], mean_over_all_rows, {"ignored", "padded", "everything", "sharp"}),
    "the last class dropped": (NAMES, last_class_dropped, {"ends"}),
}
CASES = [(name, fault) for fault, (names, _, _) in FAULTS.items() for name in names]


@pytest.mark.parametrize(("name", "fault"), CASES)
def test_a_planted_fault_is_caught_by_its_case(name, fault):
    _, plant, expected = FAULTS[fault]
    caught = caught_by(name, plant(operation(name).reference))
    assert expected <= caught
    if fault != "the last class dropped":  # a random label of another case may be the last class too
        assert not caught & {"typical", "tiny", "dominant"}


@pytest.mark.parametrize("name", NAMES)
def test_the_reference_is_convicted_in_no_case(name):
    assert not caught_by(name, operation(name).reference)


@pytest.mark.parametrize("name", NAMES)
def test_labels_are_classes_or_ignored_and_weights_may_be_0(name):
    for case in operation(name).cases.values():
        inputs = case.inputs(name, FORMATS["float32"], 0)
        classes = inputs["x"].shape[-1]
        labels = inputs["labels"]
        assert labels.dtype.kind == "i"
        assert (((labels >= 0) & (labels < classes)) | (labels == IGNORED)).all()
        assert (inputs["weight"] >= 0).all()
    assert 0 in operation(name).cases["weighted"].inputs(name, FORMATS["float32"], 0)["weight"]


@pytest.mark.parametrize("implementation", ["torch.eager", "jax.jit"])
@pytest.mark.parametrize("case", ["everything", "all_ignored"])
def test_frameworks_share_the_conventions_of_the_mean(implementation, case):
    """Weights with smoothing and ignored rows; and NaN where all rows are ignored, whose VJP is not judged."""
    pytest.importorskip(implementation.partition(".")[0])
    one = operation("label_cross_entropy_mean")
    cell = cell_at(one, implementations()[implementation], "cpu", FORMATS["float64"], case, 0)
    found = {verdict.quantity: verdict.status for verdict in run_cell(cell)}
    derivative = PASS if case == "everything" else VACUOUS
    assert found == {"value": PASS, "vjp": derivative, "jvp": derivative}


def test_what_operations_share_is_no_operation():
    assert set(NAMES) <= set(operations())
    assert not any(name.startswith("_") for name in operations())
