"""Contenders that are made for a test: modules in a folder that processes find."""

import textwrap

import pytest

from crosscheck.bench.process import Contender

HEAD = """
from crosscheck.bench import of_reference
from crosscheck.bench.prepared import Prepared

def start(cores, device):
    return ""

def prepare(workload, inputs, device):
    right = of_reference.prepare(workload, inputs, device)
"""


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """(name, the rest of ``prepare``, or a whole module) → a contender."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def plant(name, body, whole=False):
        module = f"planted_{name}"
        source = textwrap.dedent(body)
        text = source if whole else HEAD + textwrap.indent(source, "    ")
        (tmp_path / f"{module}.py").write_text(text, encoding="utf-8")
        return Contender(name, "numpy", module)

    return plant
