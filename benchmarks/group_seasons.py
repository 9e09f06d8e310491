"""The week that items of a department share: M5's 30,490 series of 56 days, with and without.

python -m benchmarks.group_seasons

The last horizon and the one before it are held out, of a week and of a fortnight. A night forecasts
each with the line-ups that days have by default, and with those in which rare demand has no week
and other series have their own. MASE and RMSSE by the day before; the error of totals is the mean
absolute one of a department in a store on a day, in units, over the mean total.

What a week is worth to percentiles of rare demand is told by the night's own laws: about means that
are the same on all days, about those of the night, and about the same levels with the days that
every other series of a department in a store had in the very horizon held out, which no night can
know.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.accuracy import night
from benchmarks.machine import describe_machine
from benchmarks.series import DATA
from benchmarks.sets import (
    Case,
    Window,
    arrays_of,
    mean_loss,
    naive_scales,
    panel_at_night,
    plan_of,
)
from forecasting import Choices, Standing, category_profiles, forecast_demand, learn_calibration
from forecasting.calibration import FREQUENT
from forecasting.distributions import bound_quantiles, quantiles_of
from forecasting.plan import DEFAULT_LINE_UP
from kernels.arrays import Floats, Integers
from kernels.demand_laws import Law

RECORD = Path(__file__).parent / "records" / "group_seasons.md"
DAYS = 56
HORIZONS = (7, 14)
WINDOWS = 2
HEAD = (
    "| horizon | window | series | week | MASE | ± | RMSSE | pinball loss | error of totals |",
    "| ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |",
)
RARE_HEAD = (
    "| horizon | window | rare series | all days alike | ± | as forecast | days of others | ± |",
    "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
)
RARE = (
    "Pinball loss of rare demand in units of MASE, by the night's laws and levels: with all days "
    "alike, as they were forecast, and with the held-out days of every other series. The standard "
    "errors are those of the difference from the forecast."
)
LINE_UPS = {"each series' own, rare demand has none": DEFAULT_LINE_UP, "told by departments": {}}


def main() -> None:
    """Measure all windows, and write the record."""
    told = (
        f"`python -m benchmarks.group_seasons`: {describe_machine('numba')}. M5 by store and item, "
        f"the last {DAYS} days; horizons held out from the end back. The standard error is that of "
        "the difference of MASE, over series."
    )
    lines = ["# Weeks that departments share", "", told, "", *HEAD]
    rare = ["", "## Percentiles of rare demand", "", RARE, "", *RARE_HEAD]
    for held in _windows():
        lines += _rows(held)
        rare.append(_rare_row(held))
    lines += rare
    RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_m5() -> tuple[Floats, list[tuple[str, ...]]]:
    """Return demand (n_series, 56), units, and the store and department of each series."""
    frame = pd.read_parquet(DATA / "m5_item_store_56d.parquet")
    frame = frame.sort_values(["warehouse_id", "item_id", "ds"], ignore_index=True)
    first = frame.iloc[::DAYS]
    departments = first["item_id"].astype(str).str.rsplit("_", n=1).str[0]
    stores = first["warehouse_id"].astype(str)
    ids: list[tuple[str, ...]] = [*zip(stores, departments, strict=True)]
    return frame["y"].to_numpy(np.float64).reshape(-1, DAYS), ids


class _HeldOut(NamedTuple):
    """A window held out of M5.

    Parameters
    ----------
    horizon, number : of the window
    kept : its series that have a scale
    places : (n_series,) int64, of each series' department and store
    ids : store and department of every series of M5
    """

    horizon: int
    number: int
    kept: Window
    places: Integers
    ids: list[tuple[str, ...]]

    def case(self, line_up: Mapping[str, tuple[str, ...]]) -> Case:
        """Return how a night forecasts it with a line-up."""
        return Case("M5", list, "D", 7, self.horizon, line_up, ids=lambda: self.ids)


def _windows() -> Iterator[_HeldOut]:
    everything, ids = read_m5()
    for horizon in HORIZONS:
        for number in range(WINDOWS):
            demand = everything[:, : DAYS - number * horizon]
            scales = np.array([naive_scales(y, 1) for y in demand[:, :-horizon]])
            known = np.flatnonzero(np.isfinite(scales).all(axis=1))
            train, held = demand[known, :-horizon], demand[known, -horizon:]
            places = pd.MultiIndex.from_tuples([ids[series] for series in known]).factorize()[0]
            kept = Window(known, list(train), held, scales[known].T)
            yield _HeldOut(horizon, number, kept, places, ids)


def _rows(window: _HeldOut) -> list[str]:
    kept, held = window.kept, window.kept.held
    lines, before = [], np.full(len(held), np.nan)
    for name, line_up in LINE_UPS.items():
        means, quantiles, _ = night(window.case(line_up), kept.train, kept.numbers)
        mase, rmsse = kept.errors(means)
        loss = mean_loss(quantiles, held) / kept.scales[0]
        error = (mase - before).std() / np.sqrt(len(mase))
        totals = np.abs(_sums(means - held, window.places)).sum() / held.sum()
        told = "" if np.isnan(error) else f"{error:.4f}"
        lines.append(
            f"| {window.horizon} | {window.number + 1} | {len(held):,} | {name} "
            f"| {mase.mean():.4f} | {told} "
            f"| {rmsse.mean():.4f} | {loss.mean():.4f} | {totals:.4f} |"
        )
        print(lines[-1], flush=True)
        before = mase
    return lines


def _rare_row(window: _HeldOut) -> str:
    """Return what percentiles of rare demand lose without a week, and by a week that came later."""
    kept, case = window.kept, window.case({})
    panel, plan = panel_at_night(case, kept.train, kept.numbers), plan_of(case)
    calibration, profiles = learn_calibration(panel, plan), category_profiles(panel, {}, plan)
    night_of = pd.Timestamp(panel.last_ds.max()).date()
    anew = Standing(Choices.none(), 1)
    found = forecast_demand(
        panel, plan, night_of, profiles, {}, calibration, standing=anew, judged=False
    )
    laws = found.choices or Choices.none()
    rare = np.flatnonzero(~laws.demand_class.among(FREQUENT))
    numbers = laws.item_id.take(rare).texts().astype(np.int64)
    means = arrays_of(found.forecasts, len(kept.train), window.horizon)[0]
    levels = np.repeat(means.mean(axis=1, keepdims=True), window.horizon, axis=1)
    classes, spread = laws.demand_class.take(rare), laws.spread.of(rare)
    history = np.array(kept.train)[numbers]

    def loss(ahead: Floats) -> Floats:
        quantiles = quantiles_of(spread, ahead[numbers])
        calibration.apply(quantiles, classes, spread.law == Law.COUNT)
        lengths = np.full(len(numbers), history.shape[1])
        bound_quantiles(quantiles, ahead[numbers], history.max(axis=1), lengths)
        lost = mean_loss(quantiles, kept.held[numbers])
        return np.asarray(lost / kept.scales[0, numbers])

    forecast = loss(means)
    cells = []
    for other in (loss(levels), loss(levels * _days_of_others(window, levels))):
        error = (other - forecast).std() / np.sqrt(len(numbers))
        cells.append(f"{other.mean():.5f} | {error:.5f}")
    row = (
        f"| {window.horizon} | {window.number + 1} | {len(numbers):,} | {cells[0]} "
        f"| {forecast.mean():.5f} | {cells[1]} |"
    )
    print(row, flush=True)
    return row


def _days_of_others(window: _HeldOut, levels: Floats) -> Floats:
    """Return how held-out days differed, by every other series of a department in a store."""
    half = np.arange(len(levels)) % 2
    groups, others = 2 * window.places + half, 2 * window.places + 1 - half
    days = _sums(window.kept.held, groups) / _sums(levels, groups)
    days /= days.mean(axis=1, keepdims=True)
    return np.asarray(days[others])


def _sums(values: Floats, places: Integers) -> Floats:
    sums = np.zeros((places.max() + 1, values.shape[1]))
    np.add.at(sums, places, values)
    return sums


if __name__ == "__main__":
    main()
