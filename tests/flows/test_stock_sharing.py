"""Shared limits and transfers in the night: kept, and nothing else changed."""

import pandas as pd
import pytest

from flows.demo import write_demo
from flows.run import prepare_run
from flows.sample import SampleSize
from flows.spec import load_job
from storage.stores import open_store
from tests.flows.sample_nights import tables_of
from tests.lanes import slow
from tests.survival.plain import run_plain

SMALL = SampleSize(warehouses=2, items=8, days=200, portfolios=4)
LIGHT = dict.fromkeys(
    ("smooth", "erratic", "intermittent", "lumpy"), ("SimpleExponentialSmoothing", "WindowAverage")
)
SERIES = ["warehouse_id", "item_id"]
LEVELS = ("newsvendor", "base-stock", "forecast-driven order-up-to")
STAMPS = ["run_id", "as_of"]
# Litres: some of what rotterdam wants to order tonight has room.
FULL = 7_000.0
PLENTY = {"rotterdam": 1e9}
TIGHT = {"rotterdam": 200.0}
PLANS = {
    "free": {},
    "wide": {"budgets": PLENTY},
    "tight": {"budgets": TIGHT},
    "periods": {"target": "cycle service", "shortage": 0.5},
    "lots": {"budgets": TIGHT, "policy": "(r, Q)"},
    "lean": {"budgets": {**TIGHT, "antwerp": 200.0}, "policy": "newsvendor"},
    **{policy: {"budgets": TIGHT, "policy": policy} for policy in LEVELS},
    "roomy": {"capacities": PLENTY},
    "full": {"capacities": {"rotterdam": FULL}},
    "both": {"budgets": TIGHT, "capacities": {"rotterdam": FULL}},
}


def light(job, **changes):
    """Return the job with few paths and windows, and no limits but those given."""
    demand = job.demand.model_copy(update={"windows": 2, "horizon": 20, "line_up": LIGHT})
    plan = {"paths": 40, "backtest": None, "budgets": {}, "capacities": {}, **changes}
    stock = job.stock.model_copy(update=plan)
    return job.model_copy(update={"demand": demand, "stock": stock})


class Nights(dict):
    """What the night publishes by each plan, run when it is first asked for."""

    def __init__(self, job):
        super().__init__()
        self._job = job
        items = pd.read_csv(job.path(job.inputs.items.path)).drop_duplicates("item_id")
        self["volumes"] = items.set_index("item_id")["volume"]
        self["unit_costs"] = items.set_index("item_id")["unit_cost"]

    def __missing__(self, name):
        own = light(self._job, **PLANS[name])
        run_plain(own, report=False)
        self[name] = {table: rows.drop(columns=STAMPS) for table, rows in tables_of(own).items()}
        return self[name]


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sharing")
    nights = Nights(load_job(write_demo(folder, SMALL)).restricted("stock"))
    # Of them all this comes first: the others leave tables of limits in the store.
    assert nights["free"]
    return nights


def test_a_budget_that_does_not_bind_changes_nothing_to_the_bit(night):
    for name in ("order_plans", "order_exceptions", "service_cost_curves", "transfers"):
        pd.testing.assert_frame_equal(night["wide"][name], night["free"][name], check_exact=True)
    budgets = night["wide"]["warehouse_budgets"].set_index("warehouse_id")
    assert budgets.loc["rotterdam", "used"] == budgets.loc["rotterdam", "wanted"] > 0.0
    assert budgets.loc["rotterdam", "shadow_price"] == 0.0


@pytest.mark.parametrize("policy", [LEVELS[0], *map(slow, LEVELS[1:])])
def test_a_job_orders_by_the_policy_it_names(night, policy):
    plans = night[policy]["order_plans"]
    assert set(plans["policy"]) == {policy}
    assert len(plans) == len(night["free"]["order_plans"])
    assert (plans["reorder_point"] == plans["order_up_to"]).all()
    (budget,) = night[policy]["warehouse_budgets"].to_dict("records")
    assert budget["used"] <= 200.0 < budget["wanted"]


