"""A function's checks as tests of pytest: ``parametrize(fn, operation)``, one test for each dtype and case."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from .checking import DTYPES, Options
from .checking.calls import Planned, planned
from .checking.candidate import Candidate
from .checking.findings import findings
from .checking.observe import Observation
from .checking.reduction import AUTO
from .checking.run import declined, judgement, operation_of
from .formats import FORMATS
from .guest.isolated import TIME_LIMIT
from .judge import PASS
from .report.check import text_of

MEMORY = "memory"
"""The check that a function leaves its arguments, and its earlier results, as they are."""


@dataclass(frozen=True)
class Check:
    """A test of a function in one dtype and case: called, it judges every quantity that the function returns.

    AssertionError says what is wrong, at the smallest input that shows it. Where nothing was judged, because the
    function declines whole numbers or because zeros would have passed, the test is skipped with the reason.
    """

    id: str
    dtype: str
    case: str
    candidate: Candidate = field(repr=False, compare=False)

    def __call__(self, record: Callable[[Observation], None] | None = None) -> None:
        """Judge; ``record`` is handed what was seen, before it is said to be right or wrong."""
        __tracebackhide__ = True
        if self.case == MEMORY:
            _judge_memory(self)
        else:
            _judge_numbers(self, record)


def _judge_numbers(check: Check, record: Callable[[Observation], None] | None) -> None:
    """One call, judged at the inputs of the case."""
    __tracebackhide__ = True
    call = _planned(check, check.case, check.candidate.options.seed)
    outcome = check.candidate.observe(call)
    if declined(call, outcome):
        _skip(f"declined: {outcome.error}")
    seen = judgement(check.candidate.subject, call, outcome)
    if record is not None:
        record(seen)
    if seen.failed:
        _fail(check, [seen])
    if not any(verdict.status == PASS for verdict in seen.verdicts):
        _skip(f"nothing sharp was checked: {'; '.join(f'{v.quantity}: {v.reason}' for v in seen.verdicts)}")


def _judge_memory(check: Check) -> None:
    """Two calls at inputs of a kind: are the arguments, and the result of the first, what they were?"""
    __tracebackhide__ = True
    seen = []
    for seed in (check.candidate.options.seed, check.candidate.options.seed + 1):
        call = _planned(check, "typical", seed)
        outcome = check.candidate.observe(call)
        if outcome.error:
            _skip(f"not to be seen: it {outcome.error}")
        seen.append(Observation(call.case, call.handed, FORMATS[check.dtype], call.inputs, outcome, ()))
    if any(o.outcome.shows for o in seen):
        _fail(check, seen)


def _planned(check: Check, case: str, seed: int) -> Planned:
    """The call, drawn anew: the inputs of all cases together would fill the memory."""
    candidate = check.candidate
    dtypes = (check.dtype,) if check.dtype in FORMATS else candidate.options.dtypes
    options = replace(candidate.options, dtypes=dtypes, cases=(case,), seed=seed)
    return next(p for p in planned(candidate.operation, candidate.takes, options, None) if p.handed == check.dtype)


def _fail(check: Check, seen: Sequence[Observation]) -> None:
    """Say what is wrong: with the numbers, or, of a check of the memory, with that."""
    __tracebackhide__ = True
    candidate = check.candidate
    found = findings(candidate.subject, seen, candidate)
    told = [finding for finding in found if (finding.quantity == "") == (check.case == MEMORY)]
    first = f"{told[0].quantity} {told[0].symptom}".strip()
    raise AssertionError(f"{first}: {candidate.subject.name} as {candidate.operation.name}\n{text_of(told)}")


def _skip(reason: str) -> None:
    import pytest

    pytest.skip(reason)


def checks(fn: Callable[..., Any] | str, operation: str | None, options: Options) -> tuple[Check, ...]:
    """The tests of a function, in order. UnusableError where it cannot be loaded, or takes nothing that fits;
    ValueError where no case is left that it can be judged by.
    """
    one = operation_of(fn, operation)
    candidate = Candidate(fn, one, options)
    start = "-".join(filter(None, (one.name, options.quantity)))
    found: dict[str, Check] = {}
    for call in planned(one, candidate.takes, options, None):
        id = "-".join([start, *([call.handed] if call.handed in FORMATS else []), call.case.name])
        found[id] = Check(id, call.handed, call.case.name, candidate)
    if not found:
        raise ValueError(f"fn: {fn} has no case that it can be judged by")
    if options.arrays != "jax" and not options.cases:  # arrays of JAX do not change
        found[f"{start}-{MEMORY}"] = Check(f"{start}-{MEMORY}", options.dtypes[0], MEMORY, candidate)
    return tuple(found.values())


def parametrize(
    fn: Callable[..., Any] | str,
    operation: str | None = None,
    *,
    quantity: str | None = None,
    dtypes: Sequence[str] = DTYPES,
    arrays: str = "numpy",
    device: str = "cpu",
    reduction: str = AUTO,
    cases: Sequence[str] = (),
    seed: int = 0,
    all: bool = False,
    time_limit: float = TIME_LIMIT,
    expected_failures: Mapping[str, str] | None = None,
) -> Any:
    """A decorator for a test with the argument ``check``: it runs once for every dtype and case, and calls it.

    The arguments are those of ``crosscheck.check``. The function is called once for each test, whose id reads
    ``softmax-float32-thousand`` (``softmax-vjp-float32-thousand`` where ``quantity`` is given); a last one,
    ``softmax-memory``, asks whether it leaves its arguments and earlier results alone. A test fails where any
    quantity that was returned is wrong, and shows the smallest input found that does.

    ``expected_failures`` maps ids, or patterns with ``*``, to the reason: these tests must fail, and where one
    does not, the run is red until the entry goes. ValueError names a pattern that matches no id, and what else
    means nothing; ImportError says what to install.

    >>> import numpy as np
    >>> import crosscheck
    >>> def softmax(x):
    ...     e = np.exp(x)
    ...     return e / e.sum(axis=-1, keepdims=True)
    >>> expected = {"*-thousand": "exp overflows without the shift", "*-large": "the same"}
    >>> @crosscheck.parametrize(softmax, dtypes=("float64",), expected_failures=expected)
    ... def test_softmax(check):
    ...     check()
    """
    try:
        import pytest
    except ImportError:
        raise ImportError("pytest is not installed: pip install -e '.[test]'") from None
    options = Options(quantity, _tuple(dtypes), arrays, device, reduction, _tuple(cases), seed, all, time_limit)
    found = checks(fn, operation, options)
    reasons = _reasons([check.id for check in found], expected_failures or {})
    return pytest.mark.parametrize(
        "check",
        [
            pytest.param(
                check,
                id=check.id,
                marks=[
                    pytest.mark.xfail(strict=True, raises=AssertionError, reason=reason)
                    for reason in reasons.get(check.id, ())
                ],
            )
            for check in found
        ],
    )


def _tuple(given: Any) -> Any:
    return tuple(given) if isinstance(given, list) else given


def _reasons(ids: Sequence[str], expected: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Why each test is expected to fail, where it is."""
    if not isinstance(expected, Mapping):
        raise TypeError(f"expected_failures: got {expected!r}, expected a mapping of ids to reasons")
    found: dict[str, tuple[str, ...]] = {}
    for pattern, reason in expected.items():
        if not isinstance(reason, str) or not reason.strip():
            raise ValueError(f"expected_failures: got {reason!r} for {pattern!r}, expected the reason")
        matching = [id for id in ids if fnmatchcase(id, pattern)]
        if not matching:
            raise ValueError(f"expected_failures: {pattern!r} matches none of {', '.join(ids)}")
        found |= {id: (*found.get(id, ()), reason) for id in matching}
    return found
