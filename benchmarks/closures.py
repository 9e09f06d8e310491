"""What days on which shops were shut do to forecasts: 54 shops of Favorita, night by night.

python -m benchmarks.closures

Every month from January 2015 on, a night on the 20th forecasts two weeks of each shop's customers,
from days that the checks have laid on their grid. Shops shut on New Year's Day and at Christmas,
and now and then. Three times: with these days as days on which nobody came; found, and neither
learnt from nor scored; and with those ahead that were shut in the two years before forecast so.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.machine import describe_machine
from benchmarks.series import DATA
from benchmarks.sets import mean_loss
from forecasting import (
    DemandPanel,
    ForecastPlan,
    category_profiles,
    find_closed_days,
    forecast_demand,
    know_closures,
    know_seasons,
    learn_calibration,
    learn_seasons,
)
from forecasting.distributions import QUANTILES
from forecasting.panel import SERIES
from kernels.arrays import Flags, Floats
from storage.checks import CheckPlan, check_inputs
from storage.inputs import InputSource

RECORD = Path(__file__).parent / "records" / "closures.md"
NIGHTS = pd.date_range("2015-01-20", "2017-07-20", freq=pd.DateOffset(months=1))
HORIZON = 14
PLAN = ForecastPlan("D", 7, HORIZON, windows=6, step=HORIZON, minimum_history=14)
COLUMNS = (
    "night",
    "shut in the six horizons before",
    "ahead: shut, foretold, wrongly foretold",
    "loss, days as others",
    "found",
    "found and foretold",
    "80% bands hold, days as others",
    "found",
)


class Night(NamedTuple):
    """What a night's forecasts were worth.

    Parameters
    ----------
    before : shop-days shut in the horizons of the backtest
    ahead : shop-days shut in the horizon held out, those of them that were foretold, and those
        foretold that were not shut
    losses : (3, n_series) pinball loss in units of MASE
    coverage : (2,) fraction of open shop-days within the 80% bands
    """

    before: int
    ahead: tuple[int, int, int]
    losses: Floats
    coverage: Floats


def measure(night: pd.Timestamp, known: pd.DataFrame, later: pd.DataFrame) -> Night:
    """Forecast from a night, and hold it against what came.

    Parameters
    ----------
    night : the last day known
    known : clean demand up to it
    later : clean demand of the horizon after it, as found with all days known
    """
    days = known.groupby(["warehouse_id", "ds"], as_index=False).agg(
        units=("quantity", "sum"), closed=("closed", "any")
    )
    foretold = find_closed_days(days, None, HORIZON)
    as_others = _panel(known.assign(censored=False))
    found = _panel(known)
    panels = as_others, found, know_closures(found, foretold, HORIZON)
    held = later["quantity"].to_numpy(np.float64).reshape(-1, HORIZON)
    shut = later["closed"].to_numpy(np.bool_).reshape(-1, HORIZON)
    scale = known[~known["closed"]].groupby(SERIES)["quantity"].agg(_week_to_week).to_numpy()
    quantiles = [_quantiles(panel, night) for panel in panels]
    closed = panels[2].closed
    told = np.zeros_like(shut) if closed is None else closed
    before = known[known["ds"] > night - pd.Timedelta(days=PLAN.windows * HORIZON)]
    return Night(
        int(before["closed"].sum()),
        (int(shut.sum()), int((shut & told).sum()), int((told & ~shut).sum())),
        np.array([mean_loss(each, held) / scale for each in quantiles]),
        np.array([_covered(each, held, ~shut) for each in quantiles[:2]]),
    )


def main() -> None:
    """Measure every night, and write the record."""
    told = (
        f"`python -m benchmarks.closures`: {describe_machine('numba')}. {len(NIGHTS)} nights, "
        f"{HORIZON} days ahead; pinball loss of percentiles in units of MASE (the mean error of a "
        "week before, open days alone). Shut days are scored too, as days without customers."
    )
    head = [f"| {' | '.join(COLUMNS)} |", f"| --- |{' ---: |' * (len(COLUMNS) - 1)}"]
    lines = ["# Closed days", "", told, "", *head]
    nights = {}
    for night, known, later in _nights():
        nights[night] = measure(night, known, later)
        lines.append(_row(str(night.date()), nights[night]))
        print(lines[-1], flush=True)
    lines += ["", *_told(list(nights.values()))]
    RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _nights() -> Iterator[tuple[pd.Timestamp, pd.DataFrame, pd.DataFrame]]:
    """Yield each night, clean demand as known on it, and of the horizon after it as known later."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        everything = _clean(folder, pd.Timestamp("2017-08-15"))
        for night in NIGHTS:
            known = _clean(folder, night)
            mine = everything.merge(known[SERIES].drop_duplicates(), on=SERIES)
            later = mine[(mine["ds"] > night) & (mine["ds"] <= night + pd.Timedelta(days=HORIZON))]
            yield night, known, later


