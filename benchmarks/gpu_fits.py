"""Parts of `benchmarks.gpu` that fit many series: ETS, GARCH, theta, rates, laws of counts.

Kernel times are of data that lies on the device; whole calls, with what goes over the bus and is
laid out for it, have rows of their own.
"""

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np

from benchmarks.gpu_rows import SEED, XP, Row, Rows, Sizes, measure, transfer_seconds
from kernels.counts_fit import FIT, fit_hurdle_batch
from kernels.cuda import ets, garch, garch_scores, intermittent, thetas
from kernels.cuda.arrays import for_grids, to_host
from kernels.cuda.grids import blocks_for
from kernels.ets import fit_ets
from kernels.ets_fits import EtsFits
from kernels.ets_refit import refit_ets
from kernels.garch_fit import GarchFits, fit_garch
from kernels.garch_free import free_garch
from kernels.garch_likelihood import scores_at
from kernels.intermittent import IntermittentModel
from kernels.intermittent import intermittent_rates as rates_on_processor
from kernels.theta import ThetaModel, fit_thetas

_WINDOWS = "m5_item_store_56d.parquet"
WEEK = 7
_SHARES = (0.1, 0.1)
_RATED = (IntermittentModel.TSB, IntermittentModel.CROSTON_OPTIMISED, IntermittentModel.IMAPA)
_CHECKED = 200
# Which of their outputs counts: of `kernels.ets_fits.EtsFits` and `kernels.garch_fit.GarchFits`.
_POINTS, _PASSES = EtsFits._fields.index("points"), GarchFits._fields.index("passes")


@lru_cache(maxsize=2)
def daily_demand(n_series: int, n_days: int, data: Path) -> tuple[np.ndarray, str]:
    """Return generated daily demand, (n_series, n_days), and what its law was taken from.

    Means and shares of days without demand are those of M5's last 56 days where they are at hand;
    a negative binomial of them, with a week and a year that swing by a fifth and a tenth.
    """
    draws = np.random.default_rng(SEED)
    if (data / _WINDOWS).exists():
        means, told = _window_means(data / _WINDOWS), "means of M5's last 56 days"
    else:
        means, told = draws.gamma(0.6, 2.0, 1_000), "made-up means"
    means = np.maximum(np.resize(draws.permutation(means), n_series), 0.02)[:, None]
    days = np.arange(n_days)
    swing = 1.0 + 0.2 * np.sin(2.0 * np.pi * days / WEEK)
    swing = swing * (1.0 + 0.1 * np.sin(2.0 * np.pi * days / 365.25))
    demand = np.empty((n_series, n_days))
    for first in range(0, n_series, 1_000):
        part = slice(first, first + 1_000)
        expected = means[part] * swing
        demand[part] = draws.poisson(draws.gamma(1.0, expected))
    return demand, told


def _window_means(path: Path) -> np.ndarray:
    import pandas as pd  # noqa: PLC0415 - made-up means need none

    windows = pd.read_parquet(path)
    by_series = windows.groupby(["warehouse_id", "item_id"], observed=True)["y"].mean()
    return by_series.to_numpy(np.float64)


