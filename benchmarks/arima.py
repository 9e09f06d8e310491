"""Seasonal ARIMA: speed and accuracy against statsforecast, and what it adds to the combination.

python -m benchmarks.arima [SET ... | choices]

Models alone are timed over all series at once, the median of three runs after a warm-up, and
statsforecast's AutoARIMA on a sample in the same process, in seconds of processor time of one
thread (set OPENBLAS_NUM_THREADS=1), which a busy machine changes little. The combination is what
a night publishes, with and without ARIMA in its line-up, on the last horizon and on the one before
it, both held out; the gain is the mean difference of losses over series, beside its standard error.
Only the sections of the named sets are written anew; `choices` compares variants of the kernel.
"""

import contextlib
import re
import statistics
import sys
import time
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from statsforecast import models as zoo

from benchmarks.accuracy import night
from benchmarks.machine import describe_machine
from benchmarks.series import end_to_end
from benchmarks.sets import CASES, Case, naive_scale
from forecasting import ForecastPlan
from forecasting.classes import CLASSES
from forecasting.models import MODELS
from forecasting.panel import Batch
from forecasting.plan import complete_line_up
from kernels.arima import fit_arima, forecast_arima
from kernels.arrays import Floats

RECORD = Path(__file__).parent / "records" / "arima.md"
ALONE = ("SeasonalARIMA", "YearlyARIMA", "AutoETS", "DynamicOptimizedTheta")
RUNS = 3
BACK = (0, 1)
HORIZONS = ("last", "before it")
FEWEST = 12
# Classes of demand whose line-ups ARIMA may join.
CHANGED = ("smooth", "erratic")
LEVELS = np.arange(1, 100) / 100.0


class Size(NamedTuple):
    """How much of a set is looked at.

    Parameters
    ----------
    every : one series of so many
    sample : series that statsforecast's AutoARIMA forecasts
    yearly : whether the grid has years, and models of them
    """

    every: int
    sample: int
    yearly: bool

    @property
    def added(self) -> tuple[tuple[str, ...], ...]:
        """What is added to the line-up, a line of the table each."""
        return BOTH if self.yearly else BOTH[:1]


BOTH = (("SeasonalARIMA",), ("YearlyARIMA",), ("SeasonalARIMA", "YearlyARIMA"))
SIZES = {
    "M3 monthly": Size(1, 40, yearly=False),
    "M3 quarterly": Size(1, 40, yearly=False),
    "M4 weekly": Size(1, 30, yearly=True),
    "Walmart weekly": Size(8, 2, yearly=True),
    "Store-Item daily": Size(20, 2, yearly=True),
}
TITLE = "# Seasonal ARIMA"


class Losses(NamedTuple):
    """Losses of a forecast, (n_series,) each, in units of the seasonal difference."""

    absolute: Floats
    pinball: Floats


CHOICES = "Choices"
VARIANTS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "two differences allowed": {"most_differences": 2},
    "squares from rest": {"exact": False},
}


def main() -> None:
    """Measure the sets that are named, or all, and write their sections."""
    if sys.argv[1:] == ["choices"]:
        lines = _compare_choices()
        print("\n".join(lines), flush=True)
        _write(CHOICES, lines)
        return
    for case in CASES:
        if case.name in SIZES and (not sys.argv[1:] or case.name in sys.argv[1:]):
            lines = _measure(case, SIZES[case.name])
            print("\n".join(lines), flush=True)
            _write(case.name, lines)


def _write(name: str, lines: list[str]) -> None:
    """Put a section in its place in the record."""
    old = RECORD.read_text(encoding="utf-8") if RECORD.exists() else ""
    parts = dict(re.findall(r"(?ms)^## ([^\n]*)\n(.*?)(?=^## |\Z)", old))
    parts[name] = "\n".join(lines[1:])
    head = old[: old.index("\n## ")] if "\n## " in old else f"{TITLE}\n"
    text = [f"## {one}\n{parts[one].rstrip()}" for one in (*SIZES, CHOICES) if one in parts]
    RECORD.write_text("\n\n".join([head.rstrip(), *text]) + "\n", encoding="utf-8")


