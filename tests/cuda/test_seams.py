"""What runs on a device is the processor's, through the functions that the night calls."""

import math
from dataclasses import replace

import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("grids")


@pytest.mark.parametrize("moves", [False, True])
@pytest.mark.parametrize("shelf_life", [0, 3])
def test_policies_simulated_on_a_device_are_the_processors(shelf_life, moves):
    from inventory import BaseStock, Draws, Opening, ReorderUpTo, Supply, simulate
    from kernels.stock_lead_times import discrete_lead_time

    supply = Supply(
        discrete_lead_time(np.array([0.1, 0.5, 0.4])),
        case_pack=2.0,
        capacity=60.0,
        shelf_life=shelf_life,
    )
    demand = np.random.default_rng(1).poisson(4.0, (5, 9)).astype(float)
    opening = Opening(12.0, np.arange(9.0))
    told = (supply, [BaseStock(20.0), ReorderUpTo(8.0, 30.0)], demand, opening, Draws(3, 2**63))
    lifts = np.linspace(-3.0, 9.0, demand.size).reshape(demand.shape) if moves else None
    expected = simulate(*told, first_reached=2, lifts=lifts)
    found = simulate(*told, first_reached=2, lifts=lifts, device="cuda")
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_an_order_decided_on_a_device_is_the_processors():
    from inventory import Costs, StockPlan
    from inventory.policy import decide_order
    from inventory.position import Position

    position = Position(
        entity="W/1",
        on_hand=3.0,
        receipts=np.zeros(12),
        late_receipts=0.0,
        lead_time_mean=2.0,
        lead_time_deviation=0.7,
        review_period=2,
        case_pack=3.0,
        minimum_order=0.0,
        unit_cost=2.0,
        service_target=0.9,
        costs=Costs(0.1, 3.0, 1.0, waste=2.0),
        capacity=math.inf,
        shelf_life=0,
    )
    paths, others = np.random.default_rng(2).poisson(3.0, (2, 8, 12)).astype(float)
    plan = StockPlan(candidates=3)
    expected = decide_order(position, paths, others, np.uint64(5), 7, plan)
    found = decide_order(position, paths, others, np.uint64(5), 7, replace(plan, device="cuda"))
    assert found.order_quantity == expected.order_quantity
    assert found.order_up_to == expected.order_up_to
    np.testing.assert_allclose(found.estimates.cost, expected.estimates.cost, rtol=1e-12)


def test_instruments_revalued_on_a_device_are_the_processors(monkeypatch):
    from kernels.cuda import market_moves
    from risk import instrument_losses
    from tests.risk.markets import PLAN, mixed_market

    # The simulator makes a thread of Python for each of a grid's.
    monkeypatch.setattr(market_moves, "SCENARIOS", 128)
    plan = replace(PLAN, scenarios=100, history=250)
    market = mixed_market(plan)
    assert {"european_option", "bond"} <= set(market.terms["kind"])
    expected = instrument_losses(market, "gaussian", 1, plan)
    found = instrument_losses(market, "gaussian", 1, replace(plan, device="cuda"))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)


def test_american_options_revalued_on_a_device_are_the_processors():
    from risk import build_market
    from risk.market.revalue import Shifts, revalue
    from tests.risk.markets import AS_OF, PLAN, american, curve, prices, terms

    put = american("PUT", option_type="put", strike=105.0)
    instruments = terms(("AAA", "equity", {}), put, american("CALL"))
    market = build_market(prices(["AAA"]), instruments, curve(), AS_OF, PLAN)
    moves = np.random.default_rng(3).normal(0.0, 0.02, (len(market.factors.levels), 40))
    shifts = Shifts(moves, np.zeros((1, 1)), 0.01)
    expected, found = revalue(market, shifts), revalue(market, shifts, "cuda")
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6 * 205.0)


