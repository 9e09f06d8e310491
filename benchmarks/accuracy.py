"""Accuracy on held-out periods: what the night chooses, against each model of statsforecast.

python -m benchmarks.accuracy [SET ...]

A set's last horizon is held out, and then, from what was known a horizon and two horizons before,
the ones before it; models, weights and calibration see what came before each. Ours is what a night
publishes: the weighted combination of each series' best models, chosen by its own backtest and by
those of its class. The errors of statsforecast's models on the same windows are those that
`benchmarks.peers` keeps. Each is compared by the mean difference of MASE, RMSSE and pinball loss on
the series that both forecast, beside its standard error, series taken as a sample with all their
windows. Pinball loss, of percentiles, is what a night chooses by; a mean is judged by squares, and
what is nearest by absolute error is a median, which ours have too. Where several warehouses sell an
item, ours are told without what their years have in common, too. Where ours has a model of the
same name, the two are set against each other too, told the same season. Coverage is that of all
series' calibrated central intervals.
"""

import os
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.machine import describe_machine
from benchmarks.peers import read_peers
from benchmarks.sets import (
    CASES,
    WINDOWS,
    Case,
    Window,
    arrays_of,
    mean_loss,
    panel_at_night,
    panel_of,
    plan_of,
    window_of,
)
from forecasting import ForecastPlan, category_profiles, forecast_demand
from forecasting.calibration import learn_calibration
from forecasting.distributions import LEVELS
from forecasting.models import find_model
from kernels.arrays import Floats, Integers

RECORD = Path(__file__).parent / "records" / "accuracy.md"
COVERAGES = (50, 80, 90, 98)
BACK = ("the last", "one before", "two before")
# Series of a night that nothing is told of.
WARM = 20
MEASURES = {"mase": "MASE", "rmsse": "RMSSE", "pinball": "pinball"}
SINGLE = ("AutoETS", "AutoTheta", "DynamicOptimizedTheta")
MEDIANS = "ours, medians"
OWN_YEARS = "ours, each series' year its own"
_WINDOW_HEAD = (
    "| window | series | MASE of ours | RMSSE | pinball loss, in units of MASE | "
    + " | ".join(f"within {nominal}%" for nominal in COVERAGES)
    + " |",
    "| --- | ---: | ---: | ---: | ---: |" + " ---: |" * len(COVERAGES),
)
_MODEL_HEAD = (
    "| | forecasts |"
    + "".join(f" {name} | ours less by | ± |" for name in MEASURES.values())
    + " no forecast |",
    "| --- |" + " ---: |" * 10 + " --- |",
)
_POOLED_HEAD = (
    "| | forecasts | squared error | ours less by | ± | pinball loss | ours less by | ± | bias |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
)
_POOLED = (
    "Where most periods sell nothing, MASE asks for medians, and those of most series are zero: a "
    "forecast of no demand at all has the lowest. Orders need the mean of demand, which squared "
    "errors ask for, and its distribution, which pinball loss asks for. Both are in units here, "
    "pooled over series; medians tell a point, whose pinball loss is half the absolute error. Bias "
    "is forecast less demand, which is {demand:.4f} units a period."
)
_PAIR_HEAD = (
    "| same model, same season | forecasts | MASE ours | statsforecast's | ours more by | ± |",
    "| --- | ---: | ---: | ---: | ---: | ---: |",
)


class Scores(NamedTuple):
    """Errors of forecasts of some windows.

    Parameters
    ----------
    keys : (n,) int64, of a series in a window, ascending
    values : (n_measures, n) float64, `MEASURES` unless they are said to be others; NaN where there
        is no forecast
    """

    keys: Integers
    values: Floats

    def at(self, keys: Integers) -> Floats:
        """Return the errors of some forecasts, which must be there, (n_measures, n)."""
        return self.values[:, np.searchsorted(self.keys, keys)]


