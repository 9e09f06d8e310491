"""Champions that are kept: what a night saves, and what its forecasts lose.

python -m benchmarks.standing

Each set's last horizon is held out. A night that backtests every series and learns the calibration
is compared with one that keeps what an earlier night chose and calibrated, so many periods before:
seconds, MASE, and pinball loss in the same units, each beside the difference's standard error over
series. One thread; AutoETS, where it competes, is fitted by both.
"""

import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.accuracy import mean_loss
from benchmarks.machine import describe_machine
from benchmarks.sets import CASES, Case, arrays_of, naive_scale, panel_of, plan_of
from forecasting import (
    Calibration,
    Choices,
    Standing,
    category_profiles,
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
HEAD = """\
| data | series | periods before | kept | s | instead of | MASE | more by | ± | pinball | more by \
| ± |"""
TOLD = """\
A night that keeps its champions and calibration takes a sixth to a twelfth of the time of one \
that backtests every series and calibrates. What that costs depends on what the data since then \
would have told:

- **Store-Item daily**, five years of history: 0.4% of MASE after a day, and after four weeks \
nothing that its error would show.
- **M4 weekly**: nothing that its error would show.
- **M3 monthly**, histories of a few years: 0.8% of MASE and 2.2% of pinball loss after six months.
- **Walmart weekly**, two years and a half: 2.6-4.0% of either. On the earlier nights models of a \
yearly season, which need two years, answered from one origin of the backtest alone; tonight from \
two, and they are given more weight. Where histories are short, let champions be chosen more often.

Seconds are of one thread each. The machine was busy with other work, most of all in Store-Item's \
night of 21 s: it does the same as the one below it."""


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
    """Measure, and write the record."""
    lines = [
        "# Champions that are kept",
        "",
        f"`python -m benchmarks.standing`: {describe_machine('numba')}.",
        "",
        TOLD,
        "",
        HEAD,
        f"| --- {'| ---: ' * 11}|",
    ]
    for case in CASES:
        if case.name in AGES:
            found = _compared(case, AGES[case.name])
            print("\n".join(found), flush=True)
            lines += found
    RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")


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
    panel, plan = panel_of(case, train), plan_of(case)
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


if __name__ == "__main__":
    main()
