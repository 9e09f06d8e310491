"""Do the figures of real data agree between the processor and a GPU? Each that differs, and why.

python -m benchmarks.gpu_agreement                 with a device; `benchmarks.gpu` runs it too
python -m benchmarks.gpu_agreement --translated    without: launches run the PTX that a device would
                                                   be handed, translated for the processor

A night by the functions that its steps call: champions, means, quantiles and orders of generated
series, and of Store-Item's and car parts'; VaR, ES and volatility of books of stocks, bonds and
options; VaR and ES of books over the S&P 500's stocks. Real data is what `shared/data` holds,
beside the checkout or within it.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.gpu_fits import daily_demand
from benchmarks.gpu_rows import DIFFERENT, SEED, Line, agreement_table, data_folder
from benchmarks.machine import describe_machine
from forecasting import DemandPanel, ForecastPlan, category_profiles, forecast_demand, sample_paths
from forecasting.classes import CLASSES
from forecasting.distributions import QUANTILES
from forecasting.results import ForecastResult
from inventory import StockPlan, plan_orders
from kernels.device import Device
from risk import RiskPlan, instrument_losses, measure_portfolios, volatility_outlook
from risk.linear_books import LinearScenarios, measure_linear_books
from tests.risk.markets import BOOKS, mixed_market, positions

RECORD = Path(__file__).parent / "records" / "gpu_agreement.md"
_SERIES = ["warehouse_id", "item_id"]
_MODELS = ("SeasonalNaive", "AutoETS", "DynamicOptimizedTheta", "SeasonalTrendTheta")
_RARE = ("CrostonSBA", "TSB", "IMAPA", "CompoundCount")
_LINE_UP = {name: _MODELS if name in {"smooth", "erratic"} else _RARE for name in CLASSES}
RISK = RiskPlan(methods=("historical", "filtered_historical", "gaussian"), history=250, seed=SEED)
_DAILY = ForecastPlan("D", 7, 28, windows=3, step=28, line_up=_LINE_UP)
_DAYS = 400
_PATHS, _BOOKS, _SCENARIOS = 200, 200, 20_000
# More of what differs is counted, not named.
_NAMED = 5


def generated(n_series: int, data: Path) -> tuple[pd.DataFrame, ForecastPlan]:
    """Return generated daily demand, and how it is forecast."""
    demand, _ = daily_demand(n_series, _DAYS, data)
    frame = pd.DataFrame(
        {
            "warehouse_id": "made",
            "item_id": np.repeat([f"{n:05d}" for n in range(n_series)], _DAYS).astype(object),
            "ds": np.tile(pd.date_range("2024-01-01", periods=_DAYS, unit="us"), n_series),
            "quantity": demand.ravel(),
            "censored": False,
        }
    )
    return frame, _DAILY


def store_item(n_series: int, data: Path) -> tuple[pd.DataFrame, ForecastPlan]:
    """Return daily sales of some stores' items, and how they are forecast."""
    frame = pd.read_parquet(data / "store_item_daily.parquet").rename(columns={"y": "quantity"})
    return _first(frame, n_series), _DAILY


def car_parts(n_series: int, data: Path) -> tuple[pd.DataFrame, ForecastPlan]:
    """Return monthly demand of some parts, and how it is forecast."""
    frame = pd.read_parquet(data / "carparts_monthly.parquet")
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
    name: str, frame: pd.DataFrame, plan: ForecastPlan, device: Device, n_paths: int = _PATHS
) -> list[Line]:
    """Return how champions, means, quantiles and orders agree.

    Parameters
    ----------
    name : of the data
    frame : warehouse_id, item_id, ds, quantity, censored
    plan : how it is forecast
    device : that is set against the processor
    n_paths : that orders are chosen on, and as many that they are judged on
    """
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
        f"{_named(own.index[n])}: {own['model'].iloc[n]} {own['score'].iloc[n]:.6g}, "
        f"{theirs['model'].iloc[n]} {theirs['score'].iloc[n]:.6g}"
        for n in other.tolist()
    ]
    gap = float(_relative(own["score"].to_numpy(), theirs["score"].to_numpy()).max(initial=0.0))
    lines = [(f"{name} champions", len(own), len(other), gap, _told(whys))]
    changed = {_named(own.index[n]): "another champion" for n in other.tolist()}
    keys = [_named(key) for key in results[0].forecasts[_SERIES].itertuples(index=False)]
    for told, columns in (("means", ["mean"]), ("quantiles", QUANTILES)):
        figures = [result.forecasts[columns].to_numpy() for result in results]
        lines.append(compare_numbers(f"{name} {told}", *figures, keys=keys, reasons=changed))
    return [*lines, *_compare_orders(name, results, device, n_paths, changed)]


def _named(key: Sequence[object]) -> str:
    return "/".join(map(str, key))


def _compare_orders(
    name: str,
    results: Sequence[ForecastResult],
    device: Device,
    n_paths: int,
    changed: Mapping[str, str],
) -> list[Line]:
    """Return how orders agree, stock, costs and lead times assumed."""
    plans = []
    for result, where in zip(results, ("cpu", device), strict=True):
        series = result.champions[_SERIES].reset_index(drop=True)
        words = np.arange(len(series), dtype=np.uint64)
        paths = sample_paths(result.forecasts, result.champions, words, 2 * n_paths, SEED)
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
        told = StockPlan(device=where)
        found = plan_orders(
            stock=stock,
            items=items,
            open_orders=None,
            paths=paths[:, :n_paths],
            held_out=paths[:, n_paths:],
            series=series,
            periods=starts,
            entities=words,
            plan=told,
            seed=SEED,
        )
        plans.append(found.plans.sort_values(_SERIES))
    keys = [_named(key) for key in plans[0][_SERIES].itertuples(index=False)]
    columns = {"orders": "order_quantity", "levels": "order_up_to", "costs": "expected_cost"}
    return [
        compare_numbers(
            f"{name} {told}",
            *(plan[column].to_numpy() for plan in plans),
            keys=keys,
            reasons=changed,
        )
        for told, column in columns.items()
    ]


