"""The service-cost curve of one item at a time, with tonight's point on it."""

from typing import Any

import pandas as pd

from reports.sections.section import SERIES, Explorer, Tables, has
from reports.wording import money, number, percent, plural

# Items to look at one by one: the dearest orders, and those that ordering nothing hurts most.
MOST_ITEMS = 60


def curve_explorer(tables: Tables) -> Explorer | None:
    """Return the curves of the items that matter most, or None where there are none."""
    if not has(tables, "service_cost_curves", "order_plans"):
        return None
    plans = tables["order_plans"]
    saving = plans["no_order_cost"] - plans["expected_cost"]
    ranked = plans.assign(saving=saving)
    chosen = (
        pd.concat(
            [
                ranked.sort_values("order_value", ascending=False).head(MOST_ITEMS // 2),
                ranked.sort_values("saving", ascending=False).head(MOST_ITEMS),
            ]
        )
        .drop_duplicates(SERIES)
        .head(MOST_ITEMS)
    )
    points = tables["service_cost_curves"].merge(chosen[SERIES], on=SERIES)
    curves = dict(iter(points.groupby(SERIES)))
    data = {
        f"{plan['warehouse_id']} \N{MIDDLE DOT} {plan['item_id']}": _item(
            plan, curves[plan["warehouse_id"], plan["item_id"]].sort_values("number")
        )
        for plan in chosen.to_dict("records")
        if (plan["warehouse_id"], plan["item_id"]) in curves
    }
    note = (
        f"What each level of an item's policy costs and serves, simulated on the same demand and "
        f"lead times; the {len(data)} items with the dearest orders, or that ordering nothing "
        "would hurt most. Bars are one standard error."
    )
    gist = f"every level's cost and service, of {plural(len(data), 'item')} one at a time"
    return Explorer("curves", "Service against cost", note, list(data), data, gist)


def _item(plan: dict[Any, Any], points: pd.DataFrame) -> dict[str, Any]:
    # Service is drawn as the target measures it.
    asked = str(plan["target_measure"])
    column = "cycle_service" if asked == "cycle service" else "fill_rate"
    return {
        "order_up_to": [float(f"{level:.6g}") for level in points["order_up_to"]],
        "cost": [float(f"{cost:.6g}") for cost in points["expected_cost"]],
        "cost_error": [float(f"{e:.3g}") for e in points["expected_cost_standard_error"]],
        "service": [float(f"{rate:.5f}") for rate in points[column]],
        "service_error": [float(f"{e:.3g}") for e in points[f"{column}_standard_error"]],
        "point": [
            "chosen" if own else str(point)
            for own, point in zip(points["chosen"], points["point"], strict=True)
        ],
        "measure": column.replace("_", " "),
        "target": None if asked == "cost" else float(plan["service_target"]),
        "currency": str(plan["currency"]),
        "text": _sentence(plan, points),
    }


def _sentence(plan: dict[Any, Any], points: pd.DataFrame) -> str:
    kept = points[points["point"] == "today"].iloc[0]
    currency = str(plan["currency"])
    return (
        f"Order {number(plan['order_quantity'], 0)} now, up to {number(plan['order_up_to'], 0)}: "
        f"{percent(plan['fill_rate'])} served at {money(plan['expected_cost'], currency)}. "
        f"Keeping tonight's {number(kept['order_up_to'], 0)} instead serves "
        f"{percent(kept['fill_rate'])} and costs {money(kept['cost_over_chosen'], currency)} more "
        f"(\N{PLUS-MINUS SIGN} {money(kept['cost_over_chosen_standard_error'], currency)})."
    )
