"""A benchmark as two pictures on one page, with matplotlib: the roofline, and the ratios reference / jax.jit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..bench.cells import cores_told
from ..bench.plan import JAX, REFERENCE

FORMATS = (".png", ".svg", ".pdf")
_NOT_INSTALLED = "matplotlib is not installed: pip install -e '.[bench]'"
_SHAPES = "osD^vP*X"

Cells = Sequence[Mapping[str, Any]]


def plottable(path: str | None) -> None:
    """Find out before the work whether a plot can be drawn; ValueError says why it cannot."""
    if path is None:
        return
    if Path(path).suffix not in FORMATS:
        raise ValueError(f"--plot: got {path!r}, expected a name that ends in {', '.join(FORMATS)}")
    _matplotlib()


def _matplotlib() -> Any:
    try:
        import matplotlib
    except ImportError:
        raise ValueError(f"--plot: {_NOT_INSTALLED}") from None
    return matplotlib


def draw(data: Mapping[str, Any], path: str) -> None:
    """Draw the data of ``Bench.to_dict`` into a file: a row of two pictures for each number of cores."""
    _matplotlib().use("agg")
    from matplotlib.figure import Figure

    many = [one["cores"] for one in data["cores"]]
    figure = Figure(figsize=(13, 5.5 * len(many)), layout="constrained")
    pictures = figure.subplots(len(many), 2, squeeze=False)
    for (left, right), cores in zip(pictures, many, strict=True):
        here = [cell for cell in data["cells"] if cell["cores"] == cores]
        told = cores_told(cores)
        _roofline(left, next(one for one in data["cores"] if one["cores"] == cores), here, told)
        _ratios(right, here, told)
    figure.savefig(path, dpi=120)


def _roofline(picture: Any, ceilings: Mapping[str, Any], cells: Cells, told: str) -> None:
    """Operations a second over operations a byte; roofs are the copy rates at the cells' own footprints."""
    intensities = [cell["flops"] / cell["bytes"] for cell in cells]
    ends = [min(intensities) / 2, max(intensities) * 2]
    small = {"fontsize": 7, "color": "grey"}
    highest = max(ceilings["gemm"].values())
    for pick, name, side in ((max, "fastest", "bottom"), (min, "slowest", "top")):
        rate = pick(cell["copy_rate"] for cell in cells)
        roof = [ends[0], max(ends[0], highest / rate if rate else 0)]
        picture.plot(roof, [rate * x for x in roof], ":", color="grey", lw=1)
        picture.annotate(f"{name} copy, {rate / 1e9:.0f} GB/s", (roof[0], rate * roof[0]), va=side, **small)
    for dtype, rate in ceilings["gemm"].items():
        picture.axhline(rate, ls="--", color="grey", lw=1)
        picture.text(
            *(0.99, rate, f"gemm {dtype}, {rate / 1e9:.0f} GFLOP/s"),
            transform=picture.get_yaxis_transform(),
            ha="right",
            va="bottom",
            **small,
        )
    for i, contender in enumerate(_contenders(cells)):
        points = [
            (cell["flops"] / cell["bytes"], cell["flops"] / timing["seconds"]["median"])
            for cell in cells
            for timing in cell["timings"]
            if timing["contender"] == contender and timing["seconds"]
        ]
        if points:
            x, y = zip(*points, strict=True)
            picture.scatter(x, y, marker=_SHAPES[i % len(_SHAPES)], s=22, alpha=0.75, label=contender)
    picture.set(xscale="log", yscale="log", xlabel="operations / byte", ylabel="operations / s")
    picture.set_title(f"roofline, {told}")
    picture.legend(fontsize=8)


def _ratios(picture: Any, cells: Cells, told: str) -> None:
    """reference / jax.jit in every cell, with quartiles; left of 1 the reference is faster."""
    from matplotlib import ticker

    shown = [cell for cell in cells if cell["reference_over_jax"]]
    for i, cell in enumerate(reversed(shown)):
        ratio = cell["reference_over_jax"]
        colour = "tab:green" if ratio["median"] <= 1 else "tab:red"
        picture.plot([ratio["low"], ratio["high"]], [i, i], color=colour, lw=2)
        picture.plot([ratio["median"]], [i], "o", color=colour, ms=5)
    picture.axvline(1, color="grey", lw=1)
    names = [cell["id"].partition(",")[0] for cell in reversed(shown)]
    picture.set_yticks(range(len(names)), names, fontsize=7)
    picture.set_xscale("log", subs=())
    picture.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    picture.xaxis.set_major_formatter(lambda number, _: f"{number:g}")
    picture.set(xlabel=f"time of {REFERENCE} / time of {JAX}")
    picture.set_title(f"{REFERENCE} / {JAX}, {told}")


def _contenders(cells: Cells) -> list[str]:
    return list(dict.fromkeys(timing["contender"] for cell in cells for timing in cell["timings"]))
