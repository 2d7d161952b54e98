"""``crosscheck bench``: the reference, PyTorch and JAX on equal cores."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from .shared import SEVERAL, Bar, console, parser_of, writable, written


def run(words: Sequence[str]) -> int:
    """Run the command; the exit status: 1 where a contender was wrong or lost."""
    parser = parser_of(
        "crosscheck bench",
        "Time the reference, PyTorch and JAX on equal cores, in turns; judge what they computed afterwards.",
    )
    parser.add_argument("workload", nargs="*", help="sigmoid, softmax, log_softmax, cross_entropy, two_layer")
    parser.add_argument(
        "--size",
        **{**SEVERAL, "metavar": "SIZE"},
        help="rows x columns, or rows x inputs x hidden x classes: 256x1000, 64x784x128x10",
    )
    parser.add_argument("--dtype", **SEVERAL, help="float32, float64; repeatable")
    parser.add_argument("--cores", **{**SEVERAL, "metavar": "N"}, help="a number, or all; repeatable (1 and all)")
    parser.add_argument(
        "--contender", **SEVERAL, help="reference, torch.eager, torch.compile, jax.jit; repeatable"
    )
    parser.add_argument("--rounds", type=_rounds, metavar="N", help="rounds at most (11)")
    parser.add_argument("--quick", action="store_true", help="small sizes and few rounds: whether it works")
    asked = parser.parse_args(words)
    writable(asked.json)

    from ..bench.plan import plan
    from ..bench.run import bench
    from ..report.bench import render
    from ..run import portable, write_json

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
    saved = written(write_json, portable(found.to_dict()), asked.json)
    console().print(render(found), markup=False, highlight=False)
    return 0 if found.passed and saved else 1


def _rounds(word: str) -> int:
    if not word.isdecimal() or int(word) == 0:
        raise argparse.ArgumentTypeError(f"rounds: got {word!r}, expected a whole number from 1")
    return int(word)
