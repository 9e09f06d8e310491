"""What single positions add to a book's risk: marginal, component and incremental figures.

References
----------
Acerbi & Tasche (2002), "On the coherence of expected shortfall", Journal of Banking & Finance
26(7); Tasche (2000), "Risk contributions and performance measurement", TU München; Gouriéroux,
Laurent & Scaillet (2000), "Sensitivity analysis of values at risk", Journal of Empirical Finance
7(3-4); Harrell & Davis (1982), "A new distribution-free quantile estimator", Biometrika 69(3);
Choueifaty & Coignard (2008), "Toward maximum diversification", Journal of Portfolio Management
35(1); Jorion (2007), "Value at risk", 3rd ed., McGraw-Hill (incremental figures); Manistre &
Hancock (2005), "Variance of the CTE estimator", North American Actuarial Journal 9(2), eq. 8.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import special

from kernels.arrays import Floats, Integers
from kernels.book_losses import position_losses
from risk.measures.influence import density_at, density_reach, shortfall_influence
from risk.measures.tail import Tail, quantile_place

_NEGLIGIBLE = 1e-12


@dataclass(frozen=True)
class Incremental:
    """What each position adds: the book's figure less that of the book without it, money.

    Parameters
    ----------
    value_at_risk, expected_shortfall : (n_levels, n_positions) float64; positive adds risk
    value_at_risk_error, expected_shortfall_error : (n_levels, n_positions) float64, their standard
        errors
    """

    value_at_risk: Floats
    expected_shortfall: Floats
    value_at_risk_error: Floats
    expected_shortfall_error: Floats


@dataclass(frozen=True)
class Allocation:
    """What each position is of the book's figures, and what it adds to them, money.

    Parameters
    ----------
    value_at_risk, expected_shortfall : (n_levels, n_positions) float64, components, positive adds
        to the loss: they add up to the book's figure; over a position's value they are its
        marginal figure
    value_at_risk_error, expected_shortfall_error : (n_levels, n_positions) float64, their standard
        errors
    incremental : the book's figures less those of the book without the position
    """

    value_at_risk: Floats
    expected_shortfall: Floats
    value_at_risk_error: Floats
    expected_shortfall_error: Floats
    incremental: Incremental


@dataclass(frozen=True)
class Weights:
    """Scenarios about a quantile, and how much each counts.

    Parameters
    ----------
    scenarios : (n_weights,) int64, their numbers, from the smallest loss to the largest
    weights : (n_weights,) float64, fractions that add up to 1
    """

    scenarios: Integers
    weights: Floats


def allocate(
    losses: Floats,
    instruments: Integers,
    quantities: Floats,
    total: Floats,
    tails: Sequence[Tail],
    levels: Sequence[float],
    overlap: int = 1,
) -> Allocation:
    """Return what each position is of, and adds to, a book's figures at each level.

    A component of expected shortfall is the position's mean loss over the book's tail, weighted as
    the book's own figure weighs it; of value at risk see `component_value_at_risk`.

    Parameters
    ----------
    losses : (n_instruments, n_scenarios) float64, money, of one unit; a loss is positive; no NaN
    instruments : (n_positions,) int64, rows of ``losses``
    quantities : (n_positions,) float64, units, negative is short
    total : (n_scenarios,) float64, the book's losses, money
    tails : the book's, of `risk.measures.tail.measure_tails`, one for each of ``levels``
    levels : in (0, 1)
    overlap : days that neighbouring scenarios share, as of `risk.measures.tail.measure_tails`

    Returns
    -------
    Allocation, money, positive adds to the loss. Errors are those of independent scenarios: of
    others (quasi-random ones, or with a control) they are bounds rather.

    References
    ----------
    Tasche (2000), for expected shortfall; Gouriéroux, Laurent & Scaillet (2000), for value at risk;
    Manistre & Hancock (2005), eq. 8, for errors, of a position's loss instead of the book's.
    """
    order = np.argsort(total, kind="stable")
    held = instruments, quantities
    shape = (len(levels), len(instruments))
    parts, errors = np.empty((2, *shape)), np.empty((2, *shape))
    for number, (level, tail) in enumerate(zip(levels, tails, strict=True)):
        about = quantile_weights(order, level)
        parts[0, number] = component_value_at_risk(losses, *held, about, tail.value_at_risk)
        parts[1, number] = position_losses(losses, *held, tail.scenarios, tail.weights)
        errors[0, number] = _quantile_part_errors(losses, *held, about, parts[0, number], tail)
        errors[1, number] = _tail_part_errors(losses, *held, tail, parts[:, number], level)
    errors[1] *= np.sqrt(overlap)
    return Allocation(
        parts[0],
        parts[1],
        errors[0],
        errors[1],
        incremental_figures(losses, *held, total, levels, overlap),
    )


def _tail_part_errors(
    losses: Floats,
    instruments: Integers,
    quantities: Floats,
    tail: Tail,
    parts: Floats,
    level: float,
) -> Floats:
    """Return errors of components of expected shortfall; ``parts`` are those of both figures."""
    n = losses.shape[1]
    within = _spread(
        losses, instruments, quantities, Weights(tail.scenarios, tail.weights), parts[1]
    )
    between = level * (parts[1] - parts[0]) ** 2
    return np.asarray(np.sqrt((np.maximum(within, 0.0) + between) / (n * (1.0 - level))))


def _quantile_part_errors(
    losses: Floats,
    instruments: Integers,
    quantities: Floats,
    about: Weights,
    parts: Floats,
    tail: Tail,
) -> Floats:
    """Return errors of components of value at risk.

    A part is a mean over the few scenarios about the quantile, and moves with the book's figure.
    """
    squared = Weights(about.scenarios, about.weights**2)
    own = _spread(losses, instruments, quantities, squared, parts)
    share = np.divide(parts, tail.value_at_risk) if tail.value_at_risk != 0.0 else 0.0 * parts
    return np.asarray(np.sqrt(own + (share * tail.value_at_risk_error) ** 2))


def _spread(
    losses: Floats,
    instruments: Integers,
    quantities: Floats,
    weights: Weights,
    centres: Floats,
) -> Floats:
    """Return the weighted squares of each position's losses about a centre."""
    found = np.empty(len(instruments))
    for position, (instrument, quantity) in enumerate(zip(instruments, quantities, strict=True)):
        own = quantity * losses[instrument][weights.scenarios] - centres[position]
        found[position] = (weights.weights * own * own).sum()
    return found


