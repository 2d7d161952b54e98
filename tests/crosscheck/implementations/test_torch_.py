"""Every mode gives every quantity that it claims, within the bounds, and leaves things as they were."""

from dataclasses import replace

import numpy as np
import pytest

from crosscheck.formats import AUTOCAST, FORMATS, TF32
from crosscheck.implementations import implementations, torch_, torch_modes
from crosscheck.judge import FAIL, UNAVAILABLE, Cell, judge
from crosscheck.matrix import cell_at, run_cell
from crosscheck.operations import operation, operations

torch = pytest.importorskip("torch")

# The first use of forward mode loads rules that torch itself still builds with ``torch.jit.script``.
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")

MODES = {one.name: one for one in torch_.IMPLEMENTATIONS}
FLOAT32 = FORMATS["float32"]


@pytest.fixture(autouse=True)
def _traced_only(monkeypatch):
    """Generating code takes seconds for each program: here it is traced whole, and what was traced is run."""
    compiler = torch.compile
    monkeypatch.setattr(torch, "compile", lambda f, **options: compiler(f, backend="eager", **options))
    torch_._program.cache_clear()
    yield
    torch_._program.cache_clear()


@pytest.mark.parametrize("name", ["sigmoid", "cross_entropy", "two_layer"])
@pytest.mark.parametrize("mode", [m for m in MODES if m != "torch.tf32"])
def test_every_mode_gives_every_quantity_within_the_bounds(mode, name):
    one = operation(name)
    if not MODES[mode].takes(one, FLOAT32):
        assert mode not in one.forms
        assert mode in ("torch.composed", "torch.module") or (mode == "torch.autocast" and not one.taps)
        return
    verdicts = run_cell(cell_at(one, MODES[mode], "cpu", FLOAT32, "typical", 0))
    assert {v.quantity for v in verdicts} == set(one.quantities)
    assert not [v.reason for v in verdicts if v.status in (FAIL, UNAVAILABLE)]


@pytest.mark.parametrize("mode", ["torch.eager", "torch.func", "torch.vmap", "torch.composed"])
@pytest.mark.parametrize("case", ["first_axis", "middle_axis", "strided", "reversed", "broadcast"])
@pytest.mark.parametrize("name", ["softmax", "logsumexp", "cross_entropy"])
def test_axes_and_layouts_are_within_the_bounds(name, case, mode):
    """Forward mode refused the broadcast rows: torch makes no dual of a tensor whose elements share memory."""
    verdicts = run_cell(cell_at(operation(name), MODES[mode], "cpu", FLOAT32, case, 0))
    assert {v.quantity for v in verdicts} == set(operation(name).quantities)
    assert not [v.reason for v in verdicts if v.status in (FAIL, UNAVAILABLE)]


def test_only_the_plain_mode_stands_in_the_default_run():
    assert [name for name, one in MODES.items() if not one.extra] == ["torch.eager"]
    assert all(implementations()[name] is one for name, one in MODES.items())


def test_modes_that_are_an_arithmetic_of_their_own_say_so():
    assert MODES["torch.autocast"].arithmetic(FLOAT32, "cpu") is AUTOCAST
    assert MODES["torch.tf32"].arithmetic(FLOAT32, "cuda:0") is TF32
    for name in ("torch.autocast", "torch.tf32"):
        taken = [f for f in FORMATS if MODES[name].takes(operation("two_layer"), FORMATS[f])]
        assert taken == ["float32"]
    assert MODES["torch.vmap"].arithmetic(FLOAT32, "cpu") is FLOAT32
    assert MODES["torch.vmap"].arithmetic(FORMATS["float16"], "cpu").product_roundoff == 2.0**-12


def test_tf32_is_for_cuda_only(monkeypatch):
    monkeypatch.setattr(torch_, "gpu_driver", lambda: False)
    assert MODES["torch.tf32"].devices() == ()


def test_autocast_computes_in_bfloat16_and_fails_when_judged_as_float32():
    one = operation("two_layer")
    inputs = one.cases["typical"].inputs(one.name, FLOAT32, 0)
    cast = MODES["torch.autocast"].run(one, inputs, "cpu")
    plain = MODES["torch.eager"].run(one, inputs, "cpu")
    assert {a.dtype for a in cast.values()} == {np.dtype(np.float32)}
    assert not np.array_equal(cast["phi"], plain["phi"])
    judged = judge(Cell(one, "torch.autocast", "cpu", FLOAT32, "typical", 0), inputs, cast)
    # θ and φ are matrix products; so are the gradients with respect to their operands.
    failed = {v.quantity for v in judged if v.status == FAIL}
    assert failed >= {"phi", "theta", "d_h", "d_x", "d_W1", "d_W2"}


def test_a_process_wide_setting_is_restored_even_after_an_error():
    before = torch.get_float32_matmul_precision()

    def fails():
        with torch_modes.matmul_precision("high"):
            assert torch.get_float32_matmul_precision() == "high"
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        fails()
    assert torch.get_float32_matmul_precision() == before


@pytest.mark.parametrize("mode", [m for m in MODES if m != "torch.tf32"])
def test_arguments_and_settings_stay_as_they_were(mode):
    one = operation("two_layer")
    if not MODES[mode].takes(one, FLOAT32):
        one = operation("softmax")
    inputs = one.cases["typical"].inputs(one.name, FLOAT32, 0)
    copies = {name: a.copy() for name, a in inputs.items()}
    settings = _settings()
    MODES[mode].run(one, inputs, "cpu")
    for name, array in inputs.items():
        np.testing.assert_array_equal(array, copies[name], strict=True)
    for was, now in zip(settings, _settings(), strict=True):
        assert was == now