def _flat(demand: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return demand.ravel(), np.arange(len(demand) + 1) * demand.shape[1]


def ets_choices(_xp: XP, sizes: Sizes) -> Iterator[Row]:
    """Choose among all exponential smoothing models, with a season of a week."""
    demand, law = daily_demand(sizes.demand_series, sizes.demands, sizes.data)
    n, few = len(demand), demand[:_CHECKED]
    # What few series have compiled is compiled for all, so that no fit of all only warms up.
    expected, found = fit_ets(*_flat(few), WEEK), ets.fit_ets(*_flat(few), WEEK)
    same = found.model == expected.model
    error = np.nanmax(np.abs(found.criterion - expected.criterion), initial=0.0)
    note = (
        f"{law}; {same.sum()} of {len(few)} models are the processor's, criteria within the error"
    )
    size = f"{n:,} series x {sizes.demands:,}"
    rows = Rows(ets, lambda: ets.fit_ets(*_flat(demand), WEEK))
    yield _walked(rows, "AutoETS", size, _POINTS, sizes.demands, error=error, note=note)
    del rows
    near: list[EtsFits] = []
    before = np.ascontiguousarray(demand[:, :-WEEK])
    whole = measure(lambda: near.append(ets.fit_ets(*_flat(before), WEEK)), 1, warm=False)
    size = f"{n:,} series x {before.shape[1]:,}"
    yield Row("AutoETS from and to the host", size, whole, note="time of the whole call")
    yield from _ets_refits(near[0], demand)


def _ets_refits(near: EtsFits, demand: np.ndarray) -> Iterator[Row]:
    """Fit the models of an origin a week before again."""
    few = demand[:_CHECKED]
    own = EtsFits._make(part[: len(few)] for part in near)
    expected, found = refit_ets(own, *_flat(few)), ets.refit_ets(own, *_flat(few))
    same = found.model == expected.model
    error = np.nanmax(np.abs(found.criterion - expected.criterion), initial=0.0)
    note = f"{same.sum()} of {len(few)} models are kept as the processor keeps them"
    rows, size = (
        Rows(ets, lambda: ets.refit_ets(near, *_flat(demand))),
        f"{len(demand):,} series x {demand.shape[1]:,}",
    )
    yield _walked(rows, "ETS fitted again", size, _POINTS, demand.shape[1], error=error, note=note)


def _walked(
    rows: Rows, name: str, size: str, walks: int, n_days: int, *, error: float, note: str
) -> Row:
    """Return the row of a search, and how many days its series were walked over in all.

    Parameters
    ----------
    rows : what is launched
    name, size, error, note : of the row
    walks : which output counts, for each series, how often it was walked over
    n_days : of a series
    """
    seconds = rows.seconds()
    days = float(rows.taken[walks].copy_to_host().sum()) * n_days
    told = f"{note}; {days / seconds:.3g} days walked over a second, {days:.3g} in all"
    return Row(
        name,
        size,
        seconds,
        transfer=rows.transfer(),
        moved=rows.moved,
        operations=math.nan,
        error=error,
        note=told,
    )


def daily_returns(n_series: int, n_days: int) -> np.ndarray:
    """Return Student-t returns whose volatility comes and goes, (n_series, n_days)."""
    draws = np.random.default_rng(3).standard_t(5, (n_series, n_days))
    return np.asarray(draws * np.exp(0.5 * np.sin(np.arange(n_days) / 60.0)))


def garch_fits(_xp: XP, sizes: Sizes) -> Iterator[Row]:
    """Fit GJR with Student-t innovations."""
    n = sizes.returns_series
    few = daily_returns(min(n, 2_000), sizes.returns)
    values = np.resize(few, (n, sizes.returns))
    free = free_garch(asymmetric=True, student=True)
    told = {"student": True, "centred": True, "fewest": min(sizes.returns, 250)}
    checked = few[:_CHECKED]
    expected = fit_garch(checked, free, **told)  # type: ignore[arg-type]
    found = garch.fit_garch(checked, free, **told)  # type: ignore[arg-type]
    same = found.outcomes == expected.outcomes
    error = np.nanmax(np.abs(found.log_likelihood - expected.log_likelihood), initial=0.0)
    note = (
        f"{same.sum()} of {len(checked)} outcomes are the processor's, log-likelihoods within the"
        f" error; {found.passes.mean():.0f} passes a fit"
    )
    size = f"{n:,} series x {sizes.returns:,} days"
    rows = Rows(garch, lambda: garch.fit_garch(values, free, **told))  # type: ignore[arg-type]
    yield _walked(rows, "GJR-t fits", size, _PASSES, sizes.returns, error=error, note=note)
    del rows
    whole = measure(lambda: garch.fit_garch(values, free, **told), 1, warm=False)  # type: ignore[arg-type]
    yield Row("GJR-t fits from and to the host", size, whole, note="time of the whole call")


def one_launch(
    rows: Rows, name: str, size: str, error: float, call: Callable[[], object]
) -> Iterator[Row]:
    """Yield the row of a call that launches its rows' kernels, then that of the whole call."""
    seconds, transfer = rows.seconds(), rows.transfer()
    yield Row(name, size, seconds, transfer, rows.moved, math.nan, error)
    whole = measure(call, 1, warm=False)
    yield Row(f"{name} from and to the host", size, whole, note="time of the whole call")


def intermittent_rates(_xp: XP, sizes: Sizes) -> Iterator[Row]:
    """Croston's kin."""
    demand, _ = daily_demand(sizes.demand_series, sizes.demands, sizes.data)
    few, size = demand[:_CHECKED], f"{len(demand):,} series x {sizes.demands:,}"
    for model in _RATED:
        expected = rates_on_processor(*_flat(few), model, *_SHARES)
        found = intermittent.intermittent_rates(*_flat(few), model, *_SHARES)
        error = float(np.abs(found - expected).max())
        name = model.name.lower().replace("_", " ")

        def call(model: IntermittentModel = model) -> object:
            return intermittent.intermittent_rates(*_flat(demand), model, *_SHARES)

        yield from one_launch(Rows(intermittent, call), name, size, error, call)


def count_laws(_xp: XP, sizes: Sizes) -> Iterator[Row]:
    """Chance of demand and sizes by likelihood."""
    demand, _ = daily_demand(sizes.demand_series, sizes.demands, sizes.data)
    few, size = demand[:_CHECKED], f"{len(demand):,} series x {sizes.demands:,}"
    found, expected = (np.empty((2, len(few), FIT)) for _ in range(2))
    fit_hurdle_batch(*_flat(few), *expected)
    intermittent.fit_hurdle_batch(*_flat(few), *found)
    error = float(np.abs(found - expected).max())
    fits = np.empty((2, len(demand), FIT))

    def call() -> None:
        intermittent.fit_hurdle_batch(*_flat(demand), *fits)

    yield from one_launch(Rows(intermittent, call), "compound counts", size, error, call)


def garch_passes(xp: XP, sizes: Sizes) -> Iterator[Row]:
    """One pass of likelihood, score and information."""
    n, rng = sizes.returns_series, np.random.default_rng(3)
    few = min(n, 1_000)
    values = np.resize(rng.standard_t(5, (few, sizes.returns)), (n, sizes.returns))
    point = np.array([0.0, 0.05, 0.03, 0.1, 0.85, 6.0])
    given = [values, np.full(n, sizes.returns), np.tile(point, (n, 1))]
    far = [for_grids(xp.asarray(array)) for array in given]
    found = xp.empty(n)
    outs = [for_grids(array) for array in (xp.empty((n, 6)), xp.empty((n, 6, 6)), found)]
    kernel = garch_scores.score_garch_series[blocks_for(n, 64), 64]
    seconds = measure(lambda: kernel(*far, True, *outs))
    score, fisher = np.empty((1, 6)), np.empty((1, 6, 6))
    expected = scores_at(values[0], point[None], True, score, fisher)[0]
    error = abs(float(to_host(found)[0]) / expected - 1.0)
    size = f"{n:,} series x {sizes.returns:,} days"
    sent, received = 8.0 * n * (sizes.returns + 7), 8.0 * n * (6 + 36 + 1)
    transfer = transfer_seconds(sent, received)
    yield Row("GARCH pass, Student-t", size, seconds, transfer, sent + received, math.nan, error)


def theta_fits(_xp: XP, sizes: Sizes) -> Iterator[Row]:
    """Fit the optimised dynamic theta model."""
    n, rng = sizes.demand_series, np.random.default_rng(4)
    few = rng.gamma(2.0, 3.0, (min(n, 200), sizes.demands))
    values = np.resize(few, (n, sizes.demands)).ravel()
    offsets = np.arange(n + 1) * sizes.demands
    told = (values, offsets, 7, 28, ThetaModel.DYNAMIC_OPTIMISED)
    part = slice(0, min(n, 20) * sizes.demands)
    some = (values[part], offsets[: min(n, 20) + 1], *told[2:])
    expected, found = fit_thetas(*some), thetas.fit_thetas(*some)
    error = float(np.abs(found.means / expected.means - 1.0).max())
    size = f"{n:,} series x {sizes.demands:,}"
    rows = Rows(thetas, lambda: thetas.fit_thetas(*told))
    yield from one_launch(rows, "theta fits", size, error, lambda: thetas.fit_thetas(*told))
