"""statsforecast's models on held-out windows of every set, scored once and kept.

python -m benchmarks.peers [again] [SET ...] [WINDOW ...]

Windows count horizons back from the end, 0 the last. What this version of statsforecast was
measured for is kept, unless it is asked for ``again``, as where a set changes: all of them take
hours, and need not be done where ours changes, because `benchmarks.accuracy` reads what is kept.
Every model forecasts a sample of the series, and tells percentiles: by the intervals it has, or
else by statsforecast's conformal ones, from as many windows as ours has origins. None is below
zero, as no demand here is, and the 50th is the mean. AutoARIMA forecasts a part of the sample, and
none with long seasons, because it takes from a second to minutes a series. M4 weekly is scaled as
M4 does, with no season; peers are told that and a year of weeks. MFLES needs scikit-learn, which
nothing else here does: install it beside.
"""

import sys
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from statsforecast import models as zoo
from statsforecast.utils import ConformalIntervals

from benchmarks.sets import (
    CASES,
    WINDOWS,
    YEAR_OF_WEEKS,
    Case,
    Window,
    mean_loss,
    plan_of,
    window_of,
)
from forecasting import ForecastPlan
from forecasting.distributions import LEVELS
from kernels.arrays import Floats

RECORD = Path(__file__).parent / "records" / "peers.parquet"
THREADS = 2
# Of the sample, for models that take a second a series or more; less where there is no season.
FEW = 20
DEAR = ("AutoARIMA",)
LONGEST_OF_DEAR = 12
# In the mean of a place in the season: sets of weeks, and car parts, have less than four years.
SEASONS_IN_WINDOW, YEARS_IN_WINDOW = 4, 2
# Of simple smoothing and of TSB where they search for none.
SMOOTHING = 0.2
# Central intervals whose ends are percentiles.
INTERVALS = tuple(range(2, 100, 2))
# Models that have no intervals of their own.
CONFORMAL = (
    "WindowAverage",
    "SeasonalWindowAverage",
    "SimpleExponentialSmoothing",
    "SimpleExponentialSmoothingOptimized",
    "SeasonalExponentialSmoothing",
    "SeasonalExponentialSmoothingOptimized",
    "CrostonClassic",
    "CrostonOptimized",
    "CrostonSBA",
    "TSB",
    "ADIDA",
    "IMAPA",
    "MFLES",
)
# statsforecast has no conformal interval from fewer windows.
FEWEST_WINDOWS = 2
AGAIN = "again"
MEASURES = ("mase", "rmsse", "pinball", "bias")
COLUMNS = ("set", "window", "model", "series", *MEASURES, "reason", "measured")
TEXTS = ("set", "model", "reason", "measured")
Builders = dict[str, Callable[[], Any]]


class Peers(NamedTuple):
    """Who forecasts a set, and how much of it.

    Parameters
    ----------
    models : by name
    sample, few : series that they forecast, and that dear ones do
    """

    models: Builders
    sample: int
    few: int = FEW


_PLAIN: Builders = {
    "ZeroModel": zoo.ZeroModel,
    "Naive": zoo.Naive,
    "HistoricAverage": zoo.HistoricAverage,
    "WindowAverage": lambda: zoo.WindowAverage(8),
    "RandomWalkWithDrift": zoo.RandomWalkWithDrift,
    "SimpleExponentialSmoothing": lambda: zoo.SimpleExponentialSmoothing(SMOOTHING),
    "SimpleExponentialSmoothingOptimized": zoo.SimpleExponentialSmoothingOptimized,
    "Holt": zoo.Holt,
    "CrostonClassic": zoo.CrostonClassic,
    "CrostonOptimized": zoo.CrostonOptimized,
    "CrostonSBA": zoo.CrostonSBA,
    "TSB": lambda: zoo.TSB(SMOOTHING, SMOOTHING),
    "ADIDA": zoo.ADIDA,
    "IMAPA": zoo.IMAPA,
}


def _simple(season: int) -> Builders:
    """Return the models of a season that have little to search for."""
    return {
        "SeasonalExponentialSmoothing": lambda: zoo.SeasonalExponentialSmoothing(season, SMOOTHING),
        "SeasonalExponentialSmoothingOptimized": lambda: zoo.SeasonalExponentialSmoothingOptimized(
            season
        ),
        "HoltWinters": lambda: zoo.HoltWinters(season),
        "ConformalSeasonalPool": lambda: zoo.ConformalSeasonalPool(season),
    }


