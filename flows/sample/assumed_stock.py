"""Items and stock assumed from the level of demand, where no stock data exists."""

import numpy as np
import pandas as pd

from flows.spec import AssumedStock

CATEGORY = "all"


def assume_stock(level: pd.DataFrame, assumed: AssumedStock) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return items and stock that follow from stated assumptions.

    Parameters
    ----------
    level : warehouse_id, item_id, mean_quantity (units per period)
    assumed : lead times, costs and cover

    Returns
    -------
    items, stock : frames of those input tables; every item costs and packs the same
    """
    items = pd.DataFrame({"item_id": sorted(level["item_id"].unique())}).assign(
        category=CATEGORY,
        unit_cost=assumed.unit_cost,
        unit_price=assumed.unit_price,
        case_pack=assumed.case_pack,
        minimum_order=assumed.minimum_order,
    )
    stock = level[["warehouse_id", "item_id"]].assign(
        on_hand=np.floor(level["mean_quantity"] * assumed.periods_of_cover),
        lead_time_mean=assumed.lead_time_mean,
        lead_time_deviation=assumed.lead_time_deviation,
        review_period=assumed.review_period,
        holding_cost=assumed.holding_cost_rate * assumed.unit_cost,
        shortage_cost=assumed.shortage_cost_rate * assumed.unit_price,
        ordering_cost=assumed.ordering_cost,
        service_target=assumed.service_target,
    )
    return items, stock
