"""The week that items of a department share: M5's 30,490 series of 56 days, with and without.

python -m benchmarks.group_seasons

The last horizon and the one before it are held out, of a week and of a fortnight. A night forecasts
each with the line-ups that days have by default, and with those in which rare demand has no week
and other series have their own. MASE and RMSSE by the day before; the error of totals is the mean
absolute one of a department in a store on a day, in units, over the mean total.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.accuracy import night
from benchmarks.machine import describe_machine
from benchmarks.series import DATA
from benchmarks.sets import Case, Window, mean_loss, naive_scales
from forecasting.plan import DEFAULT_LINE_UP
from kernels.arrays import Floats, Integers

RECORD = Path(__file__).parent / "records" / "group_seasons.md"
DAYS = 56
HORIZONS = (7, 14)
WINDOWS = 2
HEAD = (
    "| horizon | window | series | week | MASE | ± | RMSSE | pinball loss | error of totals |",
    "| ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |",
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
    demand, ids = _read()
    for horizon in HORIZONS:
        for window in range(WINDOWS):
            lines += _rows(demand[:, : DAYS - window * horizon], ids, horizon, window)
    RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _read() -> tuple[Floats, list[tuple[str, ...]]]:
    """Return demand (n_series, 56), units, and the store and department of each series."""
    frame = pd.read_parquet(DATA / "m5_item_store_56d.parquet")
    frame = frame.sort_values(["warehouse_id", "item_id", "ds"], ignore_index=True)
    first = frame.iloc[::DAYS]
    departments = first["item_id"].astype(str).str.rsplit("_", n=1).str[0]
    stores = first["warehouse_id"].astype(str)
    ids: list[tuple[str, ...]] = [*zip(stores, departments, strict=True)]
    return frame["y"].to_numpy(np.float64).reshape(-1, DAYS), ids


def _rows(demand: Floats, ids: list[tuple[str, ...]], horizon: int, window: int) -> list[str]:
    scales = np.array([naive_scales(y, 1) for y in demand[:, :-horizon]])
    known = np.flatnonzero(np.isfinite(scales).all(axis=1))
    train, held = demand[known, :-horizon], demand[known, -horizon:]
    kept = Window(known, list(train), held, scales[known].T)
    places = pd.MultiIndex.from_tuples([ids[number] for number in known]).factorize()[0]
    lines, before = [], np.full(len(known), np.nan)
    for name, line_up in LINE_UPS.items():
        case = Case("M5", list, "D", 7, horizon, line_up, ids=lambda: ids)
        means, quantiles, _ = night(case, kept.train, kept.numbers)
        mase, rmsse = kept.errors(means)
        loss = mean_loss(quantiles, kept.held) / kept.scales[0]
        error = (mase - before).std() / np.sqrt(len(mase))
        totals = np.abs(_sums(means - held, places)).sum() / held.sum()
        told = "" if np.isnan(error) else f"{error:.4f}"
        lines.append(
            f"| {horizon} | {window + 1} | {len(known):,} | {name} | {mase.mean():.4f} | {told} "
            f"| {rmsse.mean():.4f} | {loss.mean():.4f} | {totals:.4f} |"
        )
        print(lines[-1], flush=True)
        before = mase
    return lines


def _sums(values: Floats, places: Integers) -> Floats:
    sums = np.zeros((places.max() + 1, values.shape[1]))
    np.add.at(sums, places, values)
    return sums


if __name__ == "__main__":
    main()
