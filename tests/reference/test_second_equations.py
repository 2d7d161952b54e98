"""The equations of second derivatives read as numbers: known values, and what a Hessian must be."""

import numpy as np
import pytest

from crosscheck.graph import inputs_of, needs
from reference import equations as eq
from reference import second_equations as se


def test_known_values_of_the_second_derivative_of_sigmoid():
    """σ = 1/4 at −log 3: σ' = 3/16 and σ″ = 3/32. One rounding of log 3, and some of size 2⁻⁵³ below 1/4."""
    assert se.sigmoid_second(0.0) == 0
    assert abs(se.sigmoid_second(-np.log(3.0)) - 3 / 32) <= 2.0**-52
    x = np.linspace(0.1, 5, 20)
    assert (se.sigmoid_second(x) < 0).all()
    assert (se.sigmoid_second(-x) > 0).all()


@pytest.mark.parametrize("classes", [2, 5])
def test_the_hessian_of_cross_entropy_is_that_of_the_softmax(classes):
    """Row by row (Σ y)(diag ŷ − ŷ ŷᵀ), blind to a shift; each side is within 8 roundings of numbers below Σ y."""
    rng = np.random.default_rng(classes)
    x, y = rng.normal(size=(1, classes)), rng.uniform(size=(1, classes))
    columns = [se.cross_entropy_hvp(x, y, np.ones(1), unit[None])[0] for unit in np.eye(classes)]
    p = eq.softmax(x)[0]
    exact = y.sum() * (np.diag(p) - np.outer(p, p))
    assert np.abs(np.array(columns) - exact).max() <= 16 * 2.0**-53 * y.sum()
    assert np.abs(se.cross_entropy_hvp(x, y, np.ones(1), np.ones((1, classes)))).max() <= 16 * 2.0**-53 * y.sum()


def test_the_graph_continues_that_of_the_network():
    graph = {**eq.NETWORK, **se.NETWORK_TANGENTS}
    assert len(graph) == 2 * len(eq.NETWORK)
    assert set(inputs_of(graph)) == {"y", *se.ALONG, *se.ALONG.values()}


@pytest.mark.parametrize("name", se.NETWORK_TANGENTS)
def test_a_step_takes_what_its_quantity_takes_and_its_tangents(name):
    """Or, as in R{∂J/∂b}, less: a linear step does not need the value itself."""
    own = needs(eq.NETWORK[name.removeprefix("t_")])
    assert set(needs(se.NETWORK_TANGENTS[name])) <= {*own, *(f"t_{need}" for need in own)}
