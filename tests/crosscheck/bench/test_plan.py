"""What is asked for becomes cells; what makes no sense is refused by name; what is missing is told."""

import pytest

from crosscheck.bench import plan as planning
from crosscheck.bench.cells import WORKLOADS, Cell
from crosscheck.bench.plan import CONTENDERS, plan
from crosscheck.environment import usable_cores


def test_everything_is_planned_where_nothing_is_said():
    found = plan(cores=("1",))
    assert {cell.workload for cell in found.cells} == set(WORKLOADS)
    assert len(found.cells) == 2 * sum(len(one.sizes) for one in WORKLOADS.values())
    assert plan().cores == tuple(dict.fromkeys((1, len(usable_cores()))))


def test_a_size_is_taken_by_the_workloads_that_it_fits():
    found = plan(("softmax", "two_layer"), ("3x4", "2×3×4×5"), ("float32",), ("1",))
    assert found.cells == (Cell("softmax", (3, 4), "float32", 1), Cell("two_layer", (2, 3, 4, 5), "float32", 1))


def test_a_size_that_comes_twice_is_taken_once():
    assert len(plan(("softmax",), ("3x4", "3×4"), ("float32",), ("1",)).cells) == 1


def test_a_size_narrows_all_workloads_to_those_that_it_fits():
    assert "two_layer" not in {cell.workload for cell in plan(sizes=("3x4",)).cells}


def test_quick_is_small():
    found = plan(quick=True, rounds=2, seed=7)
    assert max(cell.flops for cell in found.cells) < 10**6
    assert (found.rounds, found.seed) == (2, 7)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"workloads": ("tanh",)}, "workload: got 'tanh', expected one of sigmoid, softmax, "),
        ({"sizes": ("3x",)}, "size: got '3x', expected 2 or 4 numbers from 1"),
        ({"sizes": ("0x3",)}, "size: got '0x3', expected 2 or 4 numbers from 1"),
        ({"sizes": ("100000x100000",)}, "size: got '100000x100000', expected at most 67108864 elements"),
        ({"workloads": ("softmax",), "sizes": ("1x2x3x4",)}, "size: got 1×2×3×4, expected rows × columns"),
        (
            {"workloads": ("softmax", "two_layer"), "sizes": ("3x4",)},
            "workload: got 'two_layer' with no size of rows × inputs × hidden × classes, expected one for each",
        ),
        ({"dtypes": ("float16",)}, "dtype: got 'float16', expected one of float32, float64"),
        ({"cores": ("0",)}, "cores: got '0', expected 1 to "),
        ({"cores": ("many",)}, "cores: got 'many', expected 1 to "),
        ({"contenders": ("tensorflow",)}, "contender: got 'tensorflow', expected one of reference, torch.eager"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(asked, said):
    with pytest.raises(ValueError, match="^" + said.replace("(", r"\(")):
        plan(**asked)


def test_a_framework_that_is_missing_is_left_out_and_told(monkeypatch):
    found = planning.find_spec
    monkeypatch.setattr(planning, "find_spec", lambda name: None if name == "jax" else found(name))
    monkeypatch.setattr(planning, "gpu_driver", lambda: False)
    asked = plan(contenders=("reference", "jax.jit"))
    assert [one.name for one in asked.contenders] == ["reference"]
    assert asked.missing == ("jax.jit: jax is not installed: pip install -e '.[jax]'",)


def test_frameworks_run_on_a_gpu_too_where_there_is_a_driver(monkeypatch):
    monkeypatch.setattr(planning, "gpu_driver", lambda: True)
    monkeypatch.setattr(planning, "find_spec", lambda name: object())
    names = [one.name for one in plan().contenders]
    assert names == [
        name
        for one in CONTENDERS
        for name in ((one.name,) if one.name == "reference" else (one.name, f"{one.name}@cuda"))
    ]
