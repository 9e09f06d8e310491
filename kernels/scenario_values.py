"""Prices, zero rates, futures, currency forwards and bonds over scenarios, in vector lanes.

The scalars call no library, and are what a GPU's threads call too.

References
----------
Hull (2018), "Options, futures, and other derivatives", 10th ed., ch. 4 (bonds on a zero curve) and
5.10 (forwards on currencies).
"""

from typing import NamedTuple

from numba import njit

from kernels.arrays import Floats, Integers
from kernels.elementary import LARGEST_EXPONENT, exp_anywhere, exp_within

# Scenarios whose flows are added up while they stay in the cache.
_TOGETHER = 512
_Point = tuple[float, float, float, float]


class RatePoint(NamedTuple):
    """A curve's zero rate at one time, between two tenors.

    Parameters
    ----------
    near_level, far_level : of the tenors today, annual fraction
    near_share, far_share : of the tenors in the rate
    """

    near_level: float
    far_level: float
    near_share: float
    far_share: float


class Flows(NamedTuple):
    """What a bond pays, and where on its curve.

    Parameters
    ----------
    amounts : (n_flows,) float64, fraction of face
    left : (n_flows,) float64, years to go, 0 or more
    near, far : (n_flows,) int64, rows of the tenors between which a flow lies
    near_share, far_share : (n_flows,) float64, of the tenors in the flow's rate
    """

    amounts: Floats
    left: Floats
    near: Integers
    far: Integers
    near_share: Floats
    far_share: Floats


@njit(inline="always")
def moved_price(level, move):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return a price after a log return."""
    return level * exp_anywhere(move)


@njit(inline="always")
def moved_rate(near, far, near_level, far_level, near_share, far_share):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return a zero rate between two tenors that have moved by ``near`` and ``far``."""
    return near_share * (near_level + near) + far_share * (far_level + far)


@njit(inline="always")
def future_value(level, move):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return what a future, settled to margin at ``level``, has gained since."""
    return moved_price(level, move) - level


@njit(inline="always")
def forward_value(level, move, domestic, foreign, strike, left):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return the value of a forward that buys a currency at ``strike`` in ``left`` years."""
    received = level * exp_anywhere(move - foreign * left)
    return received - strike * exp_anywhere(-domestic * left)


