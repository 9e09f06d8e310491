"""Exponential smoothing models of many series as columns of a frame, each parameter by its name."""

import numpy as np
import pandas as pd

from forecasting.errors import PanelError
from forecasting.labels import Labels
from kernels.arrays import Floats, Integers
from kernels.ets_candidates import MODEL_NAMES
from kernels.ets_fits import ALPHA, BETA, GAMMA, PHI, EtsFits, no_fits
from kernels.ets_shape import count_smoothing
from kernels.ets_step import DAMPED

_NUMBERS = np.full(max(MODEL_NAMES.values()) + 1, "", dtype=object)
for _name, _number in MODEL_NAMES.items():
    _NUMBERS[_number] = _name
_SMOOTHING = {"alpha": ALPHA, "beta": BETA, "gamma": GAMMA, "phi": PHI}


def ets_columns(fits: EtsFits) -> dict[str, object]:
    """Return model, parameters and state of every series, by column.

    Season columns are as many as the season has periods; a starting season is of the place in it,
    the first one left out, as it follows from the others.
    """
    m = fits.season_length
    return {
        "model": Labels.coded(fits.model, _NUMBERS).categorical(),
        **{name: fits.smoothing[:, place] for name, place in _SMOOTHING.items()},
        "level": fits.level,
        "trend": fits.trend,
        **{_season(j): fits.seasons[:, j] for j in range(m)},
        "variance": fits.variance,
        "criterion": fits.criterion,
        **dict(zip(_start_columns(m), _spread_start(fits).T, strict=True)),
    }


def fill_ets(frame: pd.DataFrame) -> EtsFits:
    """Return the models of a frame that `ets_columns` filled.

    Raises
    ------
    KeyError
        Where a column is missing.
    PanelError
        Where a model is unknown.
    """
    m = sum(str(name).startswith("season_") for name in frame.columns)
    named = Labels.of(frame["model"])
    if not set(named.names) <= set(MODEL_NAMES):
        raise PanelError(f"model must be one of {', '.join(sorted(MODEL_NAMES))}")
    numbers = np.array([MODEL_NAMES[name] for name in named.names], np.int64)
    return _fits(frame, numbers[named.codes], m)


def _season(place: int) -> str:
    return f"season_{place:02d}"


def _start_columns(m: int) -> list[str]:
    return ["start_level", "start_trend", *(f"start_season_{j:02d}" for j in range(1, m))]


def _fits(frame: pd.DataFrame, model: Integers, m: int) -> EtsFits:
    fits = no_fits(len(frame), m)
    seasons = frame[[_season(j) for j in range(m)]].to_numpy(np.float64)
    fits.smoothing[:] = frame[list(_SMOOTHING)].to_numpy(np.float64)
    starts = frame[_start_columns(m)].to_numpy(np.float64)
    found = fits._replace(
        model=model,
        seasons=np.ascontiguousarray(seasons),
        **{
            name: frame[name].to_numpy(np.float64, copy=True)
            for name in ("level", "trend", "variance", "criterion")
        },
    )
    _fill_start(found, starts)
    return found


def _spread_start(fits: EtsFits) -> Floats:
    """Return starting level, trend and seasons of every series, (n_series, 1 + m)."""
    m = fits.seasons.shape[1]
    out = np.zeros((len(fits.model), 1 + m))
    for model in np.unique(fits.model):
        rows = np.flatnonzero(fits.model == model)
        for place, column in _start_places(int(model), m):
            out[rows, column] = fits.start[rows, place]
    return out


def _fill_start(fits: EtsFits, starts: Floats) -> None:
    """Fill the parameters in the order that fits have them, from smoothing and `_spread_start`."""
    m = fits.seasons.shape[1]
    for model in np.unique(fits.model):
        rows = np.flatnonzero(fits.model == model)
        trend, season = int(model) % 9 // 3, int(model) % 3
        used = [ALPHA, *[BETA] * (trend > 0), *[GAMMA] * (season > 0), *[PHI] * (trend == DAMPED)]
        for place, column in enumerate(used):
            fits.start[rows, place] = fits.smoothing[rows, column]
        for place, column in _start_places(int(model), m):
            fits.start[rows, place] = starts[rows, column]


def _start_places(model: int, m: int) -> list[tuple[int, int]]:
    """Return where a model's starting states are in its parameters, and in which column."""
    trend, season = model % 9 // 3, model % 3
    columns = [0, *[1] * (trend > 0), *(range(2, 1 + m) if season > 0 else ())]
    first = count_smoothing(trend, season)
    return [(first + place, column) for place, column in enumerate(columns)]
