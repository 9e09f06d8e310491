"""Futures, forwards and bonds valued on a grid are the processor's, whatever the chunks."""

import numpy as np
import pytest

from kernels import scenario_values as on_processor
from kernels.scenario_values import Flows

pytestmark = pytest.mark.usefixtures("grids")
# Of a value of a few units: sums that a GPU rounds once.
CLOSE = {"rtol": 0, "atol": 1e-14}
N = 23


def _told():
    """Return the arguments of each kernel."""
    draws = np.random.default_rng(3)
    moves, domestic, foreign = draws.normal(0.0, 0.2, (3, N))
    # Only three of the five rates are the bond's.
    flows = Flows(
        np.array([0.02, 0.02, 1.02]),
        np.array([0.0, 1.5, 6.0]),
        np.array([1, 1, 3]),
        np.array([1, 3, 4]),
        np.array([1.0, 0.4, 0.7]),
        np.array([0.0, 0.6, 0.3]),
    )
    levels = np.linspace(0.01, 0.05, 5)
    return {
        "fill_future_values": (moves, 1.3),
        "fill_forward_values": (moves, domestic, foreign, 1.1, 1.05, 0.4),
        "fill_bond_values": (draws.normal(0.0, 0.01, (5, N)), levels, flows),
    }


@pytest.mark.parametrize("kind", sorted(_told()))
@pytest.mark.parametrize("at_once", [1, 5, None])
def test_values_are_the_processors(kind, at_once):
    from kernels.cuda import scenario_values

    told, out, expected = _told()[kind], np.empty(N), np.empty(N)
    getattr(scenario_values, kind)(*told, out, at_once=at_once)
    getattr(on_processor, kind)(*told, expected)
    np.testing.assert_allclose(out, expected, **CLOSE)


@pytest.mark.parametrize("kind", sorted(_told()))
def test_chunks_change_no_bit(kind):
    from kernels.cuda import scenario_values

    told, whole, part = _told()[kind], np.empty(N), np.empty(N)
    fill = getattr(scenario_values, kind)
    fill(*told, whole, at_once=N)
    fill(*told, part, at_once=4)
    np.testing.assert_array_equal(part, whole)


def test_no_scenario_is_no_work():
    from kernels.cuda import scenario_values

    none = np.empty(0)
    scenario_values.fill_future_values(none, 1.0, none)
    scenario_values.fill_forward_values(none, none, none, 1.0, 1.0, 0.5, none)
    moves, (_, levels, flows) = np.empty((5, 0)), _told()["fill_bond_values"]
    scenario_values.fill_bond_values(moves, levels, flows, none)
