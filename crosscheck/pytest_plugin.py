"""pytest's options: which part of the matrix the tests judge, or which function of somebody's, and a summary.

``--xc-device``, ``--xc-implementation``, ``--xc-dtype``, ``--xc-all`` and ``--xc-seed`` select cells; the markers
``slow``, ``gpu`` and ``compile`` tell them apart. A test module takes its parameters from ``matrix_parameters``
and hands its verdicts to ``record``; they are counted in a closing section of the terminal summary.

Where ``--xc-implementation`` is the place of a function, ``pkg.module:fn`` or ``FILE.py:FN``, the run is about
that function: ``pytest --pyargs crosscheck.conformance`` takes its tests from ``function_parameters``.

The plugin is loaded in every test run of an environment, so it imports nothing until an option is given or the
matrix is asked for.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .implementation import Implementation
    from .judge import Cell, Verdict
    from .matrix import Plan
    from .testing import Check

MARKERS = {
    "slow": "a cell of an extra implementation or case, which run with --xc-all",
    "gpu": "a cell on a GPU",
    "compile": "a cell of torch.compile",
}
_DEFAULTS: dict[str, Any] = {
    "xc_device": "auto",
    "xc_implementation": [],
    "xc_as": None,
    "xc_arrays": "numpy",
    "xc_dtype": [],
    "xc_all": False,
    "xc_seed": "0",
}
_PLAN = pytest.StashKey["Plan"]()
_CHECKS = pytest.StashKey["dict[str, Check]"]()
_COLLECTED = pytest.StashKey[bool]()
_OUTPUT = "crosscheck_verdicts"
_VERDICTS = pytest.StashKey["list[Verdict]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("crosscheck", "what crosscheck's tests judge: a part of the matrix, or a function")
    names: dict[str, Any] = {"action": "append", "metavar": "NAME", "default": _DEFAULTS["xc_dtype"]}
    group.addoption("--xc-device", metavar="NAME", default="auto", help="cpu, cuda, or auto: what is found (auto)")
    group.addoption(
        "--xc-implementation",
        **names,
        help="reference, torch, jax.jit, …; repeatable, or with commas. Or pkg.module:fn, FILE.py:FN: a function, "
        "which --pyargs crosscheck.conformance judges",
    )
    group.addoption("--xc-as", metavar="OPERATION", help="what the function is, where its name does not say it")
    group.addoption(
        "--xc-arrays", metavar="KIND", default="numpy", help="what the function takes: numpy, torch, jax"
    )
    group.addoption("--xc-dtype", **names, help="float64, float32, bfloat16, float16; repeatable, or commas")
    group.addoption("--xc-all", action="store_true", help="add the extra implementations and the extra cases")
    group.addoption("--xc-seed", metavar="N", default="0", help="seed of all random inputs (0)")


def pytest_configure(config: pytest.Config) -> None:
    for name, meaning in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")
    if any(config.getoption(name) != default for name, default in _DEFAULTS.items()):
        (function_checks if _functions(config) else matrix_plan)(config)  # a wrong value ends the run here


def pytest_collection_finish(session: pytest.Session) -> None:
    functions = _functions(session.config)
    if functions and _COLLECTED not in session.config.stash:
        raise pytest.UsageError(
            f"--xc-implementation: got {functions[0]!r}, a function, but no test of it was collected: "
            "add --pyargs crosscheck.conformance"
        )


def matrix_plan(config: pytest.Config) -> Plan:
    """The cells that the options select, and what cannot be judged; pytest.UsageError names a wrong value."""
    if _PLAN not in config.stash:
        from .matrix import Plan, Selection, plan

        for option in ("xc_as", "xc_arrays"):
            if config.getoption(option) != _DEFAULTS[option] and not _functions(config):
                name = option.replace("_", "-")
                raise pytest.UsageError(f"--{name}: says what a function is, and --xc-implementation names none")
        functions = _functions(config)
        named = [name for name in _names(config.getoption("xc_implementation")) if name not in functions]
        selection = Selection(
            implementations=tuple(named),
            dtypes=_names(config.getoption("xc_dtype")),
            device=config.getoption("xc_device"),
            seed=_seed(config),
            all=config.getoption("xc_all"),
        )
        try:
            config.stash[_PLAN] = plan(selection) if named or not functions else Plan((), ())
        except ValueError as error:
            raise pytest.UsageError(f"--xc-{error}") from None  # its message starts with the option's name
    return config.stash[_PLAN]


def _seed(config: pytest.Config) -> int:
    seed: str = config.getoption("xc_seed")
    if not seed.isdecimal():
        raise pytest.UsageError(f"--xc-seed: got {seed!r}, expected a whole number from 0")
    return int(seed)


def _functions(config: pytest.Config) -> tuple[str, ...]:
    """The implementations that are named by the place of a function."""
    names = _names(config.getoption("xc_implementation"))
    return tuple(name for name in names if ":" in name or name.endswith(".py"))


def function_checks(config: pytest.Config) -> dict[str, Check]:
    """The checks, by id, of the functions that are named; pytest.UsageError says what stands in the way."""
    if _CHECKS not in config.stash:
        from .checking import DTYPES, Options
        from .testing import checks

        functions = _functions(config)
        found: dict[str, Check] = {}
        try:
            options = Options(
                dtypes=_names(config.getoption("xc_dtype")) or DTYPES,
                arrays=config.getoption("xc_arrays"),
                device=config.getoption("xc_device").replace("auto", "cpu"),
                seed=_seed(config),
                all=config.getoption("xc_all"),
            )
            for function in functions:
                start = f"{function}-" if len(functions) > 1 else ""
                found |= {start + c.id: c for c in checks(function, config.getoption("xc_as"), options)}
        except (ValueError, ImportError) as error:
            name, _, rest = str(error).partition(": ")
            option = _MEANT.get(name)
            told = f"--xc-{option}: {rest}" if option else f"--xc-implementation: {error}"
            raise pytest.UsageError(told) from None
        config.stash[_CHECKS] = found
    return config.stash[_CHECKS]


_MEANT = {"operation": "as", "dtype": "dtype", "arrays": "arrays", "device": "device"}
"""Argument of ``crosscheck.check`` → option."""


def function_parameters(config: pytest.Config) -> list[Any]:
    """The checks for ``metafunc.parametrize``, with ids; empty where no function is named."""
    config.stash[_COLLECTED] = True
    return [pytest.param(check, id=id) for id, check in function_checks(config).items()]


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


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A process of pytest-xdist hands its verdicts to the one that writes the summary."""
    verdicts = session.config.stash.get(_VERDICTS, None)
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None and verdicts:
        output[_OUTPUT] = pickle.dumps(verdicts)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take them."""
    output = getattr(node, "workeroutput", {})  # none where the process died
    if _OUTPUT in output:
        if not _functions(node.config):
            matrix_plan(node.config)  # what it leaves out is told beside them
        record(node.config, pickle.loads(output[_OUTPUT]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    verdicts = config.stash.get(_VERDICTS, None)
    if not verdicts:
        return
    from .report.summary import lines

    terminalreporter.section("crosscheck: what was validated")
    width = min(100, config.get_terminal_writer().fullwidth)
    for line in lines(verdicts, config.stash.get(_PLAN, None), width):
        terminalreporter.write_line(line)