def quantile_weights(order: Integers, level: float) -> Weights:
    """Return the scenarios whose mean loss is the Harrell-Davis estimate of a quantile.

    The weights are a beta law's, of parameters (n + 1) level and (n + 1) (1 - level), over the
    order statistics; those below 1e-12 of the largest are left out.

    Parameters
    ----------
    order : (n_scenarios,) int64, numbers of the scenarios, from the smallest loss to the largest
    level : in (0, 1)

    References
    ----------
    Harrell & Davis (1982).
    """
    first, weights = _harrell_davis(len(order), level)
    return Weights(order[first : first + len(weights)], weights)


@lru_cache(maxsize=64)
def _harrell_davis(n: int, level: float) -> tuple[int, Floats]:
    """Return the first order statistic that counts, and the weights from there on."""
    edges = np.arange(n + 1) / n
    weights = np.diff(special.betainc((n + 1) * level, (n + 1) * (1.0 - level), edges))
    kept = np.flatnonzero(weights > _NEGLIGIBLE * weights.max())
    own = weights[kept[0] : kept[-1] + 1]
    return int(kept[0]), own / own.sum()


def component_value_at_risk(
    losses: Floats, instruments: Integers, quantities: Floats, weights: Weights, total: float
) -> Floats:
    """Return each position's part of value at risk; they add up to it (Euler).

    A part is the position's mean loss where the book loses its value at risk, taken over the
    scenarios about it; the parts are then scaled to the book's own figure.

    Parameters
    ----------
    losses, instruments, quantities : as of `allocate`
    weights : about the book's quantile
    total : the book's value at risk, money, a loss is positive; no NaN

    Returns
    -------
    (n_positions,) float64, money, positive adds to the loss; not scaled where the parts add up to
    nothing, or to the other sign.

    References
    ----------
    Gouriéroux, Laurent & Scaillet (2000); Tasche (2000).
    """
    parts = position_losses(losses, instruments, quantities, weights.scenarios, weights.weights)
    found = float(parts.sum())
    return np.asarray(parts * (total / found) if found * total > 0.0 else parts)


