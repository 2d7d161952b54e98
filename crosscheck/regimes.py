"""Regimes of logits: every operation over a row of classes is judged in each of them.

Most are 8×10, so that a framework that compiles for every shape compiles once. The classes stand on the last
axis here; a case says where an implementation finds them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from .cases import Arrays, Case, Draw
from .formats import Format

SHAPE = (8, 10)


@dataclass(frozen=True)
class Regime:
    """A way to draw logits, and what a case of them needs (see ``Case``)."""

    summary: str
    draw: Draw
    extra: bool = False
    family: str = ""
    axis: int = -1
    layout: str = "contiguous"


def possible_labels(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    """The likeliest class where the indices of a row have an even sum, a random one of probability > 0 elsewhere.

    >>> x = np.array([[0.0, 1.0], [-np.inf, 0.0], [2.0, 1.0]])
    >>> possible_labels(np.random.default_rng(0), x).tolist()
    [1, 1, 0]
    """
    labels, possible = np.asarray(x.argmax(axis=-1)), x > -np.inf
    drawn = (np.indices(labels.shape).sum(axis=0) % 2 == 1) & possible.any(axis=-1)
    among = possible[drawn]
    which = rng.integers(0, among.sum(axis=-1))
    labels[drawn] = (among.cumsum(axis=-1) > which[:, None]).argmax(axis=-1)
    return labels


def _normal(scale: float, shape: tuple[int, ...] = SHAPE) -> Draw:
    return lambda rng, format: rng.normal(0, scale, shape)


def _uniform(magnitude: float, shape: tuple[int, ...] = SHAPE) -> Draw:
    """Uniform in ± the magnitude, or what the format holds."""
    return lambda rng, format: rng.uniform(-1, 1, shape) * min(magnitude, format.largest)


def _dominant(rng: np.random.Generator, format: Format) -> np.ndarray:
    x = rng.normal(0, 1, SHAPE)
    x[np.arange(8), rng.integers(0, 10, 8)] += np.repeat([17.0, 40.0, 80.0, 700.0], 2)
    return x


def _ties(rng: np.random.Generator, format: Format) -> np.ndarray:
    x = np.repeat(rng.normal(0, 3, (8, 1)), 10, axis=1)
    x[4:] *= 1 + format.unit_roundoff * 2 * rng.integers(-2, 3, (4, 10))
    # Without some lower logits the truth is nearly constant, and a constant would pass.
    x[:, 6:] -= rng.uniform(0.5, 3, (8, 4))
    return x


def _constant_rows(rng: np.random.Generator, format: Format) -> np.ndarray:
    return np.repeat(rng.normal(0, 10, (8, 1)), 10, axis=1)


def _apart(rng: np.random.Generator, format: Format) -> np.ndarray:
    return rng.normal(0, 1, SHAPE) + 128.0 * rng.permutation(8)[:, None]


def _subnormal(rng: np.random.Generator, format: Format) -> np.ndarray:
    return format.smallest_subnormal * rng.integers(-50, 51, SHAPE)


def _underflow(rng: np.random.Generator, format: Format) -> np.ndarray:
    """The likeliest class at 0, others so far below that e^x is normal, subnormal, or less than that."""
    edge = -np.log(format.smallest_normal)
    x = -edge * rng.uniform(0.9, 1.2, SHAPE)
    x[:, 3:6] = rng.uniform(-1, 0, (8, 3))
    return x


def _signed_zeros(rng: np.random.Generator, format: Format) -> np.ndarray:
    return np.copysign(0.0, rng.uniform(-1, 1, SHAPE))


def _masked(rng: np.random.Generator, format: Format) -> np.ndarray:
    x = rng.normal(0, 3, SHAPE)
    x[np.arange(4), rng.integers(0, 10, 4)] = -np.inf
    x[4:, 1:] = -np.inf
    return x


def _special(rng: np.random.Generator, format: Format) -> np.ndarray:
    x = rng.normal(0, 3, SHAPE)
    x[0, 3] = np.nan
    x[2, 4] = np.inf
    x[4, 5:7] = np.inf
    x[6] = -np.inf
    return x


def _large(rng: np.random.Generator, format: Format) -> np.ndarray:
    """Up to 1/(32u): near 1/u one rounding of a logit moves the result by a factor e; nothing can be checked."""
    return rng.uniform(-1, 1, SHAPE) / (32 * format.unit_roundoff)


def _largest(rng: np.random.Generator, format: Format) -> np.ndarray:
    """One logit in each row at the format's largest number, the rest anywhere down to its negative."""
    x = rng.uniform(-1, 1, SHAPE) * format.largest
    x[:, 7] = format.largest
    return np.minimum(x, np.where(np.arange(10) == 7, np.inf, 0.9 * format.largest))


