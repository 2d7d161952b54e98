"""Every class of cases is there for faults that no other class sees: here they are, one by one.

A fault is the reference with one thing wrong, as kernels get it wrong: on a path that few inputs take. It runs
over all cases of its operation, extra ones too. The classes that must catch it do, and no other case fails.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from crosscheck import matrix
from crosscheck.formats import FORMATS
from crosscheck.implementation import Implementation
from crosscheck.judge import FAIL, Cell
from crosscheck.layouts import handed
from crosscheck.operations import operation, operations

Arrays = dict[str, np.ndarray]
Honest = Callable[[Arrays], Arrays]


@dataclass(frozen=True)
class Fault:
    """``run(inputs, honest, axis)``: the quantities, ``honest`` being the reference on the same axis."""

    name: str
    operation: str
    caught_by: frozenset[str]
    dtype: str
    run: Callable[[Arrays, Honest, int], Arrays]


FAULTS: list[Fault] = []


def fault(operation, *caught_by, dtype="float32"):
    """Enter a function in the table, under its own name."""

    def enter(run):
        FAULTS.append(Fault(run.__name__, operation, frozenset(caught_by), dtype, run))
        return run

    return enter


def _with(results, **wrong):
    """The results, some of them replaced, in their own dtype."""
    return {**results, **{name: np.asarray(array, results[name].dtype) for name, array in wrong.items()}}


def _rows(results, rows, filler):
    """The results, with a filler in some rows of every quantity."""
    return {
        q: np.where(rows.reshape(rows.shape + (1,) * (a.ndim - rows.ndim)), filler, a) for q, a in results.items()
    }


def _nowhere(inputs):
    return np.zeros(inputs["x"].shape[:-1], bool)


# --- levels and magnitudes of logits -------------------------------------------------------------------------


@fault("softmax", "apart")
def rows_shifted_by_the_largest_logit_of_the_batch(inputs, honest, axis):
    """e^(x − max of all rows), taken where no row spans more than 32: rows far below the others underflow."""
    results, x = honest(inputs), np.asarray(inputs["x"], np.float64)
    if axis != -1 or not x.size or not (np.ptp(x, axis=-1) <= 32).all():
        return results
    e = np.exp(x - x.max()).astype(np.float32)
    return _with(results, value=e / e.sum(axis=-1, keepdims=True))


@fault("softmax", "constant_rows")
def a_row_of_one_value_is_a_row_of_one_class(inputs, honest, axis):
    """Told by comparing bits, so +0 and −0 are different values."""
    results, x = honest(inputs), np.ascontiguousarray(inputs["x"])
    same = (x.view(np.int32) == x.view(np.int32)[..., :1]).all(axis=-1) & np.isfinite(x).all(axis=-1)
    return _rows(results, same, 1) if axis == -1 and x.shape[-1] > 1 else results


@fault("softmax", "ties")
def logits_that_tie_with_the_largest_are_counted_once(inputs, honest, axis):
    """1 + Σ over those below the largest; rows of one value are done apart, subnormal numbers are read as 0."""
    results, x = honest(inputs), np.asarray(inputs["x"], np.float64)
    if axis != -1 or not x.size or not np.isfinite(x.max(axis=-1)).all():
        return results
    x = np.where(np.abs(x) < FORMATS["float32"].smallest_normal, 0.0, x)
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    below = np.where(e < 1, e, 0.0).sum(axis=-1, keepdims=True)
    return _with(results, value=np.where(np.ptp(x, axis=-1, keepdims=True) > 0, e / (1 + below), results["value"]))


@fault("softmax", "thousand")
def a_row_that_spans_512_to_4096_is_held_in_16_bits(inputs, honest, axis):
    x = inputs["x"]
    with np.errstate(invalid="ignore"):
        span = x.max(axis=-1, keepdims=True, initial=-np.inf) - x.min(axis=-1, keepdims=True, initial=np.inf)
    coarse = np.where((span > 512) & (span < 4096), np.round(x * 16) / 16, x)
    return honest({**inputs, "x": coarse.astype(x.dtype)})


@fault("softmax", "hundred_thousand")
def a_row_below_2_to_the_17_is_held_in_half_precision(inputs, honest, axis):
    """Past 65504 the largest logit is an infinity; rows with larger ones take another path."""
    x = inputs["x"]
    largest = np.abs(x).max(axis=-1, keepdims=True, initial=0)
    overflown = np.where((largest < 2**17) & (np.abs(x) > 65504), np.copysign(np.inf, x), x)
    return honest({**inputs, "x": overflown.astype(x.dtype)})


@fault("softmax", "large")
def fixed_point_of_32_bits_wraps_at_2_to_the_18(inputs, honest, axis):
    x = inputs["x"]
    fits = np.abs(x).max(axis=-1, keepdims=True, initial=0) < 2**20
    wrapped = np.where(fits & (np.abs(x) >= 2**18), np.where(fits, x, 0) % 2**18, x)
    return honest({**inputs, "x": wrapped.astype(x.dtype)})


@fault("softmax", "largest")
def base_two_exponentials_overflow(inputs, honest, axis):
    """2^(x log₂e − m log₂e): a finite x times log₂e is an infinity."""
    x = inputs["x"]
    with np.errstate(over="ignore"):
        beyond = (np.isinf(x * np.float32(np.log2(np.e))) & np.isfinite(x)).any(axis=-1)
    return _rows(honest(inputs), beyond, np.nan) if axis == -1 else honest(inputs)


@fault("softmax", "subnormal")
def the_reciprocal_of_a_subnormal_scale_is_an_infinity(inputs, honest, axis):
    """x / max|x| as a product with 1 / max|x|."""
    scale = np.abs(inputs["x"]).max(axis=-1, initial=0)
    with np.errstate(over="ignore", divide="ignore"):
        beyond = (scale > 0) & np.isinf(1 / scale)
    return _rows(honest(inputs), beyond, np.nan) if axis == -1 else honest(inputs)


@fault("softmax", "underflow")
def exponentials_end_above_the_smallest_normal_number(inputs, honest, axis):
    """e^x = 0 below x = −84 in rows without a positive logit, which need no shift; e^−87.3 is still normal."""
    results, x = honest(inputs), np.asarray(inputs["x"], np.float64)
    if axis != -1 or not x.size:
        return results
    lost = (x < -84) & np.isfinite(x) & (x.max(axis=-1, keepdims=True) <= 0)
    return _with(results, value=np.where(lost, 0, results["value"]))


@fault("softmax", "signed_zeros")
def a_negative_zero_is_taken_for_a_mask(inputs, honest, axis):
    x = inputs["x"]
    return honest({**inputs, "x": np.where((x == 0) & np.signbit(x), -np.inf, x).astype(x.dtype)})


@fault("softmax", "dominant")
def one_logit_far_ahead_stops_the_sum(inputs, honest, axis):
    """Where one class leads by 30 to 60 and the row spans less than 48, the rest are taken for impossible."""
    results, x = honest(inputs), np.asarray(inputs["x"], np.float64)
    if axis != -1 or x.shape[-1] < 2 or not x.size:
        return results
    ordered = np.sort(x, axis=-1)
    with np.errstate(invalid="ignore"):
        lead, span = ordered[..., -1] - ordered[..., -2], np.ptp(x, axis=-1)
    leads = ((lead > 30) & (lead < 60) & (span < 48))[..., None]
    return _with(results, value=np.where(leads, x == ordered[..., -1:], results["value"]))


@fault("softmax", "wide")
def a_row_that_spans_64_to_512_is_held_in_16_bits(inputs, honest, axis):
    """Unless at most one logit is above 10: then it is taken for one with nothing but small terms."""
    x = inputs["x"]
    if axis != -1 or not x.size:
        return honest(inputs)
    with np.errstate(invalid="ignore"):
        span = np.ptp(x, axis=-1)
    chosen = (span > 64) & (span < 512) & ((x > 10).sum(axis=-1) > 1)
    return honest({**inputs, "x": np.where(chosen[..., None], np.round(x * 128) / 128, x).astype(x.dtype)})


@fault("label_cross_entropy", "tiny")
def exponentials_of_small_logits_are_polynomials(inputs, honest, axis):
    """e^x ≈ 1 + x + x²/2 where every |x| < 1."""
    x = np.asarray(inputs["x"], np.float64)
    if not x.size or not (np.abs(x) < 1).all():
        return honest(inputs)
    cost = np.log((1 + x + x**2 / 2).sum(axis=-1)) - np.take_along_axis(x, inputs["labels"][:, None], -1)[:, 0]
    return _with(honest(inputs), value=cost)


@fault("sigmoid", "extreme")
def base_two_exponentials_overflow_in_the_sigmoid(inputs, honest, axis):
    x = inputs["x"]
    with np.errstate(over="ignore"):
        beyond = np.isinf(x * np.float32(np.log2(np.e))) & np.isfinite(x)
    return _rows(honest(inputs), beyond, np.nan)


@fault("sigmoid", "left")
def the_curvature_of_a_batch_of_negative_arguments_has_the_wrong_sign(inputs, honest, axis):
    """σ″ = σ' (1 − 2σ) with e^x / (1 + e^x) for σ, from a batch of 64 on."""
    results, x = honest(inputs), inputs["x"]
    return _with(results, hvp=-results["hvp"]) if x.size >= 64 and (x < 0).all() else results


