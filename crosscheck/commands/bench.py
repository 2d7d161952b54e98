"""``crosscheck bench``: the reference, PyTorch and JAX on equal cores."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .shared import SEVERAL, Bar, Parser, console, from_one, parser_of, writable, written

_EPILOG = """Each contender runs in a process of its own, pinned to the cores before its imports; they take turns,
and what they computed is judged afterwards: a wrong answer has no time. Compiling is timed apart. GB/s and GFLOP/s
are the reference's, beside how fast these cores copy as many bytes, and multiply matrices. The exit status is 1
where a contender was wrong or its process ended."""

_CHOICES = ("workload", "size", "dtype", "cores", "contender", "rounds")


def run(words: Sequence[str]) -> int:
    """Run the command; the exit status: 1 where a contender was wrong or lost."""
    parser = _parser()
    asked = parser.parse_args(words)
    writable(asked.json)
    if asked.oracle:
        return _oracle(asked, parser)
    if asked.read is not None:
        _alone(asked, parser, "read", "--against and --plot", (*_CHOICES, "quick", "json"))
        if asked.against is None and asked.plot is None:
            parser.error("--read: got neither --against nor --plot, expected what is to be made of the file")
    writable(asked.plot, "--plot")
    if asked.json is not None and asked.plot is not None and Path(asked.json) == Path(asked.plot):
        parser.error(f"--plot: got {asked.plot!r}, which --json is to be written to, expected another file")

    from ..bench.compare import compare, read_json
    from ..bench.plan import plan
    from ..bench.run import bench
    from ..report import bench_against
    from ..report.bench import render
    from ..report.bench_plot import draw, plottable
    from ..run import portable, write_json

    plottable(asked.plot)
    old = None if asked.against is None else read_json(asked.against)
    screen = console()

    def made_of(data: dict[str, Any]) -> bool:
        """The picture and the comparison that were asked for; whether the picture could be written."""
        if old is not None:
            screen.print(bench_against.render(compare(old, data)), markup=False, highlight=False)
        return written(draw, data, asked.plot, "--plot")

    if asked.read is not None:
        return 0 if made_of(read_json(asked.read, "--read")) else 1
    todo = plan(
        workloads=tuple(asked.workload),
        sizes=tuple(asked.size),
        dtypes=tuple(asked.dtype),
        cores=tuple(asked.cores),
        contenders=tuple(asked.contender),
        rounds=asked.rounds,
        quick=asked.quick,
        seed=asked.seed,
    )
    with Bar("timing") as bar:
        found = bench(todo, bar)
    data = portable(found.to_dict())
    saved = written(write_json, data, asked.json)
    screen.print(render(found), markup=False, highlight=False)
    if old is not None:
        screen.print()
    return 0 if made_of(data) and found.passed and saved else 1


def _oracle(asked: argparse.Namespace, parser: Parser) -> int:
    """What the truth costs; the exit status: 1 where an arithmetic was wrong."""
    _alone(asked, parser, "oracle", "--quick, --seed and --json", (*_CHOICES, "plot", "against", "read"))

    from ..bench.oracle import measure
    from ..report.bench_oracle import render
    from ..run import portable, write_json

    with Bar("measuring") as bar:
        times = measure(seed=asked.seed, quick=asked.quick, progress=bar)
    saved = written(write_json, portable(times.to_dict()), asked.json)
    console().print(render(times), markup=False, highlight=False)
    return 0 if times.passed and saved else 1


def _alone(asked: argparse.Namespace, parser: Parser, mode: str, beside: str, others: Sequence[str]) -> None:
    """Refuse what would be left out without a word."""
    for option in others:
        if getattr(asked, option) not in (None, False, []):
            parser.error(f"--{mode}: got {option} too, expected only {beside} beside it")


def _parser() -> Parser:
    parser = parser_of("crosscheck bench", "Time the reference, PyTorch and JAX on equal cores.")
    parser.epilog = _EPILOG
    several: dict[str, Any] = {"action": "append", "default": []}
    parser.add_argument("workload", nargs="*", help="sigmoid, softmax, log_softmax, cross_entropy, two_layer")
    parser.add_argument(
        "--size",
        **several,
        metavar="SIZE",
        help="rows x columns, or rows x inputs x hidden x classes: 256x1000, 64x784x128x10; repeatable",
    )
    parser.add_argument("--dtype", **SEVERAL, help="float32, float64; repeatable (both)")
    parser.add_argument("--cores", **several, metavar="N", help="a number, or all; repeatable (1 and all)")
    parser.add_argument(
        "--contender", **SEVERAL, help="reference, torch.eager, torch.compile, jax.jit; repeatable (all)"
    )
    parser.add_argument("--rounds", type=from_one, metavar="N", help="rounds at most (11; with --quick 3)")
    parser.add_argument("--quick", action="store_true", help="small sizes and few rounds: to see that it works")
    parser.add_argument(
        "--oracle", action="store_true", help="what the truth costs, beside mpmath and plain float64, instead"
    )
    parser.add_argument("--plot", metavar="FILE", help="draw roofline and ratios into FILE: .png, .svg or .pdf")
    parser.add_argument("--against", metavar="OLD.json", help="compare with an older --json, time by time")
    parser.add_argument(
        "--read", metavar="NEW.json", help="with --against or --plot: of this --json, timing nothing"
    )
    return parser