def compare_portfolios(device: Device, plan: RiskPlan) -> list[Line]:
    """Return how VaR and ES agree for books of stocks, bonds and options, and how volatility does.

    Parameters
    ----------
    device : that is set against the processor
    plan : methods, horizons and scenarios
    """
    market, held = mixed_market(plan), positions(**BOOKS)
    lines = []
    for method in plan.methods:
        frames = []
        for where in ("cpu", device):
            own = replace(plan, device=where)
            losses = instrument_losses(market, method, 1, own)
            frames.append(measure_portfolios(market, held, losses, method, 1, own).risk)
        for measure in ("value_at_risk", "expected_shortfall"):
            chosen = [frame[frame["measure"] == measure] for frame in frames]
            keys = [_named(key) for key in chosen[0][["portfolio_id", "level"]].to_numpy().tolist()]
            figures = [frame["value"].to_numpy() for frame in chosen]
            lines.append(compare_numbers(f"books, {method} {measure}", *figures, keys=keys))
    law = plan.volatility_law("student_t")
    ahead = [volatility_outlook(market.prices, law, device=where) for where in ("cpu", device)]
    keys = [_named(key) for key in ahead[0][["instrument_id", "horizon"]].to_numpy().tolist()]
    figures = [frame["volatility"].to_numpy() for frame in ahead]
    return [*lines, compare_numbers("volatility ahead", *figures, keys=keys)]


def compare_books(device: Device, data: Path) -> list[Line]:
    """Return how VaR, ES and its components agree for books over the S&P 500's stocks."""
    prices = pd.read_parquet(
        data / "prices_sp500_2013_2018.parquet", columns=["ds", "ticker", "close"]
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


def compare_numbers(
    name: str,
    own: np.ndarray,
    theirs: np.ndarray,
    *,
    keys: Sequence[str] | None = None,
    reasons: Mapping[str, str] | None = None,
) -> Line:
    """Return how many of some figures differ, by how much, and the worst of them.

    Parameters
    ----------
    name : of the figures
    own, theirs : (n_rows,) or (n_rows, n_columns) float64, the processor's and the device's
    keys : (n_rows,), what each row is of; None are numbers
    reasons : by key, why figures of it may differ
    """
    share = _relative(own, theirs)
    columns = share.size // max(len(share), 1)
    share = share.ravel()
    other = np.flatnonzero(share > DIFFERENT)
    worst = other[np.argsort(share[other], kind="stable")[::-1]][:_NAMED]
    flat, found, whys = np.ravel(own), np.ravel(theirs), []
    for n in worst:
        key = f"number {n}" if keys is None else keys[n // columns]
        why = (reasons or {}).get(key, "")
        whys.append(f"{key}: {flat[n]:.6g}, {found[n]:.6g}" + (f" ({why})" if why else ""))
    whys += [""] * (len(other) - len(whys))
    return (name, share.size, len(other), float(share.max(initial=0.0)), _told(whys))


def _told(whys: Sequence[str]) -> str:
    """Name the first that differ, with what each side says of them."""
    rest = len(whys) - _NAMED
    return "; ".join(whys[:_NAMED]) + (f"; and {rest} more" if rest > 0 else "")


def compare_everything(device: Device, n_series: int, data: Path) -> Iterator[Line]:
    """Yield how the figures of every set of data agree, and which set is not here.

    Parameters
    ----------
    device : that is set against the processor
    n_series : of each set of demand
    data : folder of real data
    """
    yield from compare_portfolios(device, RISK)
    sets = (
        ("generated", lambda: compare_demand("generated", *generated(n_series, data), device)),
        ("Store-Item", lambda: compare_demand("Store-Item", *store_item(n_series, data), device)),
        ("car parts", lambda: compare_demand("car parts", *car_parts(n_series, data), device)),
        ("S&P 500", lambda: compare_books(device, data)),
    )
    for name, compare in sets:
        try:
            yield from compare()
        except FileNotFoundError as error:
            yield (name, 0, 0, 0.0, f"{error.filename} is not here")


def _standing_in() -> AbstractContextManager[object]:
    """Let launches run what a device would be handed, on the processor."""
    from kernels.cuda.ptx.stand_in import stand_in  # noqa: PLC0415 - the simulator compiles nothing

    return stand_in()


def main() -> None:
    """Compare, and print the table; what was translated is a record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--translated", action="store_true", help="run PTX on the processor, for want of a device"
    )
    parser.add_argument("--series", type=int, default=100, help="of each set of demand, at most")
    parser.add_argument("--data", type=Path, default=data_folder(), help="folder of real data")
    asked = parser.parse_args()
    with _standing_in() if asked.translated else nullcontext():
        lines = list(compare_everything("cuda", asked.series, asked.data))
    table = "\n".join(agreement_table(lines))
    print(table)
    if asked.translated:
        RECORD.write_text(
            "# A GPU's code and the processor's figures\n\n"
            f"`python -m benchmarks.gpu_agreement --translated --series {asked.series}`: "
            f"{describe_machine('numba', 'numba-cuda', 'numpy')}. PTX for sm_90a, as it is linked; "
            f"what CuPy does on a device is NumPy's here.\n\n{table}\n",
            encoding="utf-8",
        )


if __name__ == "__main__":
    main()
