"""Series in units of their mean size, and fits of them in units of demand."""

from numba import njit

from kernels.arrays import Floats, Integers
from kernels.ets_fits import ALPHA, BETA, GAMMA, PHI, EtsFits
from kernels.ets_shape import count_parameters, count_smoothing
from kernels.ets_step import ADDED, DAMPED, RATIO, filter_series


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
