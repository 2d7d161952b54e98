"""Where the time went, in lines that fit."""

from crosscheck.report.plain import plain
from crosscheck.report.profile import render
from crosscheck.spent import CALL, FIRST_CALL, JUDGING, STARTING, TRUTH, Profile, Spent


def _cell(implementation, operation, **seconds):
    names = {"first": FIRST_CALL, "call": CALL, "truth": TRUTH, "judging": JUDGING}
    told = {names[name]: value for name, value in seconds.items()}
    return Spent(operation, implementation, "cpu", "float32", "typical", told)


def test_phases_implementations_operations_and_the_slowest_cells():
    cells = (
        _cell("jax.jit", "two_layer", first=6.0, judging=0.5),
        _cell("reference", "two_layer", call=0.5, truth=1.0, judging=0.01),
        _cell("reference", "softmax", call=0.5, judging=0.01),
    )
    text = plain(render(Profile(5.0, 9.0, 2, 3, {STARTING: 1.48}, cells)), 100)
    lines = [line.rstrip() for line in text.strip().splitlines()]
    assert lines == [
        "Where the time went: 5.0 s, 2 cores 90% busy; seconds summed over 3 processes",
        "  starting processes          1.5   15%",
        "  first calls (compiling)     6.0   60%",
        "  running implementations     1.0   10%",
        "  truth and tolerance         1.0   10%",
        "  judging                     0.5    5%",
        "  in implementations: jax.jit 6.0, reference 1.0",
        "  by operation: two_layer 8.0, softmax 0.5",
        "  slowest cells",
        "      6.50  jax.jit two_layer float32 typical: mostly first calls (compiling)",
        "      1.51  reference two_layer float32 typical: mostly truth and tolerance",
        "      0.51  reference softmax float32 typical: mostly running implementations",
    ]


def test_what_is_many_is_counted_and_what_is_nothing_left_out():
    cells = [_cell("reference", f"operation_{i}", call=10.0 - i, truth=0.001) for i in range(9)]
    text = plain(render(Profile(90.0, 90.0, 1, 1, {}, tuple(cells))), 100)
    assert "over 1 process\n" in text
    assert "and 5 more" in text
    assert "truth" not in text


def test_of_nothing_there_is_little_to_tell():
    assert "0.0 s, 2 cores 0% busy" in plain(render(Profile(0.0, 0.0, 2, 1, {}, ())), 100)