class _Held(NamedTuple):
    """What a night makes of a window.

    Parameters
    ----------
    means, quantiles : (n_series, horizon) and (n_series, horizon, 99) float64, units
    seconds : of the night
    """

    window: Window
    means: Floats
    quantiles: Floats
    seconds: float

    @property
    def medians(self) -> Floats:
        """(n_series, horizon) float64, units."""
        return self.quantiles[..., np.searchsorted(LEVELS, 0.5)]

    def scores(self) -> Floats:
        """Return MASE, RMSSE and pinball loss in units of MASE, (3, n_series)."""
        loss = mean_loss(self.quantiles, self.window.held) / self.window.scales[0]
        return np.vstack([self.window.errors(self.means), loss])

    def figures(self) -> Floats:
        """Return MASE, RMSSE, pinball loss in units of MASE, and coverages, means over series."""
        kept = np.flatnonzero(np.isfinite(self.window.scales[0]))
        hits = covered(self.quantiles[kept], self.window.held[kept]).mean(axis=0)
        return np.concatenate([self.scores()[:, kept].mean(axis=1), hits])


def main() -> None:
    """Measure the sets that are named, or all, and write their parts of the record."""
    for case in CASES:
        if not sys.argv[1:] or case.name in sys.argv[1:]:
            found = _measure(case)
            print("\n".join(found), flush=True)
            _write(case.name, found)


def _write(name: str, lines: list[str]) -> None:
    """Put a section in its place in the record."""
    old = RECORD.read_text(encoding="utf-8") if RECORD.exists() else ""
    parts = dict(re.findall(r"(?ms)^## ([^\n]*)\n(.*?)(?=^## |\Z)", old))
    parts[name] = "\n".join(lines)
    machine = describe_machine("statsforecast", "numba")
    head = f"# Accuracy\n\n`python -m benchmarks.accuracy`: {machine}."
    text = [f"## {case.name}\n\n{parts[case.name].strip()}" for case in CASES if case.name in parts]
    RECORD.write_text("\n\n".join([head, *text]) + "\n", encoding="utf-8")


def _measure(case: Case) -> list[str]:
    windows = [each for cut in range(WINDOWS) if (each := window_of(case, cut)).train]
    # Once for what is compiled, or read, at first.
    night(case, windows[0].train[:WARM], windows[0].numbers[:WARM])
    nights = [_hold(case, window) for window in windows]
    own = _joined([night.window for night in nights], [night.scores() for night in nights])
    others = _ours(case, nights)
    peers = read_peers(case)
    peers = peers.assign(key=_keys(peers["window"].to_numpy(), peers["series"].to_numpy()))
    sampled = np.unique(peers["key"])
    busy = os.getloadavg()[0] > (os.cpu_count() or 1)
    lines = [
        (
            f"{case.horizon} periods held out, season {case.season}"
            f"{f', {case.scale_season} in MASE' if case.scale_season != case.season else ''}; "
            f"{nights[0].seconds:.1f} s for all of ours, calibration included"
            f"{', on a busy machine' if busy else ''}. Ours: {datetime.now(tz=UTC):%Y-%m-%d}; "
            f"peers: {'; '.join(sorted(set(peers['measured'])))}."
        ),
        "",
        *_WINDOW_HEAD,
        *_window_rows(nights),
    ]
    tables = {"The last window:": sampled[sampled < _SERIES]}
    if (n_windows := peers["window"].nunique()) > 1:
        tables[f"The last {n_windows} windows:"] = sampled
    for title, keys in tables.items():
        lines += ["", title, "", *_MODEL_HEAD, *_model_rows(own, others, peers, keys)]
        lines += ["", _verdict(own, peers[peers["key"].isin(keys)])]
    if case.sparse:
        lines += ["", *_pooled(nights, peers, sampled)]
    return [*lines, "", *_PAIR_HEAD, *_pair_rows(case, nights, others, peers)]


def _window_rows(nights: Sequence[_Held]) -> list[str]:
    figures = np.array([night.figures() for night in nights])
    lines = []
    for name, night, own in zip(BACK, nights, figures, strict=False):
        scored = np.isfinite(night.window.scales[0]).sum()
        lines.append(_window_row(name, f"{scored:,}", own))
    return [*lines, _window_row("**mean**", "", figures.mean(axis=0))]


def _window_row(name: str, count: str, figures: Floats) -> str:
    told = [f"{value:.4f}" for value in figures[: -len(COVERAGES)]]
    told += [f"{100 * value:.1f}" for value in figures[-len(COVERAGES) :]]
    return f"| {name} | {count} | {' | '.join(told)} |"


def _ours(case: Case, nights: Sequence[_Held]) -> dict[str, Scores]:
    """Return errors of what else ours can say, by name."""
    windows = [night.window for night in nights]
    found = {MEDIANS: _scores(windows, [night.medians for night in nights])}
    if case.ids is not None:
        apart = [_hold(case._replace(ids=None), window) for window in windows]
        found[OWN_YEARS] = _joined(windows, [each.scores() for each in apart])
    for name in SINGLE:
        means = [_alone(case, window.train, name, case.season) for window in windows]
        found[f"ours, {name} alone"] = _scores(windows, means)
    return found


