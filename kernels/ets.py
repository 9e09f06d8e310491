"""Exponential smoothing models, chosen and fitted for many series a call.

Every series tries the models that its length and sign admit (errors additive or relative; no trend,
additive or damped; no season, additive or a ratio; no additive errors with ratios) and takes the
one with the least corrected information criterion. Bounds and starting points are those of
statsforecast's AutoETS, whose bounds of beta and gamma narrow from one model to the next. A model
that may have a higher top is searched a second time (`kernels.ets_again`).

References
----------
Hyndman, Koehler, Snyder & Grose (2002), "A state space framework for automatic forecasting using
exponential smoothing methods", International Journal of Forecasting 18(3).
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from kernels.arrays import Flags, Floats, Integers
from kernels.ets_again import (
    FIRST_PARAMETERS,
    LIVELY,
    MEANS,
    UNDAMPED,
    UNTRENDED,
    choose_again,
    constant_means,
    start_from_means,
    start_undamped,
    start_untrended,
)
from kernels.ets_lanes import Shape, count_parameters, count_smoothing
from kernels.ets_search import search_model
from kernels.ets_start import (
    FEWEST_PERIODS,
    is_short,
    line_beside_wave,
    start_level,
    start_seasons,
)
from kernels.ets_step import ADDED, DAMPED, RATIO, expect_ahead, filter_series
from kernels.flat import as_flat
from kernels.lane_search import Queue, longest_of

SHORTEST = 7
SMALLEST_SMOOTHING, LARGEST_SMOOTHING = 1e-4, 0.9999
SMALLEST_DAMPING, LARGEST_DAMPING = 0.8, 0.98
# A constant series, or one too short for any model.
NO_MODEL = -1
N_MODELS = 18
# Additive errors do not go with ratios.
MODEL_NAMES = {
    error + trend + season: 9 * relative + 3 * drift + kind
    for relative, error in enumerate("AM")
    for drift, trend in enumerate(("N", "A", "Ad"))
    for kind, season in enumerate("NAM")
    if error == "M" or season != "M"
}
# Columns of a fit's smoothing parameters.
ALPHA, BETA, GAMMA, PHI = 0, 1, 2, 3
_START_ALPHA, _START_BETA, _START_GAMMA, _START_PHI = 0.2, 0.1, 0.05, 0.99
_LIVELY_ALPHA, _LIVELY_BETA, _LIVELY_GAMMA, _LIVELY_PHI = 0.5, 0.5, 0.3, 0.3


class EtsFits(NamedTuple):
    """The model of each series and its state after the last period.

    Parameters
    ----------
    model : (n_series,) int64, ``9 * relative errors + 3 * trend + season`` by the numbers of
        `Trend` and `Season`; `NO_MODEL` for a constant series and one too short
    smoothing : (n_series, 4) float64, alpha, beta, gamma and phi; zero where the model has none,
        and phi one where the trend is not damped
    level, trend : (n_series,) float64, units and units per period
    seasons : (n_series, m) float64, of the next period first; units or ratios, zero without season
    variance : (n_series,) float64, of one-step errors, in squared units, or of relative ones
    criterion : (n_series,) float64, AICc without the constant that all models share; NaN without
        a model
    points : (n_series,) int64, evaluations of likelihood and slope
    start : (n_series, widest) float64, the model's parameters in the order of
        `kernels.ets_lanes.pass_lanes`, level, trend and added seasons in units
    """

    model: Integers
    smoothing: Floats
    level: Floats
    trend: Floats
    seasons: Floats
    variance: Floats
    criterion: Floats
    points: Integers
    start: Floats

    @property
    def season_length(self) -> int:
        """Periods of the season, 1 for none."""
        return int(self.seasons.shape[1])


class FirstSearches(NamedTuple):
    """How the first search of every model ended.

    Parameters
    ----------
    criterion : (n_series, 18) float64, infinite where there was none
    parameters : (n_series, 18, 5) float64, the first ones of each model
    """

    criterion: Floats
    parameters: Floats


@njit(cache=True, nogil=True)
def candidate_bounds(
    relative: bool, trend: int, season: int, length: int, lower: Floats, upper: Floats
) -> None:
    """Fill the bounds of alpha, beta, gamma and phi, as far as the model has them.

    Where the series has a season, beta's upper bound was narrowed by the first model with both
    trend and season: in order, the models without a season and with additive errors come before.

    Parameters
    ----------
    relative, trend, season : of the model
    length : season's periods of the series, 1 for none
    lower, upper : (n_smoothing,) float64, filled
    """
    lower[:] = SMALLEST_SMOOTHING
    upper[:] = LARGEST_SMOOTHING
    place = 1
    if trend > 0:
        early = season == 0 and not relative
        upper[place] = start_alpha(1 if early else length)
        place += 1
    if season > 0:
        upper[place] = min(LARGEST_SMOOTHING, 1.0 - start_alpha(length))
        place += 1
    if trend == DAMPED:
        lower[place], upper[place] = SMALLEST_DAMPING, LARGEST_DAMPING


@njit(cache=True, nogil=True)
def start_alpha(length: int) -> float:
    """Return the alpha that a search starts from, for a season of ``length`` periods."""
    return SMALLEST_SMOOTHING + _START_ALPHA * (LARGEST_SMOOTHING - SMALLEST_SMOOTHING) / length


@njit(cache=True, nogil=True)
def fill_start(
    shape: Shape, lower: Floats, upper: Floats, lively: bool, begun: Floats, start: Floats
) -> None:
    """Fill a series' starting point from its starting level, trend and seasons.

    Parameters
    ----------
    shape : of the model
    lower, upper : (n_smoothing,) float64, of `candidate_bounds`
    lively : whether level and trend start from fast smoothing, or from statsforecast's
    begun : (3 + m,) float64, of `begin_series`
    start : (>= n_parameters,) float64, filled
    """
    start[0] = _LIVELY_ALPHA if lively else start_alpha(shape.length)
    place = 1
    if shape.trend > 0:
        share = _LIVELY_BETA if lively else _START_BETA
        start[place] = lower[place] + share * (upper[place] - lower[place])
        place += 1
    if shape.season > 0:
        share = _LIVELY_GAMMA if lively else _START_GAMMA
        start[place] = lower[place] + share * (upper[place] - lower[place])
        place += 1
    if shape.trend == DAMPED:
        share = _LIVELY_PHI if lively else _START_PHI
        start[place] = lower[place] + share * (upper[place] - lower[place])
        place += 1
    if shape.trend > 0:
        start[place], start[place + 1] = begun[1], begun[2]
        place += 2
    else:
        start[place] = begun[0]
        place += 1
    for j in range(1, shape.length):
        start[place + j - 1] = begun[3 + j]


@njit(cache=True, nogil=True)
def begin_series(
    y: Floats,
    intercept: float,
    slope: float,
    season: int,
    begun: Floats,
    adjusted: Floats,
    counts: Floats,
) -> None:
    """Fill level, level and trend of the line, and seasons of a series before its first period.

    Parameters
    ----------
    y : (n,) float64, longer than its season
    intercept, slope : of the line beside a wave, where the season is looked for in a short series
    season : of `kernels.ets_step.Season`
    begun : (3 + m,) float64, filled: mean level, line's level, trend, seasons
    adjusted : (n,) float64 scratch
    counts : (m,) float64 scratch
    """
    n = y.shape[0]
    if season > 0:
        start_seasons(y, intercept, slope, season, begun[3:], adjusted, counts)
    else:
        for t in range(n):
            adjusted[t] = y[t]
    periods = min(max(FEWEST_PERIODS, 2 * counts.shape[0] if season > 0 else 2), n)
    begun[0], _ = start_level(adjusted, periods, False)
    begun[1], begun[2] = start_level(adjusted, periods, True)


@njit(cache=True, nogil=True)
def _begin(queue: Queue, season: int, length: int, begun: Floats) -> None:
    """Fill what `begin_series` does, (n_series, 3 + length) float64, for each series."""
    adjusted, counts = np.empty(longest_of(queue)), np.empty(length)
    for series in queue.order:
        y = queue.values[queue.offsets[series] : queue.offsets[series + 1]]
        n = y.shape[0]
        intercept, slope = 0.0, 0.0
        if season > 0 and is_short(n, length):
            intercept, slope = line_beside_wave(y, length)
        begin_series(y, intercept, slope, season, begun[series], adjusted[:n], counts)


@njit(cache=True, nogil=True)
def is_open(shape: Shape, n: int, lowest: float, unit: float) -> bool:
    """Whether a model may be fitted to a series.

    Parameters
    ----------
    shape : of the model
    n : periods of the series
    lowest : observation
    unit : of the series, zero for a constant
    """
    size = count_parameters(shape.trend, shape.season, shape.length)
    fits_sign = lowest > 0.0 or not shape.relative
    long_enough = n > size + 2 and n > shape.length and n >= SHORTEST
    return bool(unit > 0.0 and long_enough and fits_sign)


@njit(cache=True, nogil=True)
def information(likelihood: float, n: int, unit: float, size: int) -> float:
    """Return the corrected criterion of a fit, without the constant that all models share.

    Parameters
    ----------
    likelihood : twice the negative log-likelihood of the series in its units
    n : its periods
    unit : of the series
    size : number of parameters
    """
    found = likelihood + 2.0 * float(n) * math.log(unit)
    count = size + 1.0
    return found + (2.0 * count + 2.0 * count * (count + 1.0) / (float(n) - count - 1.0))


@njit(cache=True, nogil=True)
def queue_for(
    shape: Shape, values: Floats, offsets: Integers, order: Integers, lowest: Floats, unit: Floats
) -> Queue:
    """Return the series that a model is open to."""
    chosen = np.empty(order.shape[0], np.int64)
    count = 0
    for series in order:
        if is_open(shape, offsets[series + 1] - offsets[series], lowest[series], unit[series]):
            chosen[count] = series
            count += 1
    return Queue(values, offsets, chosen[:count])


@njit(cache=True, nogil=True)
def _first_starts(
    queue: Queue, shape: Shape, lower: Floats, upper: Floats, begun: Floats, trial: Floats
) -> Queue:
    """Fill where the first searches of a model start, and return their queue."""
    for series in queue.order:
        fill_start(shape, lower, upper, False, begun[series], trial[series])
    return queue


@njit(cache=True, nogil=True)
def start_again(
    shape: Shape,
    y: Floats,
    unit: float,
    lower: Floats,
    upper: Floats,
    begun: Floats,
    found: float,
    end: Floats,
    untrended: float,
    untrended_end: Floats,
    undamped: float,
    undamped_end: Floats,
    means: Floats,
    start: Floats,
) -> float:
    """Fill where the second search of a model starts, if it may end higher.

    Parameters
    ----------
    shape, lower, upper, begun : as for `fill_start`
    y : (n,) float64, in units of its mean
    unit : that mean
    found, end : criterion and parameters that the model's first search ended with
    untrended, untrended_end : that of the model without trend, infinite where there is none
    undamped, undamped_end : that of the model without damping, infinite where there is none
    means : (m,) float64 scratch
    start : (>= n_parameters,) float64, filled; may be ``end``

    Returns
    -------
    The best criterion above which that search is worth it; infinite where there is none.
    """
    n, worth = y.shape[0], math.inf
    size = count_parameters(shape.trend, shape.season, shape.length)
    if shape.trend == 0:
        likelihood = constant_means(y, shape.relative, means[: shape.length])
        worth = information(likelihood, n, unit, size)
    damped = undamped + information(0.0, n, 1.0, size) - information(0.0, n, 1.0, size - 1)
    kind, above = choose_again(shape, lower, found, end, worth, untrended, damped, undamped_end[0])
    if kind == LIVELY:
        fill_start(shape, lower, upper, True, begun, start)
    elif kind == MEANS:
        start_from_means(shape, lower, means, start)
    elif kind == UNDAMPED:
        start_undamped(shape, upper, undamped_end, begun, start)
    elif kind == UNTRENDED:
        start_untrended(shape, lower, upper, untrended_end, begun, start)
    return float(above)


@njit(cache=True, nogil=True)
def _second_starts(
    queue: Queue,
    shape: Shape,
    lower: Floats,
    upper: Floats,
    begun: Floats,
    unit: Floats,
    firsts: FirstSearches,
    trial: Floats,
    fits: EtsFits,
) -> Queue:
    """Fill where the second searches of a model start, and return their queue."""
    model = 9 * shape.relative + 3 * shape.trend + shape.season
    plain = model - 3 * shape.trend
    line = plain + 3 if shape.trend == DAMPED else plain
    means = np.empty(shape.length)
    chosen = np.empty(queue.order.shape[0], np.int64)
    count = 0
    for series in queue.order:
        criterion, parameters = firsts.criterion[series], firsts.parameters[series]
        above = start_again(
            shape,
            queue.values[queue.offsets[series] : queue.offsets[series + 1]],
            unit[series],
            lower,
            upper,
            begun[series],
            criterion[model],
            parameters[model],
            criterion[plain],
            parameters[plain],
            criterion[line] if shape.trend == DAMPED else math.inf,
            parameters[line],
            means,
            trial[series],
        )
        if above < fits.criterion[series]:
            chosen[count] = series
            count += 1
    return Queue(queue.values, queue.offsets, chosen[:count])


@njit(cache=True, nogil=True)
def _search_and_keep(
    queue: Queue,
    shape: Shape,
    lower: Floats,
    upper: Floats,
    unit: Floats,
    trial: Floats,
    best: Floats,
    fits: EtsFits,
) -> Floats:
    """Fit one model to its queue, and keep it where it has the least criterion so far.

    Parameters
    ----------
    trial, best : (n_series, widest) float64, of this model and of the best one

    Returns
    -------
    (n_series,) float64, the model's criterion in each series of the queue.
    """
    size = count_parameters(shape.trend, shape.season, shape.length)
    found = np.empty(trial.shape[0])
    search_model(queue, shape, lower, upper, trial, found, fits.points)
    for series in queue.order:
        n = queue.offsets[series + 1] - queue.offsets[series]
        found[series] = information(found[series], n, unit[series], size)
        if found[series] < fits.criterion[series]:
            fits.criterion[series] = found[series]
            fits.model[series] = 9 * shape.relative + 3 * shape.trend + shape.season
            best[series, :size] = trial[series, :size]
    return found


@njit(cache=True, nogil=True)
def settle_fit(
    series: int,
    y: Floats,
    unit: float,
    own: Floats,
    state: Floats,
    seasons: Floats,
    fits: EtsFits,
) -> None:
    """Carry the chosen model through its series, and fill the fit.

    Parameters
    ----------
    series : its number in ``fits``; its model and criterion are there
    y : (n,) float64, in units of its mean
    unit : that mean
    own : (>= n_parameters,) float64, the model's parameters
    state : (2,) float64 scratch
    seasons : (m,) float64 scratch
    """
    model = fits.model[series]
    relative, trend, season = model >= 9, (model % 9) // 3, model % 3
    n, m = y.shape[0], seasons.shape[0]
    smoothing = fits.smoothing[series]
    smoothing[:] = 0.0
    place = 1
    smoothing[ALPHA] = own[0]
    smoothing[PHI] = 1.0 if trend > 0 else 0.0
    if trend > 0:
        smoothing[BETA] = own[place]
        place += 1
    if season > 0:
        smoothing[GAMMA] = own[place]
        place += 1
    if trend == DAMPED:
        smoothing[PHI] = own[place]
        place += 1
    state[0], state[1] = own[place], 0.0
    place += 1
    if trend > 0:
        state[1] = own[place]
        place += 1
    seasons[:] = 0.0
    if season > 0:
        seasons[0] = float(m) if season == RATIO else 0.0
        for j in range(1, m):
            seasons[j] = own[place + j - 1]
            seasons[0] -= seasons[j]
    squares = filter_series(
        y, smoothing[0], smoothing[1], smoothing[2], smoothing[3], season, state, seasons, relative
    )
    size = count_parameters(trend, season, m if season > 0 else 1)
    fits.level[series], fits.trend[series] = unit * state[0], unit * state[1]
    for j in range(m):
        factor = seasons[(n + j) % m]
        fits.seasons[series, j] = unit * factor if season == ADDED else factor
    scale = 1.0 if relative else unit * unit
    fits.variance[series] = scale * squares / max(n - size - 2.0, 1.0)
    if smoothing[PHI] == 0.0:
        smoothing[PHI] = 1.0
    first_state = count_smoothing(trend, season)
    for p in range(size):
        in_units = p >= first_state and (season != RATIO or p <= first_state + (trend > 0))
        fits.start[series, p] = own[p] * unit if in_units else own[p]


@njit(cache=True, nogil=True)
def _try_season(
    season: int,
    again: bool,
    allowed: Flags,
    values: Floats,
    offsets: Integers,
    order: Integers,
    length: int,
    unit: Floats,
    lowest: Floats,
    trial: Floats,
    best: Floats,
    firsts: FirstSearches,
    fits: EtsFits,
) -> None:
    """Fit every model of one kind of season, or ``again`` those that may have a higher top."""
    own_length = length if season > 0 else 1
    simplest = Shape(season == RATIO, 0, season, own_length)
    begun = np.zeros((unit.shape[0], 3 + own_length))
    everything = queue_for(simplest, values, offsets, order, lowest, unit)
    _begin(everything, season, own_length, begun)
    for relative in range(2):
        for trend in range(3):
            model = 9 * relative + 3 * trend + season
            if not allowed[model]:
                continue
            shape = Shape(relative == 1, trend, season, own_length)
            smoothing = count_smoothing(trend, season)
            lower, upper = np.empty(smoothing), np.empty(smoothing)
            candidate_bounds(shape.relative, trend, season, length, lower, upper)
            queue = queue_for(shape, values, offsets, order, lowest, unit)
            if again:
                queue = _second_starts(queue, shape, lower, upper, begun, unit, firsts, trial, fits)
            else:
                queue = _first_starts(queue, shape, lower, upper, begun, trial)
            found = _search_and_keep(queue, shape, lower, upper, unit, trial, best, fits)
            if not again:
                for series in queue.order:
                    firsts.criterion[series, model] = found[series]
                    firsts.parameters[series, model] = trial[series, :FIRST_PARAMETERS]


@njit(cache=True, nogil=True)
def size_of(y: Floats) -> tuple[float, float]:
    """Return the mean size of a series, zero for a constant, and its lowest observation.

    Parameters
    ----------
    y : (n,) float64, one observation at least
    """
    lowest, highest, total = y[0], y[0], 0.0
    for t in range(y.shape[0]):
        lowest, highest = min(lowest, y[t]), max(highest, y[t])
        total += abs(y[t])
    return total / y.shape[0] if highest > lowest else 0.0, lowest


@njit(cache=True, nogil=True)
def scale_series(values: Floats, offsets: Integers, unit: Floats, lowest: Floats) -> None:
    """Divide each series by its mean size; fill that unit, zero for a constant, and its minimum."""
    for series in range(offsets.shape[0] - 1):
        y = values[offsets[series] : offsets[series + 1]]
        unit[series], lowest[series] = size_of(y)
        if unit[series] > 0.0:
            y /= unit[series]


@njit(cache=True, nogil=True)
def _fit_batch(
    values: Floats,
    offsets: Integers,
    order: Integers,
    length: int,
    allowed: Flags,
    fits: EtsFits,
) -> None:
    n_series = offsets.shape[0] - 1
    scaled, unit, lowest = values.copy(), np.zeros(n_series), np.zeros(n_series)
    scale_series(scaled, offsets, unit, lowest)
    best, trial = np.empty_like(fits.start), np.empty_like(fits.start)
    firsts = FirstSearches(
        np.full((n_series, N_MODELS), math.inf),
        np.zeros((n_series, N_MODELS, FIRST_PARAMETERS)),
    )
    for again in (False, True):
        for season in range(3 if length > 1 else 1):
            _try_season(
                season,
                again,
                allowed,
                scaled,
                offsets,
                order,
                length,
                unit,
                lowest,
                trial,
                best,
                firsts,
                fits,
            )
    state, seasons = np.zeros(2), np.zeros(length)
    for series in range(n_series):
        y = scaled[offsets[series] : offsets[series + 1]]
        if fits.model[series] >= 0:
            settle_fit(series, y, unit[series], best[series], state, seasons, fits)
        else:
            fits.level[series] = y[y.shape[0] - 1] if unit[series] == 0.0 else math.nan


@njit(cache=True, nogil=True)
def _forecast_batch(fits: EtsFits, means: Floats) -> None:
    state = np.empty(2)
    for series in range(means.shape[0]):
        state[0], state[1] = fits.level[series], fits.trend[series]
        season = max(fits.model[series], 0) % 3
        expect_ahead(
            state, fits.seasons[series], 0, fits.smoothing[series, PHI], season, means[series]
        )


@njit(cache=True, nogil=True)
def fill_short_lines(values: Floats, offsets: Integers, length: int, lines: Floats) -> None:
    """Fill the line beside a wave of each series that is too short to decompose.

    Parameters
    ----------
    values, offsets : as for `fit_ets`
    length : periods of the season
    lines : (n_series, 2) float64, intercept and slope in units of each series' mean size; those of
        a longer series, and of one without a seasonal model, are left alone
    """
    for series in range(offsets.shape[0] - 1):
        y = values[offsets[series] : offsets[series + 1]]
        n = y.shape[0]
        if n <= length or not is_short(n, length):
            continue
        unit, _ = size_of(y)
        if unit > 0.0:
            lines[series, 0], lines[series, 1] = line_beside_wave(y / unit, length)


def candidates_of(models: tuple[str, ...], season_length: int) -> Integers:
    """Return the models to choose from, in the order in which they are tried.

    Parameters
    ----------
    models : names; none is all
    season_length : periods, 1 for none

    Returns
    -------
    (n, 3) int64: whether errors are relative, trend, season.
    """
    allowed = {model_number(name) for name in models or MODEL_NAMES}
    found = [
        (relative, trend, season)
        for season in range(3 if season_length > 1 else 1)
        for relative in range(2)
        for trend in range(3)
        if 9 * relative + 3 * trend + season in allowed
    ]
    return np.array(found, np.int64).reshape(-1, 3)


def model_number(name: str) -> int:
    """Return the number of a model by its name in the literature, "AAdN" or "MNM" for example.

    Raises
    ------
    ValueError
        Where it is none of the fifteen.
    """
    if name not in MODEL_NAMES:
        known = ", ".join(sorted(MODEL_NAMES))
        raise ValueError(f"model must be one of {known}; got {name!r}")
    return MODEL_NAMES[name]


def no_fits(n_series: int, season_length: int) -> EtsFits:
    """Return room for the fits of so many series, without a model yet."""
    widest = count_parameters(DAMPED, ADDED if season_length > 1 else 0, season_length)
    return EtsFits(
        np.full(n_series, NO_MODEL, np.int64),
        np.zeros((n_series, 4)),
        np.full(n_series, np.nan),
        np.zeros(n_series),
        np.zeros((n_series, season_length)),
        np.zeros(n_series),
        np.full(n_series, np.inf),
        np.zeros(n_series, np.int64),
        np.zeros((n_series, widest)),
    )


def fit_ets(
    values: Floats, offsets: Integers, season_length: int, models: tuple[str, ...] = ()
) -> EtsFits:
    """Choose and fit a model for each series.

    Parameters
    ----------
    values : (n_observations,) float64, the series end to end, units per period, no NaN
    offsets : (n_series + 1,) int64, where each series starts; each has one observation at least
    season_length : periods, 1 for none; a series that is not longer has no seasonal model
    models : names of those to choose from; none is all

    Returns
    -------
    EtsFits; a constant series stays at its value, one of six periods or fewer has no model and no
    level.
    """
    n_series = offsets.shape[0] - 1
    fits = no_fits(n_series, season_length)
    # Lanes that end alone do so on short series.
    order = np.argsort(-np.diff(offsets), kind="stable").astype(np.int64)
    allowed = np.zeros(N_MODELS, np.bool_)
    allowed[[model_number(name) for name in models or MODEL_NAMES]] = True
    _fit_batch(
        *as_flat(values, offsets),
        order,
        season_length,
        allowed,
        fits,
    )
    fits.criterion[fits.model == NO_MODEL] = np.nan
    return fits


def forecast_ets(fits: EtsFits, horizon: int) -> Floats:
    """Return the path without errors of each series, (n_series, horizon) float64, units.

    For additive models that is the mean; where seasons or errors are relative it is close to it,
    and what statsforecast gives. NaN where there is no model.
    """
    means = np.empty((fits.model.shape[0], horizon))
    _forecast_batch(fits, means)
    return means
