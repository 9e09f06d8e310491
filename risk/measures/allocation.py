"""What single positions add to a book's risk: marginal, component and incremental figures.

References
----------
Acerbi & Tasche (2002), "On the coherence of expected shortfall", Journal of Banking & Finance
26(7); Tasche (2000), "Risk contributions and performance measurement", TU München; Gouriéroux,
Laurent & Scaillet (2000), "Sensitivity analysis of values at risk", Journal of Empirical Finance
7(3-4); Harrell & Davis (1982), "A new distribution-free quantile estimator", Biometrika 69(3);
Choueifaty & Coignard (2008), "Toward maximum diversification", Journal of Portfolio Management
35(1); Jorion (2007), "Value at risk", 3rd ed., McGraw-Hill (incremental figures).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special

from kernels.arrays import Floats, Integers
from kernels.book_losses import position_losses
from risk.measures.tail import Tail, quantile_place

_NEGLIGIBLE = 1e-12


@dataclass(frozen=True)
class Incremental:
    """What each position adds: the book's figure less that of the book without it, money.

    Parameters
    ----------
    value_at_risk, expected_shortfall : (n_levels, n_positions) float64; positive adds risk
    """

    value_at_risk: Floats
    expected_shortfall: Floats


@dataclass(frozen=True)
class Allocation:
    """What each position is of the book's figures, and what it adds to them, money.

    Parameters
    ----------
    value_at_risk, expected_shortfall : (n_levels, n_positions) float64, components, positive adds
        to the loss: they add up to the book's figure; over a position's value they are its
        marginal figure
    incremental : the book's figures less those of the book without the position
    """

    value_at_risk: Floats
    expected_shortfall: Floats
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

    Returns
    -------
    Allocation, money, positive adds to the loss.

    References
    ----------
    Tasche (2000), for expected shortfall; Gouriéroux, Laurent & Scaillet (2000), for value at risk.
    """
    order = np.argsort(total, kind="stable")
    quantile_parts = [
        component_value_at_risk(
            losses, instruments, quantities, quantile_weights(order, level), tail.value_at_risk
        )
        for level, tail in zip(levels, tails, strict=True)
    ]
    tail_parts = [
        position_losses(losses, instruments, quantities, tail.scenarios, tail.weights)
        for tail in tails
    ]
    return Allocation(
        np.array(quantile_parts),
        np.array(tail_parts),
        incremental_figures(losses, instruments, quantities, total, levels),
    )


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
) -> Incremental:
    """Return what value at risk and expected shortfall would lose if a position were gone.

    The book with and without it is measured in the same scenarios, in full and not by a slope.

    Parameters
    ----------
    losses, instruments, quantities : as of `allocate`
    total : (n_scenarios,) float64, the book's losses, money, a loss is positive; no NaN
    levels : in (0, 1)

    Returns
    -------
    Incremental, money, positive where the position adds risk.

    References
    ----------
    Jorion (2007), chapter 7.
    """
    shape = (len(levels), len(instruments))
    value_at_risk, shortfall = np.empty(shape), np.empty(shape)
    with_all = select_tails(total, levels)
    for position, (instrument, quantity) in enumerate(zip(instruments, quantities, strict=True)):
        without = select_tails(total - quantity * losses[instrument], levels)
        value_at_risk[:, position] = with_all[0] - without[0]
        shortfall[:, position] = with_all[1] - without[1]
    return Incremental(value_at_risk, shortfall)


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
    places = [quantile_place(n, level) - 1 for level in levels]
    tail = np.sort(np.partition(losses, min(places))[min(places) :])
    value_at_risk, shortfall = np.empty(len(levels)), np.empty(len(levels))
    for number, (level, place) in enumerate(zip(levels, places, strict=True)):
        beyond = tail[place - min(places) :]
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
