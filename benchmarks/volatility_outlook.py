"""Which law of volatility tells the coming one best: what `volatility_outlook` says, by scores.

python -m benchmarks.volatility_outlook

Every week from each share's returns so far, with Student t surprises as a night has them, and with
normal ones; laws are fitted again every four weeks. A forecast of variance is scored against the
sum of squared returns over the days ahead by QLIKE, which true variances make least however rough
that sum is (Patton 2011, "Volatility forecast comparison using imperfect volatility proxies",
Journal of Econometrics 160(1)).
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from benchmarks.machine import describe_machine
from benchmarks.risk_scores import LONG, long_case
from kernels.arrays import Floats
from risk.volatility import VolatilityModel, extend_fit, period_volatility
from risk.volatility.outlook import HORIZONS, fit_outlook

RECORD = Path(__file__).parent / "records" / "volatility_outlook.md"
LAWS: Mapping[str, VolatilityModel] = {
    "GJR": VolatilityModel("gjr", "student_t"),
    "GARCH": VolatilityModel("garch", "student_t"),
    "EWMA": VolatilityModel("ewma", "student_t", 0.94),
    "GJR, normal": VolatilityModel("gjr"),
    "GARCH, normal": VolatilityModel("garch"),
}
# The first is of two years, as a night's window.
FIRST, WEEK, WEEKS = 500, 5, 4


def main() -> None:
    """Score every law on every set, and write the record."""
    lines = [
        "# Scores of volatility ahead",
        "",
        f"`python -m benchmarks.volatility_outlook`: {describe_machine('numba', 'numpy')}.",
        "",
        (
            "QLIKE of each law less that of GJR, 0.01 of which is as much as a variance that is "
            "14% off loses, mean over shares and weeks, and its standard error (Newey & West, over "
            "twice the horizon); in brackets the mean of realised over said variance."
        ),
        "",
        f"| set | law | {' | '.join(_days(horizon) for horizon in HORIZONS)} |",
        f"| --- | --- |{' ---: |' * len(HORIZONS)}",
    ]
    for kind in LONG:
        case = long_case(kind)
        moves = case.market.factors.moves
        came, said = _came(moves), {name: _said(moves, law) for name, law in LAWS.items()}
        for name, own in said.items():
            cells = [_cell(came[h], own[h], said["GJR"][h], h) for h in HORIZONS]
            lines.append(f"| {case.name} | {name} | {' | '.join(cells)} |")
        print("\n".join(lines), flush=True)
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _eves(n_days: int) -> range:
    return range(FIRST, n_days, WEEK)


def _came(moves: Floats) -> dict[int, Floats]:
    """Return sums of squared returns after each eve that has so many days left, by horizon."""
    sums = np.concatenate([np.zeros((1, moves.shape[1])), np.cumsum(moves**2, axis=0)])
    eves = np.array(_eves(len(moves)))
    whole = {horizon: eves[eves + horizon <= len(moves)] for horizon in HORIZONS}
    return {horizon: sums[own + horizon] - sums[own] for horizon, own in whole.items()}


def _said(moves: Floats, law: VolatilityModel) -> dict[int, Floats]:
    """Return the variance said on each eve, by horizon, (n_eves, n_shares)."""
    found = []
    for number, eve in enumerate(_eves(len(moves))):
        if number % WEEKS == 0:
            fit = fit_outlook(moves[:eve], law)
        else:
            fit = extend_fit(fit, moves[eve - WEEK : eve])
        found.append(period_volatility(fit, HORIZONS) ** 2)
    return dict(zip(HORIZONS, np.stack(found, axis=1), strict=True))


def _cell(came: Floats, said: Floats, base: Floats, horizon: int) -> str:
    """Return the difference of scores with its error, and realised over said variance."""
    said, base = said[: len(came)], base[: len(came)]
    weekly = (came / said - came / base + np.log(said / base)).mean(axis=1)
    error = _newey_west(weekly, 2 * -(-horizon // WEEK))
    return f"{weekly.mean():+.4f} ± {error:.4f} ({(came / said).mean():.2f})"


def _newey_west(values: Floats, lags: int) -> float:
    """Return the standard error of the mean of values that depend on those so many before."""
    centred = values - values.mean()
    total = centred @ centred
    for lag in range(1, lags + 1):
        total += 2.0 * (1.0 - lag / (lags + 1)) * (centred[lag:] @ centred[:-lag])
    return float(np.sqrt(total) / len(values))


def _days(horizon: int) -> str:
    return "1 day" if horizon == 1 else f"{horizon} days"


if __name__ == "__main__":
    main()
