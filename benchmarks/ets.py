"""AutoETS: the batched kernel against statsforecast on M3, M4 weekly and daily retail.

python -m benchmarks.ets [speed | aicc | windows]

One thread unless said, on two half of the series on either; the median of five runs of ours against
one pass of statsforecast over a sample of the series, both in this process, after a warm-up.
Criteria and forecasts are compared on every series of every set; a difference of MASE is paired by
series, and stands beside its standard error. `windows` holds out fifteen months of Store-Item's
five years, one after another: what a trend is worth in one of them, all series say alike, so that a
window is one observation of it. Each of the three can be measured by itself.
"""

import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from os import environ
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from statsforecast.ets import ets_f
from statsforecast.ets import forecast_ets as forecast_theirs
from statsforecast.models import AutoETS

from benchmarks.machine import describe_machine, median_seconds, seconds_in_two
from benchmarks.series import DATA, end_to_end
from benchmarks.sets import naive_scale, of_car_parts, of_store_departments
from kernels.ets import fit_ets, forecast_ets
from kernels.ets_fits import EtsFits
from kernels.ets_forward import update_ets
from kernels.ets_paths import ets_quantiles

RECORD = Path(__file__).parent / "records" / "ets.md"
RUNS = 5
RETAIL_DAYS = 1_000
FIVE_YEARS = 1_798
LEVELS = np.array([0.025, 0.05, 0.1, 0.2, 0.3, 0.7, 0.8, 0.9, 0.95, 0.975])
INTERVALS = [40, 60, 80, 90, 95]
# statsforecast simulates as many where it has no closed form.
PATHS = 5_000
ROLLED = 1_000_000
# Windows of four weeks that are held out one after another, and of their series every so many-th.
MONTHS, EVERY = 15, 5
SPEED, CRITERIA, WINDOWS = "speed", "aicc", "windows"
HEADS = {CRITERIA: "## Criteria\n", WINDOWS: "## Windows of five years\n"}
# Of AICc; what a fit may be worse by.
WORSE = 0.5


class Case(NamedTuple):
    """A set of series: what is known, what came after, and how much of it statsforecast fits."""

    name: str
    train: list[np.ndarray]
    test: list[np.ndarray]
    season: int
    sample: int

    @property
    def horizon(self) -> int:
        """Periods ahead."""
        return len(self.test[0])

    @property
    def chosen(self) -> np.ndarray:
        """Numbers of the series in the sample."""
        return np.linspace(0, len(self.train) - 1, self.sample).astype(int)


def main() -> None:
    """Measure, and write the record, or its part on speed or on criteria."""
    cases = [
        _m3("MONTHLY", 12, 300),
        _m3("QUARTERLY", 4, 756),
        _m4("weekly", 1, 120),
        _m4("hourly", 24, 24),
        _retail(RETAIL_DAYS, 40),
    ]
    parts = _parts(RECORD.read_text(encoding="utf-8"))
    asked = sys.argv[1:] or [*parts]
    if SPEED in asked:
        parts[SPEED] = _speeds(cases)
    if CRITERIA in asked:
        years = [_retail(FIVE_YEARS, windows=back) for back in range(3)]
        parts[CRITERIA] = "\n".join(_criteria([*cases, *years, _walmart(), _car_parts()]))
    if WINDOWS in asked:
        parts[WINDOWS] = "\n".join(_windows())
    text = "\n".join(f"{HEADS.get(name, '')}{part.rstrip()}\n" for name, part in parts.items())
    RECORD.write_text(text, encoding="utf-8")


def _parts(record: str) -> dict[str, str]:
    """Return what a record says, by what is measured."""
    parts, name = {}, SPEED
    for head_of, head in HEADS.items():
        parts[name], _, record = record.partition(head)
        name = head_of
    return {**parts, name: record}