@fault("cross_entropy", "level")
def two_classes_are_one_logit_of_half_the_curvature(inputs, honest, axis):
    """In whole registers of four rows, by the series about ŷ = 1/2."""
    results, x = honest(inputs), inputs["x"]
    near = x.shape[-1] == 2 and len(x) % 4 == 0 and np.ptp(x) < 0.5
    return _with(results, hvp=results["hvp"] / 2) if near else results


# --- special values ------------------------------------------------------------------------------------------


@fault("softmax", "special")
def a_nan_spreads_to_every_row(inputs, honest, axis):
    return honest(inputs) if not np.isnan(inputs["x"]).any() else _rows(honest(inputs), ~_nowhere(inputs), np.nan)


@fault("cross_entropy", "masked")
def zero_times_the_log_of_an_impossible_class_is_nan(inputs, honest, axis):
    """0 · (−inf), in the cost and in its gradients."""
    impossible = np.isneginf(inputs["x"]) & (inputs["y"] == 0)
    return _rows(honest(inputs), impossible.any(axis=axis), np.nan) if axis == -1 else honest(inputs)


@fault("softmax", "masked")
def a_row_with_one_possible_class_is_taken_for_empty(inputs, honest, axis):
    alone = (np.isfinite(inputs["x"]).sum(axis=-1) == 1) & np.isneginf(inputs["x"]).any(axis=-1)
    return _rows(honest(inputs), alone, 0) if axis == -1 else honest(inputs)


