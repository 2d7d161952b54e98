"""Every JAX mode gives what it claims, from arrays however they lie, and leaves JAX's settings as they were."""

import numpy as np
import pytest

from crosscheck.formats import FORMATS, TF32
from crosscheck.implementations import implementations, jax_
from crosscheck.implementations.jax_ import IMPLEMENTATIONS, MODES
from crosscheck.judge import FAIL, UNAVAILABLE
from crosscheck.layouts import LAYOUTS
from crosscheck.matrix import Selection, cell_at, plan, run_cell
from crosscheck.operation import Operation
from crosscheck.operations import operation, operations

F32 = FORMATS["float32"]
BY_NAME = {implementation.name: implementation for implementation in IMPLEMENTATIONS}


@pytest.fixture(autouse=True)
def _jax_is_there():
    pytest.importorskip("jax")
    pytest.importorskip("optax")


def _cells():
    """One function and the network for each mode that is not judged whole where the matrix is."""
    for name, implementation in BY_NAME.items():
        if not implementation.extra:
            continue
        functions = [one for one in ("log_softmax", "cross_entropy") if implementation.takes(operation(one), F32)]
        yield from ((name, one, "typical") for one in functions[:1])
        if implementation.takes(operation("two_layer"), F32):
            yield name, "two_layer", "sharp"


@pytest.mark.parametrize(("name", "one", "case"), [*_cells()])
def test_every_quantity_is_given_and_within_its_bound(name, one, case):
    verdicts = run_cell(cell_at(operation(one), BY_NAME[name], "cpu", F32, case, seed=0))
    assert {v.quantity for v in verdicts} == set(operation(one).quantities)
    assert not [v for v in verdicts if v.status in (FAIL, UNAVAILABLE)]


@pytest.mark.parametrize("name", ["jax.jit", "jax.vmap", "jax.jacrev"])
@pytest.mark.parametrize("case", ["first_axis", "middle_axis"])
def test_the_classes_are_found_on_their_axis(name, case):
    verdicts = run_cell(cell_at(operation("softmax"), BY_NAME[name], "cpu", F32, case, seed=0))
    assert {v.status for v in verdicts} == {"pass"}


def test_arrays_arrive_whatever_their_layout():
    one = operation("cross_entropy")
    plain = one.cases["typical"].inputs(one.name, F32, 0)
    plain = {name: np.repeat(a[:1], len(a), axis=0) for name, a in plain.items()}  # for "broadcast"
    wanted = BY_NAME["jax.jit"].run(one, plain, "cpu")
    for lay in LAYOUTS.values():
        found = BY_NAME["jax.jit"].run(one, {name: lay(a) for name, a in plain.items()}, "cpu")
        assert all(np.array_equal(found[q], wanted[q]) for q in wanted)


def test_integers_and_scalars_are_handed_over_as_what_they_are():
    seen = {}

    def form(jax):
        def scaled(x, labels, scale):
            seen.update(labels=labels.dtype.name, scale=scale)
            return scale * jax.numpy.take_along_axis(x, labels[..., None], axis=-1)[..., 0]

        return scaled

    one = Operation(
        name="scaled",
        summary="",
        graph={"value": lambda x, labels, scale: x, "vjp": lambda x, cotangent: x, "jvp": lambda x, tangent: x},
        shapes={"x": "... n", "labels": "...", "scale": "", "cotangent": "...", "tangent": "... n"},
        cases={},
        reference=lambda: {},
        forms={"jax": form},
        integers=frozenset({"labels"}),
        scalars=frozenset({"scale"}),
    )
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    inputs = {"x": x, "labels": np.array([2, 0]), "cotangent": np.ones(2, np.float32), "tangent": x}
    for name in ("jax.jit", "jax.vmap"):
        for scale in (2.0, 0.5):  # a scalar is a constant of the compiled program: another is another program
            found = BY_NAME[name].run(one, {**inputs, "scale": np.array(scale, np.float32)}, "cpu")
            assert found["value"].tolist() == found["jvp"].tolist() == [2 * scale, 3 * scale]
            assert found["vjp"].tolist() == [[0, 0, scale], [scale, 0, 0]]
            assert seen == {"labels": "int32", "scale": scale}
            assert type(seen["scale"]) is float


