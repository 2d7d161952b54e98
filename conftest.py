"""What every test shares: Hypothesis without a deadline, seeds that replay, the options of the matrix, and cores.

Where pytest-xdist is installed, the whole suite is divided among as many processes as there are cores, by files;
``-n 0`` or ``-p no:xdist`` runs it in one.
"""

import gc
import os

import pytest
from _pytest.runner import runtestprotocol

# Threads that wait for their next piece of work, of torch or of BLAS, spin on a core that another process needs.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import hypothesis  # it imports NumPy, and NumPy its BLAS

from crosscheck import compiled

os.environ.update(compiled.variables())  # what JAX compiles is kept, as that of a run is

# The plugin is installed with the package; naming it here serves a checkout that was installed before it was.
pytest_plugins = ["crosscheck.pytest_plugin", "pytester"]

hypothesis.settings.register_profile("crosscheck", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("crosscheck")

MOST_PROCESSES = 8
"""Each takes some 2 GB, with torch and JAX."""

FIRST = (
    "tests/crosscheck/test_matrix.py",  # judged in processes of its own, beside the other tests
    "tests/crosscheck/proof",  # these wait for processes that hang, and for their ends: others need the cores
    "tests/crosscheck/guest",
    "tests/crosscheck/test_testing.py",
    "tests/crosscheck/test_homework.py",
    "tests/crosscheck/test_kill.py",
    "tests/crosscheck/test_examples.py",
    "tests/crosscheck/implementations",
    "tests/crosscheck/test_third_parties.py",
    "tests/crosscheck/checking",
    "tests/crosscheck/test_honest_variants.py",
)
"""What waits is begun first where files are divided, then what takes longest: nothing long is left for the end."""


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Divide the suite, where all of it is asked for and nothing else is said: few tests are not worth a start."""
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not config.option.keyword
    alone = config.getoption("collectonly") or config.getoption("usepdb") or hasattr(config, "workerinput")
    if whole and not alone and config.getoption("numprocesses", 0) is None and config.getoption("dist") == "no":
        from crosscheck.environment import cores

        if cores() > 1:
            config.option.numprocesses = min(cores(), MOST_PROCESSES)
            config.option.dist = "loadfile"
            config.option.loadscopereorder = False


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    if hasattr(config, "workerinput"):
        items.sort(
            key=lambda item: next((i for i, p in enumerate(FIRST) if item.nodeid.startswith(p)), len(FIRST))
        )


def pytest_collection_finish(session):
    # What is printed is compared at the width of a pipe. readline, which pytest imports, sets the variable behind
    # the back of ``os.environ``, for the processes that are started.
    os.environ.pop("COLUMNS", None)
    os.unsetenv("COLUMNS")
    gc.collect()
    gc.freeze()  # 16,000 tests and all modules stay: nobody need look at them again
    gc.set_threshold(50_000, 20, 20)  # tracing and compiling makes many objects, and few circles


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    """A process of pytest-xdist sends what is counted, and what has failed: of the setups and teardowns of 16,000
    tests it would take longer to tell that they passed than most of them take.
    """
    option = item.config.option
    asked_for_all = option.durations is not None or option.xmlpath or option.verbose > 0
    if not hasattr(item.config, "workerinput") or asked_for_all:
        return None
    for report in runtestprotocol(item, nextitem=nextitem, log=False):
        if report.when == "call" or not report.passed:
            item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