def _seasonal(season: int, cycles: int = SEASONS_IN_WINDOW) -> Builders:
    arima = {"AutoARIMA": lambda: zoo.AutoARIMA(season_length=season)}
    return {
        "SeasonalNaive": lambda: zoo.SeasonalNaive(season_length=season),
        "AutoETS": lambda: zoo.AutoETS(season_length=season),
        "AutoTheta": lambda: zoo.AutoTheta(season_length=season),
        "Theta": lambda: zoo.Theta(season_length=season),
        "OptimizedTheta": lambda: zoo.OptimizedTheta(season_length=season),
        "DynamicTheta": lambda: zoo.DynamicTheta(season_length=season),
        "DynamicOptimizedTheta": lambda: zoo.DynamicOptimizedTheta(season_length=season),
        "AutoCES": lambda: zoo.AutoCES(season_length=season),
        "SeasonalWindowAverage": lambda: zoo.SeasonalWindowAverage(
            season_length=season, window_size=cycles
        ),
        **(_simple(season) if season > 1 else {}),
        **(arima if season <= LONGEST_OF_DEAR else {}),
    }


def _several(*seasons: int) -> Builders:
    return {
        "MSTL": lambda: zoo.MSTL(season_length=list(seasons)),
        "MFLES": lambda: zoo.MFLES(season_length=list(seasons)),
    }


def _told(models: Builders, season: int, without: str) -> Builders:
    """Name models with their season, without the one that takes seconds a series with it."""
    kept = (name for name in models if name != without)
    return {f"{name}, season {season}": models[name] for name in kept}


_OF_WEEKS = {**_seasonal(YEAR_OF_WEEKS, YEARS_IN_WINDOW), **_several(YEAR_OF_WEEKS)}
PEERS = {
    "M3 monthly": Peers({**_PLAIN, **_seasonal(12)}, 1_428),
    "M3 quarterly": Peers({**_PLAIN, **_seasonal(4)}, 756),
    "M4 weekly": Peers(
        {**_PLAIN, **_seasonal(1), **_told(_OF_WEEKS, YEAR_OF_WEEKS, without="AutoETS")},
        359,
        few=359,
    ),
    "M4 hourly": Peers({**_PLAIN, **_seasonal(24), **_several(24, 168)}, 60),
    "Walmart weekly": Peers({**_PLAIN, **_OF_WEEKS}, 120),
    "Store-Item daily": Peers({**_PLAIN, **_seasonal(7), **_several(7, 365)}, 60),
    "carparts monthly": Peers({**_PLAIN, **_seasonal(12, YEARS_IN_WINDOW)}, 2_503),
}


def main() -> None:
    """Measure the sets and windows that are named, or all, and keep their errors."""
    cuts = [int(told) for told in sys.argv[1:] if told.isdecimal()] or range(WINDOWS)
    names = [told for told in sys.argv[1:] if not told.isdecimal() and told != AGAIN]
    named = [case for case in CASES if not names or case.name in names]
    for cut in cuts:
        for case in named:
            _keep(case, cut, again=AGAIN in sys.argv[1:])


def read_peers(case: Case) -> pd.DataFrame:
    """Return errors that are kept of a set: columns of `COLUMNS`, NaN where there is no forecast.

    ``window`` counts horizons back from the end, and ``series`` those of the whole set. ``bias`` is
    the mean of forecast - actual, in units, and ``pinball`` the mean loss of percentiles, in units
    of MASE; NaN where it was not kept.
    """
    kept = pd.read_parquet(RECORD)
    return _texts(kept[kept["set"] == case.name])


def _keep(case: Case, cut: int, *, again: bool) -> None:
    window = window_of(case, cut)
    if not window.train:
        return
    kept = _texts(pd.read_parquet(RECORD))
    here = (kept["set"] == case.name) & (kept["window"] == cut)
    stands = here & kept["measured"].str.endswith(_version()) & (not again)
    models = {
        name: build
        for name, build in PEERS[case.name].models.items()
        if name not in set(kept["model"][stands])
    }
    found = [_measure(case, cut, window, name, build) for name, build in models.items()]
    whole = pd.concat([kept[~here | stands], *found], ignore_index=True)
    coded = _in_order(whole)[list(COLUMNS)].astype(dict.fromkeys(TEXTS, "category"))
    # Errors are all different: a dictionary of them would be longer than they are.
    coded.to_parquet(RECORD, index=False, compression="zstd", use_dictionary=list(TEXTS))


