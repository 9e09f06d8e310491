"""What a book's figures would lose without one of its positions.

References
----------
Jorion (2007), "Value at risk", 3rd ed., McGraw-Hill, chapter 7; Manistre & Hancock (2005),
"Variance of the CTE estimator", North American Actuarial Journal 9(2), eq. 8, Bofinger (1975) and
L'Ecuyer & Lemieux (2002), as of `risk.measures.influence`, for errors.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kernels.arrays import Floats, Integers
from kernels.changes_without import Figures
from kernels.device import Device
from kernels.on_device import (
    changes_without_on,
    largest_losses_on,
    largest_without_on,
    randomised_changes_on,
)
from risk.measures.influence import (
    densities_at,
    density_place,
    density_span,
    quantile_change_errors,
    quantile_steps,
    shortfall_influence,
    tail_change_error,
)
from risk.measures.selected_tails import figures_of_largest
from risk.measures.tail import quantile_place, tail_errors

# A book, as of `incremental_figures`: losses, instruments, quantities, total.
_Held = tuple[Floats, Integers, Floats, Floats]


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


def incremental_figures(
    losses: Floats,
    instruments: Integers,
    quantities: Floats,
    total: Floats,
    levels: Sequence[float],
    overlap: int = 1,
    randomisations: int | None = None,
    device: Device = "cpu",
) -> Incremental:
    """Return what value at risk and expected shortfall would lose if a position were gone.

    The book with and without it is measured in the same scenarios, in full and not by a slope.

    Parameters
    ----------
    losses : (n_instruments, n_scenarios) float64, money, of one unit; a loss is positive; no NaN
    instruments : (n_positions,) int64, rows of ``losses``
    quantities : (n_positions,) float64, units, negative is short
    total : (n_scenarios,) float64, the book's losses, money, a loss is positive; no NaN
    levels : in (0, 1)
    overlap : days of each scenario, as of `risk.measures.tail.measure_tails`
    randomisations : of quasi-random scenarios, which are no independent draws: scenario s is of
        randomisation ``s % randomisations``. None says that scenarios are independent
    device : where positions are taken off the book, and its losses put in order

    Returns
    -------
    Incremental, money, positive where the position adds risk. Errors are of the difference under
    common scenarios.

    References
    ----------
    Jorion (2007), chapter 7; for errors `risk.measures.influence`: Manistre & Hancock (2005), and
    L'Ecuyer & Lemieux (2002), section 1.
    """
    held, n = (losses, instruments, quantities, total), len(total)
    first = _first_kept(n, levels)
    own, rest = largest_losses_on(device)(total, first), largest_without_on(device)
    tails = np.concatenate((own[None], rest(*held, n - first)))
    quantiles, shortfalls = figures_of_largest(tails, n, levels)
    densities = np.array([densities_at(tails, n, level) for level in levels])
    figures = Figures(1.0 - np.array(levels), quantiles[:, 0].copy(), quantiles[:, 1:].copy())
    errors = (
        _errors(held, figures, densities, levels, overlap, device)
        if randomisations is None
        else _randomised_errors(held, figures, densities, randomisations, device)
    )
    added = quantiles[:, :1] - quantiles[:, 1:], shortfalls[:, :1] - shortfalls[:, 1:]
    return Incremental(*added, *errors)


def _first_kept(n: int, levels: Sequence[float]) -> int:
    """Return the order statistic, counted from 0, from which figures and densities are told."""
    lowest = min(density_place(n, density_span(n, level)[0]) for level in levels)
    return min(quantile_place(n, min(levels)) - 1, int(lowest))


def _errors(
    held: _Held,
    figures: Figures,
    densities: Floats,
    levels: Sequence[float],
    overlap: int,
    device: Device,
) -> tuple[Floats, Floats]:
    """Return the errors of the changes of both figures, of independent or overlapping scenarios."""
    total, changes = held[-1], changes_without_on(device)(*held, figures)
    n = len(total)
    own = (total > figures.whole[:, None]).mean(axis=1)
    quantile, shortfall = np.empty((2, *changes.deviations.shape))
    for row, level in enumerate(levels):
        shares, both = (own[row], changes.beyond[row] / n), changes.both[row] / n
        beside = densities[row, 0], densities[row, 1:]
        quantile[row] = quantile_change_errors(shares, both, beside, n, level, overlap)
        shortfall[row] = tail_errors((1.0 - level) * changes.deviations[row] ** 2, n, level)
    if overlap > 1:
        shortfall = _overlapping_errors(held, figures, levels, overlap)
    return quantile, shortfall


def _overlapping_errors(
    held: _Held, figures: Figures, levels: Sequence[float], overlap: int
) -> Floats:
    """Return the errors of changes of expected shortfall where scenarios overlap."""
    losses, instruments, quantities, total = held
    errors = np.empty(figures.without.shape)
    for row, level in enumerate(levels):
        own = shortfall_influence(total, figures.whole[row], level)
        for position, (instrument, quantity) in enumerate(
            zip(instruments, quantities, strict=True)
        ):
            rest = total - quantity * losses[instrument]
            other = shortfall_influence(rest, figures.without[row, position], level)
            errors[row, position] = tail_change_error(own, other, level, overlap)
    return errors


def _randomised_errors(
    held: _Held, figures: Figures, densities: Floats, randomisations: int, device: Device
) -> tuple[Floats, Floats]:
    """Return the errors that the spread of the randomisations' means tells of both figures."""
    steps = quantile_steps(densities)
    apart = randomised_changes_on(device)
    sums = apart(*held, figures, (steps[:, 0].copy(), steps[:, 1:].copy()), randomisations)
    counts = np.bincount(np.arange(len(held[-1])) % randomisations, minlength=randomisations)
    quantile, shortfall = (
        (own / counts).std(axis=-1, ddof=1) / np.sqrt(randomisations) for own in sums
    )
    return quantile, shortfall
