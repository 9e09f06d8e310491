"""Champions that are kept: what a night saves, and what its forecasts lose.

python -m benchmarks.standing [calls] [nights]

Both are measured unless one is named. Calls: each set's last horizon is held out. One that
backtests every series and learns the calibration is compared with one that keeps what an earlier
one chose and calibrated, so many periods before: seconds, MASE, and pinball loss in the same units,
each beside the difference's standard error over series. One thread; AutoETS, where it competes, is
fitted by both.

Nights: a job of real data is run for a night and for the next, as commands, once so that series
keep their champions and once so that they do not, three times in turns; medians of the second
nights are compared, step by step.
"""

import re
import sys
import time
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.machine import describe_machine
from benchmarks.nightly import ROOT, moved_to, run_night
from benchmarks.sets import CASES, Case, arrays_of, mean_loss, naive_scale, panel_at_night, plan_of
from flows.run import read_champion, read_manifest
from flows.spec import JobSpec, RegistrySpec, load_job
from forecasting import (
    Calibration,
    Choices,
    Standing,
    category_profiles,
    default_line_up,
    forecast_demand,
    learn_calibration,
)
from forecasting.standing import KEPT
from kernels.arrays import Floats

RECORD = Path(__file__).parent / "records" / "standing.md"
# Periods between the two nights.
AGES = {
    "M3 monthly": (1, 6),
    "M4 weekly": (1, 8),
    "Walmart weekly": (1, 8),
    "Store-Item daily": (1, 28),
}
ALWAYS = 10_000
# Jobs, and the fitted models that they keep.
NIGHTS = {
    "walmart": ("DynamicOptimizedTheta", "SimpleExponentialSmoothing"),
    "vn1": ("SimpleExponentialSmoothing", "CrostonSBA"),
}
BETWEEN = timedelta(weeks=1)
REPEATS = 3
HEAD = """\
| data | series | periods before | kept | s | instead of | MASE | more by | ± | pinball | more by \
| ± |"""
TOLD = """\
A call that keeps champions and calibration takes a fifth to an eleventh of the time of one that \
backtests every series and calibrates; a whole night has other work as well (below). What that \
costs depends on what the data since then would have told:

- **Store-Item daily**, five years of history: nothing of MASE, and 0.1% of pinball loss after \
four weeks.
- **M4 weekly**: nothing that its error would show.
- **M3 monthly**, histories of a few years: 1.2% of pinball loss after six months, and nothing of \
MASE that its error would show.
- **Walmart weekly**, two years and a half: 2.9-4.4% of either. On the earlier nights models of a \
yearly season, which need two years, answered from one origin of the backtest alone; tonight from \
two, and they are given more weight. Where histories are short, let champions be chosen more often.

Seconds are of one thread each."""
NIGHTS_TOLD = f"""\
The demand side of two nights, a week apart, as commands: the second night's seconds where series \
keep their champions, and where all are chosen anew, medians of {REPEATS} nights in turns. Checks, \
sums of sample paths, files and the report are the same work in both. What keeping saves is the \
backtest of the series that are kept: much where the line-up is dear, as Walmart's, and nothing \
where it is cheap and many are chosen anew, as VN1's."""
NIGHTS_HEAD = """\
| job | series | kept | predict, s | instead of | share | whole command, s | instead of | share |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"""


class Night(NamedTuple):
    """What a night made.

    Parameters
    ----------
    means, quantiles : (n_series, horizon) and (n_series, horizon, 99) float64, units
    choices, calibration : that it leaves
    kept : series whose choice stood
    seconds : from the panel to the forecasts
    """

    means: Floats
    quantiles: Floats
    choices: Choices
    calibration: Calibration
    kept: int
    seconds: float


def main() -> None:
    """Measure what is named, or both, and write their parts of the record."""
    for name, (told, head, rows) in PARTS.items():
        if not sys.argv[1:] or name in sys.argv[1:]:
            lines = [told, "", head, *rows()]
            print("\n".join(lines), flush=True)
            _write(name, "\n".join(lines))


def _write(name: str, text: str) -> None:
    """Put a section in its place in the record."""
    old = RECORD.read_text(encoding="utf-8") if RECORD.exists() else ""
    parts = dict(re.findall(r"(?ms)^## ([^\n]*)\n(.*?)(?=^## |\Z)", old))
    parts[name.capitalize()] = text
    machine = f"`python -m benchmarks.standing`: {describe_machine('numba')}."
    sections = [
        f"## {title}\n\n{parts[title].strip()}"
        for title in map(str.capitalize, PARTS)
        if title in parts
    ]
    whole = ["# Champions that are kept", machine, *sections]
    RECORD.write_text("\n\n".join(whole) + "\n", encoding="utf-8")


