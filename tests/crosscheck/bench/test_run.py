"""A run from the plan to the record: wrong answers have no time, the others keep theirs."""

import pytest

from crosscheck.bench.cells import Cell
from crosscheck.bench.plan import Plan, plan
from crosscheck.bench.run import bench
from crosscheck.run import portable

CELLS = (Cell("cross_entropy", (32, 10), "float32", 1), Cell("two_layer", (20, 10, 5, 10), "float64", 1))


def test_a_wrong_answer_has_no_time(planted):
    wrong = planted(
        "wrong",
        """
        def values(found):
            *others, last = right.values(found)
            return (*others, last * 2)

        return Prepared(right.call, values)
        """,
    )
    reference = plan(contenders=("reference",)).contenders
    todo = Plan(CELLS, (*reference, wrong), ("nobody: is not there",), rounds=3, sample=1e-3, budget=0.01, gemm=64)
    done = []
    found = bench(todo, lambda now, all: done.append((now, all)))
    assert done == [(1, 2), (2, 2)]
    assert [row.cell for row in found.rows] == list(CELLS)
    assert not found.passed
    for row, quantity in zip(found.rows, ("vjp", "d_b2"), strict=True):
        right, other = row.of("reference"), row.of("wrong")
        assert len(right.samples) == 3
        assert right.failure == ""
        assert (other.samples, other.wrong) == ((), True)
        assert other.failure.startswith(f"wrong: {quantity}: at [")
        assert row.copy_rate > 0
    assert found.missing == ("nobody: is not there",)
    (cores,) = found.cores
    assert set(cores.gemm) == {"float32", "float64"}
    told = portable(found.to_dict())
    assert (told["schema"], told["passed"], len(told["cells"])) == ("crosscheck.bench/1", False, 2)
    assert len(told["cells"][0]["timings"][0]["samples"]) == 3


@pytest.mark.parametrize("contenders", [("reference",)])
def test_what_is_right_passes(contenders):
    todo = plan(("sigmoid",), ("4x5",), ("float32",), ("1",), contenders, rounds=1, quick=True)
    assert bench(todo).passed
