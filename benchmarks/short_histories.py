"""How models are weighed where a backtest has one origin, or two: ways beside the night's own.

python -m benchmarks.short_histories

Histories of nine sets are cut so short, and forecast at several dates, as one says little: errors
of a date are alike. Each way has the night's models, laws and calibrated levels; the way is all
that differs.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.group_seasons import read_m5
from benchmarks.machine import describe_machine
from benchmarks.series import DATA
from benchmarks.sets import (
    CASES,
    OTHERS,
    Case,
    arrays_of,
    mean_loss,
    naive_scale,
    panel_at_night,
    plan_of,
)
from forecasting import category_profiles, forecast_demand
from forecasting.calibration import learn_calibration
from forecasting.combinations import MOST_MEMBERS, POWER
from forecasting.weighing import LONE_PRIOR
from kernels.arrays import Floats, Integers

RECORD = Path(__file__).parent / "records" / "short_histories.md"
# Origins of a class beside which a series' own are nothing.
ALONE = 1e9
WAYS = ("the best alone", "own scores", "class's and own", "class's alone", "alike")
HEAD = (
    f"| origins | set | periods | horizon | dates | series | loss | {' | '.join(WAYS)} |",
    f"| ---: | --- |{' ---: |' * (5 + len(WAYS))}",
)
TOLD = (
    "Pinball loss of the night, in units of MASE by the period before, mean over dates; then what "
    "each way loses more than the night, per cent, with the standard error over dates, and in "
    "brackets at how many of these it loses more. The ways: the model with the least loss alone; "
    f"three models by their own scores; {MOST_MEMBERS} by power {POWER:g} of scores, the class's "
    f"counted as {LONE_PRIOR:g} origins beside a series' own, or the class's alone; {MOST_MEMBERS} "
    "alike. Rare demand of two origins is weighed by its own scores, whatever the way."
)


class Short(NamedTuple):
    """A set whose histories are cut.

    Parameters
    ----------
    case : the set; its series may be of different lengths
    lengths : periods of history, for one origin and for two
    apart : periods between dates, the last of which is the set's end
    dates : at most
    thinned : one series in so many is taken
    """

    case: Case
    lengths: tuple[int, int]
    apart: int
    dates: int
    thinned: int = 1


def main() -> None:
    """Measure all sets, and write the record."""
    lines = [
        "# Short histories",
        "",
        f"`python -m benchmarks.short_histories`: {describe_machine('numba')}.",
        "",
        TOLD,
        "",
        *HEAD,
    ]
    for place, count in enumerate(("1", "2")):
        for short in _sets():
            lines.append(f"| {count} | {_row(short, short.lengths[place])}")
            print(lines[-1], flush=True)
    RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _sets() -> tuple[Short, ...]:
    known = {case.name: case for case in (*CASES, *OTHERS)}
    m5, stores = read_m5()
    vn1 = pd.read_parquet(DATA / "vn1_weekly_26w.parquet")
    vn1 = vn1.sort_values(["client_id", "warehouse_id", "item_id", "ds"])
    weeks = np.maximum(vn1["y"].to_numpy(np.float64).reshape(-1, 26), 0.0)
    return (
        Short(Case("M5 daily", lambda: list(m5), "D", 7, 7, ids=lambda: stores), (21, 28), 7, 4, 8),
        Short(Case("VN1 weekly", lambda: list(weeks), "W", 1, 4), (12, 16), 2, 4, 4),
        Short(known["Store-Item daily"]._replace(horizon=28), (60, 88), 200, 8),
        Short(Case("Favorita daily", _footfall, "D", 7, 28), (60, 88), 180, 8),
        Short(known["Walmart weekly"]._replace(horizon=4), (30, 34), 13, 8, 6),
        Short(known["M4 weekly"], (40, 53), 13, 6),
        Short(known["M3 quarterly"], (17, 25), 4, 6),
        Short(known["M3 monthly"], (44, 62), 9, 6, 2),
        Short(known["hospital monthly"], (37, 49), 6, 6),
    )


def _footfall() -> list[Floats]:
    """Return the days of Favorita's stores that were there for all of it, (n_days,) each."""
    frame = pd.read_parquet(DATA / "favorita_store_transactions_daily.parquet")
    days = frame.pivot_table(index="ds", columns="warehouse_id", values="y").asfreq("D").fillna(0.0)
    return [y for y in days.to_numpy(np.float64).T if (y > 0.0).mean() > 0.95]


def _row(short: Short, length: int) -> str:
    lost = list(_lost(short, length))
    told = np.array([loss.mean(axis=1) for loss in lost])
    more = 100.0 * (told[:, :-1] / told[:, -1:] - 1.0)
    errors = more.std(axis=0, ddof=1) / np.sqrt(len(more))
    worse = (more > 0.0).sum(axis=0)
    cells = zip(more.mean(axis=0), errors, worse, strict=True)
    series = np.mean([loss.shape[1] for loss in lost])
    return (
        f"{short.case.name} | {length} | {short.case.horizon} | {len(lost)} | {series:,.0f} "
        f"| {told[:, -1].mean():.4f} "
        f"| {' | '.join(f'{own:+.1f} ± {error:.1f} ({count})' for own, error, count in cells)} |"
    )


def _lost(short: Short, length: int) -> Iterator[Floats]:
    """Yield what each way loses, and the night, at each date, (len(`WAYS`) + 1, n_series)."""
    case, whole = short.case, short.case.read()
    for date in range(short.dates):
        gone = date * short.apart
        ends = {number: len(whole[number]) - gone for number in range(0, len(whole), short.thinned)}
        first = length + case.horizon
        cut = {
            number: whole[number][end - first : end] for number, end in ends.items() if end >= first
        }
        scales = {number: naive_scale(y[:length], 1) for number, y in cut.items()}
        kept = np.array([number for number, scale in scales.items() if scale > 0.0], np.int64)
        if len(kept):
            train = [cut[number][:length] for number in kept]
            held = np.array([cut[number][length:] for number in kept])
            found = _forecast(case, train, kept)
            scale = np.array([scales[number] for number in kept])
            yield np.array([mean_loss(quantiles, held) / scale for quantiles in found])


def _forecast(case: Case, train: list[Floats], numbers: Integers) -> list[Floats]:
    """Return the percentiles of each way, and the night's, (n_series, horizon, 99) each."""
    panel, plan = panel_at_night(case, train, numbers), plan_of(case)
    night = pd.Timestamp(panel.last_ds.max()).date()
    profiles, learnt = category_profiles(panel, {}, plan), learn_calibration(panel, plan)
    weighed = partial(learnt.weighings.assign, members=MOST_MEMBERS, power=POWER)
    ways = (
        (replace(plan, combine=False), learnt.weighings),
        (plan, learnt.weighings[:0]),
        (plan, weighed(prior_origins=LONE_PRIOR)),
        (plan, weighed(prior_origins=ALONE)),
        (plan, weighed(prior_origins=ALONE, power=0.0)),
        (plan, learnt.weighings),
    )
    found = []
    for asked, weighings in ways:
        told = replace(learnt, weighings=weighings)
        made = forecast_demand(panel, asked, night, profiles, {}, told, judged=False)
        found.append(arrays_of(made.forecasts, len(train), case.horizon)[1])
    return found


if __name__ == "__main__":
    main()
