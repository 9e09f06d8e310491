"""What a book's figures, corrected by a control, would lose without one of its positions.

References
----------
Glasserman & Yao (1992), "Some guidelines and guarantees for common random numbers", Management
Science 38(6); Glasserman (2004), "Monte Carlo methods in financial engineering", sections 4.1 and
9.2; Serfling (1980), "Approximation theorems of mathematical statistics", section 2.5.1 (a
quantile's influence).
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from kernels.arrays import Floats, Integers
from risk.controls import Control
from risk.errors import PlanError
from risk.measures.incremental import Incremental
from risk.measures.regression import residual_error
from risk.measures.tail import Tail, measure_tails
from risk.scenarios.control_variates import corrected_tails
from risk.scenarios.quadratic_law import quadratic_tails


def corrected_increments(
    losses: Floats,
    instruments: Integers,
    quantities: Floats,
    total: Floats,
    levels: Sequence[float],
    tails: Sequence[Tail],
    without: Iterable[Control | None],
    edges: Floats,
) -> Incremental:
    """Return what corrected value at risk and expected shortfall would lose without a position.

    The book with and without it is measured in the same scenarios, each corrected by its own
    control. What the controls leave of a scenario's influence on the one figure is taken off what
    they leave of that on the other; the deviation of the difference is the error. Besides, both
    values at risk are scenarios, and miss by the gap to the next one: each by its own, or, where
    one scenario is both, by the difference of the gaps and what the position loses in it.

    Parameters
    ----------
    losses, instruments, quantities, total, levels : as of
        `risk.measures.incremental.incremental_figures`, of independent scenarios; a loss is
        positive, no NaN
    tails : the book's at each level, corrected by its own control
    without : control of the book without each position, in their order
    edges : (n_levels, n_positions) float64, money: deviation of the position's loss about the
        book's value at risk besides its share of the book's loss

    Returns
    -------
    Incremental, money, positive where the position adds risk. Errors are of the difference under
    common scenarios.

    Raises
    ------
    PlanError
        Where no scenario lies beyond the value at risk of a control without a position.

    References
    ----------
    Glasserman & Yao (1992); Glasserman (2004), sections 4.1 and 9.2; Serfling (1980), section
    2.5.1.
    """
    figures = np.empty((4, len(levels), len(instruments)))
    own = [_figure(total, tail, level) for tail, level in zip(tails, levels, strict=True)]
    for position, control in enumerate(without):
        left = total - quantities[position] * losses[instruments[position]]
        try:
            rest = _tails(left, control, levels)
        except PlanError as error:
            raise PlanError(f"without position {position + 1}, {error}") from error
        for number, (level, tail) in enumerate(zip(levels, rest, strict=True)):
            whole, edge = own[number], float(edges[number, position])
            figures[:, number, position] = (
                whole.tail.value_at_risk - tail.value_at_risk,
                whole.tail.expected_shortfall - tail.expected_shortfall,
                *_errors(whole, _figure(left, tail, level), edge, level),
            )
    return Incremental(*figures)


def _tails(losses: Floats, control: Control | None, levels: Sequence[float]) -> list[Tail]:
    """Return a book's tails, plain where it has no control because it does not move."""
    if control is None:
        return measure_tails(losses, levels)
    return corrected_tails(losses, control.losses, levels, quadratic_tails(control.law, levels))


class _Figure(NamedTuple):
    """A tail's figures, and what single scenarios still contribute to the errors of both.

    ``step`` is what a share that is off by one costs value at risk, which is one over the density
    there; ``missed`` is the deviation of that share, and ``gap`` money to the next scenario.
    """

    tail: Tail
    step: float
    missed: float
    gap: float
    quantile: Floats
    shortfall: Floats


def _figure(losses: Floats, tail: Tail, level: float) -> _Figure:
    n = len(losses)
    beyond = (losses > tail.value_at_risk).astype(float)
    excess = np.maximum(losses - tail.value_at_risk, 0.0)
    if tail.control is None:
        step = tail.value_at_risk_error / float(np.sqrt(level * (1.0 - level) / n))
        return _Figure(tail, step, 0.0, 0.0, beyond - beyond.mean(), excess - excess.mean())
    step = tail.value_at_risk_error / tail.control.missed
    quantile = tail.control.counted.residuals(beyond)
    shortfall = tail.control.regression.residuals(excess)
    return _Figure(tail, step, tail.control.missed, step / n, quantile, shortfall)


def _errors(whole: _Figure, rest: _Figure, edge: float, level: float) -> tuple[float, float]:
    """Return the errors of the increments of value at risk and expected shortfall."""
    control = whole.tail.control or rest.tail.control
    counted, controls = (
        (control.counted.controls, control.regression.controls) if control else (0, 0)
    )
    moved = residual_error(whole.step * whole.quantile - rest.step * rest.quantile, counted)
    apart = np.hypot(whole.gap, rest.gap), np.hypot(whole.gap - rest.gap, edge)
    of_quantile = float(np.hypot(moved, min(apart)))
    left = residual_error(whole.shortfall - rest.shortfall, controls)
    # Half the density times a squared miss each; squares differ by a difference times a sum.
    cost = 0.5 * of_quantile * (whole.missed + rest.missed)
    return of_quantile, float(np.hypot(left, cost)) / (1.0 - level)
