"""The pictures are drawn from the data alone, and what cannot be drawn is refused before the work."""

import sys

import pytest

from crosscheck.report.bench_plot import draw, plottable


def _data():
    def spread(median):
        return {"low": median * 0.9, "median": median, "high": median * 1.1}

    def cell(name, cores, flops):
        timings = [
            {"contender": "reference", "seconds": spread(2e-6)},
            {"contender": "jax.jit", "seconds": spread(1e-6)},
            {"contender": "torch.eager", "seconds": None},
        ]
        return {
            "id": f"{name}, {cores} cores",
            **{"cores": cores, "flops": flops, "bytes": 1000, "copy_rate": 1e10 * flops},
            "reference_over_jax": spread(2.0) if flops > 1 else None,
            "timings": timings,
        }

    cells = [cell(name, cores, flops) for cores in (1, 2) for name, flops in (("softmax", 5), ("none", 1))]
    return {"cores": [{"cores": k, "gemm": {"float32": 1e11}} for k in (1, 2)], "cells": cells}


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_it_is_drawn(tmp_path, ending):
    pytest.importorskip("matplotlib")
    file = tmp_path / f"bench.{ending}"
    draw(_data(), str(file))
    content = file.read_bytes()
    assert content.startswith(b"\x89PNG") if ending == "png" else b"<svg" in content
    assert len(content) > 10_000


def test_a_name_that_is_no_picture_is_refused():
    with pytest.raises(
        ValueError, match=r"^--plot: got 'a\.txt', expected a name that ends in \.png, \.svg, \.pdf$"
    ):
        plottable("a.txt")


def test_without_matplotlib_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ValueError, match=r"^--plot: matplotlib is not installed: pip install -e '\.\[bench\]'$"):
        plottable("a.png")
    plottable(None)
