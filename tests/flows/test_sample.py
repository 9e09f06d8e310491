"""The bundled sample: the same bytes every time, as large as it says, and dirty as it says."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from flows.demo import BUDGETS, CAPACITIES, SEED, demo_job, write_demo
from flows.run import prepare_run
from flows.sample import AS_OF, SampleSize, write_sample
from flows.sample.catalogue import WAREHOUSES
from flows.sample.demand import make_demand_side
from flows.sample.dirt import SPOTS
from flows.sample.market import make_market_side
from flows.spec import load_job
from flows.steps.check import check_plan
from flows.steps.collect import collect
from storage.checks import check_inputs

EVERY_ITEM = SampleSize(warehouses=2, items=60, days=400, portfolios=6)
SMALL = SampleSize(warehouses=2, items=8, days=400, portfolios=6)


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    write_sample(folder, SEED, size=SMALL)
    return contents(folder)


@pytest.fixture(scope="module")
def demand_side():
    return make_demand_side(SampleSize(), np.random.Generator(np.random.PCG64(SEED)))


@pytest.fixture(scope="module")
def market_side():
    return make_market_side(40, np.random.Generator(np.random.PCG64(SEED)))


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    job = load_job(write_demo(folder, EVERY_ITEM))
    (folder / "clean").mkdir()
    run = prepare_run(job)
    plan = check_plan(run.job, pd.Timestamp(run.as_of))
    return check_inputs(collect(run, folder / "assumed"), plan, folder / "clean")


@pytest.mark.parametrize("size", [None, EVERY_ITEM])
def test_a_sample_of_any_size_has_limits_of_its_own_warehouses_alone(size):
    stock = demo_job(size=size).stock
    there = set(WAREHOUSES[: (size or SampleSize()).warehouses])
    assert set(stock.budgets) == set(BUDGETS) & there
    assert set(stock.capacities) == set(CAPACITIES) & there


def test_the_same_seed_gives_the_same_bytes(small, tmp_path):
    write_sample(tmp_path, SEED, size=SMALL)
    assert contents(tmp_path) == small


def test_another_seed_gives_other_numbers(small, tmp_path):
    write_sample(tmp_path, SEED + 1, size=SMALL)
    other = contents(tmp_path)
    assert set(other) == set(small)
    for name in ("demand.parquet", "prices.csv", "stock.csv"):
        assert other[name] != small[name]


def test_demand_is_as_large_as_it_says(demand_side):
    demand = demand_side.demand
    assert demand["warehouse_id"].nunique() == 24
    assert demand["item_id"].nunique() == 60
    assert len(demand_side.stock) == 24 * 60
    assert demand["ds"].max() == pd.Timestamp(AS_OF)
    assert (demand["ds"].max() - demand["ds"].min()).days == 1095


def test_demand_has_every_kind_of_item(demand_side):
    demand = demand_side.demand
    series = demand.groupby(["warehouse_id", "item_id"], observed=True)
    zero_share = series["quantity"].agg(lambda quantity: (quantity == 0).mean())
    first, last = series["ds"].min(), series["ds"].max()
    assert (zero_share < 0.05).any()
    assert (zero_share > 0.5).any()
    assert (first > demand["ds"].min() + pd.Timedelta(days=365)).any()
    assert (last < demand["ds"].max()).any()
    assert {"promotion", "price", "in_stock"} <= set(demand.columns)
    assert demand["promotion"].any()
    assert (~demand["in_stock"].astype(bool)).any()


def test_sales_on_a_day_without_stock_are_lower(demand_side):
    demand = demand_side.demand
    censored = ~demand["in_stock"].astype(bool)
    usual = demand.groupby(["warehouse_id", "item_id"], observed=True)["quantity"].transform("mean")
    share = demand["quantity"] / usual.where(usual > 0)
    assert share[censored].mean() < share[~censored].mean()


def test_the_market_is_as_large_as_it_says(market_side):
    kinds = market_side.instruments["kind"].value_counts()
    assert len(market_side.instruments) == 80
    assert {"equity", "etf", "fx", "bond", "european_option"} <= set(kinds.index)
    assert market_side.positions["portfolio_id"].nunique() == 40
    assert len(market_side.limits) >= 40
    assert market_side.stress_scenarios["scenario_id"].nunique() >= 3


def test_market_histories_are_correlated_and_fat_tailed(market_side):
    equities = market_side.instruments.query("kind == 'equity'")["instrument_id"]
    prices = market_side.prices[market_side.prices["instrument_id"].isin(equities)]
    returns = np.log(prices.pivot(index="ds", columns="instrument_id", values="close")).diff()
    returns = returns.dropna()
    correlation = returns.corr().to_numpy()[np.triu_indices(len(equities), 1)]
    assert correlation.mean() > 0.1
    # Excess kurtosis of normal returns would be 0 with deviation sqrt(24 / n).
    assert np.median(stats.kurtosis(returns)) > 10 * np.sqrt(24 / len(returns))


@pytest.mark.parametrize("spot", SPOTS, ids=[f"{spot.table}-{spot.what}" for spot in SPOTS])
def test_each_piece_of_dirt_becomes_what_it_says(spot, checked):
    rejected = checked.rejects[checked.rejects["input"] == spot.table]
    repaired = checked.repairs[checked.repairs["input"] == spot.table]
    for verb, code in re.findall(r"(reject|repair) `(\w+)`", spot.outcome):
        codes = rejected["code"] if verb == "reject" else repaired["code"]
        assert code in set(codes)


def test_nothing_is_rejected_that_is_not_dirt(checked):
    named = {
        (spot.table, code) for spot in SPOTS for code in re.findall(r"reject `(\w+)`", spot.outcome)
    }
    # An entity whose only row is refused is refused as a whole, by a row of its own.
    follow = {("instruments", "no_valid_rows"), ("instruments", "no_prices")}
    found = set(zip(checked.rejects["input"], checked.rejects["code"], strict=True))
    assert found == named | follow | {("stock", "no_valid_rows")}