@pytest.mark.parametrize("policy", ["REORDER_UP_TO", "FORECAST_ORDER_UP_TO"])
def test_orders_planned_together_on_a_device_are_those_planned_one_by_one(policy, monkeypatch):
    import pandas as pd

    from inventory import PolicyKind, StockPlan, together
    from tests.inventory.night import HORIZON, demand_paths, item_row, plan_night, stock_row

    names = ["bolt", "bad", "nut", "saw", "milk"]
    stock = [stock_row(name) for name in names]
    stock[1]["unit_cost"] = stock[1]["lead_time_mean"] = -1.0
    stock[3]["lead_time_deviation"] = 0.0
    items = [item_row(name) for name in names]
    items[2]["case_pack"] = 12.0
    items[4]["shelf_life"] = 3
    plan = StockPlan(candidates=3, policy=PolicyKind[policy])
    paths = demand_paths(names, n_paths=4)
    expected = plan_night(stock, items, paths=paths, plan=plan)
    on_device = replace(plan, device="cuda")
    # Three items of four paths fill a launch, so the second is ragged.
    n_rules = 8 if plan.policy == PolicyKind.FORECAST_ORDER_UP_TO else 11
    monkeypatch.setattr(together, "_BYTES_OF_A_LAUNCH", 3 * 4 * 8 * (12 * n_rules + HORIZON))
    blocks = together.blocks_of(np.arange(4), 4, HORIZON, on_device)
    assert [len(block) for block in blocks] == [3, 1]
    found = plan_night(stock, items, paths=paths, plan=on_device)
    close = {"rtol": 1e-12, "atol": 1e-12}
    assert [failure.entity for failure in found.failures] == ["north/bad"]
    assert found.failures == expected.failures
    assert len(found.plans) == 4
    pd.testing.assert_frame_equal(found.plans, expected.plans, **close)
    pd.testing.assert_frame_equal(found.curves, expected.curves, **close)


def test_past_orders_replayed_on_a_device_are_the_processors():
    from inventory import StockPlan
    from tests.inventory import test_decision_backtest as past

    demands = [past.demand_of(1)[: past.START + 4], past.demand_of(2)[4 : past.START + 4]]
    told = demands, [past.position(), past.position(shelf_life=2)]
    paths, plan = [past.origins(n, n_paths=20) for n in range(2)], StockPlan(candidates=3)
    expected = past.backtest(*told, paths, plan, n_periods=4)
    found = past.backtest(*told, paths, replace(plan, device="cuda"), n_periods=4)
    assert not found.errors
    for name, own in expected.replays.items():
        np.testing.assert_array_equal(found.replays[name].records, own.records)


def test_linear_books_measured_on_a_device_are_the_processors(monkeypatch):
    from kernels.cuda import linear_books
    from risk.linear_books import LinearScenarios, measure_linear_books

    # The simulator makes a thread of Python for each of a grid's: fewer scenarios than are allowed.
    small = linear_books.Tile(2, 32, 2)
    monkeypatch.setattr(linear_books, "Tile", lambda: small)
    monkeypatch.setattr(LinearScenarios, "__post_init__", lambda _: None)
    draws = np.random.default_rng(8)
    exposures, loadings = draws.normal(size=(2, 3)), draws.normal(size=(3, 4))
    plan = LinearScenarios(100, seed=4)
    expected = measure_linear_books(exposures, loadings, (0.9,), plan, components=(0.9,))
    found = measure_linear_books(
        exposures, loadings, (0.9,), replace(plan, device="cuda"), components=(0.9,)
    )
    close = {"rtol": 1e-12, "atol": 1e-12}
    np.testing.assert_allclose(found.value_at_risk, expected.value_at_risk, **close)
    np.testing.assert_allclose(found.expected_shortfall, expected.expected_shortfall, **close)
    np.testing.assert_allclose(found.components[0.9], expected.components[0.9], **close)


def _batch():
    from forecasting.panel import Batch

    draws, days = np.random.default_rng(9), np.arange(30)
    parts = [
        np.round(20.0 + 6.0 * np.sin(days * 2.0 * np.pi / 7.0) + draws.normal(0.0, 1.0, 30)),
        np.round(5.0 + 0.4 * days[:23] + draws.normal(0.0, 1.0, 23)),
        draws.poisson(3.0, 28) * (draws.random(28) < 0.4),
    ]
    offsets = np.concatenate([[0], np.cumsum([len(part) for part in parts])])
    return Batch(np.concatenate(parts).astype(float), offsets)


@pytest.mark.parametrize("model", ["AutoETS", "SeasonalTrendTheta", "CrostonSBA", "CompoundCount"])
def test_forecasts_of_a_plan_for_a_device_are_the_processors(model):
    from forecasting import ForecastPlan

    plan = ForecastPlan("D", 7, 3)
    on_gpu = replace(plan, device="cuda")
    assert on_gpu.find(model) != plan.find(model)
    expected = plan.find(model).forecast(_batch(), plan.seasons, plan.horizon)
    found = on_gpu.find(model).forecast(_batch(), plan.seasons, plan.horizon)
    assert found.errors == expected.errors
    np.testing.assert_allclose(found.means, expected.means, rtol=1e-6, atol=1e-6)


