"""Known numbers: NumPy's quantiles, ratios of each round, the root of a product."""

import numpy as np
import pytest

from crosscheck.bench.statistics import Spread, geometric_mean, paired, spread


@pytest.mark.parametrize("many", [1, 2, 3, 4, 5, 8, 11])
def test_quartiles_are_numpys(many):
    numbers = np.random.default_rng(many).uniform(size=many)
    found = spread(numbers.tolist())
    np.testing.assert_allclose(
        [found.low, found.median, found.high], np.quantile(numbers, [0.25, 0.5, 0.75]), rtol=1e-14
    )


def test_a_drift_that_both_share_leaves_their_ratio_alone():
    drift = [1.0, 3.0, 2.0, 7.0]
    assert paired([2 * d for d in drift], drift) == Spread(2.0, 2.0, 2.0)
    # the ratio of the medians is another number where rounds differ
    assert paired([1.0, 10.0, 3.0], [10.0, 1.0, 1.0]).median == 3.0


def test_geometric_mean():
    assert geometric_mean([2.0, 8.0]) == pytest.approx(4.0, rel=1e-15)
    assert geometric_mean([0.5, 2.0, 1.0]) == pytest.approx(1.0, rel=1e-15)
    assert geometric_mean([1e300, 1e300]) == pytest.approx(1e300, rel=1e-12)  # no overflow
