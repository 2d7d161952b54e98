"""The tests of a function of yours, without a checkout: one for each dtype and case.

``pytest --pyargs crosscheck.conformance --xc-implementation pkg.module:fn``, with ``--xc-as OPERATION`` where the
function does not have an operation's name. It runs in a process of its own.
"""

from __future__ import annotations

import pytest

from .pytest_plugin import function_parameters, record
from .testing import Check


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test for every check; without a function there is nothing to judge, which is an error and no success."""
    found = function_parameters(metafunc.config)
    if not found:
        pytest.fail(
            "crosscheck.conformance: no function to judge: name one with --xc-implementation pkg.module:fn",
            pytrace=False,
        )
    metafunc.parametrize("check", found)


def test_function(check: Check, request: pytest.FixtureRequest) -> None:
    """The check, its verdicts counted in the summary."""
    check(lambda seen: record(request.config, seen.verdicts))