def test_a_tight_budget_cuts_its_warehouse_alone_and_says_so(night):
    free, tight = (night[name]["order_plans"].set_index(SERIES) for name in ("free", "tight"))
    value = tight["order_value"].groupby("warehouse_id").sum()
    assert 0.0 < value["rotterdam"] <= 200.0 < free.loc["rotterdam", "order_value"].sum()
    pd.testing.assert_frame_equal(free.loc[["antwerp"]], tight.loc[["antwerp"]], check_exact=True)
    (budget,) = night["tight"]["warehouse_budgets"].to_dict("records")
    assert budget["used"] == pytest.approx(value["rotterdam"])
    assert budget["shadow_price"] > 0.0
    assert budget["saving_of_more"] <= 1_000.0 * budget["shadow_price"] * (1.0 + 1e-12)
    less = tight["order_quantity"] < free["order_quantity"]
    assert budget["items_cut"] == less.sum() > 0
    exceptions = night["tight"]["order_exceptions"]
    over = exceptions[exceptions["kind"] == "over budget"]
    assert set(map(tuple, over[SERIES].to_numpy())) == set(less.index[less])
    assert over["reason"].str.contains("budget of 200 cuts the order from").all()
    assert tight.loc[less, "reason"].str.contains("budget of 200 cuts").all()


def filled(night, plans):
    """Space that on hand, on the way and tonight's orders take, by warehouse."""
    units = plans["on_hand"] + plans["on_order"] + plans["order_quantity"]
    space = units * plans["item_id"].map(night["volumes"])
    return space.groupby(plans["warehouse_id"]).sum()


def test_a_capacity_that_does_not_bind_changes_nothing_to_the_bit(night):
    for name in ("order_plans", "order_exceptions", "service_cost_curves"):
        pd.testing.assert_frame_equal(night["roomy"][name], night["free"][name], check_exact=True)
    rows = night["roomy"]["warehouse_capacities"].set_index("warehouse_id")
    assert rows.loc["rotterdam", "used"] == rows.loc["rotterdam", "wanted"] > 0.0
    assert rows.loc["rotterdam", "shadow_price"] == 0.0
    assert "warehouse_capacities" not in night["free"]


def test_a_tight_capacity_cuts_its_warehouse_alone_and_says_so(night):
    free, full = (night[name]["order_plans"].set_index(SERIES) for name in ("free", "full"))
    pd.testing.assert_frame_equal(free.loc[["antwerp"]], full.loc[["antwerp"]], check_exact=True)
    assert filled(night, night["full"]["order_plans"])["rotterdam"] <= FULL
    assert filled(night, night["free"]["order_plans"])["rotterdam"] > FULL
    (row,) = night["full"]["warehouse_capacities"].to_dict("records")
    assert row["held"] + row["used"] == pytest.approx(
        filled(night, night["full"]["order_plans"])["rotterdam"]
    )
    assert row["shadow_price"] > 0.0
    assert row["expected_cost"] > row["cost_without_capacity"]
    less = full["order_quantity"] < free["order_quantity"]
    assert row["items_cut"] == less.sum() > 0
    exceptions = night["full"]["order_exceptions"]
    over = exceptions[exceptions["kind"] == "over capacity"]
    assert set(map(tuple, over[SERIES].to_numpy())) == set(less.index[less])
    assert over["reason"].str.contains(f"capacity of {FULL:,.10g} cuts the order from").all()


def test_transfers_take_no_room_that_the_plan_did_not_give(night):
    plans, moves = night["full"]["order_plans"], night["full"]["transfers"]
    assert len(moves)
    change = pd.concat(
        [
            moves.assign(
                warehouse_id=moves[f"{end}_warehouse_id"],
                units=sign * moves["quantity"],
                order=moves[f"{end}_order_quantity"],
            )[[*SERIES, "units", "order"]]
            for end, sign in (("from", -1.0), ("to", 1.0))
        ]
    )
    after = change.groupby(SERIES).agg(units=("units", "sum"), order=("order", "last"))
    before = plans.set_index(SERIES).loc[list(after.index)]
    rotterdam = after.index.get_level_values("warehouse_id") == "rotterdam"
    assert rotterdam.any()
    assert (after["units"] + after["order"] <= before["order_quantity"])[rotterdam].all()


def test_what_gives_stock_orders_within_the_budget(night):
    """A newsvendor orders anew whatever it gives; takers may order less than planned."""
    plans, moves = (night["lean"][name] for name in ("order_plans", "transfers"))
    own = plans[plans["warehouse_id"] == "rotterdam"].set_index("item_id")
    given = moves[moves["from_warehouse_id"] == "rotterdam"].drop_duplicates("item_id")
    assert len(given)
    ordered = own["order_quantity"].astype(float)
    ordered.update(given.set_index("item_id")["from_order_quantity"])
    assert (ordered * night["unit_costs"].loc[ordered.index]).sum() <= TIGHT["rotterdam"]