def _same_rows(rng: np.random.Generator, format: Format) -> np.ndarray:
    return np.repeat(rng.normal(0, 3, (1, 10)), 8, axis=0)


WIDTHS = (*range(1, 34), 63, 64, 65, 127, 128, 129)
"""Classes around the lengths of vector registers, where a kernel has a remainder to deal with."""

LOGITS: Mapping[str, Regime] = {
    "typical": Regime("N(0, 3), 8×10", _normal(3)),
    "tiny": Regime("uniform in (−1, 1), 8×10", _uniform(1)),
    "wide": Regime("N(0, 30), 8×10", _normal(30)),
    "dominant": Regime("one logit ahead of the rest by 17, 40, 80, 700, 8×10", _dominant),
    "ties": Regime("the largest six logits equal, or a few ulps apart, 8×10", _ties),
    "constant_rows": Regime("every row of one value, N(0, 10), 8×10", _constant_rows),
    "apart": Regime("N(0, 1), rows 128 apart from each other, 8×10", _apart),
    "thousand": Regime("uniform in ±1e3, 8×10", _uniform(1e3)),
    "hundred_thousand": Regime("uniform in ±1e5 (or what the format holds), 8×10", _uniform(1e5)),
    "large": Regime("uniform in ±1/(32u), 8×10", _large),
    "largest": Regime("one logit at the format's largest number, others down to its negative, 8×10", _largest),
    "subnormal": Regime("subnormal numbers of the format, 8×10", _subnormal),
    "underflow": Regime("three logits near 0, the rest where e^x is about the smallest normal, 8×10", _underflow),
    "signed_zeros": Regime("+0 and −0, 8×10", _signed_zeros),
    "masked": Regime("−inf in one entry, and in all but one, 8×10", _masked),
    "special": Regime("a NaN, one +inf, two +inf, a row all −inf, each beside ordinary rows, 8×10", _special),
    "strided": Regime("every second entry of a larger array, 8×10", _normal(3), True, layout="strided"),
    "reversed": Regime("negative strides, 8×10", _normal(3), True, layout="reversed"),
    "fortran": Regime("columns contiguous, 8×10", _normal(3), True, layout="fortran"),
    "broadcast": Regime("one row in memory, stride 0, 8×10", _same_rows, True, layout="broadcast"),
    "first_axis": Regime("the classes on the first axis, 10×8", _normal(3), True, axis=0),
    "middle_axis": Regime("the classes on axis 1 of three, 5×10×5", _normal(3, (5, 5, 10)), True, axis=1),
    "square": Regime("N(0, 3), as many rows as classes, 4×4", _normal(3, (4, 4)), True),
    "vector": Regime("N(0, 3), a single vector of 10", _normal(3, (10,)), True),
    "three_axes": Regime("N(0, 3), 2×3×4", _normal(3, (2, 3, 4)), True),
    "few_classes": Regime("uniform in (−1, 1), 8×3", _uniform(1, (8, 3)), True),
    "one_class": Regime("a single class, 4×1", _normal(3, (4, 1)), True),
    "one_example": Regime("a single row, 1×10", _normal(3, (1, 10)), True),
    "no_examples": Regime("no rows at all, 0×10", _normal(3, (0, 10)), True),
    "many_classes": Regime("N(0, 3), 2×1000", _normal(3, (2, 1000)), True),
    "vocabulary": Regime("N(0, 3), 1×128000", _normal(3, (1, 128_000)), True, "vocabulary"),
    "many_examples": Regime("N(0, 3), 70000×3", _normal(3, (70_000, 3)), True),
    **{f"width_{n}": Regime(f"N(0, 3), 3×{n}", _normal(3, (3, n)), True, "widths") for n in WIDTHS},
}
"""Regimes of logits, the classes on the last axis."""


def _extreme(rng: np.random.Generator, format: Format) -> np.ndarray:
    edges = np.array([17.0, 20.0, 37.0, 40.0, 88.0, 104.0, 710.0, 745.0, 0.5 * format.largest, format.largest])
    return np.resize(np.concatenate([edges, -edges]), SHAPE)


def _special_elements(rng: np.random.Generator, format: Format) -> np.ndarray:
    return np.resize([0.0, -0.0, np.inf, -np.inf, np.nan, 1.0], SHAPE)


