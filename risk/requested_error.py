"""As many scenarios as a requested error takes: a pilot tells, and the night draws them.

References
----------
Glasserman (2004), "Monte Carlo methods in financial engineering", section 1.1.3.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kernels.arrays import Floats
from kernels.on_device import book_losses_on, keep_losses_on
from risk.books import Book, books_of, overflows
from risk.controls import Controls, build_controls
from risk.errors import PlanError
from risk.market.market import Market
from risk.measures.portfolios import control_of, instrument_losses, measure_book_tails
from risk.plan import Method, RiskPlan
from risk.scenarios.factor_covariance import repair_distance

COLUMNS = [
    "method",
    "horizon",
    "scenarios",
    "pilot_scenarios",
    "target_error",
    "largest_error",
    "portfolio_id",
    "repair_distance",
]
# Asked for besides what the pilot says is needed: its own errors are estimates.
_MARGIN = 1.1


@dataclass(frozen=True)
class LargestError:
    """The figure that is known least well.

    Parameters
    ----------
    relative_error : its standard error, fraction of the figure; NaN where no figure is positive
    portfolio_id : whose figure it is; None where no figure is positive
    """

    relative_error: float
    portfolio_id: str | None


@dataclass(frozen=True)
class ScenarioSet:
    """Common scenarios of one method and horizon.

    Parameters
    ----------
    losses : (n_instruments, n_scenarios) float64, money, as `risk.instrument_losses` gives them
    counts : one row of `COLUMNS`: how many there are, the error that they leave, and how far
        their correlations were moved to be semidefinite, Frobenius norm; NaN without correlations
    """

    losses: Floats
    counts: pd.DataFrame


def draw_scenario_set(
    market: Market, positions: pd.DataFrame, method: Method, horizon: int, plan: RiskPlan
) -> ScenarioSet:
    """Make common scenarios, as many as the plan's ``target_error`` takes.

    Without a target there are ``plan.scenarios``. With one these are the pilot: while the largest
    relative standard error, over every book's value at risk and expected shortfall at every
    level, misses the target, all are drawn anew, as many as it seems to take and at most
    ``plan.most_scenarios``; what error is left is in the counts. Figures that are not positive
    have no relative error. Historical scenarios, and filtered ones of one day, are the window's.

    Parameters
    ----------
    market : instruments and factors
    positions : portfolio_id, instrument_id, quantity; books that cannot be valued are left out
    method, horizon : how scenarios are made, and over how many trading days
    plan : levels, number of scenarios and target

    Returns
    -------
    ScenarioSet, money, a loss is positive.

    Raises
    ------
    MarketError
        Where the window does not allow the method.

    References
    ----------
    Glasserman (2004), section 1.1.3.
    """
    losses = instrument_losses(market, method, horizon, plan)
    books = books_of(market, positions)[0]
    pilot = losses.shape[1]

    def worst_of(losses: Floats) -> LargestError:
        controls = build_controls(market, method, horizon, plan, losses.shape[1])
        with keep_losses_on(plan.device)(losses):
            return largest_error(losses, books, method, horizon, plan, controls)

    largest = worst_of(losses)
    if plan.target_error is not None and is_sampled(method, horizon):
        most = max(plan.most_scenarios, pilot)
        # A short pilot of a heavy tail may see too little of it to tell its own error.
        while losses.shape[1] < most and largest.relative_error > plan.target_error:
            needed = scenarios_for(largest.relative_error, losses.shape[1], plan.target_error)
            count = min(needed, most)
            losses = instrument_losses(market, method, horizon, plan.with_scenarios(count))
            largest = worst_of(losses)
    target = np.nan if plan.target_error is None else plan.target_error
    row = (method, horizon, losses.shape[1], pilot, target)
    left = (largest.relative_error, largest.portfolio_id)
    moved = repair_distance(market.factors, method, plan)
    counts = pd.DataFrame([(*row, *left, moved)], columns=COLUMNS).astype(
        {"target_error": float, "portfolio_id": object}
    )
    return ScenarioSet(losses, counts)


def is_sampled(method: Method, horizon: int) -> bool:
    """Whether a method draws as many scenarios as it is asked for.

    Historical scenarios are the window's own, as are filtered ones of a ``horizon`` of one day.
    """
    return method != "historical" and not (method == "filtered_historical" and horizon == 1)


def scenarios_for(relative_error: float, pilot: int, target: float) -> int:
    """Return how many scenarios bring a pilot's relative error to a target, with a margin.

    Parameters
    ----------
    relative_error : of the pilot, fraction; NaN needs no more than the pilot
    pilot : its scenarios
    target : fraction, positive

    Raises
    ------
    PlanError
        Where the target is not positive.

    References
    ----------
    Glasserman (2004), section 1.1.3: errors fall as one over the root of the number.
    """
    if not target > 0.0:
        raise PlanError(f"target_error must be positive; got {target}")
    if not relative_error > target:
        return pilot
    return int(np.ceil(_MARGIN * pilot * (relative_error / target) ** 2))


def largest_error(
    losses: Floats,
    books: Sequence[Book],
    method: Method,
    horizon: int,
    plan: RiskPlan,
    controls: Controls | None = None,
) -> LargestError:
    """Return the largest relative standard error of all books' figures.

    Parameters
    ----------
    losses : (n_instruments, n_scenarios) float64, money, a loss is positive; a book whose losses
        overflow, or whose control has no scenario in its tail, is left out
    books : on the market of the losses
    method, horizon, plan : of the scenarios
    controls : of the scenarios; None has none

    Returns
    -------
    LargestError, fraction; of value at risk and expected shortfall at every level alike.

    References
    ----------
    Glasserman (2004), section 1.1.3.
    """
    worst, add_up = LargestError(np.nan, None), book_losses_on(plan.device)
    for book in books:
        total = add_up(losses, book.instruments, book.quantities)
        if overflows(total) or overflows(book.quantities):
            continue
        try:
            tails = measure_book_tails(total, method, horizon, plan, control_of(controls, book))
        except PlanError:
            # The book fails where it is measured.
            continue
        for tail in tails:
            for value, error in (
                (tail.value_at_risk, tail.value_at_risk_error),
                (tail.expected_shortfall, tail.expected_shortfall_error),
            ):
                if value > 0.0 and not error / value <= worst.relative_error:
                    worst = LargestError(error / value, book.portfolio_id)
    return worst