def _calls() -> list[str]:
    named = [case for case in CASES if case.name in AGES]
    return [line for case in named for line in _compared(case, AGES[case.name])]


def _nights() -> list[str]:
    return [_two_nights(ROOT / "jobs" / f"{name}.toml", models) for name, models in NIGHTS.items()]


def _two_nights(path: Path, models: tuple[str, ...]) -> str:
    job = load_job(path)
    rows = []
    for _ in range(REPEATS):
        for period in (ALWAYS, None):
            with TemporaryDirectory() as folder:
                there = Path(folder)
                rows.append(_second_night(_keeping(job, there, models, period), path, there))
    kept, anew = np.array(rows[::2]), np.array(rows[1::2])
    predict, instead = np.median(kept[:, 0]), np.median(anew[:, 0])
    whole, of_whole = np.median(kept[:, 1]), np.median(anew[:, 1])
    return (
        f"| {job.name} | {kept[0, 2]:,.0f} | {kept[0, 3]:,.0f} | {predict:.1f} | {instead:.1f} "
        f"| {predict / instead:.0%} | {whole:.1f} | {of_whole:.1f} | {whole / of_whole:.0%} |"
    )


def _keeping(job: JobSpec, folder: Path, models: tuple[str, ...], periods: int | None) -> JobSpec:
    """Return a job with a registry in a folder, which keeps champions for so many periods."""
    assert job.demand is not None
    registry = RegistrySpec(folder=str(folder / "states"), models=models, champions_for=periods)
    named = {str(demand_class): names for demand_class, names in job.demand.line_up.items()}
    line_up = {**default_line_up(job.demand.frequency), **named}
    demand = job.demand.model_copy(update={"registry": registry, "line_up": line_up})
    return moved_to(job, folder).model_copy(update={"demand": demand})


def _second_night(job: JobSpec, path: Path, folder: Path) -> tuple[float, float, int, int]:
    """Run two nights; return the second's seconds of predict and of all, its series, and kept."""
    assert job.as_of is not None
    for night in (job.as_of - BETWEEN, job.as_of):
        steps, seconds = run_night(job.model_copy(update={"as_of": night}), path, "demand")
    predict = steps.set_index("step").loc["predict"]
    states = folder / "states"
    champion = read_champion(states)
    assert champion is not None
    kept = read_manifest(states, champion)["champion_counts"].get(KEPT, 0)
    return float(predict["seconds"]), seconds, int(predict["entities"]), kept


def _compared(case: Case, ages: tuple[int, ...]) -> list[str]:
    series = case.read()
    train = [y[: -case.horizon] for y in series]
    held = np.array([y[-case.horizon :] for y in series])
    scale = np.array([naive_scale(y, case.scale_season) for y in train])
    _hold(case, train[:50])
    anew = _hold(case, train)
    lines = []
    for age in ages:
        before = _hold(case, [y[:-age] for y in train])
        after = _hold(case, train, before)
        scores = [(np.abs(each.means - held).mean(axis=1) / scale) for each in (after, anew)]
        losses = [mean_loss(each.quantiles, held) / scale for each in (after, anew)]
        lines.append(
            f"| {case.name} | {len(train):,} | {age} | {after.kept:,} | {after.seconds:.2f} "
            f"| {anew.seconds:.2f} | {_cells(*scores)} | {_cells(*losses)} |"
        )
    return lines


def _cells(own: Floats, base: Floats) -> str:
    seen = np.isfinite(own) & np.isfinite(base)
    gap = (own - base)[seen]
    return f"{own[seen].mean():.4f} | {gap.mean():+.4f} | {gap.std() / len(gap) ** 0.5:.4f}"


def _hold(case: Case, train: list[Floats], before: Night | None = None) -> Night:
    """Hold the night after the last period, with what an earlier one left where it is given."""
    panel, plan = panel_at_night(case, train), plan_of(case)
    as_of = pd.Timestamp(panel.last_ds.max()).date()
    profiles = category_profiles(panel, {}, plan)
    stored = Choices.none() if before is None else before.choices
    started = time.perf_counter()
    calibration = learn_calibration(panel, plan) if before is None else before.calibration
    standing = Standing(stored, ALWAYS)
    result = forecast_demand(panel, plan, as_of, profiles, {}, calibration, None, standing)
    seconds = time.perf_counter() - started
    assert result.choices is not None
    assert result.stood is not None
    means, quantiles = arrays_of(result.forecasts, len(panel), case.horizon)
    kept = int((result.stood["outcome"] == KEPT).sum())
    return Night(means, quantiles, result.choices, calibration, kept, seconds)


PARTS = {
    "calls": (TOLD, f"{HEAD}\n| --- {'| ---: ' * 11}|", _calls),
    "nights": (NIGHTS_TOLD, NIGHTS_HEAD, _nights),
}


if __name__ == "__main__":
    main()
