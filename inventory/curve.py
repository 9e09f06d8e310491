"""The service-cost curve of a warehouse-item: what each level costs and serves."""

from typing import Any

from inventory.policy import Decision

CURVE_COLUMNS = [
    "warehouse_id",
    "item_id",
    "number",
    "point",
    "chosen",
    "order_up_to",
    "reorder_point",
    "expected_cost",
    "expected_cost_standard_error",
    "in_sample_cost",
    "fill_rate",
    "fill_rate_standard_error",
    "cycle_service",
    "cycle_service_standard_error",
    "cost_over_chosen",
    "cost_over_chosen_standard_error",
    "currency",
]


def curve_rows(key: tuple[Any, Any], decision: Decision, currency: str) -> list[dict[str, Any]]:
    """Return a row per level tried, one for the level held today, one for ordering nothing.

    "today" keeps the position where it is tonight, that is, orders up to what is on hand and on
    the way. Differences to the chosen level are paired: path by path, on the same demand and
    lead times, so that their errors are far below those of the costs.

    Parameters
    ----------
    key : warehouse_id and item_id
    decision : what was tried
    currency : ISO code
    """
    found = decision.estimates
    n_levels = len(decision.levels)
    rows = []
    for n, over in enumerate(decision.over_chosen):
        ordering = n < n_levels
        rows.append(
            {
                "warehouse_id": key[0],
                "item_id": key[1],
                "number": n,
                "point": "candidate" if n < n_levels - 1 else "today" if ordering else "no order",
                "chosen": n == decision.chosen,
                "order_up_to": float(decision.levels[n]) if ordering else 0.0,
                "reorder_point": float(decision.reorder_points[n]) if ordering else 0.0,
                "expected_cost": float(found.cost[n]),
                "expected_cost_standard_error": float(found.cost_error[n]),
                "in_sample_cost": float(decision.in_sample.cost[n]),
                "fill_rate": float(found.fill_rate[n]),
                "fill_rate_standard_error": float(found.fill_rate_error[n]),
                "cycle_service": float(found.cycle_service[n]),
                "cycle_service_standard_error": float(found.cycle_service_error[n]),
                "cost_over_chosen": over.cost,
                "cost_over_chosen_standard_error": over.cost_error,
                "currency": currency,
            }
        )
    return rows