def _model_rows(
    own: Scores, others: dict[str, Scores], peers: pd.DataFrame, keys: Integers
) -> list[str]:
    each = own.at(keys)
    means = " | | | ".join(f"{mean:.4f}" for mean in each.mean(axis=1))
    lines = [f"| **ours** | {len(keys):,} | {means} | | | |"]
    lines += [_row(name, keys, scores.at(keys), each) for name, scores in others.items()]
    for name, rows in peers[peers["key"].isin(keys)].groupby("model", sort=False):
        theirs = rows[list(MEASURES)].to_numpy(float).T
        reasons = Counter(rows["reason"][rows["reason"] != ""])
        silent = "; ".join(f"{count}: {reason}" for reason, count in reasons.items())
        told = rows["key"].to_numpy()
        lines.append(_row(f"statsforecast {name}", told, theirs, own.at(told), silent))
    return lines


def _verdict(own: Scores, peers: pd.DataFrame) -> str:
    """Tell which of statsforecast's models have less error than ours on what both forecast."""
    lower: dict[str, list[str]] = {name: [] for name in MEASURES.values()}
    for name, rows in peers.groupby("model", sort=False):
        gaps = rows[list(MEASURES)].to_numpy(float).T - own.at(rows["key"].to_numpy())
        for measure, mean in zip(lower, np.nanmean(gaps, axis=1), strict=True):
            if mean < 0.0:
                lower[measure].append(str(name))
    lower["all"] = [name for name in lower["MASE"] if all(name in each for each in lower.values())]
    parts = [f"{what}: {', '.join(names) or 'none'}" for what, names in lower.items()]
    return f"Of statsforecast's models, below ours: {'; '.join(parts)}."


def _pooled(nights: Sequence[_Held], peers: pd.DataFrame, keys: Integers) -> list[str]:
    """Compare errors in units: squared ones, pinball loss and bias."""
    windows = [night.window for night in nights]
    scales = _joined(windows, [own.scales for own in windows])
    ours = _joined(windows, [_in_units(each.window, each.means, each.quantiles) for each in nights])
    medians = _joined(windows, [_in_units(each.window, each.medians) for each in nights])
    own = ours.at(keys)
    held = [window.held.mean(axis=1)[None] for window in windows]
    demand = _joined(windows, held).at(keys).mean()
    lines = [
        _POOLED.format(demand=demand),
        "",
        *_POOLED_HEAD,
        "| **ours** | {:,} | {:.4f} | | | {:.4f} | | | {:+.4f} |".format(
            len(keys), *own.mean(axis=1)
        ),
        _pooled_row("ours, medians as points", keys, medians.at(keys), own),
    ]
    for name, rows in peers.groupby("model", sort=False):
        told = rows["key"].to_numpy()
        scale, root = scales.at(told)
        square = (rows["rmsse"].to_numpy(float) * root) ** 2
        theirs = np.array([square, rows["pinball"].to_numpy(float) * scale, rows["bias"]])
        lines.append(_pooled_row(f"statsforecast {name}", told, theirs, ours.at(told)))
    return lines


def _in_units(window: Window, means: Floats, quantiles: Floats | None = None) -> Floats:
    """Return mean squared error, pinball loss and bias of each series, (3, n_series), units."""
    gap = means - window.held
    absolute = np.abs(gap).mean(axis=1)
    loss = absolute / 2.0 if quantiles is None else mean_loss(quantiles, window.held)
    return np.array([(gap * gap).mean(axis=1), loss, gap.mean(axis=1)])


def _pooled_row(name: str, keys: Integers, other: Floats, own: Floats) -> str:
    return _row(name, keys, other[:2], own[:2], f"{np.nanmean(other[2]):+.4f}")