def _in_order(rows: pd.DataFrame) -> pd.DataFrame:
    pairs = [(name, model) for name, peers in PEERS.items() for model in peers.models]
    places = {pair: place for place, pair in enumerate(pairs)}
    told = zip(rows["set"], rows["model"], strict=True)
    placed = rows.assign(place=[places[pair] for pair in told])
    return placed.sort_values(["place", "window"], kind="stable", ignore_index=True)


def _version() -> str:
    return f"statsforecast {version('statsforecast')}"


def _texts(kept: pd.DataFrame) -> pd.DataFrame:
    return kept.astype(dict.fromkeys(TEXTS, str))


def _measure(
    case: Case, cut: int, window: Window, name: str, build: Callable[[], Any]
) -> pd.DataFrame:
    peers = PEERS[case.name]
    scored = np.flatnonzero(np.isfinite(window.scales[0]))
    rows = scored[np.linspace(0, len(scored) - 1, min(peers.sample, len(scored))).astype(int)]
    if name in DEAR:
        rows = rows[:: max(len(rows) // peers.few, 1)]
    train, held = [window.train[row] for row in rows], window.held[rows]
    means, percentiles, reasons = forecast_each(build, train, plan_of(case))
    mase, rmsse = window.errors(means, rows).astype(np.float32)
    pinball = (mean_loss(percentiles, held) / window.scales[0, rows]).astype(np.float32)
    print(f"{case.name} {cut} {name}: {len(rows)} series, MASE {np.nanmean(mase):.4f}", flush=True)
    return pd.DataFrame(
        {
            "set": case.name,
            "window": np.int8(cut),
            "model": name,
            "series": window.numbers[rows].astype(np.int32),
            "mase": mase,
            "rmsse": rmsse,
            "pinball": pinball,
            "bias": (means - held).mean(axis=1).astype(np.float32),
            "reason": reasons,
            "measured": f"{datetime.now(tz=UTC):%Y-%m-%d}, {_version()}",
        }
    )


def forecast_each(
    build: Callable[[], Any], train: list[Floats], plan: ForecastPlan
) -> tuple[Floats, Floats, list[str]]:
    """Return means (n, horizon), percentiles (n, horizon, 99), and reasons, empty for none.

    Means and percentiles are NaN where a model has none; percentiles alone, for no reason, where it
    has but conformal ones and the history is too short for them.
    """

    def forecast(y: Floats) -> tuple[Floats, Floats, str]:
        nothing = np.full((plan.horizon, len(LEVELS)), np.nan)
        try:
            means, percentiles = _forecast(build(), y.copy(), plan)
        except Exception as error:  # noqa: BLE001 - told in the record, and left out of the mean
            return nothing[:, 0], nothing, f"{type(error).__name__} {error}"
        return means, percentiles, "" if np.isfinite(means).all() else "not finite"

    with warnings.catch_warnings(), ThreadPoolExecutor(THREADS) as pool:
        warnings.simplefilter("ignore")
        means, percentiles, reasons = zip(*pool.map(forecast, train), strict=True)
    return np.array(means), np.array(percentiles), list(reasons)


def _forecast(model: Any, y: Floats, plan: ForecastPlan) -> tuple[Floats, Floats]:  # noqa: ANN401
    asked = plan.horizon
    if type(model).__name__ in CONFORMAL:
        if (len(y) - 1) // asked < FEWEST_WINDOWS:
            means = np.asarray(model.forecast(y=y, h=asked)["mean"], np.float64)
            return means, np.full((asked, len(LEVELS)), np.nan)
        origins = min((len(y) - plan.minimum_history) // asked, plan.windows)
        model.prediction_intervals = ConformalIntervals(max(origins, FEWEST_WINDOWS), asked)
    told = model.forecast(y=y, h=asked, level=list(INTERVALS))
    low = [told[f"lo-{interval}"] for interval in reversed(INTERVALS)]
    high = [told[f"hi-{interval}"] for interval in INTERVALS]
    percentiles = np.maximum(np.array([*low, told["mean"], *high], np.float64).T, 0.0)
    return np.asarray(told["mean"], np.float64), percentiles


if __name__ == "__main__":
    main()