def _compare_choices() -> list[str]:
    """Return the table of variants: MASE alone on both horizons, and what is lost against ours."""
    machine = describe_machine("numba")
    lines = [
        f"## {CHOICES}",
        "",
        f"`python -m benchmarks.arima choices`: {machine}.",
        "",
        "| data | held out | variant | series | MASE | more by | ± |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for case in (_as_published(case) for case in CASES if case.name in SIZES):
        series = case.read()[:: SIZES[case.name].every]
        for back in BACK:
            train, held, scale = _cut(case, series, back)
            (values, offsets), scores = end_to_end(train), {}
            for name, changed in VARIANTS.items():
                exact = changed.get("exact", True)
                fits = fit_arima(values, offsets, case.season, **changed)
                means = forecast_arima(
                    fits, values, offsets, case.season, case.horizon, exact=exact
                )
                own = np.abs(means - held).mean(axis=1) / scale
                scores[name] = own[np.isfinite(scale)]
                gap = scores[name] - scores["as it is"]
                lines.append(
                    f"| {case.name} | {HORIZONS[back]} | {name} | {len(gap):,} "
                    f"| {scores[name].mean():.4f} | {gap.mean():+.4f} "
                    f"| {gap.std() / len(gap) ** 0.5:.4f} |"
                )
    return lines


def _as_published(case: Case) -> Case:
    """Return the case with the set's own season, which AutoARIMA can be asked for."""
    return case._replace(season=case.scale_season)


def _measure(case: Case, size: Size) -> list[str]:
    series = case.read()[:: size.every]
    machine = describe_machine("statsforecast", "numba")
    lines = [
        f"## {case.name}",
        "",
        f"`OPENBLAS_NUM_THREADS=1 python -m benchmarks.arima {case.name!r}`: {machine}.",
        "",
        *_measure_alone(case, size, series),
        "",
        (
            "| held out | added to the line-up | series | MASE | less by | ± "
            "| pinball | less by | ± | s |"
        ),
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for back in BACK:
        lines += _measure_added(case, size, series, back)
    return lines


def _measure_alone(case: Case, size: Size, series: list[Floats]) -> list[str]:
    """Return the table of models alone, and ours against statsforecast's on a sample."""
    case = _as_published(case)
    train, held, scale = _cut(case, series, 0)
    chosen = np.linspace(0, len(train) - 1, min(size.sample, len(train))).astype(int)
    lines = [
        f"| {case.horizon} ahead, season {case.season} | series | ms a series | MASE | sMAPE |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    names = [name for name in ALONE if size.yearly or not name.startswith("Yearly")]
    timed = {name: _time_ours(case, train, name) for name in names}
    for name, (means, seconds) in timed.items():
        lines.append(_line(name, means, held, scale, seconds))
    ours, seconds = timed["SeasonalARIMA"]
    theirs, their_seconds = _time_theirs(case, [train[n] for n in chosen])
    held, scale, ours = held[chosen], scale[chosen], ours[chosen]
    lines += [
        _line("SeasonalARIMA, sample", ours, held, scale, seconds),
        _line("statsforecast AutoARIMA, sample", theirs, held, scale, their_seconds),
    ]
    gap = (np.abs(theirs - held) - np.abs(ours - held)).mean(axis=1) / scale
    gap = gap[np.isfinite(gap)]
    error = gap.std() / len(gap) ** 0.5
    said = (
        f"SeasonalARIMA is {their_seconds / seconds:,.0f} times faster than statsforecast's "
        f"AutoARIMA, and its MASE on the sample is less by {gap.mean():.4f} ± {error:.4f}."
    )
    return [*lines, "", said]


def _cut(case: Case, series: list[Floats], back: int) -> tuple[list[Floats], Floats, Floats]:
    """Return histories, what was held out after them, and the scale of each series.

    Parameters
    ----------
    back : horizons that are left out at the end
    """
    whole = [y[: len(y) - back * case.horizon] for y in series]
    whole = [y for y in whole if len(y) > case.horizon + max(2 * case.scale_season, FEWEST)]
    train = [y[: -case.horizon] for y in whole]
    scale = np.array([naive_scale(y, case.scale_season) for y in train])
    return train, np.array([y[-case.horizon :] for y in whole]), scale


def _time_ours(case: Case, train: list[Floats], name: str) -> tuple[Floats, float]:
    """Return the means of all series, and seconds a series."""
    plan = ForecastPlan(case.frequency, case.season, case.horizon)
    batch, model, times = Batch(*end_to_end(train)), MODELS[name], []
    for _ in range(RUNS + 1):
        started = time.process_time()
        means = model.forecast(batch, plan.seasons, case.horizon).means
        times.append(time.process_time() - started)
    return means, statistics.median(times[1:]) / len(train)


def _time_theirs(case: Case, train: list[Floats]) -> tuple[Floats, float]:
    """Return the means of some series, NaN where it raises, and seconds a series."""
    means = np.full((len(train), case.horizon), np.nan)
    zoo.AutoARIMA().forecast(y=train[0][-40:], h=2)
    started = time.process_time()
    for number, y in enumerate(train):
        model = zoo.AutoARIMA(season_length=case.season)
        with warnings.catch_warnings(), contextlib.suppress(Exception):
            warnings.simplefilter("ignore")
            means[number] = model.forecast(y=y.copy(), h=case.horizon)["mean"]
    return means, (time.process_time() - started) / len(train)


def _line(name: str, means: Floats, held: Floats, scale: Floats, seconds: float) -> str:
    """Return a model's line; series without an answer, or that repeat themselves, are left out."""
    error = np.abs(means - held)
    scaled = error.mean(axis=1) / scale
    kept = np.isfinite(scaled)
    percent = (200.0 * error / np.maximum(np.abs(means) + np.abs(held), 1e-9)).mean(axis=1)
    return (
        f"| {name} | {kept.sum():,} | {seconds * 1e3:.3f} | {scaled[kept].mean():.4f} "
        f"| {percent[kept].mean():.2f} |"
    )


def _measure_added(case: Case, size: Size, series: list[Floats], back: int) -> list[str]:
    """Return the lines of one held-out horizon, the line-up as it is first."""
    train, held, scale = _cut(case, series, back)
    lines = []
    base: Losses | None = None
    for added in ((), *size.added):
        line_up = {
            name: tuple(dict.fromkeys((*_without(case, name), *(added if name in CHANGED else ()))))
            for name in CLASSES
        }
        means, quantiles, seconds = night(case._replace(line_up=line_up), train)
        error = held[:, :, None] - quantiles
        pinball = np.maximum(LEVELS * error, (LEVELS - 1.0) * error).mean(axis=(1, 2))
        found = Losses(np.abs(means - held).mean(axis=1) / scale, 2.0 * pinball / scale)
        base = base or found
        kept = np.isfinite(found.absolute) & np.isfinite(base.absolute)
        cells = [_cells(one[kept], other[kept]) for one, other in zip(found, base, strict=True)]
        shown = ", ".join(added) or "nothing"
        lines.append(
            f"| {HORIZONS[back]} | {shown} | {kept.sum():,} | {' | '.join(cells)} | {seconds:.1f} |"
        )
    return lines


def _without(case: Case, demand_class: str) -> tuple[str, ...]:
    """Return the line-up of a class less the models that are on trial."""
    names = complete_line_up(case.line_up, case.frequency)[demand_class]
    return tuple(name for name in names if not name.endswith("ARIMA"))


def _cells(own: Floats, base: Floats) -> str:
    gap = base - own
    return f"{own.mean():.4f} | {gap.mean():+.4f} | {gap.std() / len(gap) ** 0.5:.4f}"


if __name__ == "__main__":
    main()
