"""pytest for users of the checkout: which part of the matrix the tests judge, and in the end what was validated.

``--xc-device``, ``--xc-implementation``, ``--xc-dtype``, ``--xc-all`` and ``--xc-seed`` select cells; the markers
``slow``, ``gpu`` and ``compile`` tell them apart. A test module takes its parameters from ``matrix_parameters``
and hands its verdicts to ``record``; they are counted in a closing section of the terminal summary.

The plugin is loaded in every test run of an environment, so it imports nothing until an option is given or the
matrix is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .implementation import Implementation
    from .judge import Cell, Verdict
    from .matrix import Plan

MARKERS = {
    "slow": "a cell of an extra implementation or case, which run with --xc-all",
    "gpu": "a cell on a GPU",
    "compile": "a cell of torch.compile",
}
_DEFAULTS: dict[str, Any] = {
    "xc_device": "auto",
    "xc_implementation": [],
    "xc_dtype": [],
    "xc_all": False,
    "xc_seed": "0",
}
_PLAN = pytest.StashKey["Plan"]()
_VERDICTS = pytest.StashKey["list[Verdict]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("crosscheck", "the part of the matrix that crosscheck's tests judge")
    names: dict[str, Any] = {"action": "append", "metavar": "NAME", "default": _DEFAULTS["xc_dtype"]}
    group.addoption("--xc-device", metavar="NAME", default="auto", help="cpu, cuda, or auto: what is found (auto)")
    group.addoption(
        "--xc-implementation", **names, help="reference, torch, jax.jit, …; repeatable, or with commas"
    )
    group.addoption("--xc-dtype", **names, help="float64, float32, bfloat16, float16; repeatable, or commas")
    group.addoption("--xc-all", action="store_true", help="add the extra implementations and the extra cases")
    group.addoption("--xc-seed", metavar="N", default="0", help="seed of all random inputs (0)")


def pytest_configure(config: pytest.Config) -> None:
    for name, meaning in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")
    if any(config.getoption(name) != default for name, default in _DEFAULTS.items()):
        matrix_plan(config)  # a wrong value ends the run before anything is collected


def matrix_plan(config: pytest.Config) -> Plan:
    """The cells that the options select, and what cannot be judged; pytest.UsageError names a wrong value."""
    if _PLAN not in config.stash:
        from .matrix import Selection, plan

        seed = config.getoption("xc_seed")
        if not seed.isdecimal():
            raise pytest.UsageError(f"--xc-seed: got {seed!r}, expected a whole number from 0")
        selection = Selection(
            implementations=_names(config.getoption("xc_implementation")),
            dtypes=_names(config.getoption("xc_dtype")),
            device=config.getoption("xc_device"),
            seed=int(seed),
            all=config.getoption("xc_all"),
        )
        try:
            config.stash[_PLAN] = plan(selection)
        except ValueError as error:
            raise pytest.UsageError(f"--xc-{error}") from None  # its message starts with the option's name
    return config.stash[_PLAN]


def _names(words: Iterable[str]) -> tuple[str, ...]:
    """Options that are given several times, or with commas, as one tuple without repetitions."""
    return tuple(dict.fromkeys(name.strip() for word in words for name in word.split(",")))


def matrix_parameters(config: pytest.Config) -> Iterator[Any]:
    """(number of the cell in the plan, quantity) for ``metafunc.parametrize``, with an id and the markers."""
    from .implementations import implementations
    from .judge import spelled

    for number, cell in enumerate(matrix_plan(config).cells):
        marks = [getattr(pytest.mark, name) for name in markers_of(cell, implementations()[cell.implementation])]
        for quantity in cell.operation.quantities:
            place = (cell.operation.name, quantity, cell.implementation, cell.device, cell.format.name, cell.case)
            yield pytest.param(number, quantity, id=spelled(*place), marks=marks)


def markers_of(cell: Cell, implementation: Implementation) -> tuple[str, ...]:
    """The markers of a cell's tests."""
    asked = {
        "slow": implementation.extra or cell.operation.cases[cell.case].extra,
        "gpu": cell.device != "cpu",
        "compile": cell.implementation.startswith("torch.compile"),
    }
    return tuple(name for name, given in asked.items() if given)


def record(config: pytest.Config, verdicts: Iterable[Verdict]) -> None:
    """Count verdicts in the closing section of the terminal summary."""
    config.stash.setdefault(_VERDICTS, []).extend(verdicts)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    verdicts = config.stash.get(_VERDICTS, None)
    if not verdicts:
        return
    from .report.summary import lines

    terminalreporter.section("crosscheck: what was validated")
    width = min(100, config.get_terminal_writer().fullwidth)
    for line in lines(verdicts, config.stash.get(_PLAN, None), width):
        terminalreporter.write_line(line)