def _pair_rows(
    case: Case, nights: Sequence[_Held], others: dict[str, Scores], peers: pd.DataFrame
) -> list[str]:
    windows = [night.window for night in nights]
    lines = []
    for name, rows in peers.groupby("model", sort=False):
        model, _, told = str(name).partition(", season ")
        if model not in SINGLE:
            continue
        season = int(told) if told else case.scale_season
        scores = others[f"ours, {model} alone"]
        if season != case.season:
            means = [_alone(case, window.train, model, season) for window in windows]
            scores = _scores(windows, means)
        keys = rows["key"].to_numpy()
        ours, theirs = scores.at(keys)[0], rows["mase"].to_numpy(float)
        made = np.isfinite(ours) & np.isfinite(theirs)
        gap, error = _difference(keys[made], (ours - theirs)[made])
        lines.append(
            f"| {model}, season {season} | {made.sum():,} | {ours[made].mean():.4f} "
            f"| {theirs[made].mean():.4f} | {gap:+.4f} | {error:.4f} |"
        )
    return lines


def _row(name: str, keys: Integers, other: Floats, own: Floats, told: str = "") -> str:
    """Return a row of measures beside ours, each on the forecasts that both have it of."""
    parts = []
    for each, ours in zip(other, own, strict=True):
        made = np.isfinite(each)
        if made.any():
            gap, error = _difference(keys[made], (each - ours)[made])
            parts.append(f"{each[made].mean():.4f} | {gap:+.4f} | {error:.4f}")
        else:
            parts.append("| |")
    return f"| {name} | {np.isfinite(other[0]).sum():,} | {' | '.join(parts)} | {told} |"


def _difference(keys: Integers, gaps: Floats) -> tuple[float, float]:
    """Return a mean over series and windows, and its error: series are a sample, windows are not.

    What a series says in its windows is summed up before its scatter is looked at.
    """
    mean = float(gaps.mean())
    sums = np.bincount(keys % _SERIES, weights=gaps - mean)
    return mean, float(np.sqrt((sums * sums).sum()) / len(gaps))


# More than any set has.
_SERIES = 1_000_000


def _keys(windows: Integers, series: Integers) -> Integers:
    return windows.astype(np.int64) * _SERIES + series


def _scores(windows: Sequence[Window], means: Sequence[Floats]) -> Scores:
    """Return errors of points, which have no percentiles."""
    errors = [own.errors(each) for own, each in zip(windows, means, strict=True)]
    return _joined(windows, [np.vstack([each, np.full(each.shape[1], np.nan)]) for each in errors])


def _joined(windows: Sequence[Window], values: Sequence[Floats]) -> Scores:
    keys = [_keys(np.array([cut]), own.numbers) for cut, own in enumerate(windows)]
    return Scores(np.concatenate(keys), np.concatenate(values, axis=1))


def _hold(case: Case, window: Window) -> _Held:
    return _Held(window, *night(case, window.train, window.numbers))


def night(
    case: Case, train: list[Floats], numbers: Integers | slice = slice(None)
) -> tuple[Floats, Floats, float]:
    """Forecast as a night does: means (n, horizon), quantiles (n, horizon, 99), seconds."""
    started = time.perf_counter()
    panel, plan = panel_at_night(case, train, numbers), plan_of(case)
    date = pd.Timestamp(panel.last_ds.max()).date()
    profiles = category_profiles(panel, {}, plan)
    calibration = learn_calibration(panel, plan)
    found = forecast_demand(panel, plan, date, profiles, {}, calibration).forecasts
    seconds = time.perf_counter() - started
    return *arrays_of(found, len(train), case.horizon), seconds


def _alone(case: Case, train: list[Floats], name: str, season: int) -> Floats:
    panel = panel_of(case, train)
    plan = ForecastPlan(case.frequency, season, case.horizon)
    return find_model(name).forecast(panel.batch, plan.seasons, case.horizon).means


def covered(quantiles: Floats, held: Floats) -> Floats:
    """Return how often each series' demand fell into central intervals, (n_series, 4) fractions.

    The law's probability below a value lies between the shares of percentiles below it and at or
    below it; the part of that stretch within the interval is the hit.
    """
    first = (quantiles < held[:, :, None]).sum(axis=2) / 100.0
    last = ((quantiles <= held[:, :, None]).sum(axis=2) + 1) / 100.0
    hits = np.empty((len(held), len(COVERAGES)))
    for number, nominal in enumerate(COVERAGES):
        low, high = 0.5 - nominal / 200.0, 0.5 + nominal / 200.0
        within = np.minimum(last, high) - np.maximum(first, low)
        hits[:, number] = (np.maximum(within, 0.0) / (last - first)).mean(axis=1)
    return hits


if __name__ == "__main__":
    main()
