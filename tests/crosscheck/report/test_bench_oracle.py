"""The table of what the oracle costs."""

from dataclasses import replace

from crosscheck.bench.oracle import BALLS, COLUMNS, EXP, FAST, MPMATH, Cost, Growth, Network, OracleTimes, Peak
from crosscheck.report.bench_oracle import render
from crosscheck.report.plain import plain


def _cost(name, **ns):
    return Cost(name, {column: ns.get(column.replace(" ", "_")) for column in COLUMNS})


TIMES = OracleTimes(
    seed=3,
    bits=128,
    costs=(_cost("σ", balls=900.0, arb_exp=300.0, mpmath=9000.0, float64=4.5), _cost("CE", balls=1.5e6)),
    growth=(Growth(1000, 1234.0), Growth(10_000_000, 1240.0)),
    networks=(
        Network("64×784×128×10", BALLS, 0.5, 0.01, 1.0),
        Network("512×2048×2048×1000", FAST, 1.2, 0.4, 0.985),
    ),
    peak=Peak((64, 128_000), 0.41, 0.13),
    seconds=71.0,
)


def test_the_table_says_everything_once():
    said = plain(render(TIMES), 120)
    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert lines[0] == "ns per certified value, 128 bits"
    assert lines[1:3] == ["mpmath balls", "balls arb exp mpmath fast enclosure float64 / balls / exp"]
    assert lines[3] == "σ 900 300 9,000 – 4.5 10 3"
    assert lines[4] == "CE 1,500,000 – – – – – –"
    assert "ns per element 1,234 1,240" in lines
    assert "0.5 s, the float64 reference 0.01 s: 50 times" in said
    assert "98.5% to 1/64 ulp of float32" in " ".join(said.split())
    assert "truth of a 64×128000 softmax: peak memory 0.41 GB, 0.13 GB of it before" in said
    assert lines[-1] == "seed 3, 71 s"
    assert EXP in said
    assert MPMATH in said


def test_nothing_is_cut_off_at_80_columns():
    ns = (1_051_326.0, 326.0, 12_242_176.0, 64_493.0, 7_108.0)
    names = ("log-softmax", "CE, row of 1000", "network 1×784×128×10")
    costs = tuple(Cost(name, dict(zip(COLUMNS, ns, strict=True))) for name in names)
    said = plain(render(replace(TIMES, costs=costs)), 80)
    assert "…" not in said
    assert "log-softmax" in said
    assert "12,242,176" in said