def _clean(folder: Path, night: pd.Timestamp) -> pd.DataFrame:
    """Return demand up to a night as the checks leave it: a day without a row had no customer."""
    path = DATA / "favorita_store_transactions_daily.parquet"
    source = InputSource("demand", (path,), columns={"quantity": "y"})
    report = check_inputs({"demand": source}, CheckPlan(night.date()), folder)
    return pd.read_parquet(report.inputs["demand"].clean)


def _panel(known: pd.DataFrame) -> DemandPanel:
    panel = DemandPanel.from_frame(known, "D")
    kinds = dict.fromkeys(panel.item_id.names, "shops")
    return know_seasons(panel, kinds, learn_seasons(panel, kinds, PLAN))


def _quantiles(panel: DemandPanel, night: pd.Timestamp) -> Floats:
    profiles, calibration = category_profiles(panel, {}, PLAN), learn_calibration(panel, PLAN)
    found = forecast_demand(panel, PLAN, night.date(), profiles, {}, calibration).forecasts
    return found[list(QUANTILES)].to_numpy().reshape(-1, HORIZON, len(QUANTILES))


def _week_to_week(quantity: pd.Series) -> float:
    y = quantity.to_numpy(np.float64)
    return float(np.abs(y[7:] - y[:-7]).mean()) if len(y) > 7 else np.nan


def _covered(quantiles: Floats, held: Floats, counted: Flags) -> float:
    inside = (held >= quantiles[:, :, 9]) & (held <= quantiles[:, :, 89])
    return float(inside[counted].mean())


def _row(name: str, night: Night) -> str:
    shut, told, wrong = night.ahead
    losses = " | ".join(f"{loss:.3f}" for loss in np.nanmean(night.losses, axis=1))
    held = " | ".join(f"{share:.1%}" for share in night.coverage)
    return f"| {name} | {night.before:,} | {shut}, {told}, {wrong} | {losses} | {held} |"


def _told(nights: list[Night]) -> list[str]:
    """Return what nights of a kind gain: by closures in their backtests, ahead, or neither."""
    kinds = {
        "shut in the six horizons before, none ahead": [
            n for n in nights if n.before and not n.ahead[0]
        ],
        "shut ahead": [n for n in nights if n.ahead[0]],
        "none in either": [n for n in nights if not n.before and not n.ahead[0]],
        "all": nights,
    }
    head = "Change of the loss against days as others, per cent, mean over nights and its error:"
    lines = [
        head,
        "",
        "| nights | how many | found | ± | found and foretold | ± |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for kind, own in kinds.items():
        losses = np.array([np.nanmean(night.losses, axis=1) for night in own])
        changes = 100.0 * (losses[:, 1:] / losses[:, :1] - 1.0)
        errors = changes.std(axis=0, ddof=1) / np.sqrt(len(own))
        cells = " | ".join(
            f"{c:+.1f} | {e:.1f}" for c, e in zip(changes.mean(axis=0), errors, strict=True)
        )
        lines.append(f"| {kind} | {len(own)} | {cells} |")
    return lines


if __name__ == "__main__":
    main()
