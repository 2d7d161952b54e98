"""``parametrize``: readable ids, one call for each, messages that say it all, strict expected failures."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

import crosscheck
from crosscheck.checking import Options
from crosscheck.guest.call import UnusableError
from crosscheck.report import check as report  # noqa: F401  (loaded here once, not anew in every small project)
from crosscheck.testing import checks


def softmax(x):
    e = np.exp(x - np.asarray(x, dtype=np.result_type(x, np.float32)).max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def overflowing(x):
    e = np.exp(x)
    return e / e.sum(axis=-1, keepdims=True)


def run(fn, operation="softmax", **options):
    """id → '' where the check passes, the message where it fails, 'skipped: …'."""
    found = {}
    for check in checks(fn, operation, Options(**options)):
        try:
            check()
        except AssertionError as error:
            found[check.id] = str(error)
        except pytest.skip.Exception as skipped:
            found[check.id] = f"skipped: {skipped}"
        else:
            found[check.id] = ""
    return found


def test_ids_say_what_is_judged():
    ids = [check.id for check in checks(softmax, "softmax", Options(dtypes=("float32", "bfloat16")))]
    assert ids[0] == "softmax-float32-typical"
    assert {"softmax-bfloat16-thousand", "softmax-whole_int64", "softmax-memory"} < set(ids)
    assert len(set(ids)) == len(ids)
    [one] = checks(softmax, None, Options("value", ("float16",), cases=("special",)))
    assert (one.id, repr(one)) == (
        "softmax-value-float16-special",
        "Check(id='softmax-value-float16-special', dtype='float16', case='special')",
    )


def test_the_function_is_called_once_for_each_dtype_and_case():
    calls = []

    def counted(x):
        calls.append(x.dtype.name)
        return softmax(x)

    found = checks(counted, "softmax", Options(cases=("typical", "thousand")))
    assert not calls  # collecting calls nothing
    for check in found:
        check()
    assert calls == ["float64", "float64", "float32", "float32"]


def test_a_right_function_passes_and_what_is_not_judged_is_skipped_with_the_reason():
    found = run(softmax, dtypes=("float32",))
    assert {id: message for id, message in found.items() if message} == {
        "softmax-float32-no_examples": "skipped: nothing sharp was checked: value: "
        "there is nothing to compare: the result is empty",
        "softmax-float32-largest": "skipped: nothing sharp was checked: value: zeros would pass",
    }

    def of_floats(x):
        if x.dtype.kind != "f":
            raise TypeError("floats, please")
        return softmax(x)

    found = run(of_floats, dtypes=("float32",), cases=("whole_int64",))
    assert found == {"softmax-whole_int64": "skipped: declined: raised TypeError: floats, please"}


def test_a_failure_says_what_where_why_and_how_to_repeat_it():
    message = run(overflowing, dtypes=("float32",), cases=("thousand",))["softmax-float32-thousand"]
    lines = [line.split(maxsplit=1) for line in message.splitlines()]
    assert message.splitlines()[0] == "value is NaN: overflowing as softmax"
    labelled = {words[0]: words[1] for words in lines if len(words) > 1}
    assert labelled["matches"].startswith("no shift: ")
    assert labelled["smallest"] == "overflowing(x) in float32"
    assert labelled["got"].startswith("nan")
    assert labelled["exact"].startswith("1 ")
    assert "0x3f800000, to the nearest float32" in labelled["exact"]  # 2⁰: exponent 127, no fraction
    again = "crosscheck.check(overflowing, 'softmax', dtypes=('float32',), cases=('thousand',))"
    assert labelled["again"] == again
    assert not eval(again, {"crosscheck": crosscheck, "overflowing": overflowing}).passed


def test_the_input_is_shrunk():
    """The case has 80 numbers; one that is wrong above 8 needs a single one, and a round one."""

    def cut(x):
        y = softmax(x)
        return np.where(x > 8, 0, y).astype(x.dtype)

    message = run(cut, dtypes=("float64",), cases=("thousand",))["softmax-float64-thousand"]
    [shown] = [line.split("x = ")[1] for line in message.splitlines() if "x = [[" in line]
    [[number]] = eval(shown)
    assert 8 < number == round(number)
    assert number < 1000


@pytest.mark.parametrize(
    ("fn", "symptom"),
    [
        (lambda x: softmax(x).astype(np.float32) * np.float32(1 + 2e-6), "value is off"),
        (lambda x: np.zeros_like(x), "value is 0"),
        (lambda x: softmax(x).ravel(), "value has the wrong shape"),
        (lambda x: None, "value returned None"),
        (lambda x: 1 / 0, "value raised ZeroDivisionError"),
    ],
)
def test_planted_mistakes_fail(fn, symptom):
    found = run(fn, dtypes=("float64",), cases=("typical",))
    assert found["softmax-float64-typical"].startswith(symptom)


def test_every_quantity_of_a_call_is_judged():
    def network(x, y, W1, b1, W2, b2):
        from reference.two_layer import two_layer

        found = two_layer(x=x, y=y, W1=W1, b1=b1, W2=W2, b2=b2)
        return {"J": found["J"], "d_b2": found["d_b2"], "d_W1": -found["d_W1"]}

    found = run(network, "two_layer", dtypes=("float64",), cases=("typical",))
    assert found["two_layer-float64-typical"].startswith("d_W1 is off: network as two_layer")


def test_the_mean_over_the_batch_is_found_out():
    def network(x, y, W1, b1, W2, b2):
        from reference.two_layer import two_layer

        return two_layer(x=x, y=y, W1=W1, b1=b1, W2=W2, b2=b2)["J"] / len(x)

    assert set(run(network, "two_layer", dtypes=("float64",), cases=("typical",)).values()) == {""}
    assert (
        "J is off" in run(network, "two_layer", reduction="sum", cases=("typical",))["two_layer-float64-typical"]
    )


def test_the_memory_has_a_check_of_its_own():
    """In place on purpose is one expected failure, and the numbers are judged all the same."""

    def in_place(x):
        x -= x.max(axis=-1, keepdims=True)
        np.exp(x, out=x)
        total = x.sum(axis=-1, keepdims=True)
        return x / total

    found = run(in_place, dtypes=("float64",))
    assert found["softmax-float64-typical"] == ""
    assert found["softmax-memory"].startswith("changes its argument x: in_place as softmax")
    kept = np.empty((1000, 1000))

    def buffered(x):
        out = kept[: x.shape[0], : x.shape[1]]
        out[...] = softmax(x)
        return out

    assert run(buffered, dtypes=("float64",))["softmax-memory"].startswith(
        "writes again to the memory of an earlier"
    )
    assert run(overflowing, dtypes=("float64",))["softmax-memory"] == ""
    found = run(lambda x: 1 / 0)
    assert found["softmax-memory"] == "skipped: not to be seen: it raised ZeroDivisionError: division by zero"


def test_vacuous_checks_are_skipped():
    """Of the VJP at logits far apart nothing can be told from zeros."""
    y = {"vjp": lambda x, cotangent: np.zeros_like(x)}
    found = run(y["vjp"], quantity="vjp", dtypes=("float64",), cases=("large", "typical"))
    assert found["softmax-vjp-float64-large"] == "skipped: nothing sharp was checked: vjp: zeros would pass"
    assert found["softmax-vjp-float64-typical"].startswith("vjp is 0")


def test_tensors():
    torch = pytest.importorskip("torch")
    found = run(lambda x: torch.softmax(x, -1), arrays="torch", dtypes=("bfloat16",), cases=("typical", "tiny"))
    assert set(found.values()) == {""}
    found = run(lambda x: torch.softmax(x, -1).detach().sqrt(), arrays="torch", cases=("typical",))
    assert found["softmax-float32-typical"].startswith("value is off")


# --- functions in a process of their own ----------------------------------------------------------------------


@pytest.fixture
def kernels(tmp_path):
    (tmp_path / "kernels.py").write_text(
        textwrap.dedent(
            """
            import os, time
            import numpy as np

            def softmax(x):
                e = np.exp(x - x.max(axis=-1, keepdims=True))
                return e / e.sum(axis=-1, keepdims=True)

            def hangs(x):
                time.sleep(100)

            def exits(x):
                os._exit(3)
            """
        )
    )
    return lambda name: f"{tmp_path / 'kernels.py'}:{name}"


def test_a_function_of_a_file_runs_in_a_process_of_its_own(kernels):
    from crosscheck.checking import candidate

    found = checks(kernels("softmax"), None, Options(cases=("typical",)))
    assert (
        not candidate._RUNNING or candidate._RUNNING[0] is not found[0].candidate
    )  # collecting leaves none behind
    for check in found:
        check()
    assert [found[0].candidate] == candidate._RUNNING
    [other] = checks(kernels("exits"), "softmax", Options(cases=("typical",), dtypes=("float64",)))
    with pytest.raises(
        AssertionError, match=r"^value ended its process, exit status 3: .*kernels\.py:exits as softmax"
    ):
        other()
    assert [other.candidate] == candidate._RUNNING  # the process of the other has gone


def test_a_function_that_hangs_is_ended_and_then_left_alone(kernels):
    found = [*run(kernels("hangs"), dtypes=("float64",), time_limit=0.2).values()]
    assert [message.partition(":")[0] for message in found[:3]] == [
        "value did not return within 0.2 s",
        "value did not return within 0.2 s",
        "value was left alone",
    ]
    assert "crosscheck check" in found[0]
    assert found[-1].startswith("skipped: not to be seen: it was left alone")


def test_what_cannot_be_loaded_is_an_error_of_one_line(kernels):
    with pytest.raises(
        UnusableError, match=r"^kernels: nothing is not there; functions in it: softmax, hangs, exits$"
    ):
        checks(kernels("nothing"), "softmax", Options())


# --- under pytest ---------------------------------------------------------------------------------------------

SUITE = """
import numpy as np
import crosscheck