@njit(inline="always")
def flow_value(amount, left, rate):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Return an amount discounted over ``left`` years."""
    return amount * exp_anywhere(-rate * left)


@njit(cache=True, nogil=True)
def fill_prices(moves: Floats, level: float, out: Floats) -> None:
    """Fill prices under each scenario.

    Parameters
    ----------
    moves : (n_scenarios,) float64, log returns; NaN makes the scenario's price NaN
    level : money, today
    out : (n_scenarios,) float64, money
    """
    for s in range(out.shape[0]):
        out[s] = moved_price(level, moves[s])


@njit(cache=True, nogil=True)
def convert_values(values: Floats, units: float, moves: Floats, level: float) -> None:
    """Multiply values by ``units``, and by an exchange rate under each scenario, in place.

    Parameters
    ----------
    values : (n_scenarios,) float64, foreign money per unit
    units : of underlying or face in one of the instrument
    moves, level : of the exchange rate, as in `fill_prices`
    """
    for s in range(values.shape[0]):
        values[s] = values[s] * units * moved_price(level, moves[s])


@njit(cache=True, nogil=True)
def fill_rates(near: Floats, far: Floats, point: RatePoint, out: Floats) -> None:
    """Fill the zero rate at one time under each scenario.

    Parameters
    ----------
    near, far : (n_scenarios,) float64, absolute changes of the two tenors' rates
    point : the tenors today, and their shares
    out : (n_scenarios,) float64, annual fraction
    """
    for s in range(out.shape[0]):
        out[s] = moved_rate(
            near[s], far[s], point.near_level, point.far_level, point.near_share, point.far_share
        )


@njit(cache=True, nogil=True)
def fill_future_values(moves: Floats, level: float, out: Floats) -> None:
    """Fill the value of one future under each scenario.

    Parameters
    ----------
    moves : (n_scenarios,) float64, log returns of its price; NaN makes the scenario's value NaN
    level : price at which it was settled last, money
    out : (n_scenarios,) float64, money gained since
    """
    for s in range(out.shape[0]):
        out[s] = future_value(level, moves[s])


@njit(cache=True, nogil=True)
def fill_forward_values(
    moves: Floats,
    domestic: Floats,
    foreign: Floats,
    level: float,
    strike: float,
    years: float,
    out: Floats,
) -> None:
    """Fill the value of one currency forward under each scenario.

    Parameters
    ----------
    moves : (n_scenarios,) float64, log returns of the exchange rate
    domestic, foreign : (n_scenarios,) float64, zero rates to its end, annual fractions
    level : exchange rate today, domestic money per foreign
    strike : agreed exchange rate
    years : to go; at or past its end, spot less strike
    out : (n_scenarios,) float64, domestic money per foreign unit; NaN where an argument is
    """
    left = max(years, 0.0)
    for s in range(out.shape[0]):
        out[s] = forward_value(level, moves[s], domestic[s], foreign[s], strike, left)


@njit(cache=True, nogil=True)
def fill_bond_values(moves: Floats, levels: Floats, flows: Flows, out: Floats) -> None:
    """Fill the value of one bond under each scenario.

    Parameters
    ----------
    moves : (n_tenors, n_scenarios) float64, absolute changes of its curve's rates; NaN makes the
        scenario's value NaN
    levels : (n_tenors,) float64, the rates today, annual fractions, continuously compounded
    flows : what it pays, once at least
    out : (n_scenarios,) float64, money per unit of face
    """
    rows = range(flows.near.min(), flows.far.max() + 1)
    longest = flows.left.max()
    for first in range(0, out.shape[0], _TOGETHER):
        last = min(first + _TOGETHER, out.shape[0])
        values = out[first:last]
        values[:] = 0.0
        small = True
        for row in rows:
            small = small and _are_small(moves[row, first:last], levels[row], longest)
        for k in range(flows.amounts.shape[0]):
            a, b = flows.near[k], flows.far[k]
            near, far = moves[a, first:last], moves[b, first:last]
            point = (levels[a], levels[b], flows.near_share[k], flows.far_share[k])
            if small:
                _add_small_flow(near, far, point, flows.amounts[k], flows.left[k], values)
            else:
                _add_flow(near, far, point, flows.amounts[k], flows.left[k], values)


@njit(cache=True, nogil=True)
def _are_small(moves: Floats, level: float, longest: float) -> bool:
    """Return whether no discount factor of a tenor leaves the range of `exp_within`; not of NaN."""
    large = 0
    for s in range(moves.shape[0]):
        large += 1 if not abs(level + moves[s]) * longest < LARGEST_EXPONENT else 0
    return large == 0


@njit(cache=True, nogil=True)
def _add_small_flow(
    near: Floats, far: Floats, point: _Point, amount: float, left: float, values: Floats
) -> None:
    """Add what `_add_flow` adds, to the bit, in fewer steps."""
    near_level, far_level, near_share, far_share = point
    for s in range(values.shape[0]):
        rate = moved_rate(near[s], far[s], near_level, far_level, near_share, far_share)
        values[s] += amount * exp_within(-rate * left)


@njit(cache=True, nogil=True)
def _add_flow(
    near: Floats, far: Floats, point: _Point, amount: float, left: float, values: Floats
) -> None:
    near_level, far_level, near_share, far_share = point
    for s in range(values.shape[0]):
        rate = moved_rate(near[s], far[s], near_level, far_level, near_share, far_share)
        values[s] += flow_value(amount, left, rate)