def test_a_night_rolls_stored_models_on_a_device_as_the_processor_does():
    from datetime import date

    import pandas as pd

    from forecasting import RefitRules, RollForward, SeriesStates, forecast_demand
    from forecasting.classes import CLASSES
    from kernels.ets_fits import no_fits
    from tests.forecasting.demand import daily_plan, panel_of

    draws, days = np.random.default_rng(12), np.arange(50)
    series = {
        ("W", "wave"): np.round(30.0 + 9.0 * np.sin(days * 2.0 * np.pi / 7.0)),
        ("W", "line"): np.round(15.0 + 0.4 * days + draws.normal(0.0, 1.0, 50)),
        ("W", "stopped"): draws.poisson(12.0, 50).astype(float),
        ("W", "other"): draws.poisson(20.0, 50).astype(float),
    }
    line_up = dict.fromkeys(CLASSES, ("AutoETS",))
    plan = daily_plan(line_up=line_up, combine=False, horizon=3, windows=1, minimum_history=14)
    nobody = pd.Series(dtype=object)

    def night(days, before, device, changed=()):
        cut = {key: y[:days].copy() for key, y in series.items()}
        for item in changed:
            cut["W", item][5] += 7.0
        flags = {("W", "stopped"): np.arange(days) == 20}
        own, panel = replace(plan, device=device), panel_of(cut, censored=flags)
        return forecast_demand(panel, own, date(2023, 1, 1), {}, nobody, None, before)

    nothing = RollForward({"AutoETS": SeriesStates.none(no_fits(0, 7))})
    states = night(46, nothing, "cpu").states
    before = RollForward(states, RefitRules(drift=1e9))
    expected, found = (night(50, before, device, ["other"]) for device in ("cpu", "cuda"))
    assert set(expected.carried["outcome"]) == {"rolled", "run again", "changed"}
    pd.testing.assert_frame_equal(found.carried, expected.carried)
    close = {"rtol": 1e-6, "atol": 1e-6}
    pd.testing.assert_frame_equal(found.forecasts, expected.forecasts, **close)
    own, theirs = (each.states["AutoETS"].to_frame() for each in (found, expected))
    pd.testing.assert_frame_equal(own, theirs, **close)


def test_paths_and_quantiles_of_models_on_a_device_are_the_processors():
    from kernels.on_device import ets_quantiles_on, fit_ets_on, simulate_ets_on

    batch = _batch()
    fits = fit_ets_on("cpu")(batch.values, batch.offsets, 7, ())
    entities, levels = np.arange(3, dtype=np.uint64), np.array([0.1, 0.5, 0.9])
    expected, found = (simulate_ets_on(on)(fits, entities, 4, 3, 5) for on in ("cpu", "cuda"))
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11)
    told = (fits, entities, levels, 4, 2, 5)
    expected, found = (ets_quantiles_on(on)(*told) for on in ("cpu", "cuda"))
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11)


def test_a_model_without_kernels_for_a_device_stays_where_it_is():
    from forecasting import ForecastPlan, runs_on_device
    from forecasting.classes import CLASSES

    plan = ForecastPlan("D", 7, 3, device="cuda")
    assert plan.find("SeasonalNaive") == replace(plan, device="cpu").find("SeasonalNaive")
    placeless = dict.fromkeys(CLASSES, ("SeasonalNaive", "YearlySeasonalSmoothing"))
    assert not runs_on_device(placeless, "D")
    assert runs_on_device({}, "D")


def test_volatility_fitted_on_a_device_is_the_processors():
    from risk.volatility import VolatilityModel, fit_volatility

    moves = 0.01 * np.random.default_rng(10).standard_t(6, (180, 3))
    moves[:40, 1] = np.nan
    model = VolatilityModel(recursion="gjr")
    expected, found = fit_volatility(moves, model), fit_volatility(moves, model, "cuda")
    np.testing.assert_array_equal(found.outcomes, expected.outcomes)
    # Two ends of a search lie apart by the root of what its last step promised.
    np.testing.assert_allclose(found.parameters, expected.parameters, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(found.next_volatility, expected.next_volatility, rtol=1e-4)