def _settings():
    dynamo = torch._dynamo.config
    return (
        torch.get_float32_matmul_precision(),
        torch.is_autocast_enabled("cpu"),
        torch.is_grad_enabled(),
        torch.get_default_dtype(),
        (dynamo.recompile_limit, dynamo.accumulated_recompile_limit),
        torch.get_rng_state().tolist(),
    )


def test_rows_are_mapped_where_they_are_independent():
    assert all(one.has_rows for one in map(operation, ("sigmoid", "cross_entropy", "two_layer")))
    summed = replace(operation("cross_entropy"), shapes={**operation("cross_entropy").shapes, "cotangent": ""})
    assert not summed.has_rows
    transposed = replace(operation("two_layer"), shapes={**operation("two_layer").shapes, "y": "n N"})
    assert not transposed.has_rows


def _pushed_network():
    """The network with a tangent for each of its leaves."""
    network = operation("two_layer")
    along = {name: f"t_{name}" for name in ("x", "W1", "b1", "W2", "b2")}
    shapes = {**network.shapes, **{by: network.shapes[name] for name, by in along.items()}}
    graph = {**network.graph, **{f"t_{q}": network.graph[q] for q in network.graph}}
    return replace(network, along=along, shapes=shapes, graph=graph)


@pytest.mark.parametrize("mode", ["torch.eager", "torch.func", "torch.vmap"])
def test_the_network_is_pushed_along_tangents(mode):
    """J(p + s t) is the J of another network: its derivative in s, by differences in float64, is t_J.

    The differences are exact to a truncation of h² ∂³/6 and a rounding of u/h; with h = 2⁻¹⁷ both stay under
    2⁻³² of the size of the quantities, which is held under 2⁻²⁴ here.
    """
    one = _pushed_network()
    rng = np.random.default_rng(0)
    inputs = operation("two_layer").cases["square"].inputs("two_layer", FORMATS["float64"], 0)
    tangents = {by: rng.normal(size=inputs[name].shape) for name, by in one.along.items()}
    results = MODES[mode].run(one, inputs | tangents, "cpu")
    assert set(results) == set(one.quantities)
    step = 2.0**-17
    ahead, behind = (
        MODES["torch.eager"].run(
            operation("two_layer"),
            inputs | {name: inputs[name] + s * tangents[by] for name, by in one.along.items()},
            "cpu",
        )
        for s in (step, -step)
    )
    for name, array in ahead.items():
        difference = (array - behind[name]) / (2 * step)
        size = max(1.0, np.abs(difference).max())
        assert np.abs(results[f"t_{name}"] - difference).max() <= 2.0**-24 * size, name


def _squares():
    """x ↦ Σ x³, whose gradient is 3x² and whose Hessian-vector product 6x t: exact at small whole numbers."""
    one = operation("sigmoid")
    graph = {**one.graph, "hvp": one.graph["vjp"]}
    return replace(one, graph=graph, forms={"torch": lambda torch: lambda x: x * x * x})


@pytest.mark.parametrize("mode", ["torch.eager", "torch.func", "torch.vmap", "torch.compile"])
def test_second_derivatives_where_the_operation_has_them(mode):
    x = np.arange(6.0).reshape(2, 3)
    cotangent, tangent = np.full((2, 3), 2.0), np.array([[1.0, -1, 3], [2, 1, 0]])
    results = MODES[mode].run(_squares(), {"x": x, "cotangent": cotangent, "tangent": tangent}, "cpu")
    np.testing.assert_array_equal(results["hvp"], 6 * x * cotangent * tangent)
    np.testing.assert_array_equal(results["jvp"], 3 * x * x * tangent)


def test_every_operation_has_a_form_for_torch():
    assert {name for name, one in operations().items() if "torch" not in one.forms} == set()


def test_indices_and_scalars_reach_the_form():
    seen = {}

    def form(torch):
        def weighted(x, labels, smoothing):
            seen.update(labels=labels, smoothing=smoothing)
            return (1 - smoothing) * x.gather(-1, labels[..., None])[..., 0]

        return weighted

    one = replace(
        operation("logsumexp"),
        forms={"torch": form},
        integers=frozenset({"labels"}),
        scalars=frozenset({"smoothing"}),
        shapes={**operation("logsumexp").shapes, "labels": "...", "smoothing": ""},
    )
    inputs = {
        "x": np.array([[1.0, 2, 3], [4, 5, 6]], np.float32),
        "labels": np.array([2, 0]),
        "smoothing": np.asarray(0.25, np.float32),
        "cotangent": np.array([1.0, 2], np.float32),
        "tangent": np.ones((2, 3), np.float32),
    }
    for mode in ("torch.eager", "torch.func", "torch.vmap"):
        results = MODES[mode].run(one, inputs, "cpu")
        np.testing.assert_array_equal(results["value"], np.array([2.25, 3], np.float32), strict=True)
        np.testing.assert_array_equal(results["vjp"], [[0, 0, 0.75], [1.5, 0, 0]])
        assert seen["labels"].dtype == torch.int64
        assert type(seen["smoothing"]) is float
