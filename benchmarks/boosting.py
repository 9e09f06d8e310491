"""Gradient boosted trees by mlforecast on held-out windows, against what a night publishes.

PYTHONPATH=FOLDER python -m benchmarks.boosting

FOLDER has mlforecast and what it needs that nothing else here does (scikit-learn, optuna). One
LightGBM model is taught by all series of a set in which several warehouses sell the same items:
lags of a season and of a year, running means, the calendar, warehouse and item, on demand scaled by
series, as it is, or by its logarithm's differences from the period or the season before, by squared
or absolute errors. All six are told; a user would have to choose. Ours are the means that
`benchmarks.accuracy` judges, on all series and not a sample. Errors are between series.
"""

import time
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from benchmarks.accuracy import BACK, night
from benchmarks.machine import describe_machine
from benchmarks.sets import CASES, Case, Window, panel_of, window_of
from kernels.arrays import Floats

RECORD = Path(__file__).parent / "records" / "boosting.md"
WINDOWS = 2
PEERS = ("mlforecast", "lightgbm", "numba")
TREES: dict[str, Any] = {
    "n_estimators": 300,
    "learning_rate": 0.05,
    "num_leaves": 63,
    "bagging_freq": 1,
    "bagging_fraction": 0.8,
    "feature_fraction": 0.8,
    "num_threads": 2,
    "verbosity": -1,
    "seed": 1,
    "deterministic": True,
}
OBJECTIVES = {"l2": "squared", "l1": "absolute"}
HEAD = (
    "| set | window | forecasts | series | seconds | MASE | ours less by | ± | RMSSE "
    "| ours less by | ± |\n| --- | --- |" + " --- |" + " ---: |" * 8
)


class Recipe(NamedTuple):
    """What the trees of a frequency see.

    Parameters
    ----------
    lags : periods
    calendar : names of fields of the date
    """

    lags: list[int]
    calendar: list[str]


RECIPES = {
    "W": Recipe([1, 2, 3, 4, 8, 13, 26, 51, 52, 53], ["week", "month", "year"]),
    "D": Recipe(
        [*range(1, 8), 14, 21, 28, 364], ["dayofweek", "dayofyear", "week", "month", "year"]
    ),
}


def main() -> None:
    """Measure every set whose items several warehouses sell, and write the record."""
    lines = [
        "# Gradient boosted trees\n",
        f"`python -m benchmarks.boosting`: {describe_machine(*PEERS)}.\n",
        "One model of all series by mlforecast, and what a night publishes, on all series of the",
        "set. Seconds are of features, training and forecast on two threads; of ours with the",
        "backtest, weighing, calibration and quantiles, on one.\n",
        HEAD,
    ]
    for case in CASES:
        if case.ids is not None:
            for cut in range(WINDOWS):
                lines += _measure(case, cut)
                print("\n".join(lines[-7:]), flush=True)
    RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _measure(case: Case, cut: int) -> list[str]:
    window = window_of(case, cut)
    means, _, seconds = night(case, window.train, window.numbers)
    own = window.errors(means)
    kept = np.isfinite(own).all(axis=0)
    told = f"| {case.name} | {BACK[cut]} |"
    mean = own[:, kept].mean(axis=1)
    count = f"{kept.sum():,}"
    lines = [f"{told} **ours** | {count} | {seconds:.0f} | {mean[0]:.4f} | | | {mean[1]:.4f} | | |"]
    for target in ("scaled", "differences", "seasonal differences"):
        for objective, word in OBJECTIVES.items():
            started = time.perf_counter()
            theirs = window.errors(_forecast(case, window, target, objective))[:, kept]
            gaps = theirs - own[:, kept]
            error = gaps.std(axis=1) / np.sqrt(kept.sum())
            cells = " | ".join(
                f"{theirs[n].mean():.4f} | {gaps[n].mean():+.4f} | {error[n]:.4f}" for n in range(2)
            )
            spent = time.perf_counter() - started
            name = f"LightGBM, {target}, {word} errors"
            lines.append(f"{told} {name} | {count} | {spent:.0f} | {cells} |")
    return lines


def _forecast(case: Case, window: Window, target: str, objective: str) -> Floats:
    """Return the means of one model of all series, (n_series, horizon), units, not below zero."""
    library, lags, changes = (
        import_module(f"mlforecast{part}") for part in ("", ".lag_transforms", ".target_transforms")
    )
    function = import_module("sklearn.preprocessing").FunctionTransformer
    logarithm = changes.GlobalSklearnTransformer(function(func=np.log1p, inverse_func=np.expm1))
    scale = changes.LocalStandardScaler()
    targets = {
        "scaled": [scale],
        "differences": [logarithm, changes.Differences([1]), scale],
        "seasonal differences": [logarithm, changes.Differences([case.season]), scale],
    }
    recipe = RECIPES[case.frequency]
    running = {
        1: [lags.RollingMean(case.season, min_samples=1), lags.ExponentiallyWeightedMean(0.9)],
        case.season: [lags.RollingMean(4, min_samples=1)],
    }
    trees = import_module("lightgbm").LGBMRegressor(objective=objective, **TREES)
    model = library.MLForecast(
        {"mean": trees},
        freq=case.frequency.replace("W", "W-SUN"),
        lags=recipe.lags,
        lag_transforms=running,
        date_features=recipe.calendar,
        target_transforms=targets[target],
        num_threads=2,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(_frame(case, window), static_features=["warehouse", "item"])
        found = model.predict(case.horizon)
    means = found["mean"].to_numpy().reshape(len(window.train), case.horizon)
    return np.asarray(np.maximum(means, 0.0))


def _frame(case: Case, window: Window) -> pd.DataFrame:
    """Return the demand of a window as mlforecast takes it."""
    assert case.ids is not None
    panel = panel_of(case, window.train)
    lengths = panel.batch.lengths
    series = np.repeat(np.arange(len(panel)), lengths)
    back = np.repeat(panel.batch.offsets[1:], lengths) - 1 - np.arange(len(series))
    ids = np.array(case.ids(), object)[window.numbers]
    return pd.DataFrame(
        {
            "unique_id": series,
            "ds": panel.past(series, back),
            "y": np.concatenate(window.train),
            "warehouse": pd.Categorical(ids[series, 0]),
            "item": pd.Categorical(ids[series, -1]),
        }
    )


if __name__ == "__main__":
    main()
