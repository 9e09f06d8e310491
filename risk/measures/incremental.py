"""What a book's figures would lose without one of its positions.

References
----------
Jorion (2007), "Value at risk", 3rd ed., McGraw-Hill, chapter 7; Manistre & Hancock (2005),
"Variance of the CTE estimator", North American Actuarial Journal 9(2), eq. 8, Bofinger (1975) and
L'Ecuyer & Lemieux (2002), as of `risk.measures.influence`, for errors.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kernels.arrays import Flags, Floats, Integers
from risk.measures.influence import (
    density_at,
    density_reach,
    influence_error,
    quantile_influence,
    shortfall_influence,
)
from risk.measures.selected_tails import figures_of_largest, largest_losses
from risk.measures.tail import quantile_place


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
    overlap, randomisations : as of `risk.measures.influence.influence_error`

    Returns
    -------
    Incremental, money, positive where the position adds risk. Errors are of the difference under
    common scenarios.

    References
    ----------
    Jorion (2007), chapter 7; for errors `risk.measures.influence`: Manistre & Hancock (2005), and
    L'Ecuyer & Lemieux (2002), section 1.
    """
    figures = np.empty((4, len(levels), len(instruments)))
    whole = _measured(total, levels)
    for position, (instrument, quantity) in enumerate(zip(instruments, quantities, strict=True)):
        without = _measured(total - quantity * losses[instrument], levels)
        figures[0, :, position] = whole.value_at_risk - without.value_at_risk
        figures[1, :, position] = whole.shortfall - without.shortfall
        for number in range(len(levels)):
            change = whole.shortfall_influences[number] - without.shortfall_influences[number]
            figures[3, number, position] = influence_error(change, overlap, randomisations)
            figures[2, number, position] = (
                _quantile_change_error(whole, without, number, overlap)
                if randomisations is None
                else influence_error(_quantile_change(whole, without, number), 1, randomisations)
            )
    return Incremental(*figures)


@dataclass(frozen=True)
class _Measured:
    """A book's losses, and its figures and their densities at each level."""

    losses: Floats
    levels: Sequence[float]
    value_at_risk: Floats
    shortfall: Floats
    densities: list[float]

    @cached_property
    def shortfall_influences(self) -> list[Floats]:
        """Influences of expected shortfall at each level, (n_scenarios,) each."""
        told = zip(self.value_at_risk.tolist(), self.levels, strict=True)
        return [shortfall_influence(self.losses, *own) for own in told]

    @cached_property
    def quantile_influences(self) -> list[Floats]:
        """Influences of value at risk at each level, (n_scenarios,) each."""
        told = zip(self.value_at_risk.tolist(), self.densities, strict=True)
        return [quantile_influence(self.losses, *own) for own in told]

    @cached_property
    def beyond(self) -> list[Flags]:
        """Which losses are beyond value at risk at each level, (n_scenarios,) each."""
        return [self.losses > figure for figure in self.value_at_risk.tolist()]

    @cached_property
    def shares(self) -> list[float]:
        """The parts of the losses that are beyond, of each level."""
        return [float(own.mean()) for own in self.beyond]


def _measured(losses: Floats, levels: Sequence[float]) -> _Measured:
    n = len(losses)
    lowest = min(level - density_reach(n, level) for level in levels)
    first = min(quantile_place(n, min(levels)) - 1, max(int(lowest * (n - 1)), 0))
    tail = largest_losses(losses, first)
    densities = [density_at(tail, n, level) for level in levels]
    return _Measured(losses, levels, *figures_of_largest(tail, n, levels), densities)


def _quantile_change(whole: _Measured, without: _Measured, number: int) -> Floats:
    """Return the change of value at risk's influence."""
    return whole.quantile_influences[number] - without.quantile_influences[number]


def _quantile_change_error(
    whole: _Measured, without: _Measured, number: int, overlap: int
) -> float:
    """Return the error that `influence_error` finds in `_quantile_change`, from counts alone."""
    densities = whole.densities[number], without.densities[number]
    shares = whole.shares[number], without.shares[number]
    both = float((whole.beyond[number] & without.beyond[number]).mean())
    steps = [1.0 / density if density > 0.0 else 0.0 for density in densities]
    variance = -2.0 * (both - shares[0] * shares[1]) * steps[0] * steps[1]
    for share, step in zip(shares, steps, strict=True):
        variance += share * (1.0 - share) * step * step
    return float(np.sqrt(max(variance, 0.0)) * np.sqrt(overlap / len(whole.losses)))