_SHARED = (
    *("typical", "tiny", "wide", "thousand", "subnormal", "signed_zeros"),
    *("strided", "reversed", "fortran", "broadcast", "one_example", "no_examples"),
)

ELEMENTS: Mapping[str, Regime] = {
    **{name: LOGITS[name] for name in _SHARED},
    "extreme": Regime("±17, ±20, ±37 … ±745 and the format's largest, 8×10", _extreme),
    "special": Regime("±0, ±inf, NaN, 1, 8×10", _special_elements),
    **{name: regime for name, regime in LOGITS.items() if regime.family == "widths"},
}
"""Regimes of the argument of a function of single elements."""

Complete = Callable[[np.random.Generator, np.ndarray], Arrays]


def _cases(
    regimes: Mapping[str, Regime], complete: Complete, skip: tuple[str, ...], widths: bool
) -> dict[str, Case]:
    def case(name: str, r: Regime) -> Case:
        def draw(rng: np.random.Generator, format: Format) -> Arrays:
            return complete(rng, r.draw(rng, format))

        return Case(name, r.summary, draw, r.extra, r.family, r.axis, r.layout)

    chosen = {n: r for n, r in regimes.items() if n not in skip and (widths or r.family != "widths")}
    return {name: case(name, regime) for name, regime in chosen.items()}


def element_cases(complete: Complete, *skip: str, widths: bool = False) -> dict[str, Case]:
    """A case for every regime of ``ELEMENTS``; ``complete`` adds the other inputs to the argument.

    ``widths``: the family of many widths too, which is for one of the operations that share a kernel.
    """
    return _cases(ELEMENTS, complete, skip, widths)


def logit_cases(complete: Complete, *skip: str, widths: bool = False, masks: bool = True) -> dict[str, Case]:
    """A case for every regime of ``LOGITS``; ``complete`` adds the other inputs to the logits.

    ``masks``: whether frameworks take −inf for an impossible class, which keeps the shape of ``sharp``.
    """

    def swamped(rng: np.random.Generator, format: Format) -> Arrays:
        """Cotangents in the even rows and tangents in the odd ones: the product of two would overflow float16."""
        inputs = complete(rng, _uniform(1)(rng, format))
        large = 1 / format.unit_roundoff if format.accumulation_precision > format.precision else 1.0
        for first, name in enumerate(("cotangent", "tangent")):
            ones = np.ones(inputs[name].shape)
            if ones.ndim > 1:
                ones[first::2, ..., 0], ones[first::2, ..., -1] = large, -large
            inputs[name] = ones
        return inputs

    def sharp(rng: np.random.Generator, format: Format) -> Arrays:
        """Little cancels: a class of probability about 1/4, and directions that are 0 at the likelier one."""
        x = np.full(SHAPE if masks else (8, 2), -np.inf)
        x[:, :2] = rng.uniform(-1, 1, (8, 2)) / 32 + [0, 1]
        inputs = complete(rng, x)
        for name in ("cotangent", "tangent"):
            if inputs[name].shape == x.shape:
                inputs[name] = np.where(np.arange(x.shape[-1]) == 0, 1.3 + rng.uniform(0, 0.1, x.shape), 0.0)
        return inputs

    lost = "|x| < 1, directions 1/u, 1, …, 1, −1/u: a sum in a 16-bit format loses the ones, 8×10"
    bounds = f"logits near 0 and 1{', the rest −inf' if masks else ''}: the sharpest bounds"
    return {
        **_cases(LOGITS, complete, skip, widths),
        "sharp": Case("sharp", f"{bounds}, {'8×10' if masks else '8×2'}", sharp),
        "swamped": Case("swamped", lost, swamped),
    }


def with_directions(rng: np.random.Generator, x: np.ndarray) -> Arrays:
    """``x`` with a cotangent and a tangent of its shape, for a function whose value has that shape.

    Both are random and signed: a uniform cotangent hides errors of the softmax backward pass (its VJP is 0).
    """
    return {"x": x, "cotangent": rng.normal(0, 1, x.shape), "tangent": rng.normal(0, 1, x.shape)}


def with_row_directions(rng: np.random.Generator, x: np.ndarray) -> Arrays:
    """The same for a function whose value drops the last axis."""
    cotangent = np.asarray(rng.normal(0, 1, x.shape[:-1]))
    return {"x": x, "cotangent": cotangent, "tangent": rng.normal(0, 1, x.shape)}
