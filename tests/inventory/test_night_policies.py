"""The night under each policy: what is published was simulated, and orders keep its form."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inventory import (
    Lane,
    Limits,
    PlanError,
    PolicyKind,
    StockPlan,
    plan_item_transfers,
    share_warehouse,
)
from inventory.estimates import money_spent
from inventory.lots import most_sizes, sizes_to_try
from inventory.moving_forecast import MovingForecast
from inventory.policies import planned_policy
from inventory.policy import decide_order
from inventory.position import reviewed
from inventory.positions import Positions
from inventory.simulation import Draws, Opening, simulate
from kernels import stock_terms as places
from kernels.stock_events import SAME_UNITS
from storage.tables import OUTPUT_TABLES
from tests.inventory.night import (
    HORIZON,
    N_PATHS,
    coming_late,
    demand_paths,
    item_row,
    plan_night,
    position_of,
    stock_row,
    words,
)
from tests.oracles import stock as oracle

KINDS = list(PolicyKind)
SIZELESS = {PolicyKind.NEWSVENDOR, PolicyKind.BASE_STOCK, PolicyKind.FORECAST_ORDER_UP_TO}
# Orders cost money, so that larger ones are worth their holding.
DEAR = {"ordering_cost": 3.0, "on_hand": 4.0}


def night(kind, stock=None, item=None, candidates=16):
    own = [stock_row("bolt", **{**DEAR, **(stock or {})})]
    plan = StockPlan(policy=kind, candidates=candidates)
    return plan_night(own, [item_row("bolt", **(item or {}))], plan=plan)


def planned(kind, stock=None, item=None):
    return night(kind, stock, item).plans.iloc[0]


def own_position(stock=None, item=None):
    record = stock_row("bolt", **{**DEAR, **(stock or {})})
    return position_of(record, item_row("bolt", **(item or {})))


def sizes_of(kind, position):
    (sizes,) = sizes_to_try(kind, Positions.stacked([position]), demand_paths(["bolt"]))
    return sizes[~np.isnan(sizes)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("item", [{}, {"case_pack": 4.0, "minimum_order": 7.0}])
def test_the_figures_published_are_those_of_the_policy_published(kind, item):
    row, position = planned(kind, item=item), reviewed(own_position(item=item), kind, HORIZON)
    paths, others = demand_paths(["bolt"])[0], demand_paths(["bolt"], others=1)[0]
    lifts = None
    if kind == PolicyKind.FORECAST_ORDER_UP_TO:
        lifts = MovingForecast.of(paths, position.protection_interval).lifts(others)
    totals = simulate(
        position.supply(HORIZON, 1.0),
        [planned_policy(row)],
        others,
        Opening(position.on_hand, position.receipts),
        Draws(3, int(words(["bolt"])[0]), first_path=N_PATHS),
        first_reached=position.first_reached,
        lifts=lifts,
    )[0]
    assert row["expected_cost"] == pytest.approx(money_spent(totals, position.costs).mean())
    served = totals[:, places.SERVED].sum() / totals[:, places.REACHED].sum()
    assert row["fill_rate"] == pytest.approx(served)
    assert row["policy"] == kind


@pytest.mark.parametrize("kind", [k for k in KINDS if k != PolicyKind.FORECAST_ORDER_UP_TO])
def test_the_policy_published_costs_what_the_plain_walk_says(kind):
    row = planned(kind, {"lead_time_deviation": 0.0}, {"case_pack": 2.0})
    position = own_position({"lead_time_deviation": 0.0}, {"case_pack": 2.0})
    position = reviewed(position, kind, HORIZON)
    terms, rule = position.supply(HORIZON, 1.0).terms, planned_policy(row).rule
    nothing = [0.0] * HORIZON
    walks = [
        oracle.walk(path, [2] * HORIZON, position.on_hand, nothing, terms, rule)
        for path in demand_paths(["bolt"], others=1)[0]
    ]
    costs = position.costs
    spent = [
        costs.holding * w.held + costs.shortage * (w.demanded - w.sold) + costs.ordering * w.orders
        for w in walks
    ]
    assert row["expected_cost"] == pytest.approx(np.mean(spent))
    # What is ordered tonight is what each path orders first.
    assert {w.sizes[0] for w in walks} == {row["order_quantity"]}


@pytest.mark.parametrize("kind", KINDS)
def test_the_cheapest_that_serves_is_chosen_among_all_lots_and_caps(kind):
    position, paths = own_position(), demand_paths(["bolt"])[0]
    plan, entity = StockPlan(policy=kind), words(["bolt"])[0]
    found = decide_order(position, paths, paths, entity, 3, plan)
    tried = found.in_sample.of(np.arange(len(found.levels) - 1))
    serving = tried.cost[tried.fill_rate >= position.service_target]
    assert tried.cost[found.chosen] == serving.min()
    # With one lot or cap alone nothing is cheaper than with the choice.
    least = 1 if kind in SIZELESS else 2
    assert least <= len(sizes_of(kind, position)) <= most_sizes(kind)


@given(
    st.floats(0.0, 60.0),
    st.sampled_from([1.0, 4.0]),
    st.sampled_from([0.0, 9.0]),
    st.sampled_from([math.inf, 31.0]),
)
# A case has room but for the last bit of what is there.
@example(math.nextafter(15.0, 16.0), 1.0, 0.0, 31.0)
@example(27.0 + 2e-13, 4.0, 0.0, 31.0)
@settings(max_examples=25)
def test_orders_have_the_form_of_their_policy(on_hand, case_pack, minimum_order, capacity):
    stock = {"on_hand": on_hand, "capacity": capacity}
    item = {"case_pack": case_pack, "minimum_order": minimum_order}
    for kind in KINDS:
        row = planned(kind, stock, item)
        quantity = row["order_quantity"]
        assert quantity % case_pack == 0.0
        assert quantity == 0.0 or quantity >= minimum_order
        assert quantity == 0.0 or on_hand + quantity <= capacity + SAME_UNITS * case_pack
        assert pd.isna(row["lot"]) != kind.orders_lots
        if kind == PolicyKind.REORDER_QUANTITY:
            # No more than what the building has room for.
            cases = (capacity - on_hand) / case_pack
            room = math.floor(cases + SAME_UNITS) if capacity < math.inf else math.inf
            assert quantity in {0.0, min(row["lot"], room * case_pack)}
        if kind == PolicyKind.REORDER_BATCHES and capacity == math.inf:
            assert quantity % row["lot"] == 0.0
        if not pd.isna(row["order_cap"]):
            assert kind == PolicyKind.CAPPED_BASE_STOCK
            assert quantity <= row["order_cap"]


@given(
    st.sampled_from(KINDS),
    st.sampled_from([1.0, 6.0]),
    st.sampled_from([0.0, 8.0, 20.0]),
    st.sampled_from([math.inf, 24.0]),
    st.sampled_from([0.0, 5.0, 1e6]),
    st.integers(1, 3),
)
@settings(max_examples=60)
def test_lots_and_caps_can_be_ordered(kind, case_pack, minimum, capacity, ordering, review):
    stock = {"capacity": capacity, "ordering_cost": ordering, "review_period": review}
    position = own_position(stock, {"case_pack": case_pack, "minimum_order": minimum})
    sizes = sizes_of(kind, position)
    assert (np.diff(sizes) > 0.0).all()
    finite = sizes[np.isfinite(sizes)]
    assert (finite % case_pack == 0.0).all()
    # Of (s, S) a lot is what may lack; its levels lie within the capacity.
    if kind != PolicyKind.REORDER_UP_TO:
        assert (finite <= capacity).all()
        assert (finite >= min(minimum, capacity)).all()


def test_one_lot_a_review_keeps_up_with_demand():
    position = own_position({"review_period": 2, "ordering_cost": 0.0})
    paths = demand_paths(["bolt"])[0]
    lots = sizes_of(PolicyKind.REORDER_QUANTITY, position)
    assert min(lots) >= 2.0 * paths.mean()


def test_the_lots_tried_cost_little_more_than_the_best_of_all():
    """Of an item that falls behind with what sells between reviews, and holds twice as much."""
    position = own_position({"review_period": 4, "on_hand": 300.0, "ordering_cost": 0.0})
    paths = np.random.default_rng(1).gamma(25.0, 2.0, (400, 28)).round()

    def cost(rounds):
        plan = StockPlan(policy=PolicyKind.REORDER_QUANTITY, refinements=rounds)
        found = decide_order(position, paths, paths, words(["bolt"])[0], 3, plan)
        return found.in_sample.cost[found.chosen]

    assert cost(0) <= 1.05 * cost(8)


@pytest.mark.parametrize("kind", KINDS)
def test_reasons_name_the_lot_and_the_cap(kind):
    row = planned(kind, {"on_hand": 0.0})
    assert (f"orders come in lots of {row['lot']:.6g}" in row["reason"]) == kind.orders_lots
    binds = row["order_up_to"] > row["order_cap"]
    assert (f"one order is at most {row['order_cap']:.6g}" in row["reason"]) == binds


@pytest.mark.parametrize("kind", KINDS)
def test_perishables_and_every_share_of_lost_sales_are_planned(kind):
    for shortage in ("lost", "backorder", 0.5):
        plan = StockPlan(policy=kind, shortage=shortage, candidates=6)
        stock, items = [stock_row("bolt", **DEAR)], [item_row("bolt", shelf_life=3)]
        found = plan_night(stock, items, plan=plan)
        assert len(found.failures) == 0
        stamped = found.plans.assign(run_id="night", as_of=pd.Timestamp("2024-01-01"))
        OUTPUT_TABLES["order_plans"].validate(stamped)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.0, 0.6, 1.0])
def test_a_budget_orders_what_the_policy_could(kind, share):
    names = ["bolt", "cog", "dial"]
    stock = [stock_row(name, **DEAR) for name in names]
    items = [item_row(name) for name in names]
    result = plan_night(stock, items, plan=StockPlan(policy=kind))
    limit = share * float(result.plans["order_value"].sum())
    found = share_warehouse(result.plans, result.curves, pd.DataFrame(items), Limits(budget=limit))
    assert found.plans["order_value"].sum() <= limit * (1.0 + 1e-12)
    if share == 1.0:
        pd.testing.assert_frame_equal(found.plans, result.plans, check_exact=True)
    for row in found.plans.to_dict("records"):
        rule = planned_policy(row).rule
        assert row["order_quantity"] == oracle.wanted(
            row["on_hand"] + row["on_order"], rule, own_position().supply(HORIZON, 1.0).terms
        )


def moved_to_north(kind, open_orders=None, *, rise=0.0, moving=True, cut=False, **limits):
    """Return the plan of the north, and the one transfer to it.

    Demand may rise half-way, levels may stay, and a budget may have cut them to nothing.
    """
    places_of = ("north", "south")
    stock = [
        {**stock_row("bolt", **DEAR), "warehouse_id": "north"},
        {**stock_row("bolt", **{**DEAR, "on_hand": 60.0}), "warehouse_id": "south"},
    ]
    later = np.where(np.arange(HORIZON) < HORIZON // 2, 0.0, rise)
    paths = demand_paths(["bolt", "cog"]) + later
    starts = np.datetime64("2024-01-01", "ns") + np.arange(HORIZON) * np.timedelta64(1, "D")
    plan = StockPlan(policy=kind, moving=moving)
    plans = pd.concat(
        [
            plan_night(
                [own], [item_row("bolt")], paths=paths[[n]], plan=plan, open_orders=coming
            ).plans.assign(warehouse_id=places_of[n])
            for n, (own, coming) in enumerate(
                zip(
                    [{**row, "warehouse_id": "north"} for row in stock],
                    [open_orders, None],
                    strict=True,
                )
            )
        ],
        ignore_index=True,
    ).assign(warehouse_id=list(places_of))
    if cut:
        plans = plans.assign(order_up_to=0.0, reorder_point=0.0)
    found = plan_item_transfers(
        plans=plans,
        stock=pd.DataFrame(stock),
        items=pd.DataFrame([item_row("bolt")]),
        open_orders=open_orders,
        lanes=[Lane("south", "north", 1, 0.01)],
        paths=paths,
        held_out=demand_paths(["bolt", "cog"], others=1) + later,
        periods=np.tile(starts, (2, 1)),
        entities=words(["bolt", "cog"]),
        plan=plan,
        seed=3,
        **limits,
    )
    assert found.failures == []
    (move,) = found.transfers.to_dict("records")
    return plans.iloc[0], move


@pytest.mark.parametrize("kind", KINDS)
def test_transfers_leave_each_warehouse_its_own_policy(kind):
    north, move = moved_to_north(kind)
    position = north["on_hand"] + north["on_order"] + move["quantity"]
    terms = own_position().supply(HORIZON, 1.0).terms
    assert move["to_order_quantity"] == oracle.wanted(position, planned_policy(north).rule, terms)


def test_what_gives_orders_no_more_than_its_budget_pays_for():
    """A newsvendor orders anew whatever it gives; its plan is 7 units of 3 each."""
    kind = PolicyKind.NEWSVENDOR
    (_, free), (_, plenty), (_, tight) = (
        moved_to_north(kind, **limits)
        for limits in ({}, {"spare": {"south": 1e9}}, {"spare": {"south": 15.0}})
    )
    planned = free["from_order_quantity"] - free["quantity"]
    assert plenty == free
    assert 3.0 * (free["from_order_quantity"] - planned) > 15.0
    assert 0.0 < 3.0 * (tight["from_order_quantity"] - planned) <= 15.0


def test_what_comes_after_the_forecast_moves_no_transfer():
    late = coming_late("bolt", 50.0)
    (north, move), (_, without) = (
        moved_to_north(PolicyKind.REORDER_UP_TO, coming) for coming in (late, None)
    )
    assert north["on_order"] == 50.0
    told = ["quantity", "saving", "saving_standard_error", "to_order_quantity"]
    assert [move[name] for name in told] == [without[name] for name in told]


@pytest.mark.parametrize("cut", [False, True])
def test_levels_move_in_transfers_too_unless_a_budget_left_nothing_to_order_up_to(cut):
    moves, stays = (
        moved_to_north(PolicyKind.BASE_STOCK, rise=6.0, moving=moving, cut=cut)[1]
        for moving in (True, False)
    )
    assert (moves["saving"] == stays["saving"]) == cut


def test_a_policy_that_a_budget_cut_to_nothing_orders_nothing():
    for kind in KINDS:
        row = {"policy": kind, "reorder_point": 0.0, "order_up_to": 0.0, "lot": 5.0}
        rule = planned_policy({**row, "order_cap": None}).rule
        terms = own_position().supply(HORIZON, 1.0).terms
        assert oracle.wanted(0.0, rule, terms) == 0.0


def test_a_lot_that_is_none_is_refused():
    row = {"policy": "(r, Q)", "reorder_point": 1.0, "order_up_to": 2.0, "order_cap": None}
    with pytest.raises(PlanError, match="quantity must be finite and above 0; got inf"):
        planned_policy({**row, "lot": None})


def test_a_cap_of_none_is_among_the_caps_so_that_a_cap_never_costs_more_than_none():
    # In single units, base-stock is (s, S) with the level one above the reorder point.
    free, plain = (
        night(kind, {"ordering_cost": 0.0}).curves.query("chosen")["in_sample_cost"].item()
        for kind in (PolicyKind.CAPPED_BASE_STOCK, PolicyKind.REORDER_UP_TO)
    )
    assert free <= plain