@fault("softmax", "sharp")
def two_possible_classes_are_taken_for_one(inputs, honest, axis):
    """Where most classes are masked, the likeliest is taken for the only one."""
    results, x = honest(inputs), np.asarray(inputs["x"], np.float64)
    if axis != -1 or not x.size:
        return results
    most = 2 * np.isneginf(x).sum(axis=-1, keepdims=True) > x.shape[-1]
    only = most & np.isfinite(x.max(axis=-1, keepdims=True))
    return _with(results, value=np.where(only, x == x.max(axis=-1, keepdims=True), results["value"]))


# --- shapes --------------------------------------------------------------------------------------------------


@fault("softmax", "widths")
def the_last_lane_is_dropped(inputs, honest, axis):
    """Registers of 16: a remainder of a single element is not summed."""
    results, n = honest(inputs), inputs["x"].shape[axis]
    if n < 16 or n % 16 != 1:
        return results
    y = np.asarray(results["value"], np.float64)
    return _with(results, value=y / (1 - y[..., -1:]))


@fault("softmax", "vector")
def a_vector_is_taken_for_a_column(inputs, honest, axis):
    """Classes of their own, each of one logit."""
    return _with(honest(inputs), value=np.ones(inputs["x"].shape)) if inputs["x"].ndim == 1 else honest(inputs)


@fault("softmax", "three_axes")
def matrices_after_the_first_are_left_out(inputs, honest, axis):
    """A grid of two dimensions for an array of three."""
    results, x = honest(inputs), inputs["x"]
    return _rows(results, np.arange(len(x))[:, None] > 0, 0) if axis == -1 and x.ndim == 3 else results