def _speeds(cases: list[Case]) -> str:
    machine = describe_machine("statsforecast", "numba")
    lines = ["# AutoETS", "", f"`python -m benchmarks.ets`: {machine}.", ""]
    lines += [
        "| data | series | ours, ms a series | two threads | statsforecast | ratio |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for case in cases:
        lines.append(_row(case))
        print(lines[-1], flush=True)
    lines += ["", _quantiles(cases[0]), "", _rolled(cases[0]), "", _compiled(), "", ""]
    print("\n".join(lines[-6:]))
    return "\n".join(lines)


def _m3(period: str, season: int, sample: int) -> Case:
    frame = pd.read_parquet(DATA / "m3.parquet")
    return _case(f"M3 {period.lower()}", frame[frame["period"] == period], season, sample)


def _m4(period: str, season: int, sample: int) -> Case:
    return _case(f"M4 {period}", pd.read_parquet(DATA / f"m4_{period}.parquet"), season, sample)


def _case(name: str, frame: pd.DataFrame, season: int, sample: int) -> Case:
    parts = []
    for held_out in (False, True):
        groups = frame[frame["is_test"] == held_out].groupby("unique_id", observed=True)
        parts.append([group["y"].to_numpy(float) for _, group in groups])
    return Case(name, parts[0], parts[1], season, sample)


def _retail(days: int, sample: int = 0, windows: int = 0) -> Case:
    """Return the last days known so many windows of 28 days before the end."""
    frame = pd.read_parquet(DATA / "store_item_daily.parquet")
    groups = frame.groupby(["warehouse_id", "item_id"], observed=True)["y"]
    known = [y.to_numpy(float)[: len(y) - 28 * windows] for _, y in groups]
    series = [y[-days - 28 :] for y in known]
    train, test = [y[:-28] for y in series], [y[-28:] for y in series]
    earlier = f", {windows} back" if windows else ""
    return Case(f"Store-Item, {len(train[0]):,} days{earlier}", train, test, 7, sample)


def _walmart() -> Case:
    series = of_store_departments()
    train, test = [y[:-13] for y in series], [y[-13:] for y in series]
    return Case("Walmart weekly, no season", train, test, 1, 0)


def _car_parts() -> Case:
    series = of_car_parts()
    train, test = [y[:-6] for y in series], [y[-6:] for y in series]
    return Case("carparts monthly", train, test, 12, 0)


def _row(case: Case) -> str:
    values, offsets = end_to_end(case.train)
    own = median_seconds(lambda: fit_ets(values, offsets, case.season), RUNS) / len(case.train)
    halves = [end_to_end(case.train[part::2]) for part in range(2)]
    spent = seconds_in_two(lambda half: fit_ets(*half, case.season), halves, RUNS)
    both = spent / len(case.train)
    ets_f(case.train[0].copy(), m=case.season)
    started = time.perf_counter()
    for number in case.chosen:
        forecast_theirs(ets_f(case.train[number].copy(), m=case.season), case.horizon)
    peer = (time.perf_counter() - started) / case.sample
    return (
        f"| {case.name} | {len(case.train):,} | {own * 1e3:.3f} | {both * 1e3:.3f} "
        f"| {peer * 1e3:.1f} ({case.sample} series) | {peer / own:,.0f} |"
    )


def _criteria(cases: list[Case]) -> list[str]:
    """Compare AICc and forecasts on every series of every set."""
    lines = [
        "",
        f"`python -m benchmarks.ets {CRITERIA}`, {datetime.now(tz=UTC):%Y-%m-%d}: every series.",
        "",
        (
            "| data | series | worse by more than 0.5 | share not | better by more than 0.5 "
            "| mean difference | MASE ours | MASE statsforecast | difference | failures |"
        ),
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for case in cases:
        lines.append(_criterion_row(case))
        print(lines[-1], flush=True)
    return lines


class _Compared(NamedTuple):
    """Both AutoETS on a set: AICc, (n_series,), MASE of each, (n_series,), and their failures.

    NaN where there is no model, or no forecast.
    """

    own_criterion: np.ndarray
    criterion: np.ndarray
    own: np.ndarray
    peer: np.ndarray
    failures: Counter[str]

    @property
    def gap(self) -> np.ndarray:
        """Ours less theirs, of the series that both have forecast."""
        found = self.own - self.peer
        return np.asarray(found[np.isfinite(found)])


def _compare(case: Case) -> _Compared:
    fits = fit_ets(*end_to_end(case.train), case.season)
    own = forecast_ets(fits, case.horizon)
    theirs, criteria = np.full_like(own, np.nan), np.full(len(own), np.nan)
    failures: Counter[str] = Counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number, y in enumerate(case.train):
            try:
                found = ets_f(y.copy(), m=case.season)
                theirs[number] = forecast_theirs(found, case.horizon)["mean"]
                criteria[number] = found["aicc"]
            except Exception as error:  # noqa: BLE001 - counted by its kind, and in the record
                failures[f"{type(error).__name__}: {error}"] += 1
    scale = np.array([naive_scale(y, case.season) for y in case.train])
    held = np.array(case.test)
    errors, peer = (np.abs(means - held).mean(axis=1) / scale for means in (own, theirs))
    return _Compared(fits.criterion, criteria, errors, peer, failures)


def _criterion_row(case: Case) -> str:
    found = _compare(case)
    apart = found.own_criterion - found.criterion
    apart = apart[np.isfinite(apart)]
    scored = np.isfinite(found.own) & np.isfinite(found.peer)
    gap = found.gap
    silent = int((~np.isfinite(found.own_criterion)).sum())
    told = [f"{count} theirs ({reason})" for reason, count in found.failures.items()]
    told += [f"{silent} ours"] if silent else []
    return (
        f"| {case.name} | {len(apart):,} | {(apart > WORSE).sum()} | {(apart <= WORSE).mean():.2%} "
        f"| {(apart < -WORSE).sum()} | {apart.mean():+.3f} | {found.own[scored].mean():.4f} "
        f"| {found.peer[scored].mean():.4f} "
        f"| {gap.mean():+.4f} ± {gap.std() / np.sqrt(len(gap)):.4f} | {', '.join(told)} |"
    )


def _windows() -> list[str]:
    """Compare forecasts of one month after another."""
    lines = [
        "",
        (
            f"`python -m benchmarks.ets {WINDOWS}`, {datetime.now(tz=UTC):%Y-%m-%d}: every "
            f"{EVERY}th series of Store-Item, all that was known {MONTHS} times four weeks apart."
        ),
        "",
        "| days | series | MASE ours | MASE statsforecast | difference |",
        "| ---: | ---: | ---: | ---: | ---: |",
    ]
    gaps = []
    for back in range(MONTHS):
        case = _retail(FIVE_YEARS, windows=back)
        found = _compare(case._replace(train=case.train[::EVERY], test=case.test[::EVERY]))
        gaps.append(found.gap.mean())
        lines.append(
            f"| {len(case.train[0]):,} | {len(found.own):,} | {found.own.mean():.4f} "
            f"| {found.peer.mean():.4f} | {gaps[-1]:+.4f} |"
        )
        print(lines[-1], flush=True)
    error = np.std(gaps, ddof=1) / np.sqrt(len(gaps))
    return [*lines, "", f"Over the windows: {np.mean(gaps):+.4f} ± {error:.4f}, between them."]


def _quantiles(case: Case) -> str:
    def forecast(numbers: np.ndarray) -> None:
        fits = fit_ets(*end_to_end([case.train[number] for number in numbers]), case.season)
        forecast_ets(fits, case.horizon)
        ets_quantiles(fits, numbers.astype(np.uint64), LEVELS, PATHS, case.horizon, 1)

    own = median_seconds(lambda: forecast(case.chosen), RUNS) / case.sample
    halves = [case.chosen[part::2] for part in range(2)]
    both = seconds_in_two(forecast, halves, RUNS) / case.sample
    few = case.chosen[::10]
    started = time.perf_counter()
    for number in few:
        model = AutoETS(season_length=case.season)
        model.forecast(y=case.train[number], h=case.horizon, level=INTERVALS)
    peer = (time.perf_counter() - started) / len(few)
    return (
        f"With ten quantiles from {PATHS:,} simulated paths each ({case.name}): {own * 1e3:.2f} ms "
        f"a series, {both * 1e3:.2f} ms on two threads, statsforecast's `level=` {peer * 1e3:.1f} "
        f"ms, ratio {peer / own:.0f}."
    )


def _rolled(case: Case) -> str:
    values, offsets = end_to_end(case.train)
    few = fit_ets(values, offsets, case.season)
    rows = np.arange(ROLLED) % len(case.train)
    fits = EtsFits._make(part[rows] for part in few)
    news = np.abs(fits.level)
    halves = [slice(0, ROLLED // 2), slice(ROLLED // 2, ROLLED)]
    places = np.arange(ROLLED + 1)

    def carry(half: slice) -> None:
        own = news[half]
        update_ets(_some(fits, half), own, places[: len(own) + 1])

    def look_ahead(half: slice) -> None:
        forecast_ets(_some(fits, half), case.horizon)

    def seconds(work: Callable[[slice], None]) -> str:
        one = median_seconds(lambda: work(slice(0, ROLLED)), RUNS)
        return f"{one:.3f} s, {seconds_in_two(work, halves, RUNS):.3f} s on two threads"

    return (
        f"{ROLLED:,} states with a season of {case.season} carried through one period: "
        f"{seconds(carry)}; forecast {case.horizon} periods ahead: {seconds(look_ahead)}."
    )


def _some(fits: EtsFits, part: slice) -> EtsFits:
    return EtsFits._make(each[part] for each in fits)


def _compiled() -> str:
    script = (
        "import numpy as np, time; from kernels.ets import fit_ets; "
        "started = time.perf_counter(); "
        "fit_ets(np.random.default_rng(0).gamma(3, 1, 60), np.array([0, 60]), 4); "
        "print(time.perf_counter() - started)"
    )
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(2):
            done = subprocess.run(
                [sys.executable, "-c", script],
                env={**environ, "NUMBA_CACHE_DIR": folder},
                cwd=Path(__file__).parents[1],
                capture_output=True,
                text=True,
                check=True,
            )
            seconds.append(float(done.stdout))
    return (
        f"The first call on a machine compiles for {seconds[0]:.1f} s; in the next process it "
        f"takes {seconds[1]:.2f} s."
    )


if __name__ == "__main__":
    main()
