"""Each kind of claim sees what is right and what is wrong, in symbols and in balls."""

import numpy as np
import pytest

from crosscheck.numbers.ball import precision
from crosscheck.numbers.symbol import is_zero
from crosscheck.proof.claims import Equal, Gradient, Tangent
from crosscheck.proof.points import SMALL, Shape, point, symbols
from reference.derivations import Definition, Input

INPUTS = {"x": Input(("N", "C"))}
CUBE = Definition("Σ x³", lambda x: (x * x * x).sum(), "x")
CUBE_ENTRIES = Definition("x³", lambda x: x * x * x, "x")
WIDE = Shape(5, 1, 1, 9)  # more entries than are taken one by one

CLAIMS = {
    "equal": lambda factor: Equal("", INPUTS, lambda x: x * x * 3, lambda x: factor * x * x),
    "gradient": lambda factor: Gradient("", INPUTS, CUBE, lambda x: factor * x * x),
    "tangent": lambda factor: Tangent(
        "", {**INPUTS, "tangent": INPUTS["x"]}, CUBE_ENTRIES, lambda x, tangent: factor * x * x * tangent
    ),
}


@pytest.mark.parametrize("factor", [3, 2])
@pytest.mark.parametrize("kind", CLAIMS)
def test_in_symbols(kind, factor):
    claim = CLAIMS[kind](factor)
    (values,) = symbols(claim.inputs, SMALL)
    zeros = [is_zero(entry) for entry in claim.differences(values).ravel()]
    assert zeros == [factor == 3] * 6


@pytest.mark.parametrize("factor", [3, 2])
@pytest.mark.parametrize("shape", [SMALL, WIDE], ids=repr)
@pytest.mark.parametrize("kind", CLAIMS)
def test_in_balls(kind, shape, factor):
    claim = CLAIMS[kind](factor)
    left, right = claim.sides(point(claim.inputs, shape, 0), np.random.default_rng(0))
    assert left.shape == right.shape
    overlaps = [a.overlaps(b) for a, b in zip(left.data.ravel(), right.data.ravel(), strict=True)]
    assert overlaps == [factor == 3] * len(overlaps)


def test_one_wrong_entry_among_many_is_seen_along_a_random_direction():
    nudge = np.zeros((5, 9))
    nudge[3, 7] = 2.0**-60
    claim = Gradient("", INPUTS, CUBE, lambda x: 3 * x * x + nudge)
    with precision(128):
        left, right = claim.sides(point(INPUTS, WIDE, 0), np.random.default_rng(0))
    assert left.shape == ()
    assert not left.data.item().overlaps(right.data.item())


def test_an_input_that_there_is_not_is_named():
    with pytest.raises(TypeError, match="takes 'z', which is not one of x"):
        Equal("", INPUTS, lambda x: x, lambda z: z).shapes({"x": np.ones(2)})
