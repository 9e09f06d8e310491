"""Do the figures of real data agree between the processor and a GPU? Each that differs, and why.

python -m benchmarks.gpu_agreement                     with a device; `benchmarks.gpu` runs it too
python -m benchmarks.gpu_agreement --device cpu        without: does it start and agree with itself?

Champions, means and orders of Store-Item and car parts' series, and VaR and ES of books over the
S&P 500's stocks, by the functions that a night calls, on what `shared/data` holds.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.gpu_rows import SEED
from forecasting import DemandPanel, ForecastPlan, category_profiles, forecast_demand, sample_paths
from forecasting.classes import CLASSES
from forecasting.results import ForecastResult
from inventory import StockPlan, plan_orders
from kernels.device import Device
from risk.linear_books import LinearScenarios, measure_linear_books

DATA = Path(__file__).parents[2] / "shared" / "data"
_SERIES = ["warehouse_id", "item_id"]
_MODELS = ("SeasonalNaive", "AutoETS", "DynamicOptimizedTheta", "SeasonalTrendTheta")
_RARE = ("CrostonSBA", "TSB", "IMAPA", "CompoundCount")
_LINE_UP = {name: _MODELS if name in {"smooth", "erratic"} else _RARE for name in CLASSES}
_PATHS, _BOOKS, _SCENARIOS = 200, 200, 20_000
# More of what differs is counted, not named.
_NAMED = 5
Line = tuple[str, int, int, float, str]


def store_item(n_series: int) -> tuple[pd.DataFrame, ForecastPlan]:
    """Return daily sales of some stores' items, and how they are forecast."""
    frame = pd.read_parquet(DATA / "store_item_daily.parquet").rename(columns={"y": "quantity"})
    plan = ForecastPlan("D", 7, 28, windows=3, step=28, line_up=_LINE_UP)
    return _first(frame, n_series), plan


def car_parts(n_series: int) -> tuple[pd.DataFrame, ForecastPlan]:
    """Return monthly demand of some parts, and how it is forecast."""
    frame = pd.read_parquet(DATA / "carparts_monthly.parquet")
    frame = frame.rename(columns={"unique_id": "item_id", "y": "quantity"})
    frame = frame[frame["quantity"].notna()].assign(warehouse_id="parts")
    plan = ForecastPlan("MS", 12, 6, windows=3, step=3, line_up=_LINE_UP)
    return _first(frame.astype({"item_id": object}), n_series), plan


def _first(frame: pd.DataFrame, n_series: int) -> pd.DataFrame:
    named = frame[_SERIES].drop_duplicates().sort_values(_SERIES).head(n_series)
    chosen = frame.merge(named, on=_SERIES).sort_values([*_SERIES, "ds"], ignore_index=True)
    chosen = chosen[[*_SERIES, "ds", "quantity"]].assign(censored=False)
    return chosen.astype({"quantity": float, "ds": "datetime64[us]"})


def compare_demand(
    name: str, frame: pd.DataFrame, plan: ForecastPlan, device: Device
) -> list[Line]:
    """Return how champions, means and orders agree."""
    panel = DemandPanel.from_frame(frame, plan.frequency)
    night = frame["ds"].max().date()
    profiles = category_profiles(panel, {}, plan)
    results = [
        forecast_demand(panel, replace(plan, device=where), night, profiles, {})
        for where in ("cpu", device)
    ]
    own, theirs = (result.champions.set_index(_SERIES) for result in results)
    other = np.flatnonzero((own["model"] != theirs["model"]).to_numpy())
    whys = [
        f"{'/'.join(own.index[n])}: {own['model'].iloc[n]} {own['score'].iloc[n]:.6g}, "
        f"{theirs['model'].iloc[n]} {theirs['score'].iloc[n]:.6g}"
        for n in other
    ]
    means = [result.forecasts["mean"].to_numpy() for result in results]
    gap = float(_relative(own["score"].to_numpy(), theirs["score"].to_numpy()).max(initial=0.0))
    lines = [(f"{name} champions", len(own), len(other), gap, _told(whys))]
    lines.append(compare_numbers(f"{name} means", *means))
    return [*lines, _compare_orders(name, results, device)]


