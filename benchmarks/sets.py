"""Sets of real series that forecasts are judged on, and the windows held out of them.

Every set is cut back by no horizon, by one and by two, and the horizon before the cut is held out:
errors of one period are alike over a set's series, so that one window says little.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.series import DATA
from forecasting import DemandPanel, ForecastPlan, know_seasons, learn_seasons
from forecasting.distributions import LEVELS
from forecasting.grid import Frequency
from forecasting.labels import Labels
from kernels.arrays import Floats, Integers

WINDOWS = 3
YEAR_OF_WEEKS = 52
# Files, and the fewest periods of a series.
STORE_DEPARTMENTS = "walmart_store_dept_weekly", 143
STORE_ITEMS = "store_item_daily", 1_000


class Case(NamedTuple):
    """A set of series and how it is forecast.

    Parameters
    ----------
    read : the series, (n_periods,) each
    season : periods, that a night takes for series of this frequency
    line_up : models by class of demand; those of the default where a class is left out
    published_season : of MASE where the set's own is another; None is the night's
    sparse : whether most periods sell nothing, so that the point nearest to most of them is zero
    ids : warehouse and item of each series, where several warehouses sell an item; None where all
        are different
    """

    name: str
    read: Callable[[], list[Floats]]
    frequency: Frequency
    season: int
    horizon: int
    line_up: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    published_season: int | None = None
    sparse: bool = False
    ids: Callable[[], list[tuple[str, ...]]] | None = None

    @property
    def scale_season(self) -> int:
        """Periods between the values whose differences scale MASE."""
        return self.published_season or self.season


class Window(NamedTuple):
    """The horizon held out before a cut.

    Parameters
    ----------
    numbers : (n_series,) int64, of the series in the whole set
    train : (n_periods,) float64 each, what comes before
    held : (n_series, horizon) float64, units
    scales : (2, n_series) float64, of MASE and of RMSSE, units; NaN where there is none
    """

    numbers: Integers
    train: list[Floats]
    held: Floats
    scales: Floats

    def errors(self, means: Floats, rows: Integers | slice = slice(None)) -> Floats:
        """Return MASE and RMSSE of means of some series, (2, n)."""
        gap = means - self.held[rows]
        mean, square = np.abs(gap).mean(axis=1), (gap * gap).mean(axis=1)
        return np.array([mean, np.sqrt(square)]) / self.scales[:, rows]


def window_of(case: Case, cut: int) -> Window:
    """Return the window that ends so many horizons before the end.

    Beyond the last, series that had too few origins by then are left out.
    """
    # A series needs two, or its class is not counted.
    least = plan_of(case).minimum_history + 3 * case.horizon if cut else 0
    series, gone = case.read(), cut * case.horizon
    numbers = [number for number, y in enumerate(series) if len(y) - gone >= least]
    known = [series[number][: len(series[number]) - gone] for number in numbers]
    train = [y[: -case.horizon] for y in known]
    return Window(
        np.array(numbers, np.int64),
        train,
        np.array([y[-case.horizon :] for y in known]).reshape(len(known), case.horizon),
        np.array([naive_scales(y, case.scale_season) for y in train]).reshape(-1, 2).T,
    )


def of_m3(period: str) -> list[Floats]:
    """Return the series of M3 of a period, as `YEARLY`, (n_periods,) each."""
    frame = pd.read_parquet(DATA / "m3.parquet")
    return _whole(frame[frame["period"] == period])


def _m4(period: str) -> list[Floats]:
    return _whole(pd.read_parquet(DATA / f"m4_{period}.parquet"))


def _whole(frame: pd.DataFrame) -> list[Floats]:
    groups = frame.groupby("unique_id", observed=True, sort=True)["y"]
    return [y.to_numpy(float) for _, y in groups]


def _sales(name: str, least: int) -> list[Floats]:
    return [y for _, y in _sales_with_ids(name, least)]


@cache
def _sales_with_ids(name: str, least: int) -> list[tuple[tuple[str, ...], Floats]]:
    frame = pd.read_parquet(DATA / f"{name}.parquet")
    keys = [name for name in ("warehouse_id", "item_id", "unique_id") if name in frame]
    found = []
    for ids, group in frame.groupby(keys, observed=True, sort=True):
        y = group.sort_values("ds")["y"].to_numpy(float)
        if len(y) >= least and np.isfinite(y).all():
            found.append((tuple(str(each) for each in ids), np.maximum(y, 0.0)))
    return found


def _ids(name: str, least: int) -> list[tuple[str, ...]]:
    return [ids for ids, _ in _sales_with_ids(name, least)]


def of_store_departments() -> list[Floats]:
    """Return Walmart's whole weekly series, (n_weeks,) each, USD, not below zero."""
    return _sales(*STORE_DEPARTMENTS)


def of_car_parts() -> list[Floats]:
    """Return the whole monthly series of car parts, (n_months,) each, units, not below zero."""
    return _sales("carparts_monthly", 51)


