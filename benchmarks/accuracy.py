"""Accuracy on held-out periods: what the night chooses, against each model of statsforecast.

python -m benchmarks.accuracy [SET ... | ours | back SET ...]

`ours` measures coverage, loss and medians of ours again, which need no peer, and records them;
it refuses where our means have changed, and with them what is said of the peers. `back` prints what
a set says a horizon earlier, and records nothing.

Each set's last horizon is held out; models, weights and calibration see what came before it. Ours
is what a night publishes: the weighted combination of each series' best models, chosen by its own
backtest. Every model of statsforecast forecasts a sample of the series, and is compared by the mean
difference of MASE and of RMSSE on them beside their standard errors: a mean is judged by squares,
and what is nearest by absolute error is a median, which ours have too; AutoARIMA a part of the
sample, and none with long seasons, because it takes from a second to minutes a series. Where ours
has a model of the same name, the two are set against each other too, told the same season. M4
weekly is scaled as M4 does, with no season; a night takes a year of weeks, and peers are told both.
Coverage is that of all series' calibrated central intervals. What a peer has no forecast for is
counted beside it, with the reason. MFLES needs scikit-learn, which nothing else here does: install
it beside.
"""

import os
import re
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from statsforecast import models as zoo

from benchmarks.machine import describe_machine
from forecasting import DemandPanel, ForecastPlan, category_profiles, forecast_demand
from forecasting.calibration import learn_calibration
from forecasting.classes import CLASSES
from forecasting.distributions import LEVELS
from forecasting.models import find_model
from kernels.arrays import Floats, Integers

DATA = Path(__file__).parents[2] / "shared" / "data"
RECORD = Path(__file__).parent / "records" / "accuracy.md"
COVERAGES = (50, 80, 90, 98)
# Two MASE nearer than this are printed alike, or all but.
SAME = 1e-4
# Begins the line that says when `ours` was last measured.
OWN = "Coverage, pinball loss and medians, `python -m benchmarks.accuracy ours`"
MEDIANS = "ours, medians"
EVERY = slice(None)
NO_REASONS: Counter[str] = Counter()
SECONDS = re.compile(r"[0-9.]+ s for all of ours")
SINGLE = ("AutoETS", "AutoTheta", "DynamicOptimizedTheta")
# Of the sample, for models that take a second a series or more; less where there is no season.
FEW = 20
DEAR = ("AutoARIMA",)
LONGEST_OF_DEAR = 12
# In the mean of a place in the season: sets of weeks have less than four years of them.
SEASONS_IN_WINDOW, YEARS_IN_WINDOW, YEAR_OF_WEEKS = 4, 2, 52
# On M3 monthly AutoETS helps; on hospital's counts it costs 0.004 ± 0.002 and, a horizon earlier,
# 0.008 ± 0.002 of MASE, so that it is not in the default for months.
SMOOTH = (
    "SeasonalNaive",
    "SimpleExponentialSmoothing",
    "DynamicOptimizedTheta",
    "AutoETS",
    "SeasonalTrendTheta",
)


class Case(NamedTuple):
    """A set of series and how it is forecast.

    Parameters
    ----------
    season : periods, that a night takes for series of this frequency
    sample, few : series that peers forecast, and that dear ones do
    published_season : of MASE where the set's own is another; None is the night's
    """

    name: str
    read: Callable[[], list[Floats]]
    frequency: str
    season: int
    horizon: int
    sample: int
    peers: dict[str, Callable[[], Any]]
    line_up: dict[str, tuple[str, ...]]
    few: int = FEW
    published_season: int | None = None

    @property
    def scale_season(self) -> int:
        """Periods between the values whose differences scale MASE."""
        return self.published_season or self.season


def _m3(period: str) -> list[Floats]:
    frame = pd.read_parquet(DATA / "m3.parquet")
    return _whole(frame[frame["period"] == period])


def _m4(period: str) -> list[Floats]:
    return _whole(pd.read_parquet(DATA / f"m4_{period}.parquet"))


