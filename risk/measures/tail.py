"""Value at risk and expected shortfall of a sample of losses, with their sampling errors.

References
----------
Acerbi & Tasche (2002), "On the coherence of expected shortfall", Journal of Banking & Finance
26(7), def. 2.6 and prop. 4.1; Maritz & Jarrett (1978), "A note on estimating the variance of the
sample median", JASA 73; Manistre & Hancock (2005), "Variance of the CTE estimator", North
American Actuarial Journal 9(2), eq. 8; Chen (2008), "Nonparametric estimation of expected
shortfall", Journal of Financial Econometrics 6(1), section 2; Balakrishnan (1992), "Handbook of the
logistic distribution", Marcel Dekker, section 2.3; Davis & Resnick (1985), "Limit theory for
moving averages of random variables with regularly varying tail probabilities", Annals of
Probability 13(1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special

from kernels.arrays import Floats, Integers
from kernels.device import Device
from kernels.on_device import largest_scenarios_on
from risk.errors import PlanError, require_level
from risk.measures.overlap import design_effects
from risk.measures.regression import Regression

# The figures of a tail, as `Tail` names them.
MEASURES = ("value_at_risk", "expected_shortfall")
# Order statistics further from the quantile than this many deviations, and this many places (for
# the few beyond an extreme level, whose law is skewed), weigh less than 1e-8 together.
_REACH = 8.0
_PLACES = 20
# Fewer scenarios than this, in a tail or beyond a quantile, tell no more of it than so many.
_FEWEST = 0.5


@dataclass(frozen=True)
class TailControl:
    """By what a tail was corrected.

    Parameters
    ----------
    regression : on the share and the excess beyond the control's value at risk
    counted : on the share alone
    missed : deviation of the share of scenarios that the value at risk is off by, fraction
    """

    regression: Regression
    counted: Regression
    missed: float


@dataclass(frozen=True)
class Tail:
    """The worst scenarios of one book.

    Parameters
    ----------
    value_at_risk, expected_shortfall : money, a loss is positive
    value_at_risk_error, expected_shortfall_error : their standard errors, money
    scenarios : (n_tail,) int64, numbers of the scenarios in the tail, from the value at risk's to
        that of the largest loss
    weights : (n_tail,) float64, of those scenarios in expected shortfall; they add up to 1
    control : by what the figures were corrected; None where they are plain
    """

    value_at_risk: float
    value_at_risk_error: float
    expected_shortfall: float
    expected_shortfall_error: float
    scenarios: Integers
    weights: Floats
    control: TailControl | None = None


def measure_tail(losses: Floats, level: float, overlap: int = 1) -> Tail:
    """Measure the tail of a sample of losses, as `measure_tails` does at one level.

    Parameters
    ----------
    losses : (n_scenarios,) float64, money, a loss is positive; no NaN
    level, overlap : as of `measure_tails`

    References
    ----------
    Acerbi & Tasche (2002), def. 2.6 and prop. 4.1.
    """
    return measure_tails(losses, (level,), overlap)[0]


def measure_tails(
    losses: Floats, levels: Sequence[float], overlap: int = 1, device: Device = "cpu"
) -> list[Tail]:
    """Measure the tail of a sample of losses at each level.

    Value at risk is the smallest loss whose empirical distribution reaches the level: the
    ceil(n level)-th of n sorted losses. Expected shortfall is the mean of the worst
    n (1 - level) losses, the value at risk counting with what is left of a whole scenario. Errors
    are of independent scenarios, or of independent days where scenarios overlap: value at risk's is
    the deviation of its order statistic under the empirical law; expected shortfall's adds to the
    spread within the tail what not knowing its start costs.

    Parameters
    ----------
    losses : (n_scenarios,) float64, money, a loss is positive; at least one, no NaN
    levels : in (0, 1), e.g. 0.975
    overlap : days of each scenario, when they come from overlapping windows, whose neighbours
        share all but one: 1 for none. They then tell as much as fewer independent ones, by
        `risk.measures.overlap`
    device : where losses are put in order

    Returns
    -------
    A tail for each level, money.

    Raises
    ------
    PlanError
        Where a level is out of range, or there is no loss.

    References
    ----------
    Acerbi & Tasche (2002), def. 2.6 and prop. 4.1; Maritz & Jarrett (1978); Manistre & Hancock
    (2005), eq. 8; Chen (2008), section 2.
    """
    if len(losses) == 0:
        raise PlanError("a tail needs a loss; there is none")
    for level in levels:
        require_level(level)
    n = len(losses)
    first = min((_first_weighed(n, level) for level in levels), default=0)
    order = largest_scenarios_on(device)(losses, first)
    ordered = losses[order]
    return [_measure(order, ordered, n, level, overlap) for level in levels]


def _first_weighed(n: int, level: float) -> int:
    """Return the order statistic, counted from 0, from which a tail and its errors are made."""
    return quantile_place(n, level) - 1 - quantile_reach(n, level)


def _measure(order: Integers, ordered: Floats, n: int, level: float, overlap: int) -> Tail:
    beyond = n - quantile_place(n, level)
    start = len(ordered) - beyond - 1
    tail, weights = ordered[start:], tail_weights(n, level)
    shortfall = (weights * tail).sum()
    quantile_error = quantile_growth(n, level, overlap) * quantile_errors(ordered[None], n, level)
    return Tail(
        value_at_risk=float(tail[0]),
        value_at_risk_error=float(quantile_error[0]),
        expected_shortfall=float(shortfall),
        expected_shortfall_error=float(
            shortfall_errors(tail, weights, shortfall, n, level, overlap)
        ),
        scenarios=order[start:],
        weights=weights,
    )


def quantile_place(n_scenarios: int, level: float) -> int:
    """Return which of the sorted losses, counted from 1, is the value at risk.

    It is the ceil(n level)-th, a product within 1e-9 of a whole number counting as that number.

    Parameters
    ----------
    n_scenarios : how many losses there are
    level : in (0, 1)

    References
    ----------
    Acerbi & Tasche (2002), def. 2.1 (the lower quantile).
    """
    # 1000 * 0.975 must be 975, whatever the last bit of the product says.
    return min(max(int(np.ceil(n_scenarios * level - 1e-9)), 1), n_scenarios)


def quantile_reach(n_scenarios: int, level: float) -> int:
    """Return how many places beside the value at risk weigh in its error.

    Parameters
    ----------
    n_scenarios : how many losses there are
    level : in (0, 1)

    References
    ----------
    Maritz & Jarrett (1978): the beta weights beyond these places are below 1e-8 together.
    """
    return int(np.ceil(_REACH * np.sqrt(n_scenarios * level * (1.0 - level)))) + _PLACES


def quantile_errors(tails: Floats, n_scenarios: int, level: float) -> Floats:
    """Return Maritz and Jarrett's error: an order statistic's deviation under the sample's law.

    Parameters
    ----------
    tails : (n_books, n_kept) float64, money, the largest of each book's losses, ascending, no NaN:
        from `quantile_reach` places below the value at risk on, as far as there are so many; a
        loss is positive
    n_scenarios : how many losses there were
    level : in (0, 1)

    Returns
    -------
    (n_books,) float64, money.

    References
    ----------
    Maritz & Jarrett (1978).
    """
    absent = n_scenarios - tails.shape[1]
    low, weights = order_weights(n_scenarios, level)
    values = tails[:, low - absent : low - absent + len(weights)]
    mean = (weights * values).sum(axis=1, keepdims=True)
    return np.asarray(np.sqrt((weights * (values - mean) ** 2).sum(axis=1)))


@lru_cache(maxsize=1024)
def quantile_growth(n_scenarios: int, level: float, overlap: int) -> float:
    """Return how much larger a quantile's error is because scenarios overlap.

    A sample of fewer scenarios, as many as the overlapping ones tell as much as, has a quantile
    whose deviation, where few lie beyond it, is larger by more than the root of their number: by as
    much as an order statistic's is of logistic losses, whose tails are exponential.

    Parameters
    ----------
    n_scenarios : how many losses there are
    level : in (0, 1)
    overlap : as of `measure_tails`

    Returns
    -------
    A ratio of deviations, 1 where there is no overlap.

    References
    ----------
    Balakrishnan (1992): the variance is a sum of two trigamma functions; Chen (2008),
    section 2.
    """
    below = quantile_place(n_scenarios, level)
    counts = np.array([below, n_scenarios - below + 1.0])
    effect = design_effects(level, overlap).quantile
    told = np.maximum(counts / effect, _FEWEST)
    fewer = effect * (special.polygamma(1, told) * (told / counts)).sum()
    return float(np.sqrt(fewer / special.polygamma(1, counts).sum()))


@lru_cache(maxsize=128)
def order_weights(n: int, level: float) -> tuple[int, Floats]:
    """Return the first order statistic that weighs in a quantile, and the weights from it on.

    Parameters
    ----------
    n : how many losses there are
    level : in (0, 1)

    References
    ----------
    Maritz & Jarrett (1978): the beta law of the order statistic's place.
    """
    place, reach = quantile_place(n, level), quantile_reach(n, level)
    low, high = max(place - reach, 0), min(place + reach, n)
    edges = np.arange(low, high + 1) / n
    reached = special.betainc(place, n - place + 1, edges)
    return low, np.diff(reached) / (reached[-1] - reached[0])


def tail_weights(n_scenarios: int, level: float) -> Floats:
    """Return the weights of the worst scenarios in expected shortfall, value at risk's first.

    Parameters
    ----------
    n_scenarios : how many there are
    level : in (0, 1)

    Returns
    -------
    (n_tail,) float64, which add up to 1; the first is what is left of a scenario.

    References
    ----------
    Acerbi & Tasche (2002), prop. 4.1.
    """
    beyond = n_scenarios - quantile_place(n_scenarios, level)
    weights = np.full(beyond + 1, 1.0 / (n_scenarios * (1.0 - level)))
    weights[0] = 1.0 - weights[1:].sum()
    return weights


def shortfall_errors(
    tails: Floats,
    weights: Floats,
    shortfalls: Floats,
    n_scenarios: int,
    level: float,
    overlap: int = 1,
) -> Floats:
    """Return the standard errors of expected shortfalls: the spread within, and an unsure start.

    Parameters
    ----------
    tails : (..., n_tail) float64, money, losses from value at risk on, ascending, no NaN; a loss is
        positive
    weights : (n_tail,) float64, of `tail_weights`
    shortfalls : (...,) float64, money
    n_scenarios : how many losses there were
    level : in (0, 1)
    overlap : as of `measure_tails`

    Returns
    -------
    (...,) float64, money.

    References
    ----------
    Manistre & Hancock (2005), eq. 8.
    """
    squares = tail_squares(tails, weights, shortfalls, level)
    return tail_errors(squares, n_scenarios, level, overlap)


def tail_squares(tails: Floats, weights: Floats, shortfalls: Floats, level: float) -> Floats:
    """Return what of a scenario in a tail makes the error of its mean, squared.

    Parameters
    ----------
    tails, weights, shortfalls, level : as of `shortfall_errors`; a loss is positive, no NaN

    Returns
    -------
    (...,) float64, money squared.

    References
    ----------
    Manistre & Hancock (2005), eq. 8.
    """
    means = np.asarray(shortfalls)
    within = (weights * (tails - means[..., None]) ** 2).sum(axis=-1)
    return np.asarray(within + level * (means - tails[..., 0]) ** 2)


def tail_errors(
    squares: Floats | float,
    n_scenarios: int,
    level: float,
    overlap: int = 1,
    apart: Floats | float = 0.0,
) -> Floats:
    """Return standard errors of means over a tail.

    The tail and its start are so many scenarios and one more, whose spread about their own mean is
    smaller than about the true one, by Bessel's correction. Where scenarios overlap, what a tail
    loses comes in runs: one day's jump is in all scenarios that have the day.

    Parameters
    ----------
    squares : float64 of any shape, money squared, of a scenario in the tail: the variance within,
        and what an unsure start adds; NaN stays NaN
    n_scenarios : how many losses there were
    level : in (0, 1)
    overlap : as of `measure_tails`
    apart : of the same shape, money squared: variance besides, of what moves on its own in a tail

    Returns
    -------
    float64 of the same shape, money.

    References
    ----------
    Manistre & Hancock (2005), eq. 8; Chen (2008), section 2; Davis & Resnick (1985).
    """
    beyond = n_scenarios * (1.0 - level)
    effects = design_effects(level, overlap)
    told = max(beyond / effects.shortfall, _FEWEST)
    runs = overlap * squares + effects.part * apart
    return np.asarray(np.sqrt(runs / beyond * (1.0 + 1.0 / told)))