def _hospital() -> list[Floats]:
    return _sales("hospital_monthly", 84)


CASES = (
    Case("M3 monthly", lambda: of_m3("MONTHLY"), "MS", 12, 18),
    Case("M3 quarterly", lambda: of_m3("QUARTERLY"), "QS", 4, 8),
    Case("M4 weekly", lambda: _m4("weekly"), "W", YEAR_OF_WEEKS, 13, published_season=1),
    Case("M4 hourly", lambda: _m4("hourly"), "h", 24, 48),
    Case(
        "Walmart weekly",
        of_store_departments,
        "W",
        YEAR_OF_WEEKS,
        13,
        ids=lambda: _ids(*STORE_DEPARTMENTS),
    ),
    Case(
        "Store-Item daily",
        lambda: _sales(*STORE_ITEMS),
        "D",
        7,
        28,
        ids=lambda: _ids(*STORE_ITEMS),
    ),
    Case("carparts monthly", of_car_parts, "MS", 12, 6, sparse=True),
)
# Sets whose peers are not measured.
OTHERS = (
    Case("M3 yearly", lambda: of_m3("YEARLY"), "MS", 1, 6),
    Case("M3 other", lambda: of_m3("OTHER"), "MS", 1, 8),
    Case("hospital monthly", _hospital, "MS", 12, 12),
)


def naive_scale(y: Floats, season: int) -> float:
    """Return the mean error of a season before, units; NaN where there is none."""
    return naive_scales(y, season)[0]


def naive_scales(y: Floats, season: int) -> tuple[float, float]:
    """Return the mean and the root mean square error of a season before; NaN where there is none.

    Those of MASE (Hyndman & Koehler 2006) and RMSSE (Makridakis et al. 2022).
    """
    moved = y[season:] - y[:-season]
    mean, square = np.abs(moved).mean(), (moved * moved).mean()
    return (float(mean), float(np.sqrt(square))) if mean > 0.0 else (np.nan, np.nan)


def mean_loss(quantiles: Floats, held: Floats) -> Floats:
    """Return each series' mean pinball loss over 1-99% and the horizon, (n_series,), units."""
    gap = held[:, :, None] - quantiles
    return np.asarray(np.maximum(LEVELS * gap, (LEVELS - 1.0) * gap).mean(axis=(1, 2)))


def panel_of(case: Case, train: list[Floats]) -> DemandPanel:
    """Return the demand of a set: every series ends in the same period."""
    longest = max(len(y) for y in train)
    grid = pd.date_range("2000-01-01", periods=longest, freq=case.frequency.replace("W", "W-SUN"))
    parts = {
        "item_id": np.repeat([f"{n:06d}" for n in range(len(train))], [len(y) for y in train]),
        "ds": np.concatenate([grid[longest - len(y) :].to_numpy() for y in train]),
        "quantity": np.concatenate(train),
    }
    frame = pd.DataFrame(parts).assign(warehouse_id="all", censored=False)
    typed = frame.astype({"warehouse_id": object, "item_id": object})
    return DemandPanel.from_frame(typed, case.frequency)


def panel_at_night(
    case: Case, train: list[Floats], numbers: Integers | slice = slice(None)
) -> DemandPanel:
    """Return the demand of a set with what a night learns of seasons before it forecasts.

    Parameters
    ----------
    case : the set
    train : (n_periods,) float64 each
    numbers : of these series in the whole set
    """
    panel = panel_of(case, train)
    if case.ids is None:
        return panel
    warehouses, items = np.array(case.ids(), object)[numbers].T
    panel = replace(panel, warehouse_id=Labels.of(pd.Series(warehouses)))
    kinds = dict(zip(panel.item_id.names, items, strict=True))
    return know_seasons(panel, kinds, learn_seasons(panel, kinds, plan_of(case)))


def plan_of(case: Case) -> ForecastPlan:
    """Return how a night forecasts a set."""
    return ForecastPlan(
        case.frequency,
        case.season,
        case.horizon,
        windows=6,
        step=case.horizon,
        minimum_history=max(8, min(2 * case.season, 26)),
        line_up=case.line_up,
    )


def arrays_of(forecasts: pd.DataFrame, count: int, horizon: int) -> tuple[Floats, Floats]:
    """Return means (n, horizon) and quantiles (n, horizon, 99) of a panel's items; NaN for none."""
    numbers = forecasts["item_id"].astype(int).to_numpy()
    steps = forecasts.groupby("item_id", sort=False, observed=True).cumcount().to_numpy()
    means = np.full((count, horizon), np.nan)
    means[numbers, steps] = forecasts["mean"]
    columns = [name for name in forecasts.columns if name.startswith("q") and name[1:].isdigit()]
    quantiles = np.full((count, horizon, len(columns)), np.nan)
    quantiles[numbers, steps] = forecasts[columns].to_numpy()
    return means, quantiles