def test_a_budget_and_a_capacity_hold_at_once(night):
    plans = night["both"]["order_plans"]
    value = plans.groupby("warehouse_id")["order_value"].sum()
    assert value["rotterdam"] <= 200.0
    assert filled(night, plans)["rotterdam"] <= FULL
    (budget,) = night["both"]["warehouse_budgets"].to_dict("records")
    (capacity,) = night["both"]["warehouse_capacities"].to_dict("records")
    assert budget["expected_cost"] == capacity["expected_cost"]
    (alone,) = night["full"]["warehouse_capacities"].to_dict("records")
    assert budget["cost_without_budget"] == alone["expected_cost"]


def test_transfers_leave_no_warehouse_with_less_than_nothing(night):
    moves, plans = night["free"]["transfers"], night["free"]["order_plans"].set_index(SERIES)
    assert len(moves)
    assert (moves["saving"] > 0.0).all()
    given = moves.groupby(["from_warehouse_id", "item_id"])["quantity"].sum()
    assert (given.to_numpy() <= plans.loc[list(given.index), "on_hand"].to_numpy()).all()
    taken = moves.set_index(["to_warehouse_id", "item_id"])
    before = plans.loc[list(taken.index), "order_quantity"].to_numpy()
    assert (taken["to_order_quantity"].to_numpy() <= before).all()


def test_every_planned_item_has_its_pooling(night):
    plans, pooling = night["free"]["order_plans"], night["free"]["stock_pooling"]
    held = plans.groupby("item_id").size()
    assert set(pooling["item_id"]) == set(held.index[held > 1])
    assert set(pooling["warehouses"]) == {2}


def test_targets_may_be_asked_of_periods_without_shortage(night):
    plans = night["periods"]["order_plans"]
    assert set(plans["target_measure"]) == {"cycle service"}
    assert set(night["free"]["order_plans"]["target_measure"]) == {"fill rate"}
    missed = plans[plans["cycle_service"] < plans["service_target"]]
    found = night["periods"]["order_exceptions"]
    told = found[found["kind"] == "no feasible plan"]
    keys = [set(frame[SERIES].itertuples(index=False, name=None)) for frame in (missed, told)]
    assert keys[0] == keys[1]
    assert (plans["order_up_to"] != night["free"]["order_plans"]["order_up_to"]).any()


def test_the_policy_asked_for_is_published_and_kept_by_budgets_and_transfers(night):
    plans = night["lots"]["order_plans"]
    assert set(plans["policy"]) == {"(r, Q)"}
    assert set(night["free"]["order_plans"]["policy"]) == {"(s, S)"}
    assert (plans["lot"] > 0.0).all()
    assert plans["order_cap"].isna().all()
    assert night["free"]["order_plans"]["lot"].isna().all()
    ordered = plans[plans["order_quantity"] > 0.0]
    assert len(ordered)
    assert (ordered["order_quantity"] == ordered["lot"]).all()
    moves = night["lots"]["transfers"].merge(plans, on="item_id")
    taken = moves[moves["to_warehouse_id"] == moves["warehouse_id"]]
    assert len(taken)
    assert (
        taken["to_order_quantity"].isin([0.0]) | (taken["to_order_quantity"] == taken["lot"])
    ).all()


def test_a_capacity_limits_what_is_ordered(tmp_path):
    job = load_job(write_demo(tmp_path, SMALL)).restricted("stock")
    path = job.path(job.inputs.stock.path)
    read, write = (
        (pd.read_csv, "to_csv") if path.suffix == ".csv" else (pd.read_parquet, "to_parquet")
    )
    stock = read(path)
    # Half of the rows have a limit just above what they hold; the others have none.
    limit = (stock["on_hand"].clip(lower=0.0) + 12.0).where(stock.index % 2 == 0)
    getattr(stock.assign(capacity=limit), write)(path, index=False)
    own = light(job)
    run_plain(own, report=False)
    run = prepare_run(own)
    with open_store(run.store_url) as store:
        plans = store.read("order_plans", run_id=run.run_id).merge(
            stock.assign(capacity=limit)[[*SERIES, "capacity"]], on=SERIES
        )
    limited, free = (plans[plans["capacity"].notna() == is_limited] for is_limited in (True, False))
    lifted = limited["on_hand"] + limited["on_order"] + limited["order_quantity"]
    ordered = limited["order_quantity"] > 0.0
    assert (lifted[ordered] <= limited["capacity"][ordered]).all()
    assert (limited["order_up_to"] <= limited["capacity"]).all()
    assert len(free)
