"""Controls of a night: each book's delta-gamma loss, whose law under Gaussian moves is known.

References
----------
Glasserman (2004), "Monte Carlo methods in financial engineering", sections 4.1 and 9.2 (the
delta-gamma approximation as a control variate).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from kernels.arrays import Floats, Integers
from risk.covariance import Covariance
from risk.market.delta_gamma import Expansion, expand_market
from risk.market.market import NO_FACTOR, Market
from risk.market.revalue import TRADING_DAYS, current_values
from risk.plan import Method, RiskPlan
from risk.scenarios.factor_covariance import factor_covariance
from risk.scenarios.factor_moves import factor_moves
from risk.scenarios.quadratic_law import QuadraticLaw, quadratic_law, quadratic_losses


@dataclass(frozen=True)
class Control:
    """A book's delta-gamma loss in every scenario, and its law.

    Parameters
    ----------
    losses : (n_scenarios,) float64, money, a loss is positive
    law : of these losses
    """

    losses: Floats
    law: QuadraticLaw


@dataclass(frozen=True)
class Controls:
    """What the controls of a market's books are made of, under one set of Gaussian scenarios.

    Parameters
    ----------
    market : instruments and factors
    expansion : of its instruments, once the horizon has gone by
    values : (n_instruments,) float64, money, today's
    loadings : (n_factors, n_rows) float64, whose product with its transpose is the covariance of
        the moves over the horizon
    moves : (n_factors, n_scenarios) float64, of the scenarios
    """

    market: Market
    expansion: Expansion
    values: Floats
    loadings: Floats
    moves: Floats


def build_controls(
    market: Market, method: Method, horizon: int, plan: RiskPlan, n_scenarios: int
) -> Controls | None:
    """Return what controls are made of, or None where the plan or the method has none.

    Parameters
    ----------
    market : instruments and factors
    method, horizon, plan : of the scenarios; Gaussian ones alone have controls
    n_scenarios : how many there are

    Returns
    -------
    Controls, whose moves are those of the scenarios that `risk.instrument_losses` values.
    """
    if plan.variance_reduction == "none" or method != "gaussian":
        return None
    covariance = factor_covariance(market.factors, plan)
    return Controls(
        market,
        expand_market(market, horizon / TRADING_DAYS),
        current_values(market),
        _joint_loadings(covariance) * np.sqrt(horizon),
        factor_moves(market.factors, method, horizon, plan.with_scenarios(n_scenarios)),
    )


def _joint_loadings(covariance: Covariance) -> Floats:
    """Return loadings on common and own normals together."""
    own = np.flatnonzero(covariance.specific)
    return np.hstack([covariance.loadings, np.diag(covariance.specific)[:, own]])


def book_control(controls: Controls, instruments: Integers, quantities: Floats) -> Control | None:
    """Return a book's control, or None where its expansion does not move.

    The expansion is of second order in log prices and exchange rates, and of first order in rates.

    Parameters
    ----------
    controls : of the scenarios
    instruments : (n_positions,) int64, numbers of the instruments
    quantities : (n_positions,) float64, units, negative is short; no NaN

    Returns
    -------
    Control, money, a loss is positive.

    References
    ----------
    Glasserman (2004), section 9.2.
    """
    own = _expand(controls, instruments, quantities)
    law = _law_of(controls, own)
    return None if law is None else Control(_losses_of(controls, own), law)


def controls_without(
    controls: Controls, instruments: Integers, quantities: Floats, whole: Control | None
) -> Iterator[Control | None]:
    """Yield the control of the book without each position, as `book_control` gives it.

    Parameters
    ----------
    controls, instruments, quantities : as of `book_control`
    whole : the book's own control; a loss is positive

    References
    ----------
    Glasserman (2004), section 9.2.
    """
    for position in range(len(instruments)):
        rest = _expand(controls, np.delete(instruments, position), np.delete(quantities, position))
        law = _law_of(controls, rest)
        if law is None:
            yield None
        elif whole is None:
            yield Control(_losses_of(controls, rest), law)
        else:
            # Expansions add up, and one position's hangs on few factors.
            alone = slice(position, position + 1)
            own = _losses_of(controls, _expand(controls, instruments[alone], quantities[alone]))
            yield Control(whole.losses - own, law)


class _BookExpansion(NamedTuple):
    """A book's value by the moves of the factors that it hangs on."""

    touched: Integers
    constant: float
    slopes: Floats
    curvatures: Floats


def _expand(controls: Controls, instruments: Integers, quantities: Floats) -> _BookExpansion:
    touched = _touched(controls.market, controls.expansion, instruments)
    worth = controls.values[instruments] - controls.expansion.middle[instruments]
    slopes = _sensitivities(controls, instruments, quantities, touched)
    return _BookExpansion(touched, float((quantities * worth).sum()), *slopes)


def _law_of(controls: Controls, book: _BookExpansion) -> QuadraticLaw | None:
    """Return the law of a book's expansion, or None where it does not move."""
    law = quadratic_law(
        book.constant, book.slopes, book.curvatures, controls.loadings[book.touched]
    )
    return law if law.deviation > 0.0 else None


def _losses_of(controls: Controls, book: _BookExpansion) -> Floats:
    moves = controls.moves[book.touched]
    return quadratic_losses(book.constant, book.slopes, book.curvatures, moves)


def _touched(market: Market, expansion: Expansion, instruments: Integers) -> Integers:
    """Return the numbers of the factors that a book hangs on, ascending."""
    points = np.flatnonzero(expansion.rates[instruments].any(axis=0))
    named = (
        market.price_factor[instruments],
        market.currency_factor[instruments],
        points + len(market.factors.prices),
    )
    found = np.unique(np.concatenate(named))
    return np.asarray(found[found != NO_FACTOR])


def _sensitivities(
    controls: Controls, instruments: Integers, quantities: Floats, touched: Integers
) -> tuple[Floats, Floats]:
    """Return slopes and curvatures of a book's value by the moves of the touched factors."""
    market, expansion = controls.market, controls.expansion
    place = {int(factor): number for number, factor in enumerate(touched)}
    points = touched[touched >= len(market.factors.prices)] - len(market.factors.prices)
    n, n_prices = len(touched), len(touched) - len(points)
    delta, gamma = np.zeros(n), np.zeros((n, n))
    own = (expansion.middle, expansion.slope, expansion.curvature, expansion.rates[:, points])
    parts = zip(instruments, quantities, *(part[instruments] for part in own), strict=True)
    for instrument, quantity, middle, slope, curvature, rates in parts:
        price = place.get(int(market.price_factor[instrument]))
        currency = place.get(int(market.currency_factor[instrument]))
        delta[n_prices:] += quantity * rates
        if price is not None:
            # A log return x is a relative change of x + x**2 / 2.
            delta[price] += quantity * slope
            gamma[price, price] += quantity * (slope + curvature)
        if currency is None:
            continue
        delta[currency] += quantity * middle
        gamma[currency, currency] += quantity * middle
        gamma[currency, n_prices:] += quantity * rates
        gamma[n_prices:, currency] += quantity * rates
        if price is not None:
            gamma[price, currency] += quantity * slope
            gamma[currency, price] += quantity * slope
    return delta, gamma