def _whole(frame: pd.DataFrame) -> list[Floats]:
    groups = frame.groupby("unique_id", observed=True, sort=True)["y"]
    return [y.to_numpy(float) for _, y in groups]


def _sales(name: str, least: int) -> list[Floats]:
    frame = pd.read_parquet(DATA / f"{name}.parquet")
    keys = [name for name in ("warehouse_id", "item_id", "unique_id") if name in frame]
    found = []
    for _, group in frame.groupby(keys, observed=True, sort=True):
        y = group.sort_values("ds")["y"].to_numpy(float)
        if len(y) >= least and np.isfinite(y).all():
            found.append(np.maximum(y, 0.0))
    return found


def of_store_departments() -> list[Floats]:
    """Return Walmart's whole weekly series, (n_weeks,) each, USD, not below zero."""
    return _sales("walmart_store_dept_weekly", 143)


def of_car_parts() -> list[Floats]:
    """Return the whole monthly series of car parts, (n_months,) each, units, not below zero."""
    return _sales("carparts_monthly", 51)


def _seasonal(season: int) -> dict[str, Callable[[], Any]]:
    arima = {"AutoARIMA": lambda: zoo.AutoARIMA(season_length=season)}
    return {
        "SeasonalNaive": lambda: zoo.SeasonalNaive(season_length=season),
        "AutoETS": lambda: zoo.AutoETS(season_length=season),
        "AutoTheta": lambda: zoo.AutoTheta(season_length=season),
        "DynamicOptimizedTheta": lambda: zoo.DynamicOptimizedTheta(season_length=season),
        "AutoCES": lambda: zoo.AutoCES(season_length=season),
        "SeasonalWindowAverage": lambda: zoo.SeasonalWindowAverage(
            season_length=season,
            window_size=SEASONS_IN_WINDOW if season < YEAR_OF_WEEKS else YEARS_IN_WINDOW,
        ),
        **(arima if season <= LONGEST_OF_DEAR else {}),
    }


def _several(*seasons: int) -> dict[str, Callable[[], Any]]:
    return {
        "MSTL": lambda: zoo.MSTL(season_length=list(seasons)),
        "MFLES": lambda: zoo.MFLES(season_length=list(seasons)),
    }


def _told(
    peers: dict[str, Callable[[], Any]], season: int, without: str
) -> dict[str, Callable[[], Any]]:
    """Name peers with their season, without the one that takes seconds a series with it."""
    kept = (name for name in peers if name != without)
    return {f"{name}, season {season}": peers[name] for name in kept}


_SPARSE_PEERS: dict[str, Callable[[], Any]] = {
    "CrostonClassic": zoo.CrostonClassic,
    "CrostonOptimized": zoo.CrostonOptimized,
    "CrostonSBA": zoo.CrostonSBA,
    "TSB": lambda: zoo.TSB(0.2, 0.2),
    "ADIDA": zoo.ADIDA,
    "IMAPA": zoo.IMAPA,
    "SimpleExponentialSmoothingOptimized": zoo.SimpleExponentialSmoothingOptimized,
    "WindowAverage": lambda: zoo.WindowAverage(8),
    "AutoETS": lambda: zoo.AutoETS(season_length=12),
    "AutoTheta": lambda: zoo.AutoTheta(season_length=12),
    "DynamicOptimizedTheta": lambda: zoo.DynamicOptimizedTheta(season_length=12),
}


