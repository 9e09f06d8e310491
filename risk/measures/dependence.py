"""How books move with a market and with one another: beta, and dependence in the tail.

References
----------
Sharpe (1964), "Capital asset prices", Journal of Finance 19(3); McNeil, Frey & Embrechts (2015),
"Quantitative risk management", section 7.2.4; Frahm, Junker & Schmidt (2005),
"Estimating the tail-dependence coefficient", Insurance: Mathematics and Economics 37(1); Devlin,
Gnanadesikan & Kettenring (1975), "Robust estimation and outlier detection with correlation
coefficients", Biometrika 62(3) (the influence of a day on a correlation).
"""

from dataclasses import dataclass

import numpy as np

from kernels.arrays import Floats
from risk.covariance.sample import moving
from risk.errors import PlanError, require_level


@dataclass(frozen=True)
class Betas:
    """How many books move with a market.

    Parameters
    ----------
    exposure : (n_books,) float64, money: a book's gain for a market return of one; NaN where the
        market never moved, as in all that follows
    standard_error : (n_books,) float64, money, of independent days
    explained : (n_books,) float64, share of the book's variance; NaN where it never moved
    explained_error : (n_books,) float64, its standard error, of independent days
    """

    exposure: Floats
    standard_error: Floats
    explained: Floats
    explained_error: Floats


def measure_betas(losses: Floats, market: Floats) -> Betas:
    """Regress each book's gains on the market's returns.

    By least squares with an intercept; the error takes residuals to be of one variance, over
    n_days - 2.

    Parameters
    ----------
    losses : (n_days, n_books) float64, money, a loss is positive; no NaN
    market : (n_days,) float64, returns, fractions; no NaN

    Returns
    -------
    Betas; a book that gains with the market has a positive one.

    Raises
    ------
    PlanError
        Where there are fewer than three days, or not as many of both.

    References
    ----------
    Sharpe (1964); Devlin, Gnanadesikan & Kettenring (1975), for the error of what is explained.
    """
    n_days = len(market)
    if n_days < 3 or losses.shape[0] != n_days:
        raise PlanError(
            f"a beta needs the same three days at least of both; got {losses.shape[0]} and {n_days}"
        )
    if market.max() == market.min():
        unknown = np.full(losses.shape[1], np.nan)
        return Betas(unknown, unknown, unknown, unknown)
    gains = np.where(moving(losses), losses.mean(axis=0) - losses, 0.0)
    returns = market - market.mean()
    square, total = float(returns @ returns), (gains**2).sum(axis=0)
    exposure = returns @ gains / square
    residual = np.maximum(total - exposure**2 * square, 0.0)
    error = np.sqrt(residual / (n_days - 2) / square)
    with np.errstate(divide="ignore", invalid="ignore"):
        explained = np.asarray(1.0 - residual / total)
        unit = gains * np.sqrt(n_days / total)
        spread = _squared_correlation_influence(unit, returns * np.sqrt(n_days / square)).std(
            axis=0
        )
    return Betas(
        np.asarray(exposure), np.asarray(error), explained, np.asarray(spread / np.sqrt(n_days))
    )


def _squared_correlation_influence(gains: Floats, returns: Floats) -> Floats:
    """Return what each day contributes to squared correlations of series of unit variance."""
    market = returns[:, None]
    correlation = (gains * market).mean(axis=0)
    whole = 2.0 * correlation * gains * market - correlation**2 * (gains**2 + market**2)
    return np.asarray(whole)


def tail_dependence(losses: Floats, others: Floats, level: float = 0.95) -> Floats:
    """Return how often others are in their worst days when a book is in its own.

    Parameters
    ----------
    losses : (n_days, n_books) float64, money, a loss is positive; no NaN
    others : (n_days, n_books) or (n_days, 1) float64, money, e.g. what the rest of the firm loses
    level : the worst floor(n_days (1 - level)) days are the tail, in (0, 1); ties rank as they
        come

    Returns
    -------
    (n_books,) fraction: 1 - level if they have nothing to do with one another, 1 if the worst
    days are the same. Its limit for levels towards 1 is the coefficient of tail dependence.

    Raises
    ------
    PlanError
        Where the level leaves no day in the tail.

    References
    ----------
    McNeil, Frey & Embrechts (2015), section 7.2.4; Frahm, Junker & Schmidt (2005).
    """
    n_days = len(losses)
    require_level(level)
    beyond = int(np.floor(n_days * (1.0 - level) + 1e-9))
    if beyond < 1:
        raise PlanError(f"level {level} leaves no day of {n_days} in the tail")
    both = _in_tail(losses, beyond) & _in_tail(others, beyond)
    return np.asarray(both.sum(axis=0) / beyond)


def tail_dependence_errors(shares: Floats, n_days: int, level: float = 0.95) -> Floats:
    """Return the standard errors of what `tail_dependence` finds: those of a binomial share.

    Parameters
    ----------
    shares : (n_books,) float64, fractions in [0, 1]; NaN stays NaN
    n_days : how many days there were
    level : as of `tail_dependence`

    Returns
    -------
    (n_books,) fraction; of independent days.

    References
    ----------
    McNeil, Frey & Embrechts (2015), section 7.2.4.
    """
    beyond = int(np.floor(n_days * (1.0 - level) + 1e-9))
    return np.asarray(np.sqrt(shares * (1.0 - shares) / beyond))


def _in_tail(losses: Floats, beyond: int) -> np.ndarray:
    ranks = np.argsort(np.argsort(losses, axis=0, kind="stable"), axis=0, kind="stable")
    return np.asarray(ranks >= len(losses) - beyond)
