"""A small, made-up night, as output tables."""

from functools import cache

import numpy as np
import pandas as pd

from storage.tables import OUTPUT_TABLES, QUANTILES

RUN, AS_OF = "night-20260101-abc", pd.Timestamp("2026-01-01")
DAYS = pd.date_range("2025-11-01", AS_OF, freq="D")
AHEAD = pd.date_range("2026-01-02", periods=14, freq="D")
PLANNER_COSTS = {
    "plan": 80.0,
    "previous plan": 85.0,
    "moving average": 100.0,
    "tuned average": 60.0,
}


def night(warehouse="north", item="tea", book="alpha", instrument="ACME"):
    """Return one series, one order, one book; every table validated, and a copy of one's own."""
    tables = _night(warehouse, item, book, instrument)
    return {name: frame.copy() for name, frame in tables.items()}


@cache
def _night(warehouse, item, book, instrument):
    draws = np.random.default_rng(1)
    series = {"warehouse_id": warehouse, "item_id": item}
    mean = draws.uniform(5, 9, len(AHEAD))
    quantiles = {name: mean * (0.5 + n / 99) for n, name in enumerate(QUANTILES)}
    models = ["SeasonalNaive", "Theta"]
    priced = {"portfolio_id": book, "currency": "USD"}
    risk = [
        {
            **priced,
            "measure": measure,
            "level": level,
            "horizon": horizon,
            "method": method,
            "value": 1000.0 * level * horizon,
            "standard_error": 12.0,
            "market_value": 50_000.0,
        }
        for measure in ("value_at_risk", "expected_shortfall")
        for level in (0.975, 0.99)
        for horizon in (1, 10)
        for method in ("historical", "student_t")
    ]
    limit = {
        **priced,
        "measure": "expected_shortfall",
        "level": 0.975,
        "horizon": 1,
        "method": "student_t",
        "limit": 800.0,
        "value": 975.0,
        "standard_error": 12.0,
        "utilisation": 975.0 / 800.0,
    }
    frames = {
        "demand_actuals": pd.DataFrame(
            {
                **series,
                "ds": DAYS,
                "quantity": draws.poisson(7, len(DAYS)).astype(float),
                "censored": False,
                "repaired": False,
            }
        ),
        "demand_forecasts": pd.DataFrame(
            {**series, "ds": AHEAD, "model": "Theta", "mean": mean, **quantiles}
        ),
        "aggregate_forecasts": pd.DataFrame(
            {
                "level": "warehouse",
                "node": warehouse,
                "region": None,
                "warehouse_id": warehouse,
                "category": None,
                "n_series": 1,
                "ds": AHEAD,
                "mean": mean,
                **quantiles,
            }
        ),
        "forecast_accuracy": pd.DataFrame(
            {
                **series,
                "model": models,
                "demand_class": "smooth",
                "windows": 3,
                "mase": [1.1, 0.8],
                "rmsse": [1.0, 0.7],
                "bias": [0.1, -0.1],
                "pinball": [0.4, 0.3],
                "coverage_80": [0.7, 0.81],
            }
        ),
        "forecast_weights": pd.DataFrame({**series, "model": models, "weight": [0.25, 0.75]}),
        "forecast_coverage": pd.DataFrame(
            {
                "demand_class": "smooth",
                "band": [0, 1],
                "nominal": 80,
                "before": [0.61, 0.63],
                "after": [0.77, 0.79],
            }
        ),
        "forecast_horizons": pd.DataFrame(
            {
                "demand_class": "smooth",
                "band": [0, 1],
                "first_step": [1, 8],
                "last_step": [7, 14],
                "series": 2,
                "mase": [0.7, 0.9],
                "bias": [0.01, -0.02],
                "value_added": [0.31, 0.12],
            }
        ),
        "accuracy_by_horizon": pd.DataFrame(
            {
                **series,
                "demand_class": "smooth",
                "band": [0, 1],
                "first_step": [1, 8],
                "last_step": [7, 14],
                "mase": [0.75, 0.95],
                "bias": [0.2, -0.3],
                "bias_scaled": [0.02, -0.03],
                "coverage_80": [0.825, 0.785],
                "matched_mase": [0.75, 0.95],
                "naive_mase": [1.0, 1.25],
            }
        ),
        "closed_days": pd.DataFrame(
            {
                "warehouse_id": "north",
                "ds": pd.to_datetime(["2025-12-25", "2026-01-06"]).astype("datetime64[us]"),
                "reason": ["found", "kept"],
            }
        ),
        "seasonal_profiles": pd.DataFrame(
            {
                "season": "season",
                "level": "category",
                "name": "tea",
                "ds": pd.date_range("2026-02-02", periods=7, unit="us"),
                "multiple": [0.8, 0.9, 1.0, 1.0, 1.0, 1.2, 1.1],
                "standard_error": 0.01,
            }
        ),
        "driver_effects": pd.DataFrame(
            [
                {
                    "driver": "promotion",
                    "category": category,
                    "change": "promoted",
                    "effect": effect,
                    "standard_error": error,
                    "occasions": 12,
                    "series": 9,
                }
                for category, effect, error in (("", 0.4, 0.05), ("tea", 0.5, None))
            ]
        ),
        "champions": pd.DataFrame(
            [
                {
                    **series,
                    "demand_class": "smooth",
                    "model": "Theta",
                    "distribution": "negative binomial",
                    "score_name": "pinball",
                    "score": 0.3,
                    "history_length": 62,
                    "autocorrelation": 0.1,
                    "reason": "backtest over 3 origins",
                }
            ]
        ),
        "order_plans": pd.DataFrame(
            [
                {
                    **series,
                    "category": "tea",
                    "on_hand": 5.0,
                    "on_order": 0.0,
                    "lead_time_mean": 2.0,
                    "review_period": 1,
                    "policy": "(s, S)",
                    "reorder_point": 20.0,
                    "order_up_to": 30.0,
                    "lot": None,
                    "order_cap": None,
                    "order_quantity": 25.0,
                    "order_value": 12_345.0,
                    "currency": "USD",
                    "service_target": 0.95,
                    "target_measure": "fill rate",
                    "feasible": True,
                    "fill_rate": 0.97,
                    "fill_rate_standard_error": 0.002,
                    "cycle_service": 0.94,
                    "cycle_service_standard_error": 0.003,
                    "expected_cost": 40.0,
                    "expected_cost_standard_error": 1.0,
                    "no_order_cost": 90.0,
                    "no_order_cost_standard_error": 2.0,
                    "no_order_fill_rate": 0.1,
                    "no_order_fill_rate_standard_error": 0.01,
                    "stock_out_risk": 0.4,
                    "stock_out_risk_standard_error": 0.02,
                    "stock_out_cost": 6.0,
                    "stock_out_cost_standard_error": 0.5,
                    "periods_of_cover": 0.7,
                    "cover_after_order": 4.2,
                    "reason": "target 95%; serves 97.0% (±0.2%)",
                }
            ]
        ),
        "warehouse_budgets": pd.DataFrame(
            [
                {
                    "warehouse_id": warehouse,
                    "budget": 10_000.0,
                    "wanted": 12_345.0,
                    "used": 9_876.0,
                    "items": 1,
                    "items_cut": 1,
                    "expected_cost": 60.0,
                    "expected_cost_standard_error": 1.0,
                    "cost_without_budget": 40.0,
                    "cost_without_budget_standard_error": 1.0,
                    "shadow_price": 0.25,
                    "more": 1_000.0,
                    "saving_of_more": 234.0,
                    "currency": "USD",
                }
            ]
        ),
        "warehouse_capacities": pd.DataFrame(
            [
                {
                    "warehouse_id": warehouse,
                    "capacity": 8_000.0,
                    "held": 5_000.0,
                    "wanted": 3_456.0,
                    "used": 2_990.0,
                    "items": 1,
                    "items_cut": 1,
                    "expected_cost": 60.0,
                    "expected_cost_standard_error": 1.0,
                    "cost_without_capacity": 50.0,
                    "cost_without_capacity_standard_error": 1.0,
                    "shadow_price": 0.5,
                    "more": 80.0,
                    "saving_of_more": 37.0,
                    "currency": "USD",
                }
            ]
        ),
        "policy_gaps": pd.DataFrame(
            [
                {
                    "warehouse_id": warehouse,
                    "item_id": item,
                    "policy": "(s, S)",
                    "expected_cost": 62.0,
                    "expected_cost_standard_error": 1.0,
                    "policy_cost": 60.0,
                    "cheapest_level_cost": 56.0,
                    "order_cost": 51.0,
                    "least_cost": 50.0,
                    "currency": "USD",
                }
            ]
        ),
        "transfers": pd.DataFrame(
            [
                {
                    "item_id": item,
                    "from_warehouse_id": "south",
                    "to_warehouse_id": warehouse,
                    "quantity": 12.0,
                    "lead_time": 1,
                    "moving_cost": 6.0,
                    "saving": 77.0,
                    "saving_standard_error": 3.0,
                    "from_order_quantity": 0.0,
                    "to_order_quantity": 13.0,
                    "currency": "USD",
                    "reason": "south holds 90",
                }
            ]
        ),
        "stock_pooling": pd.DataFrame(
            [
                {
                    "item_id": item,
                    "warehouses": 2,
                    "separate_cost": 100.0,
                    "separate_cost_standard_error": 3.0,
                    "pooled_cost": 70.0,
                    "pooled_cost_standard_error": 2.0,
                    "saving": 30.0,
                    "saving_standard_error": 2.0,
                    "currency": "USD",
                }
            ]
        ),
        "decision_backtests": pd.DataFrame(
            [
                {
                    "planner": planner,
                    "items": 2,
                    "known_items": 2,
                    "periods": 3,
                    "demanded": 60.0,
                    "fill_rate": 0.9,
                    "cycle_service": 0.8,
                    "service_target": 0.95,
                    "target_measure": "fill rate",
                    "reached_share": 0.5,
                    "mean_stock": 7.0,
                    "orders": 4,
                    "cost": cost,
                    "saving": cost - 80.0,
                    "saving_standard_error": 4.0,
                    "better_share": 0.5,
                    "currency": "USD",
                }
                for planner, cost in PLANNER_COSTS.items()
            ]
        ),
        "decision_backtest_periods": pd.DataFrame(
            [
                {
                    "planner": planner,
                    "ds": ds,
                    "demanded": 20.0,
                    "items": 2,
                    "sold": 18.0,
                    "covered": 1,
                    "held": 7.0,
                    "ordered": 20.0,
                    "cost": cost / 3.0,
                    "currency": "USD",
                }
                for planner, cost in PLANNER_COSTS.items()
                for ds in DAYS[-3:]
            ]
        ),
        "decision_backtest_items": pd.DataFrame(
            [
                {
                    **series,
                    "planner": planner,
                    "periods": 3,
                    "demanded": 60.0,
                    "sold": 54.0,
                    "covered_periods": 2,
                    "reached_demand": 40.0,
                    "served": 36.0,
                    "reached_periods": 2,
                    "served_periods": 1,
                    "service_target": 0.95,
                    "target_measure": "fill rate",
                    "reached": False,
                    "mean_stock": 7.0,
                    "ordered": 60.0,
                    "orders": 3,
                    "cost": cost,
                    "saving": cost - 80.0,
                    "currency": "USD",
                }
                for planner, cost in PLANNER_COSTS.items()
            ]
        ),
        "portfolio_risk": pd.DataFrame(risk),
        "risk_contributions": pd.DataFrame(
            [
                {
                    **priced,
                    "instrument_id": instrument,
                    "measure": "expected_shortfall",
                    "level": level,
                    "horizon": horizon,
                    "method": method,
                    "market_value": 50_000.0,
                    "value": 1000.0 * level * horizon,
                    "standard_error": 20.0 * level * horizon,
                    "marginal": 0.02 * level * horizon,
                    "incremental": 1000.0 * level * horizon,
                    "incremental_standard_error": 10.0 * level * horizon,
                }
                for level in (0.975, 0.99)
                for horizon in (1, 10)
                for method in ("historical", "student_t")
            ]
        ),
        "loss_quantiles": pd.DataFrame(
            [
                {
                    **priced,
                    "horizon": horizon,
                    "method": method,
                    "probability": p,
                    "loss": 1000.0 * (p - 0.5),
                    "standard_error": 8.0,
                }
                for horizon in (1, 10)
                for method in ("historical", "student_t")
                for p in np.arange(1, 100) / 100
            ]
        ),
        "scenario_sets": pd.DataFrame(
            [
                {
                    "method": method,
                    "horizon": horizon,
                    "scenarios": 40_000,
                    "pilot_scenarios": 20_000,
                    "target_error": 0.01,
                    "largest_error": 0.0099 if horizon == 1 else 0.012,
                    "portfolio_id": priced["portfolio_id"],
                    "repair_distance": None if method == "historical" else 0.25,
                }
                for method in ("historical", "student_t")
                for horizon in (1, 10)
            ]
        ),
        "stress_losses": pd.DataFrame(
            [{**priced, "scenario_id": "crash", "loss": 9_000.0, "market_value": 50_000.0}]
        ),
        "limit_utilisation": pd.DataFrame([limit]),
        "limit_breaches": pd.DataFrame([limit]),
        "market_outlook": pd.DataFrame(
            [
                {
                    "instrument_id": instrument,
                    "kind": "equity",
                    "observations": 500,
                    "close": 10.0,
                    "trend": 0.05,
                    "trend_standard_error": 0.1,
                    "volatility": 0.2,
                    "volatility_standard_error": 0.03,
                    "long_run_volatility": 0.25,
                    "long_run_volatility_standard_error": 0.01,
                }
            ]
        ),
        "rejects": pd.DataFrame(
            [
                {
                    "number": 0,
                    "input": "demand",
                    "source": "demand.csv",
                    "row": 7,
                    "entity": f"{warehouse}/{item}",
                    "severity": "row",
                    "code": "negative",
                    "column": "quantity",
                    "value": "-4",
                    "advice": "quantity must be at least 0",
                }
            ]
        ),
        "repairs": pd.DataFrame(
            [
                {
                    "number": 0,
                    "input": "demand",
                    "entity": f"{warehouse}/{item}",
                    "ds": AS_OF,
                    "periods": 3,
                    "code": "gap_filled",
                    "column": "quantity",
                    "detail": "missing periods had no sale: 0",
                }
            ]
        ),
        "failures": pd.DataFrame(
            [
                {
                    "input": "demand",
                    "entity": f"{warehouse}/{item}-2",
                    "stage": "predict",
                    "error_type": "ValueError",
                    "message": "no such luck",
                }
            ]
        ),
        "runs": pd.DataFrame(
            [
                {
                    "job": "night",
                    "status": "published",
                    "code_version": "0.1.0+abc",
                    "device": "cpu",
                    "seed": 1,
                    "started_at": AS_OF,
                    "finished_at": AS_OF,
                    "machine": "x86_64, 2 cores, Linux",
                }
            ]
        ),
        "run_entities": pd.DataFrame(
            [
                {
                    "input": "demand",
                    "rows_in": 62,
                    "rows_rejected": 1,
                    "entities_in": 2,
                    "published": 1,
                    "rejected": 0,
                    "failed": 1,
                }
            ]
        ),
        "run_steps": pd.DataFrame(
            [
                {
                    "number": 0,
                    "step": "check",
                    "seconds": 1.25,
                    "peak_memory_mb": 300.0,
                    "entities": 2,
                    "reused_chunks": 0,
                    "chunks": 1,
                }
            ]
        ),
    }
    return {
        name: OUTPUT_TABLES[name].validate(frame.assign(run_id=RUN, as_of=AS_OF))
        for name, frame in frames.items()
    }