def _for_all(names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(CLASSES, names)


CASES = (
    Case(
        "M3 monthly", lambda: _m3("MONTHLY"), "MS", 12, 18, 1_428, _seasonal(12), _for_all(SMOOTH)
    ),
    Case(
        "M3 quarterly",
        lambda: _m3("QUARTERLY"),
        "QS",
        4,
        8,
        756,
        _seasonal(4),
        {},
    ),
    Case(
        "M4 weekly",
        lambda: _m4("weekly"),
        "W",
        52,
        13,
        359,
        {**_seasonal(1), **_told({**_seasonal(52), **_several(52)}, 52, without="AutoETS")},
        {},
        few=359,
        published_season=1,
    ),
    Case(
        "M4 hourly",
        lambda: _m4("hourly"),
        "h",
        24,
        48,
        60,
        {**_seasonal(24), **_several(24, 168)},
        {},
    ),
    Case(
        "Walmart weekly",
        of_store_departments,
        "W",
        52,
        13,
        120,
        {**_seasonal(52), **_several(52)},
        {},
    ),
    Case(
        "Store-Item daily",
        lambda: _sales("store_item_daily", 1_000),
        "D",
        7,
        28,
        60,
        {**_seasonal(7), **_several(7, 365)},
        {},
    ),
    Case(
        "carparts monthly",
        of_car_parts,
        "MS",
        12,
        6,
        2_503,
        _SPARSE_PEERS,
        {},
    ),
)


def main() -> None:
    """Measure the sets that are named, or all, and write the record, or their parts of it."""
    if sys.argv[1:] == ["ours"]:
        _renew()
        return
    named = [case for case in CASES if case.name in sys.argv[1:]]
    if sys.argv[1:2] == ["back"]:
        for case in named:
            print("\n".join(_measure(earlier(case, 1))), flush=True)
        return
    if sys.argv[1:]:
        for case in named:
            _replace(case)
        return
    machine = describe_machine("statsforecast", "numba")
    lines = [
        "# Accuracy",
        "",
        f"`python -m benchmarks.accuracy`, {_today()}: {machine}.",
        "",
        f"{OWN}: of the same run.",
        "",
    ]
    for case in CASES:
        found = _measure(case)
        print("\n".join(found), flush=True)
        lines += found
    RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _replace(case: Case) -> None:
    found = _measure(case)
    print("\n".join(found), flush=True)
    lines = RECORD.read_text(encoding="utf-8").split("\n")
    start = lines.index(f"## {case.name}")
    rest = [number for number in range(start + 1, len(lines)) if lines[number].startswith("## ")]
    stop = rest[0] if rest else len(lines)
    busy = os.getloadavg()[0] > (os.cpu_count() or 1)
    quiet = "; the machine was busy, and the seconds say little" if busy else ""
    found += [f"Measured again on {_today()}, the peers too{quiet}.", ""]
    RECORD.write_text("\n".join([*lines[:start], *found, *lines[stop:]]), encoding="utf-8")


def _today() -> str:
    return f"{datetime.now(tz=UTC):%Y-%m-%d}"


def _renew() -> None:
    lines = RECORD.read_text(encoding="utf-8").split("\n")
    for case in CASES:
        start = lines.index(f"## {case.name}")
        told, own = (start + 2, start + 6)
        night = _hold_night(case)
        was = float(lines[own].split("|")[3])
        now = night.score[0, night.sample].mean()
        if abs(now - was) > SAME:
            raise SystemExit(f"{case.name}: MASE was {was}, is {now:.4f}: measure the peers too")
        # The seconds are those of the quiet run that measured the peers.
        seconds = SECONDS.search(lines[told])
        lines[told] = SECONDS.sub(seconds[0] if seconds else "", night.sentence)
        sample = night.sample
        lines[own + 1] = _row(MEDIANS, night.medians[:, sample], night.score[:, sample])
        print(case.name, night.sentence, flush=True)
    said = next(number for number, line in enumerate(lines) if line.startswith(OWN))
    lines[said] = (
        f"{OWN}: {_today()}; our means and the peers are those of the run before, and seconds too."
    )
    RECORD.write_text("\n".join(lines), encoding="utf-8")


class _Night(NamedTuple):
    """What ours made of a set.

    Parameters
    ----------
    train : of every series
    held : (n_series, horizon) float64, units
    scale, score : (2, n_series) float64: of MASE and of RMSSE, and those of ours
    medians : (2, n_series) float64, those of our medians
    sample : numbers of the series that peers forecast too
    sentence : how good ours is over all series
    """

    train: list[Floats]
    held: Floats
    scale: Floats
    score: Floats
    medians: Floats
    sample: Integers
    sentence: str

    def errors(self, means: Floats, rows: Integers | slice = EVERY) -> Floats:
        """Return MASE and RMSSE of means of some series, (2, n)."""
        return _scaled_errors(means, self.held[rows], self.scale[:, rows])


def _scaled_errors(means: Floats, held: Floats, scale: Floats) -> Floats:
    gap = means - held
    return np.array([np.abs(gap).mean(axis=1), np.sqrt((gap * gap).mean(axis=1))]) / scale


def _hold_night(case: Case) -> _Night:
    series = case.read()
    train = [y[: -case.horizon] for y in series]
    held = np.array([y[-case.horizon :] for y in series])
    scale = np.array([naive_scales(y, case.scale_season) for y in train]).T
    ours, quantiles, seconds = _night(case, train)
    score = _scaled_errors(ours, held, scale)
    medians = _scaled_errors(quantiles[..., np.searchsorted(LEVELS, 0.5)], held, scale)
    kept = np.flatnonzero(np.isfinite(score[0]))
    sample = kept[np.linspace(0, len(kept) - 1, min(case.sample, len(kept))).astype(int)]
    loss = mean_loss(quantiles[kept], held[kept]) / scale[0, kept]
    of_scale = f", {case.scale_season} in MASE" if case.scale_season != case.season else ""
    sentence = (
        f"{len(kept):,} series, {case.horizon} periods held out, season {case.season}"
        f"{of_scale}; "
        f"{seconds:.1f} s for all of ours, calibration included. MASE of ours over all "
        f"{score[0, kept].mean():.4f}, RMSSE {score[1, kept].mean():.4f}, "
        f"pinball loss in units of MASE {loss.mean():.4f}. "
        f"{say_coverage(quantiles[kept], held[kept])}"
    )
    return _Night(train, held, scale, score, medians, sample, sentence)


def _measure(case: Case) -> list[str]:
    night = _hold_night(case)
    score, sample = night.score, night.sample
    lines = [
        f"## {case.name}",
        "",
        night.sentence,
        "",
        "| | series | MASE | ours less by | ± | RMSSE | ours less by | ± | no forecast |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
        (
            f"| **ours** | {len(sample)} | {score[0, sample].mean():.4f} | | "
            f"| {score[1, sample].mean():.4f} | | | |"
        ),
        _row(MEDIANS, night.medians[:, sample], score[:, sample]),
    ]
    if case.line_up:
        means, _, _ = _night(case._replace(line_up={}), night.train)
        lines.append(
            _row("ours, the default line-up", night.errors(means)[:, sample], score[:, sample])
        )
    for name in SINGLE:
        errors = night.errors(_alone(case, night.train, name, case.season))
        lines.append(_row(f"ours, {name} alone", errors[:, sample], score[:, sample]))
    pairs = []
    for name, build in case.peers.items():
        rows = sample[:: max(len(sample) // case.few, 1)] if name in DEAR else sample
        means, reasons = _theirs(build, [night.train[number] for number in rows], case.horizon)
        peer = night.errors(means, rows)
        lines.append(_row(f"statsforecast {name}", peer, score[:, rows], reasons))
        print(lines[-1], flush=True)
        model, _, told = name.partition(", season ")
        if model in SINGLE:
            season = int(told) if told else case.scale_season
            own = night.errors(_alone(case, night.train, model, season))[:, rows]
            pairs.append(_pair(f"{model}, season {season}", own[0], peer[0]))
    return [*lines, "", *_PAIR_HEAD, *pairs, ""]


_PAIR_HEAD = (
    "| same model, same season | series | MASE ours | statsforecast's | ours more by | ± |",
    "| --- | ---: | ---: | ---: | ---: | ---: |",
)


def _row(name: str, peer: Floats, own: Floats, reasons: Counter[str] = NO_REASONS) -> str:
    made = np.isfinite(peer).all(axis=0)
    told = "; ".join(f"{count}: {reason}" for reason, count in reasons.items())
    if not made.any():
        return f"| {name} | 0 | | | | | | | {told} |"
    parts = [
        f"{each.mean():.4f} | {gap.mean():+.4f} | {_error(gap):.4f}"
        for each, gap in zip(peer[:, made], (peer - own)[:, made], strict=True)
    ]
    return f"| {name} | {made.sum()} | {' | '.join(parts)} | {told} |"


def _pair(name: str, own: Floats, peer: Floats) -> str:
    made = np.isfinite(own) & np.isfinite(peer)
    gap = (own - peer)[made]
    return (
        f"| {name} | {made.sum()} | {own[made].mean():.4f} | {peer[made].mean():.4f} "
        f"| {gap.mean():+.4f} | {_error(gap):.4f} |"
    )


def _error(values: Floats) -> float:
    return float(values.std() / np.sqrt(len(values)))


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
    return DemandPanel.from_frame(typed, case.frequency)  # type: ignore[arg-type]


def plan_of(case: Case) -> ForecastPlan:
    """Return how a night forecasts a set."""
    return ForecastPlan(
        case.frequency,  # type: ignore[arg-type]
        case.season,
        case.horizon,
        windows=6,
        step=case.horizon,
        minimum_history=max(8, min(2 * case.season, 26)),
        line_up=case.line_up,
    )


def earlier(case: Case, cut: int) -> Case:
    """Return a set as it was so many horizons ago, without series that had too few origins."""
    # A series needs two, or its class is not counted.
    least = plan_of(case).minimum_history + 3 * case.horizon

    def read() -> list[Floats]:
        known = [y[: len(y) - cut * case.horizon] for y in case.read()]
        return [y for y in known if not cut or len(y) >= least]

    return case._replace(read=read)


def _night(case: Case, train: list[Floats]) -> tuple[Floats, Floats, float]:
    """Forecast as a night does: means (n, horizon), quantiles (n, horizon, 99), seconds."""
    panel, plan = panel_of(case, train), plan_of(case)
    night = pd.Timestamp(panel.last_ds.max()).date()
    started = time.perf_counter()
    profiles = category_profiles(panel, {}, plan)
    calibration = learn_calibration(panel, plan)
    found = forecast_demand(panel, plan, night, profiles, {}, calibration).forecasts
    seconds = time.perf_counter() - started
    return *arrays_of(found, len(train), case.horizon), seconds


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


def _alone(case: Case, train: list[Floats], name: str, season: int) -> Floats:
    panel = panel_of(case, train)
    plan = ForecastPlan(case.frequency, season, case.horizon)  # type: ignore[arg-type]
    return find_model(name).forecast(panel.batch, plan.seasons, case.horizon).means


def _theirs(
    build: Callable[[], Any], train: list[Floats], horizon: int
) -> tuple[Floats, Counter[str]]:
    """Return means, NaN where a peer has none, and how often it has none for which reason."""

    def forecast(y: Floats) -> tuple[Floats, str]:
        try:
            means = np.asarray(build().forecast(y=y.copy(), h=horizon)["mean"], dtype=float)
        except Exception as error:  # noqa: BLE001 - told in the record, and left out of the mean
            return np.full(horizon, np.nan), f"{type(error).__name__} {error}"
        return means, "" if np.isfinite(means).all() else "not finite"

    with warnings.catch_warnings(), ThreadPoolExecutor(2) as pool:
        warnings.simplefilter("ignore")
        found = list(pool.map(forecast, train))
    means = np.array([each for each, _ in found])
    return means, Counter(reason for _, reason in found if reason)


def mean_loss(quantiles: Floats, held: Floats) -> Floats:
    """Return each series' mean pinball loss over 1-99% and the horizon, (n_series,), units."""
    gap = held[:, :, None] - quantiles
    return np.asarray(np.maximum(LEVELS * gap, (LEVELS - 1.0) * gap).mean(axis=(1, 2)))


def say_coverage(quantiles: Floats, held: Floats) -> str:
    """Say how often demand fell into central intervals, with the standard error over series."""
    hits = covered(quantiles, held)
    errors = hits.std(axis=0) / np.sqrt(len(hits))
    parts = [
        f"{nominal}%: {100 * mean:.1f} ± {100 * error:.1f}"
        for nominal, mean, error in zip(COVERAGES, hits.mean(axis=0), errors, strict=True)
    ]
    return "Coverage of central intervals: " + ", ".join(parts) + "."


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
