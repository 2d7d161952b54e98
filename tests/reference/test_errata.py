"""As printed each is refuted, with a witness; as corrected each is proved."""

import numpy as np
import pytest

from crosscheck.proof import PROVED, REFUTED, check_erratum
from reference.errata import ERRATA


@pytest.mark.parametrize("erratum", ERRATA, ids=[f"{e.section[1:]}-{i}" for i, e in enumerate(ERRATA, 1)])
def test_the_print_is_refuted_and_the_correction_proved(erratum):
    found = check_erratum(erratum)
    assert found.right
    assert found.correction.status == PROVED
    assert [verdict.status for verdict in found.printed] == [REFUTED, REFUTED]
    assert all(verdict.algebra.shown is False for verdict in found.printed)


def test_the_missing_parentheses_are_a_wrong_shape_or_with_equal_lengths_a_wrong_value():
    unequal, equal = check_erratum(ERRATA[-1]).printed
    assert "could not be broadcast together" in unequal.witness.error
    assert equal.witness.error == ""
    assert equal.witness.left != equal.witness.right
    assert np.shape(equal.witness.inputs["W1"]) == (2, 2)


def test_the_code_of_section_1_2_is_what_the_erratum_says():
    def softmax_vector(v):  # as printed in §1.2
        m = np.max(v)
        return np.exp(v - m) / np.sum(np.exp(v - m))

    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    erratum = next(e for e in ERRATA if e.section == "§1.2")
    for axis, line in ((1, erratum.printed), (-1, erratum.correction)):
        literal, said = np.apply_along_axis(softmax_vector, axis, x), line.function(x)
        # The same operations but for the order of summing at most four terms: 3 u each, and the quotient's.
        assert np.abs(literal - said).max() <= 8 * 2.0**-53
    assert np.abs(erratum.printed.function(x) - erratum.correction.function(x)).max() > 0.1
