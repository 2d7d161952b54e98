"""The assignment's derivations: every line is proved by algebra and met to 30 digits at every shape."""

import ast
import sys
from pathlib import Path

import numpy as np
import pytest

from crosscheck.proof import PROVED, check_derivation
from crosscheck.proof.prove import DIGITS
from reference.derivations import DERIVATIONS, SHIFT, SIGMOID, one_hot

REFERENCE = Path(__file__).resolve().parents[2] / "reference"


IDS = [f"{derivation.section[1:]}-{i}" for i, derivation in enumerate(DERIVATIONS, 1)]


@pytest.mark.parametrize("derivation", DERIVATIONS, ids=IDS)
def test_every_line_is_proved(derivation):
    found = check_derivation(derivation)
    assert found.first_wrong is None
    judged = [verdict for verdict in found.lines if verdict is not None]
    assert len(judged) == len(derivation.lines) - (derivation.definition is None)
    for verdict in judged:
        assert verdict.status == PROVED
        assert [m.shape for m in verdict.meetings] == ["2×3-2-3", "4×5-7-3", "16×20-10-5", "8×64-32-10 digits"]
        assert verdict.digits >= DIGITS


def test_the_printed_lines_are_all_there():
    # §1.1 prints four lines, §2.1 four, §2.2 four and three; §2.3 four gradients.
    assert [len(d.lines) for d in DERIVATIONS[:4]] == [4, 4, 4, 3]
    assert [d.title[:5] for d in DERIVATIONS if d.section == "§2.3"] == ["∂J/∂θ", "∂J/∂h", "∂J/∂φ", "∂J/∂x"]


def test_lines_are_plain_numpy():
    # x = log 3: e^(−x) = 1/3, so σ = 3/4 and σ' = 3/16. Five roundings of numbers below 1, and exp: 8 u is ample.
    x = np.log([[3.0]])
    for line in SIGMOID.lines:
        assert abs(line.function(x).item() - 3 / 16) <= 8 * 2.0**-53
    # Logits log 1, log 3, shifted by log 2: 1/4 and 3/4.
    x = np.log([[1.0, 3.0]])
    assert np.abs(SHIFT.lines[0].function(x, np.log([[2.0]])) - [[0.25, 0.75]]).max() <= 8 * 2.0**-53


def test_one_hot():
    assert one_hot(1, np.zeros(3)).tolist() == [0, 1, 0]


@pytest.mark.parametrize("path", sorted(REFERENCE.glob("*.py")), ids=lambda path: path.name)
def test_reference_imports_numpy_and_itself_only(path):
    allowed = {*sys.stdlib_module_names, "numpy"}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert {alias.name.split(".")[0] for alias in node.names} <= allowed
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            assert node.module.split(".")[0] in allowed
