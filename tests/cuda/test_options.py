"""Options valued on a grid are the processor's, whatever the chunks."""

import numpy as np
import pytest

from kernels.american import fill_american_values, make_workspace
from kernels.black_scholes import option_value
from kernels.option_values import fill_option_values

pytestmark = pytest.mark.usefixtures("grids")
# Of spot and strike together: what the processor's own lanes keep to, and as much again for sums
# that a GPU rounds once.
CLOSE = 1e-13


def _scenarios(n):
    draws = np.random.default_rng(n)
    spots = 100.0 * np.exp(draws.normal(0.0, 0.4, n))
    rates = draws.normal(0.02, 0.02, n)
    carries = draws.normal(0.0, 0.02, n)
    volatilities = np.abs(draws.normal(0.3, 0.2, n))
    volatilities[::7] = 0.0
    return spots, rates, carries, volatilities


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("years", [0.0, 0.01, 2.0])
@pytest.mark.parametrize("own_carry", [True, False])
@pytest.mark.parametrize(("n", "at_once"), [(1, 5), (31, 8), (40, None)])
def test_values_are_the_processors(n, at_once, own_carry, years, sign):
    from kernels.cuda import options

    spots, rates, carries, volatilities = _scenarios(n)
    carries = rates if own_carry else carries
    out, expected = np.empty(n), np.empty(n)
    told = (spots, rates, carries, volatilities, 90.0, years, sign)
    options.fill_option_values(*told, out, at_once=at_once)
    fill_option_values(*told, expected)
    assert np.abs(out - expected).max() <= CLOSE * (spots.max() + 90.0)


def test_values_are_the_textbooks():
    from kernels.cuda import options

    spots, rates, carries, volatilities = _scenarios(9)
    out = np.empty(9)
    options.fill_option_values(spots, rates, carries, volatilities, 100.0, 0.5, 1.0, out)
    for s in range(9):
        expected = option_value(spots[s], 100.0, rates[s], carries[s], volatilities[s], 0.5, 1.0)
        assert out[s] == pytest.approx(expected, abs=2e-13 * (spots[s] + 100.0))


def test_chunks_change_no_bit():
    from kernels.cuda import options

    told = (*_scenarios(23), 100.0, 0.25, -1.0)
    whole = np.empty(23)
    options.fill_option_values(*told, whole, at_once=23)
    for at_once in (1, 2, 5, 22):
        part = np.empty(23)
        options.fill_option_values(*told, part, at_once=at_once)
        np.testing.assert_array_equal(part, whole)


def _american_scenarios(n):
    """Return scenarios of which some have a boundary, some never exercise, and some have two."""
    draws = np.random.default_rng(n)
    spots = 100.0 * np.exp(draws.normal(0.0, 0.3, n))
    rates = draws.normal(0.02, 0.03, n)
    return spots, rates, draws.normal(0.0, 0.03, n), draws.uniform(0.1, 0.6, n)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("years", [0.0, 0.5])
# Today's terms have a boundary, whatever the sign, and none that is one.
@pytest.mark.parametrize("today", [(0.04, 0.01, 0.3), (-0.02, 0.01, 0.3)])
@pytest.mark.parametrize(("n", "at_once"), [(1, 5), (31, 8)])
def test_american_values_are_the_processors(n, at_once, today, years, sign):
    from kernels.cuda import options

    told = (*_american_scenarios(n), 90.0, years, sign, np.array(today))
    out, expected = np.empty(n), np.empty(n)
    options.fill_american_values(*told, make_workspace(), out, at_once=at_once)
    fill_american_values(*told, make_workspace(), expected)
    assert np.isfinite(out).all()
    assert np.abs(out - expected).max() <= 1e-6 * (told[0].max() + 90.0)


def test_american_values_with_two_boundaries_come_from_the_processors_lattice():
    from kernels.american import american_value
    from kernels.cuda import options

    case = (np.array([100.0]), np.array([-0.01]), np.array([0.03]), np.array([0.2]), 100.0, 5.0)
    out, space = np.empty(1), make_workspace()
    options.fill_american_values(*case, -1.0, np.array([0.03, 0.0, 0.2]), space, out)
    assert out[0] == american_value(100.0, 100.0, -0.01, 0.03, 0.2, 5.0, -1.0, space)
    assert out[0] > option_value(100.0, 100.0, -0.01, 0.03, 0.2, 5.0, -1.0) + 1e-2


def test_chunks_of_american_values_change_no_bit():
    from kernels.cuda import options

    told = (*_american_scenarios(23), 100.0, 0.25, -1.0, np.array([0.03, 0.0, 0.3]))
    whole, part = np.empty(23), np.empty(23)
    options.fill_american_values(*told, make_workspace(), whole, at_once=23)
    options.fill_american_values(*told, make_workspace(), part, at_once=5)
    np.testing.assert_array_equal(part, whole)


def test_no_scenario_is_no_work():
    from kernels.cuda import options

    none, today = np.empty(0), np.array([0.03, 0.0, 0.3])
    options.fill_option_values(none, none, none, none, 100.0, 0.25, 1.0, none)
    told = (none, none, none, none, 100.0, 0.25, 1.0, today, make_workspace())
    options.fill_american_values(*told, none)


def test_a_chunk_fits_device_and_grid():
    from kernels.cuda.grids import MOST_THREADS
    from kernels.cuda.streams import rows_that_fit

    assert rows_that_fit(8, 1, float("inf")) == 2**28 // 8
    assert rows_that_fit(1_000, 1, 10_000.0) * 1_000 * 2 < 10_000
    assert rows_that_fit(2**40, 1, 1_000.0) == 1
    assert rows_that_fit(1, 2**20, float("inf")) == MOST_THREADS // 2**20
