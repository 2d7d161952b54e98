"""A verdict is ``proved`` only where it is."""

import pytest

from crosscheck.proof.verdict import MET, PROVED, REFUTED, UNDECIDED, Algebra, Meeting, Verdict, Witness

SHOWN, NOT_SHOWN, NOT_RUN = Algebra("s", True), Algebra("s", False), Algebra("s", None, "not run")
MEETS, FAILS, SKIPPED = Meeting("s", 33, 128), Meeting("s", None, 512), Meeting("s", None, note="not run")
WITNESS = Witness("s", "entry [0]", "1", "2", {})


@pytest.mark.parametrize(
    ("algebra", "meetings", "witness", "status"),
    [
        (SHOWN, (MEETS, MEETS), None, PROVED),
        (SHOWN, (MEETS, SKIPPED), None, PROVED),
        (NOT_RUN, (MEETS,), None, MET),
        (NOT_SHOWN, (MEETS,), None, UNDECIDED),
        (SHOWN, (MEETS, FAILS), None, UNDECIDED),
        (SHOWN, (SKIPPED,), None, UNDECIDED),
        (SHOWN, (), None, UNDECIDED),
        (SHOWN, (MEETS,), WITNESS, REFUTED),
    ],
)
def test_status(algebra, meetings, witness, status):
    verdict = Verdict("claim", algebra, meetings, witness)
    assert verdict.status == status
    assert verdict.right == (status in (PROVED, MET))


def test_digits_are_the_fewest_of_those_met():
    assert Verdict("claim", SHOWN, (MEETS, Meeting("s", 31, 128), SKIPPED)).digits == 31
