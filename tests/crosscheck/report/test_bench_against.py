"""The comparison: a ratio for each time, a star where the quartiles are apart, and what else differs."""

from crosscheck.bench.compare import Change, Comparison, Difference
from crosscheck.report.bench_against import text

FOUND = Comparison(
    (
        Change("softmax 64×128000 float32, 1 core", "reference", 2.0, 1.0, apart=True),
        Change("softmax 64×128000 float32, 1 core", "jax.jit", 1.0, 1.1),
        Change("two_layer 512×2048×2048×1000 float64, 2 cores", "reference", 1.0, None),
        Change("two_layer 512×2048×2048×1000 float64, 2 cores", "jax.jit", None, 0.5),
    ),
    ("sigmoid 2×2 float32, 1 core",),
    (),
    (Difference("packages.jax", "0.10.1", "0.10.2"),),
)


def test_it_says_every_ratio_and_what_differs():
    said = [line.split() for line in text(FOUND, 80).splitlines()]
    assert ["softmax", "64×128000", "float32,", "1", "core", "0.500*", "1.10"] in said
    assert said[4][-5:] == ["no", "time", "now", "500", "ms"]
    assert ["reference:", "0.500"] in said
    assert ["packages.jax:", "0.10.1", "→", "0.10.2"] in said
    assert ["sigmoid", "2×2", "float32,", "1", "core"] in said
    assert "In the new one only" not in text(FOUND)
    assert max(map(len, text(FOUND, 80).splitlines())) <= 80


def test_two_that_share_nothing_are_told():
    said = text(Comparison((), ("a",), ("b",), ()))
    assert "nothing that is recorded" in said
    assert "In the new one only" in said