def test_settings_are_what_they_were():
    import jax

    def settings():
        return jax.config.jax_enable_x64, jax.config.jax_default_matmul_precision

    one = operation("softmax")
    before = settings()
    for name in ("jax.jit", "jax.default"):
        BY_NAME[name].run(one, one.cases["typical"].inputs(one.name, FORMATS["float64"], 0), "cpu")
        assert settings() == before
        with pytest.raises(KeyError):
            BY_NAME[name].run(one, {}, "cpu")
        assert settings() == before


def test_the_precision_asked_for_is_the_modes():
    seen = []

    def form(jax):
        def identity(x):
            seen.append(jax.config.jax_default_matmul_precision)
            return x

        return identity

    softmax = operation("softmax")
    inputs = softmax.cases["typical"].inputs("softmax", F32, 0)
    one = Operation("identity", "", softmax.graph, softmax.shapes, {}, lambda: {}, {"jax": form})
    assert BY_NAME["jax.jit"].run(one, inputs, "cpu")["value"].shape == (8, 10)
    assert set(seen) == {"highest"}
    seen.clear()
    BY_NAME["jax.default"].run(one, inputs, "cpu")
    assert set(seen) == {"default"}


def test_without_optax_the_mode_says_what_to_install(monkeypatch):
    real = jax_.find_spec
    monkeypatch.setattr(jax_, "find_spec", lambda name: None if name == "optax" else real(name))
    message = r"^optax is not installed: pip install -e '\.\[optax\]'$"
    with pytest.raises(ImportError, match=message):
        BY_NAME["jax.optax"].devices()
    assert BY_NAME["jax.jit"].devices()[0] == "cpu"
    with pytest.raises(ValueError, match=r"jax\.optax cannot run: optax is not installed"):
        plan(Selection(implementations=("jax.optax",), operations=("cross_entropy",)))
    assert any(gap.what == "jax.optax" for gap in plan(Selection(all=True, operations=("sigmoid",))).gaps)


def test_tensor_cores_round_float32_only_and_only_on_a_gpu():
    default, jit = BY_NAME["jax.default"].arithmetic, BY_NAME["jax.jit"].arithmetic
    assert default(F32, "cuda:0") is TF32
    assert default(F32, "cpu") is F32
    for format in FORMATS.values():
        assert jit(format, "cuda:0") is format
        if format is not F32:
            assert default(format, "cuda:0") is format


def test_arithmetics_of_their_own_hold_the_dtype_and_round_no_less():
    for name, implementation in BY_NAME.items():
        for format in FORMATS.values():
            judged_by = implementation.arithmetic(format, "cpu")
            assert judged_by.dtype == format.dtype
            assert judged_by.unit_roundoff >= format.unit_roundoff
            own = judged_by.name != format.name
            assert own == (name in ("jax.jacrev", "jax.jacfwd") or (name == "jax.vmap" and "16" in format.name))


def test_modes_take_what_they_can_differentiate():
    taken = {n: {o for o, one in operations().items() if i.takes(one, F32)} for n, i in BY_NAME.items()}
    assert taken["jax.jit"] == taken["jax.eager"] == {o for o, one in operations().items() if "jax" in one.forms}
    assert "two_layer" in taken["jax.vmap"]
    assert "two_layer" not in taken["jax.grad"] | taken["jax.jacrev"]
    assert "cross_entropy" in taken["jax.jacrev"] - taken["jax.jacfwd"]
    assert taken["jax.optax"] == {o for o, one in operations().items() if "jax.optax" in one.forms}
    whole = {**operation("softmax").shapes, "cotangent": ""}  # one number for the batch: rows are not independent
    mean = Operation("mean", "", operation("softmax").graph, whole, {}, lambda: {}, {"jax": lambda jax: None})
    assert BY_NAME["jax.jit"].takes(mean, F32)
    assert not BY_NAME["jax.vmap"].takes(mean, F32)


def test_only_the_usual_modes_run_when_none_is_named():
    assert [name for name, one in BY_NAME.items() if not one.extra] == ["jax.jit"]
    assert BY_NAME["jax.eager"].skips == {"widths"}
    assert {f"jax.{mode.name}" for mode in MODES} == {n for n in implementations() if n.startswith("jax.")}