def softmax(x):
    e = np.exp(x)
    return e / e.sum(axis=-1, keepdims=True)

OVERFLOWS = {expected}

@crosscheck.parametrize(
    softmax, dtypes=("float64",), cases=("typical", "thousand", "apart"), expected_failures=OVERFLOWS
)
def test_softmax(check):
    check()
"""


def suite(pytester, expected):
    pytester.makeini("[pytest]\nfilterwarnings = error")
    pytester.makepyfile(SUITE.format(expected=expected))
    return pytester.runpytest_inprocess("-rxX")


def test_a_suite_fails_where_the_function_does(pytester):
    done = suite(pytester, "None")
    done.assert_outcomes(passed=1, failed=2)
    done.stdout.fnmatch_lines(
        [
            "*test_softmax[[]softmax-float64-thousand[]]*",
            "E *AssertionError: value is NaN: softmax as softmax",
            "E * smallest  softmax(x) in float64",
            "E * got       nan *",
        ]
    )
    assert "candidate.observe" not in done.stdout.str()  # no line of this package between the test and the message


def test_expected_failures_have_a_reason_and_are_strict(pytester):
    done = suite(pytester, "{'*-thousand': 'exp overflows', 'softmax-float64-apart': 'the same'}")
    done.assert_outcomes(passed=1, xfailed=2)
    done.stdout.fnmatch_lines(["XFAIL *softmax-float64-thousand* - exp overflows*"])


def test_an_expected_failure_that_does_not_fail_is_red(pytester):
    done = suite(pytester, "{'*': 'exp overflows'}")
    done.assert_outcomes(failed=1, xfailed=2)
    done.stdout.fnmatch_lines(["*test_softmax[[]softmax-float64-typical[]]*", "[[]XPASS(strict)[]] exp overflows"])


@pytest.mark.parametrize(
    ("expected", "error", "message"),
    [
        (
            {"*-thousands": "why"},
            ValueError,
            "expected_failures: '*-thousands' matches none of softmax-float64-typical",
        ),
        ({"*": ""}, ValueError, "expected_failures: got '' for '*', expected the reason"),
        ({"*": None}, ValueError, "expected_failures: got None for '*', expected the reason"),
        (["*"], TypeError, "expected_failures: got ['*'], expected a mapping of ids to reasons"),
    ],
)
def test_expected_failures_that_mean_nothing(expected, error, message):
    with pytest.raises(error) as raised:
        crosscheck.parametrize(softmax, cases=("typical",), expected_failures=expected)
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: crosscheck.parametrize(softmax, "softmix"), "operation: got 'softmix', expected one of"),
        (
            lambda: crosscheck.parametrize(overflowing),
            "operation: not given, and 'overflowing' is none of sigmoid",
        ),
        (
            lambda: crosscheck.parametrize(softmax, dtypes="float32"),
            "dtypes: got 'float32', expected a tuple of names",
        ),
        (lambda: crosscheck.parametrize(softmax, cases=("none",)), "case: got 'none', expected one of typical"),
        (lambda: crosscheck.parametrize(3, "softmax"), "fn: got int, expected a function, or FILE.py:FN or"),
        (lambda: crosscheck.parametrize(lambda: 3, "softmax"), "<lambda>: takes nothing, expected x for value"),
    ],
)
def test_a_bad_call_is_one_line_that_names_the_argument(call, message):
    with pytest.raises((TypeError, ValueError)) as error:
        call()
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def _without(module, program):
    """The program where a module is not installed."""
    hidden = f"import sys; sys.modules[{module!r}] = None\n{textwrap.dedent(program)}"
    return subprocess.run([sys.executable, "-c", hidden], capture_output=True, text=True, check=False)


def test_without_pytest_the_error_says_what_to_install():
    done = _without("pytest", "import crosscheck; crosscheck.parametrize(lambda x: x, 'softmax')")
    assert done.stderr.splitlines()[-1] == "ImportError: pytest is not installed: pip install -e '.[test]'"


def test_without_hypothesis_a_failure_is_told_all_the_same():
    program = """
    import numpy as np
    from crosscheck.checking import Options
    from crosscheck.testing import checks
    [check] = checks(np.exp, "softmax", Options(cases=("typical",), dtypes=("float64",)))
    try:
        check()
    except AssertionError as error:
        print(error)
    """
    done = _without("hypothesis", program)
    assert done.stdout.startswith("value is off: exp as softmax"), done.stderr
    assert "smallest  exp(x) in float64\n              x = [[" in done.stdout