def _compare_orders(name: str, results: Sequence[ForecastResult], device: Device) -> Line:
    """Return how orders agree, stock, costs and lead times assumed."""
    orders = []
    for result, where in zip(results, ("cpu", device), strict=True):
        series = result.champions[_SERIES].reset_index(drop=True)
        words = np.arange(len(series), dtype=np.uint64)
        paths = sample_paths(result.forecasts, result.champions, words, 2 * _PATHS, SEED)
        starts = result.forecasts["ds"].to_numpy("datetime64[ns]").reshape(len(series), -1)
        items = (
            series[["item_id"]]
            .drop_duplicates()
            .assign(category="", unit_cost=2.0, case_pack=4.0, minimum_order=0.0)
        )
        stock = series.assign(
            on_hand=paths.mean(axis=(1, 2)).round(),
            lead_time_mean=2.0,
            lead_time_deviation=0.5,
            review_period=1,
            holding_cost=0.1,
            shortage_cost=4.0,
            ordering_cost=0.0,
            service_target=0.95,
        )
        told = StockPlan(device=where)  # type: ignore[arg-type]
        found = plan_orders(
            stock=stock,
            items=items,
            open_orders=None,
            paths=paths[:, :_PATHS],
            held_out=paths[:, _PATHS:],
            series=series,
            periods=starts,
            entities=words,
            plan=told,
            seed=SEED,
        )
        orders.append(found.plans.sort_values(_SERIES)["order_quantity"].to_numpy())
    return compare_numbers(f"{name} orders", *orders)


def compare_books(device: Device) -> list[Line]:
    """Return how VaR, ES and its components agree for books over the S&P 500's stocks."""
    prices = pd.read_parquet(
        DATA / "prices_sp500_2013_2018.parquet", columns=["ds", "ticker", "close"]
    )
    table = prices.pivot_table(index="ds", columns="ticker", values="close", observed=True)
    moves = np.log(table.dropna(axis=1).to_numpy(np.float64)[-501:])
    moves = np.diff(moves, axis=0)
    loadings = (moves - moves.mean(axis=0)).T / np.sqrt(len(moves) - 1.0)
    exposures = np.random.default_rng(SEED).normal(1e4, 1e5, (_BOOKS, len(loadings)))
    plan = LinearScenarios(_SCENARIOS, degrees=5.0, seed=SEED)
    own, theirs = (
        measure_linear_books(
            exposures, loadings, (0.99,), replace(plan, device=where), components=(0.99,)
        )
        for where in ("cpu", device)
    )
    return [
        compare_numbers("S&P 500 VaR 99%", own.value_at_risk, theirs.value_at_risk),
        compare_numbers("S&P 500 ES 99%", own.expected_shortfall, theirs.expected_shortfall),
        compare_numbers("S&P 500 components", own.components[0.99], theirs.components[0.99]),
    ]


def _relative(own: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Return differences in shares of the larger of a number and a thousandth of the largest."""
    size = np.maximum(np.abs(own), 1e-3 * np.nanmax(np.abs(own), initial=1e-300))
    share: np.ndarray = np.nan_to_num(np.abs(np.asarray(theirs) - np.asarray(own)) / size)
    return share


def compare_numbers(name: str, own: np.ndarray, theirs: np.ndarray) -> Line:
    """Return how many of some figures differ, by how much, and the worst of them."""
    share = _relative(own, theirs).ravel()
    other = np.flatnonzero(share > 1e-6)
    worst = other[np.argsort(share[other])[::-1]][:_NAMED]
    flat, found = np.ravel(own), np.ravel(theirs)
    whys = [f"number {n}: {flat[n]:.6g}, {found[n]:.6g}" for n in worst]
    return (name, share.size, len(other), float(share.max(initial=0.0)), _told(whys))


def _told(whys: Sequence[str]) -> str:
    """Name the first that differ, with what each side says of them."""
    rest = len(whys) - _NAMED
    return "; ".join(whys[:_NAMED]) + (f"; and {rest} more" if rest > 0 else "")


def agreement(device: Device, n_series: int) -> list[str]:
    """Return the table in Markdown; what has no data here is left out, and said so."""
    lines: list[Line] = []
    missing = []
    for name, load in (("Store-Item", store_item), ("car parts", car_parts)):
        try:
            lines += compare_demand(name, *load(n_series), device)
        except FileNotFoundError as error:
            missing.append(f"{name}: {error.filename} is not here")
    try:
        lines += compare_books(device)
    except FileNotFoundError as error:
        missing.append(f"S&P 500: {error.filename} is not here")
    return [
        "| figures | compared | differ by more than 1e-6 | largest, relative | which and why |",
        "| --- | ---: | ---: | ---: | --- |",
        *(f"| {name} | {n:,} | {k:,} | {gap:.1e} | {why} |" for name, n, k, gap, why in lines),
        "",
        *(f"- {line}" for line in missing),
    ]


def main() -> None:
    """Compare, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cuda")
    parser.add_argument("--series", type=int, default=100, help="of each set of demand")
    asked = parser.parse_args()
    print("\n".join(agreement(asked.device, asked.series)))


if __name__ == "__main__":
    main()
