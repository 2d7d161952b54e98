"""Two files side by side: ratios of the same cells, what one alone has, and what differs around them."""

import json
from dataclasses import asdict

import pytest

from crosscheck.bench.compare import Change, Difference, compare, read_json
from crosscheck.bench.statistics import spread


def timing(contender, *samples):
    return {"contender": contender, "samples": [*samples], "seconds": asdict(spread(samples)) if samples else None}


PLACE = {"cores": 1, "flops": 1, "bytes": 1, "copy_rate": 1e9, "reference_over_jax": None}


def data(cells, torch="2.13.0", gemm=1e11, **environment):
    return {
        "schema": "crosscheck.bench/1",
        "environment": {"python": "3.11", "packages": {"torch": torch}, **environment},
        "rounds": 11,
        "seed": 0,
        "cores": [{"cores": 1, "gemm": {"float32": gemm}, "pinned": True}],
        "cells": [{**PLACE, "id": name, "timings": timings} for name, timings in cells.items()],
    }


OLD = data(
    {"a": [timing("it", *[0.9, 1.0, 1.1] * 3), timing("lost")], "b": [timing("it", *[4.0] * 9)], "gone": []}
)
NEW = data(
    {"a": [timing("it", *[0.4, 0.5, 0.6] * 3), timing("lost", 1.0), timing("late", 1.0)],
     "b": [timing("it", *[3.5] * 3, *[8.0] * 3, *[9.0] * 3)], "come": []},
    torch="2.14.0", gemm=1.2e11,
)  # fmt: skip


def test_ratios_are_new_over_old():
    found = compare(OLD, NEW)
    assert found.changes == (
        Change("a", "it", 1.0, 0.5, apart=True),
        Change("a", "lost", None, 1.0),
        Change("b", "it", 4.0, 8.0, apart=False),  # 4 lies between the new quartiles
    )
    assert [one.ratio for one in found.changes] == [0.5, None, 2.0]
    assert found.means() == {"it": pytest.approx(1.0)}
    assert (found.only_old, found.only_new) == (("gone",), ("come",))


@pytest.mark.parametrize(
    ("old", "new", "apart"),
    [
        ([1.0], [2.0], False),
        ([1.0] * 3, [2.0] * 3, False),  # the quartiles of three and three lie apart in 35 % by chance
        ([1.0] * 4, [2.0] * 4, True),
        ([1.0] * 4, [2.0] * 3, False),
        ([1.0] * 7 + [2.5], [2.0] * 11, False),  # quartiles would say so
        ([1.0] * 8 + [2.5], [2.0] * 11, True),
        ([1.0] * 4 + [2.0] * 5, [2.0] * 9, False),
        ([2.0] * 9, [1.0] * 8 + [2.5], True),
    ],
)
def test_few_rounds_tell_nothing_apart_by_chance(old, new, apart):
    """A single round was told apart from another whatever they took."""
    (change,) = compare(data({"a": [timing("it", *old)]}), data({"a": [timing("it", *new)]})).changes
    assert change.apart is apart


def test_what_differs_around_them_is_told():
    assert compare(OLD, NEW).differences == (
        Difference("packages.torch", "2.13.0", "2.14.0"),
        Difference("gemm GFLOP/s, float32, 1 core", "100", "120"),
    )
    assert compare(OLD, OLD).differences == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "--against: cannot read '.*': No such file or directory"),
        ("{", "--against: got '.*', which is not JSON"),
        ("[1]", "--against: got '.*' with schema None, expected 'crosscheck.bench/1'"),
        ('{"schema": "crosscheck.run/1"}', "--against: got '.*' with schema 'crosscheck.run/1', expected "),
    ],
)
def test_what_is_no_benchmark_is_refused(tmp_path, content, said):
    file = tmp_path / "old.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ValueError, match=said):
        read_json(str(file))


def test_a_benchmark_is_read(tmp_path):
    file = tmp_path / "old.json"
    file.write_text(json.dumps(OLD))
    assert read_json(str(file)) == OLD


@pytest.mark.parametrize("body", [{}, {"cells": "x"}, {"cells": [{}]}, {"cells": [], "cores": 1}, {"cells": [1]}])
def test_a_file_with_the_schema_and_nothing_behind_it_is_told_before_anything_is_timed(tmp_path, body):
    """It was believed by its schema alone, and raised a KeyError after the timing."""
    path = tmp_path / "hollow.json"
    path.write_text(json.dumps({"schema": "crosscheck.bench/1", **body}))
    with pytest.raises(ValueError, match=r"--against: got .*, whose contents are not those of a benchmark"):
        read_json(str(path))


def test_a_file_without_cells_is_told_before_it_is_drawn(tmp_path):
    """Compared it could be, and the picture said "min() arg is an empty sequence"."""
    path = tmp_path / "empty.json"
    path.write_text(json.dumps({**OLD, "cells": []}))
    with pytest.raises(ValueError, match=r"--read: got .*, whose contents are not those of a benchmark"):
        read_json(str(path), "--read")


@pytest.mark.parametrize("lost", PLACE)
def test_a_cell_that_lacks_something_is_told_before_it_is_drawn(tmp_path, lost):
    """Compared it could be, and the picture raised a KeyError."""
    path = tmp_path / "cells.json"
    cells = [{name: value for name, value in cell.items() if name != lost} for cell in OLD["cells"]]
    path.write_text(json.dumps({**OLD, "cells": cells}))
    with pytest.raises(ValueError, match=r"--read: got .*, whose contents are not those of a benchmark"):
        read_json(str(path), "--read")


DAMAGE = {
    "a median of 0": lambda cell: cell["timings"][0]["seconds"].update(median=0.0),
    "a median in words": lambda cell: cell["timings"][0]["seconds"].update(median="fast"),
    "a quartile below 0": lambda cell: cell["timings"][0]["seconds"].update(low=-1.0),
    "samples in words": lambda cell: cell["timings"][0].update(samples="slow"),
    "no operations": lambda cell: cell.update(flops=0),
    "no rate": lambda cell: cell.update(copy_rate=None),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_numbers_that_are_none_are_told_before_they_are_compared_or_drawn(tmp_path, damage):
    """They raised a ZeroDivisionError, or a TypeError."""
    damaged = json.loads(json.dumps(OLD))
    DAMAGE[damage](damaged["cells"][0])
    path = tmp_path / "damaged.json"
    path.write_text(json.dumps(damaged))
    with pytest.raises(ValueError, match=r"--read: got .*, whose contents are not those of a benchmark"):
        read_json(str(path), "--read")


@pytest.mark.parametrize("rate", [0.0, "fast", float("inf")])
def test_a_ceiling_that_is_no_number_is_told(tmp_path, rate):
    path = tmp_path / "damaged.json"
    path.write_text(json.dumps(data({"a": [timing("it", 1.0)]}, gemm=rate)))
    with pytest.raises(ValueError, match=r"--against: got .*, whose contents are not those of a benchmark"):
        read_json(str(path))