def incremental_figures(
    losses: Floats,
    instruments: Integers,
    quantities: Floats,
    total: Floats,
    levels: Sequence[float],
    overlap: int = 1,
) -> Incremental:
    """Return what value at risk and expected shortfall would lose if a position were gone.

    The book with and without it is measured in the same scenarios, in full and not by a slope.

    Parameters
    ----------
    losses, instruments, quantities : as of `allocate`
    total : (n_scenarios,) float64, the book's losses, money, a loss is positive; no NaN
    levels : in (0, 1)
    overlap : days that neighbouring scenarios share, as of `risk.measures.tail.measure_tails`

    Returns
    -------
    Incremental, money, positive where the position adds risk. Errors are of the difference under
    common scenarios, which are taken to be independent of one another.

    References
    ----------
    Jorion (2007), chapter 7; for errors `risk.measures.influence`: Manistre & Hancock (2005).
    """
    figures = np.empty((4, len(levels), len(instruments)))
    whole = _measured(total, levels)
    for position, (instrument, quantity) in enumerate(zip(instruments, quantities, strict=True)):
        without = _measured(total - quantity * losses[instrument], levels)
        figures[0, :, position] = whole.value_at_risk - without.value_at_risk
        figures[1, :, position] = whole.shortfall - without.shortfall
        for number, level in enumerate(levels):
            figures[2, number, position] = _quantile_change(whole, without, number)
            figures[3, number, position] = _shortfall_change(whole, without, number, level)
    figures[2:] *= np.sqrt(overlap / len(total))
    return Incremental(*figures)


class _Measured(NamedTuple):
    """A book's losses, and its figures and their densities at each level."""

    losses: Floats
    value_at_risk: Floats
    shortfall: Floats
    densities: list[float]


def _measured(losses: Floats, levels: Sequence[float]) -> _Measured:
    n = len(losses)
    lowest = min(level - density_reach(n, level) for level in levels)
    first = min(quantile_place(n, min(levels)) - 1, max(int(lowest * (n - 1)), 0))
    tail = _worst(losses, first)
    densities = [density_at(tail, n, level) for level in levels]
    return _Measured(losses, *_figures_of(tail, n, levels), densities)


def _quantile_change(whole: _Measured, without: _Measured, number: int) -> float:
    """Return the deviation of the change of value at risk's influence."""
    densities = whole.densities[number], without.densities[number]
    beyond = [each.losses > each.value_at_risk[number] for each in (whole, without)]
    shares = [float(one.mean()) for one in beyond]
    both = float((beyond[0] & beyond[1]).mean())
    steps = [1.0 / density if density > 0.0 else 0.0 for density in densities]
    variance = -2.0 * (both - shares[0] * shares[1]) * steps[0] * steps[1]
    for share, step in zip(shares, steps, strict=True):
        variance += share * (1.0 - share) * step * step
    return float(np.sqrt(max(variance, 0.0)))


def _shortfall_change(whole: _Measured, without: _Measured, number: int, level: float) -> float:
    """Return the deviation of the change of expected shortfall's influence."""
    one, other = (
        shortfall_influence(each.losses, float(each.value_at_risk[number]), level)
        for each in (whole, without)
    )
    return float((one - other).std())


def select_tails(losses: Floats, levels: Sequence[float]) -> tuple[Floats, Floats]:
    """Return value at risk and expected shortfall at each level without sorting all losses.

    Parameters
    ----------
    losses : (n_scenarios,) float64, money, a loss is positive; no NaN
    levels : in (0, 1)

    Returns
    -------
    Two (n_levels,) float64, money, by the conventions of `risk.measures.tail.measure_tails`.

    References
    ----------
    Acerbi & Tasche (2002), def. 2.6 and prop. 4.1.
    """
    n = len(losses)
    return _figures_of(_worst(losses, quantile_place(n, min(levels)) - 1), n, levels)


def _worst(losses: Floats, first: int) -> Floats:
    """Return the losses from an order statistic on, counted from 0, ascending."""
    return np.sort(np.partition(losses, first)[first:])


def _figures_of(tail: Floats, n: int, levels: Sequence[float]) -> tuple[Floats, Floats]:
    """Return value at risk and expected shortfall at each level, from the largest of n losses."""
    value_at_risk, shortfall = np.empty(len(levels)), np.empty(len(levels))
    for number, level in enumerate(levels):
        beyond = tail[quantile_place(n, level) - 1 - (n - len(tail)) :]
        weight = 1.0 / (n * (1.0 - level))
        rest = 1.0 - weight * (len(beyond) - 1)
        value_at_risk[number] = beyond[0]
        shortfall[number] = rest * beyond[0] + weight * beyond[1:].sum()
    return value_at_risk, shortfall


def diversification_ratio(alone: Floats, together: float) -> float:
    """Return the sum of the positions' own risks over the book's.

    Parameters
    ----------
    alone : (n_positions,) float64, money, volatility or expected shortfall of each position by
        itself
    together : that of the book, money

    Returns
    -------
    A ratio, 1 where nothing is diversified; NaN where the book's risk is not positive.

    References
    ----------
    Choueifaty & Coignard (2008).
    """
    return float(np.sum(alone)) / together if together > 0.0 else float(np.nan)
