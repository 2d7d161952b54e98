"""How the cells are shared out among processes."""

from collections import deque

from crosscheck.formats import FORMATS
from crosscheck.matrix import Selection, plan
from crosscheck.workers import Work

CELLS = [*enumerate(plan(Selection(("sigmoid", "two_layer"), ("reference",), ("float64", "float32"))).cells)]


def _of(part):
    """(dtype, operation) of a part."""
    (found,) = {(cell.format.name, cell.operation.name) for numbered in part for _, cell in numbered}
    return found


def test_a_process_takes_the_operations_of_one_dtype_those_of_most_quantities_first():
    work = Work(CELLS)
    mine = deque()
    taken = []
    while (found := work.take(mine)) is not None:
        part, mine = found
        taken.append(_of(part))
    float64, float32 = FORMATS["float64"].name, FORMATS["float32"].name
    assert taken == [(d, one) for d in (float64, float32) for one in ("two_layer", "sigmoid")]


def test_two_processes_have_a_dtype_each_and_who_is_done_helps():
    work = Work(CELLS)
    first, here = work.take(deque())
    second, there = work.take(deque())
    assert {_of(first)[0], _of(second)[0]} == {"float64", "float32"}
    third, here = work.take(here)
    assert _of(third) == ("float64", "sigmoid")
    helped, here = work.take(here)
    assert _of(helped) == ("float32", "sigmoid")
    assert work.take(here) is None
    assert work.take(there) is None


def test_every_cell_is_in_one_part():
    work, mine, numbers = Work(CELLS), deque(), []
    while (found := work.take(mine)) is not None:
        part, mine = found
        numbers += [i for numbered in part for i, _ in numbered]
    assert sorted(numbers) == [i for i, _ in CELLS]


def test_of_nothing_there_is_nothing_to_take():
    assert Work([]).take(deque()) is None