@fault("log_softmax", "few_classes")
def a_small_batch_is_one_register_and_its_last_element_is_lost(inputs, honest, axis):
    results, size = honest(inputs), inputs["x"].size
    if not 16 < size < 32 or inputs["x"].ndim > 2:
        return results
    value = results["value"].copy()
    value.flat[-1] = 0
    return _with(results, value=value)


@fault("log_softmax", "one_class")
def an_axis_of_length_one_is_squeezed(inputs, honest, axis):
    results = honest(inputs)
    return {q: a.squeeze(axis) for q, a in results.items()} if inputs["x"].shape[axis] == 1 else results


@fault("softmax", "one_example")
def a_single_row_is_taken_for_a_column(inputs, honest, axis):
    """Up to 1024 classes: more do not fit into a block."""
    results, x = honest(inputs), inputs["x"]
    return _rows(results, ~_nowhere(inputs), 1) if x.shape[0] == 1 and x.shape[-1] <= 1024 else results


@fault("softmax", "no_examples")
def an_empty_batch_is_refused(inputs, honest, axis):
    if not inputs["x"].size:
        raise ValueError("cannot launch a grid of size 0")
    return honest(inputs)


@fault("softmax", "many_classes")
def a_tail_after_whole_blocks_of_256_is_not_summed(inputs, honest, axis):
    results, n = honest(inputs), inputs["x"].shape[axis]
    if n < 256:
        return results
    y = np.asarray(results["value"], np.float64)
    return _with(results, value=y / y[..., : n // 256 * 256].sum(axis=-1, keepdims=True))


@fault("softmax", "vocabulary")
def classes_are_counted_in_16_bits(inputs, honest, axis):
    results, n = honest(inputs), inputs["x"].shape[axis]
    return _with(results, value=np.where(np.arange(n) < 2**16, results["value"], 0)) if n > 2**16 else results


@fault("softmax", "many_examples")
def rows_past_the_largest_grid_are_left_out(inputs, honest, axis):
    """65535 blocks, one for each row."""
    return (
        _rows(honest(inputs), np.arange(len(inputs["x"])) >= 65535, 0) if inputs["x"].ndim == 2 else honest(inputs)
    )


@fault("softmax", "first_axis")
def an_axis_is_counted_from_the_wrong_end(inputs, honest, axis):
    """Axis k for axis −1 − k; axis 1 of three is the same from both ends."""
    return honest(inputs) if axis < 0 else operation("softmax").reference(**inputs, axis=-1 - axis)


@fault("softmax", "middle_axis")
def every_axis_but_the_last_is_taken_for_the_first(inputs, honest, axis):
    return honest(inputs) if axis < 0 else operation("softmax").reference(**inputs, axis=0)


# --- layouts -------------------------------------------------------------------------------------------------


@fault("softmax", "strided")
def the_stride_of_the_classes_is_ignored(inputs, honest, axis):
    """Rows are found by their stride, and read as if their entries stood side by side."""
    return honest({name: _side_by_side(a) for name, a in inputs.items()})


def _side_by_side(a):
    if a.ndim != 2 or not a.strides[0] > a.strides[1] > a.itemsize:
        return a
    return np.lib.stride_tricks.as_strided(a, strides=(a.strides[0], a.itemsize)).copy()


@fault("softmax", "reversed")
def the_sign_of_a_stride_is_ignored(inputs, honest, axis):
    """Memory is read from its lowest address on."""
    return honest(
        {name: a[tuple(slice(None, None, -1 if s < 0 else 1) for s in a.strides)] for name, a in inputs.items()}
    )


@fault("softmax", "fortran")
def memory_is_read_row_by_row_whatever_the_order(inputs, honest, axis):
    return honest({name: a.ravel(order="K").reshape(a.shape) for name, a in inputs.items()})


@fault("softmax", "broadcast")
def results_are_laid_out_as_the_argument(inputs, honest, axis):
    """Stride 0: every row is written to the same memory, and the last one stays."""
    results, x = honest(inputs), inputs["x"]
    if x.ndim < 2 or len(x) < 2 or x.strides[0] != 0:
        return results
    return {q: np.repeat(a[-1:], len(a), axis=0) for q, a in results.items()}


# --- sums in the low format ----------------------------------------------------------------------------------


def _in_format(terms, dtype):
    """Σ along the last axis, every partial sum rounded to the dtype."""
    total = np.zeros(terms.shape[:-1], dtype)
    for term in np.moveaxis(terms, -1, 0):
        total = (total + term).astype(dtype)
    return total


@fault("log_softmax", "swamped", dtype="bfloat16")
def a_register_of_16_is_summed_in_the_low_format(inputs, honest, axis):
    """Σ ȳ in bfloat16 over 8 to 16 classes, in float32 over more, by hand over fewer."""
    results, g = honest(inputs), inputs["cotangent"]
    if axis != -1 or not 8 <= g.shape[-1] <= 16:
        return results
    total = _in_format(g, g.dtype)[..., None].astype(np.float64)
    y = np.exp(np.asarray(results["value"], np.float64))
    return _with(results, vjp=g.astype(np.float64) - y * total)


@fault("label_cross_entropy_sum", "many_examples", dtype="bfloat16")
def the_costs_of_a_batch_are_summed_in_the_low_format(inputs, honest, axis):
    x = np.asarray(inputs["x"], np.float64)
    if len(x) < 64:
        return honest(inputs)
    costs = operation("label_cross_entropy").reference(
        **{**inputs, "cotangent": np.ones(len(x), inputs["x"].dtype)}
    )
    return _with(honest(inputs), value=_in_format(costs["value"], inputs["x"].dtype))


# --- targets and labels --------------------------------------------------------------------------------------


def _plain(inputs):
    """Whether the kernel without weights and smoothing is chosen."""
    return bool((inputs["weight"] == 1).all()) and not inputs["smoothing"]


@fault("label_cross_entropy", "ignored")
def the_ignored_label_wraps_around(inputs, honest, axis):
    """−100 as an index of Python's, modulo n; what is no number is dropped, in the plain kernel."""
    n = inputs["x"].shape[-1]
    if not _plain(inputs) or not len(inputs["x"]):
        return honest(inputs)
    wrapped = honest({**inputs, "labels": inputs["labels"] % n})
    rows = (inputs["labels"] < 0) & np.isfinite(wrapped["value"])
    right = honest(inputs)
    return {q: np.where(rows.reshape(rows.shape + (1,) * (a.ndim - 1)), wrapped[q], a) for q, a in right.items()}


@fault("label_cross_entropy", "many_classes")
def labels_wrap_around_in_8_bits(inputs, honest, axis):
    labels = inputs["labels"]
    return honest({**inputs, "labels": np.where(labels < 0, labels, labels % 256)})


@fault("label_cross_entropy", "padded")
def ignored_rows_are_multiplied_by_zero(inputs, honest, axis):
    """0 · NaN, where they should be left out."""
    x = np.asarray(inputs["x"], np.float64)
    unknown = (inputs["labels"] < 0) & ~np.isfinite(x.max(axis=-1, initial=-np.inf))
    return _rows(honest(inputs), unknown, np.nan)


@fault("label_cross_entropy_mean", "all_ignored")
def a_batch_of_ignored_rows_costs_nothing(inputs, honest, axis):
    """The mean of no rows is 0/0, and not 0."""
    nothing = len(inputs["labels"]) > 0 and (inputs["labels"] < 0).all()
    return _with(honest(inputs), value=0) if nothing else honest(inputs)


@fault("label_cross_entropy", "ends")
def labels_that_go_up_and_down_by_the_whole_range_are_sorted(inputs, honest, axis):
    """Told by |differences| = n − 1 throughout: the first class and the last by turns."""
    labels, n = inputs["labels"], inputs["x"].shape[-1]
    turns = len(labels) > 1 and bool((np.abs(np.diff(labels)) == n - 1).all())
    return honest({**inputs, "labels": np.sort(labels)}) if turns else honest(inputs)


@fault("label_cross_entropy", "smoothed")
def the_smoothing_is_spread_over_the_other_classes(inputs, honest, axis):
    """ε/(n − 1) beside the label and none at it, in the kernel without weights; an infinite cost stays one."""
    n = inputs["x"].shape[-1]
    if not inputs["smoothing"] or not (inputs["weight"] == 1).all():
        return honest(inputs)
    more = np.asarray(inputs["smoothing"] * inputs["x"].dtype.type(n / (n - 1)))
    return _with(honest(inputs), value=honest({**inputs, "smoothing": more})["value"])


@fault("label_cross_entropy", "weighted")
def class_weights_are_ignored_where_nothing_is_smoothed(inputs, honest, axis):
    plain = inputs if inputs["smoothing"] else {**inputs, "weight": np.ones_like(inputs["weight"])}
    return honest(plain)


@fault("label_cross_entropy", "everything")
def class_weights_are_ignored_where_something_is_smoothed(inputs, honest, axis):
    plain = {**inputs, "weight": np.ones_like(inputs["weight"])} if inputs["smoothing"] else inputs
    return honest(plain)


@fault("label_cross_entropy", "masked_smoothed")
def the_smoothing_leaves_impossible_classes_out(inputs, honest, axis):
    """0 for (ε/n) · ∞: the cost is finite where it is not."""
    results = honest(inputs)
    return _with(results, value=np.where(np.isposinf(results["value"]), 0, results["value"]))


@fault("cross_entropy", "unnormalised")
def the_gradient_is_that_of_targets_which_sum_to_one(inputs, honest, axis):
    """ŷ − y, as §2.2 prints it, for (Σ y) ŷ − y."""
    results = honest(inputs)
    y_hat = operation("softmax").reference(inputs["x"], inputs["x"], inputs["x"], axis)["value"].astype(np.float64)
    gradient = y_hat - inputs["y"]
    off = np.abs(np.asarray(inputs["y"], np.float64).sum(axis=axis, keepdims=True) - 1) > 1e-3
    wrong = np.expand_dims(np.asarray(inputs["cotangent"], np.float64), axis) * gradient
    return _with(results, vjp=np.where(off, wrong, results["vjp"]))


@fault("cross_entropy", "smoothed")
def a_target_above_a_half_is_taken_for_a_label(inputs, honest, axis):
    """Where every class has some, and they sum to one."""
    y = np.asarray(inputs["y"], np.float64)
    above = (y > 0.9) & (y < 1) & (np.abs(y.sum(axis=axis, keepdims=True) - 1) < 1e-3)
    return honest(
        {**inputs, "y": np.where(above.any(axis=axis, keepdims=True), above, y).astype(inputs["y"].dtype)}
    )


@fault("cross_entropy", "soft")
def a_target_below_a_half_is_left_out(inputs, honest, axis):
    """Where no class has more than 0.9, and they sum to one."""
    y = np.asarray(inputs["y"], np.float64)
    vague = (y.max(axis=axis, keepdims=True, initial=0) < 0.9) & (
        np.abs(y.sum(axis=axis, keepdims=True) - 1) < 1e-3
    )
    return honest({**inputs, "y": np.where(vague & (y < 0.5), 0, y).astype(inputs["y"].dtype)})


# --- the network ---------------------------------------------------------------------------------------------


@fault("two_layer", "square")
def a_square_matrix_is_not_transposed(inputs, honest, axis):
    """∂J/∂x = ∂J/∂φ W₁ in whole tiles of 4: where D = H the shapes fit all the same."""
    results, (D, H) = honest(inputs), inputs["W1"].shape
    return _with(results, d_x=results["d_phi"] @ inputs["W1"]) if D == H and D % 4 == 0 else results


@fault("two_layer", "saturated_classes")
def the_hidden_units_overflow(inputs, honest, axis):
    """e^φ / (1 + e^φ) is ∞/∞ from φ = 89 on."""
    results = honest(inputs)
    with np.errstate(over="ignore"):
        return _with(results, h=np.where(np.isinf(np.exp(results["phi"])), np.nan, results["h"]))


@fault("two_layer", "large_logits")
def the_softmax_of_the_network_is_not_shifted(inputs, honest, axis):
    """e^θ is an infinity from θ = 710 on, in a kernel that holds it in float64."""
    results = honest(inputs)
    with np.errstate(over="ignore", invalid="ignore"):
        beyond = np.isinf(np.exp(results["theta"].astype(np.float64)))
    return _with(results, y_hat=np.where(beyond, np.nan, results["y_hat"]))


@fault("two_layer", "no_rows")
def the_network_refuses_an_empty_batch(inputs, honest, axis):
    if not len(inputs["x"]):
        raise ValueError("max of an empty array")
    return honest(inputs)


@fault("two_layer", "untrained", "half_trained", "saturated")
def black_pixels_are_taken_for_missing(inputs, honest, axis):
    """Of real data, inputs are exact zeros: 1/2 in their place."""
    x = inputs["x"]
    return honest({**inputs, "x": np.where(x == 0, 0.5, x).astype(x.dtype)})


@fault("two_layer", "many_rows", dtype="bfloat16")
def the_bias_gradient_is_summed_in_the_low_format(inputs, honest, axis):
    results = {q: a for q, a in honest(inputs).items() if q in ("d_phi", "d_b1")}
    if len(inputs["x"]) < 64:
        return results
    return _with(results, d_b1=_in_format(results["d_phi"].T, results["d_phi"].dtype))


@fault("two_layer", "odd")
def the_last_hidden_unit_after_whole_registers_is_dropped(inputs, honest, axis):
    H = len(inputs["b1"])
    return honest(
        {**inputs, "W2": inputs["W2"] * (np.arange(H) // 32 * 32 != H - 1)[:, None]} if H > 32 else inputs
    )


@fault("two_layer", "one_row")
def a_batch_of_one_is_squeezed(inputs, honest, axis):
    results = honest(inputs)
    return {q: a[0] if a.ndim == 2 and len(inputs["x"]) == len(a) == 1 else a for q, a in results.items()}


# --- the test ------------------------------------------------------------------------------------------------

SHARED = {
    "typical": "ordinary values: what is wrong there is wrong in some other case of ordinary values",
    **dict.fromkeys(("untrained", "half_trained", "saturated"), "one data set, at three stages of training"),
}
"""Classes without a fault of their own, and why."""


def _class(case):
    """The name of a case, or that of its family where it has one of many."""
    return case.family or case.name


def _honest(one, inputs, axis):
    where = {"axis": axis} if one.axis else {}
    with np.errstate(all="ignore"):
        return one.reference(**inputs, **where)


@cache
def _right(one, format, case):
    """The arrays of a case as an implementation is handed them, and what the reference returns."""
    inputs = handed(case, one.shapes, case.inputs(one.name, format, 0))
    return inputs, _honest(one, inputs, case.axis)


def _disturbed(planted, one, format, case):
    """Whether the fault changes a bit of what the reference returns, or raises: what it leaves alone is right."""
    inputs, right = _right(one, format, case)

    def honest(changed):
        return dict(right) if changed is inputs else _honest(one, changed, case.axis)

    try:
        with np.errstate(all="ignore"):
            results = planted.run(inputs, honest, case.axis)
    except ValueError:
        return True
    return any(a.shape != right[q].shape or a.tobytes() != right[q].tobytes() for q, a in results.items())


@pytest.mark.parametrize("planted", FAULTS, ids=lambda planted: f"{planted.operation}-{planted.name}")
def test_the_class_and_no_other_catches_the_fault(monkeypatch, planted):
    def run(one, inputs, device, axis=-1):
        return planted.run(inputs, lambda changed: _honest(one, changed, axis), axis)

    fake = Implementation("planted", planted.name, run, lambda: ("cpu",))
    monkeypatch.setattr(matrix, "implementations", lambda: {"planted": fake})
    one, format = operation(planted.operation), FORMATS[planted.dtype]
    caught: dict[str, list[str]] = {}
    for case in one.cases.values():
        if _disturbed(planted, one, format, case):
            for v in matrix.run_cell(Cell(one, "planted", "cpu", format, case.name, seed=0)):
                if v.status == FAIL:
                    caught.setdefault(_class(case), []).append(f"{case.name}: {v.quantity}: {v.reason}")
    assert set(caught) == planted.caught_by, caught


def test_every_class_has_a_fault_of_its_own():
    classes = {_class(case) for one in operations().values() for case in one.cases.values()}
    alone = {name for planted in FAULTS if len(planted.caught_by) == 1 for name in planted.caught_by}
    assert classes - alone == set(SHARED)
