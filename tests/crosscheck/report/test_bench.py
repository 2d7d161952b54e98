"""The tables of a benchmark: legible at 80 columns, with what is wrong in the place of a time."""

from crosscheck.bench.cells import Cell
from crosscheck.bench.check import Judgement
from crosscheck.bench.record import Bench, Cores, Row, Timing
from crosscheck.report.bench import digits, duration, text

NAMES = ("reference", "torch.eager", "torch.compile", "jax.jit")
PART = Judgement("", 10, 80, 0.5)
WRONG = Judgement("value: at [0, 0] got 1, exact is 2, off by 9 × bound 0.1", 10, 10, 9.0)
VACUOUS = Judgement("", 10, 10, 0.5, ("d_W1",))


def _timing(name, scale=1.0, judgement=PART, **how):
    return Timing(name, (1e-3 * scale, 1.1e-3 * scale, 1.3e-3 * scale), 7, 0.99, 2.5, judgement, **how)


ROWS = (
    Row(Cell("softmax", (64, 128_000), "float32", 1), tuple(map(_timing, NAMES, (4, 3, 2, 1))), 1e11),
    Row(
        Cell("softmax", (32, 10), "float32", 1),
        (
            Timing("reference", (), 7, 1.0, None, WRONG, f"wrong: {WRONG.wrong}"),
            Timing("torch.eager", failure="its process was ended by SIGSEGV"),
            *(_timing(name, judgement=None) for name in NAMES[2:]),
        ),
        1e11,
    ),
    Row(Cell("two_layer", (512, 2048, 2048, 1000), "float64", 2), (_timing("reference", 1000, VACUOUS),), 1e11),
)
CORES = (Cores(1, {"float32": 1.2e11}, True, {"jax.jit": 0.3}), Cores(2, {"float64": 1e11}, False, {}))
BENCH = Bench(ROWS, CORES, ("jax.jit on a GPU: none",), 11, 0, 61.0)


def test_it_fits_into_eighty_columns():
    for width in (80, 100):
        lines = text(BENCH, width).splitlines()
        assert max(map(len, map(str.rstrip, lines))) <= width
        assert not any("…" in line for line in lines)


def test_medians_quartiles_the_ratio_and_the_share_are_shown():
    said = text(BENCH).splitlines()
    at = next(i for i, line in enumerate(said) if line.startswith("64×128000"))
    assert said[at].split() == [
        "64×128000",
        "4.40",
        "ms",
        "3.30",
        "ms",
        "2.20",
        "ms",
        "1.10",
        "ms",
        "4.00",
        "14.9",
    ]
    assert said[at + 1].split() == ["4.20–4.80", "3.15–3.60", "2.10–2.40", "1.05–1.20", "4.00–4.00", "14.9%"]


def test_what_is_wrong_or_lost_stands_in_the_place_of_its_time_and_is_told():
    said = text(BENCH)
    row = next(line for line in said.splitlines() if line.startswith("32×10"))
    assert row.split()[:5] == ["32×10", "✗", "wrong", "✗", "lost"]
    assert "✗ reference, softmax 32×10 float32, 1 core: wrong: value: at [0, 0] got 1" in said
    assert "✗ torch.eager, softmax 32×10 float32, 1 core: its process was ended by SIGSEGV" in said
    assert said.endswith("7 timed and right, 2 wrong or lost, seed 0, 61 s")


def test_what_has_to_be_known_is_said():
    said = " ".join(text(BENCH).split())
    assert "element- and row-wise, 1 core: 4.00 over 1 cell; worst 4.00, softmax 64×128000 float32" in said
    assert "1 core, pinned before the imports; gemm in GFLOP/s: float32 120; busy at rest: jax.jit 0.30" in said
    assert "2 cores, not pinned: this system cannot; gemm in GFLOP/s: float64 100; nobody busy at rest" in said
    assert "of softmax 64×128000 some rows were judged" in said
    assert "○ two_layer 512×2048×2048×1000 float64: zeros, half or a constant would pass as d_W1" in said
    assert "– jax.jit on a GPU: none" in said
    assert "compiling 2.50 s" in said
    assert "cpu / wall 0.99" in said
    assert "not alone" not in said


def test_a_disturbed_run_says_so():
    slow = Timing("reference", (1.0,), 1, 0.5, judgement=PART)
    gpu = Timing("jax.jit@cuda", (1.0,), 1, 0.1, judgement=PART)
    rows = (Row(Cell("softmax", (32, 10), "float32", 1), (slow, _timing("jax.jit"), gpu), 1e11),)
    said = text(Bench(rows, CORES[:1], (), 11, 0, 1.0, {"jax.jit@cuda": "H100"}))
    assert "! not alone: cpu / wall below 0.9 in 1 of 2, down to 0.50" in said
    assert "jax.jit@cuda: H100" in said


def test_numbers_have_three_digits():
    assert [digits(n) for n in (0, 1e-3, 0.0123, 9.999, 99.95, 12345.6)] == [
        "0", "0.001", "0.012", "10.0", "100", "12346",
    ]  # fmt: skip
    assert [duration(s) for s in (3e-10, 9.996e-7, 1e-3, 61.0)] == ["0.300 ns", "1.00 µs", "1.00 ms", "61.0 s"]
