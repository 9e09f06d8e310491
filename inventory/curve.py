"""The service-cost curve of a warehouse-item: what each level costs and serves."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inventory.policy import Decisions
from inventory.proposal import N_OTHERS

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


_POINTS = ("candidate", "today", "no order")


def curve_columns(decisions: Decisions) -> dict[str, NDArray[np.generic]]:
    """Return the curves of items: a row per level tried, one for today's level, one for no order.

    "today" keeps the position where it is tonight, that is, orders up to what is on hand and on
    the way. Differences to the chosen level are paired: path by path, on the same demand and
    lead times, so that their errors are far below those of the costs.

    Parameters
    ----------
    decisions : what was tried

    Returns
    -------
    The columns of `CURVE_COLUMNS` but ids and currency, and ``item``, the number of the item; of
    ``point`` the place among its names.
    """
    offsets, levels = decisions.offsets, decisions.levels
    lengths = np.diff(offsets)
    item = np.repeat(np.arange(len(lengths)), lengths)
    number = np.arange(offsets[-1]) - offsets[item]
    left = lengths[item] - 1 - number
    points, up_to = np.zeros(len(item)), np.zeros(len(item))
    points[left >= N_OTHERS], up_to[left >= N_OTHERS] = levels.reorder_point, levels.order_up_to
    points[left == 1], up_to[left == 1] = decisions.kept.T
    some = left > 0
    points[some] += decisions.positions.late_receipts[item[some]]
    up_to[some] += decisions.positions.late_receipts[item[some]]
    found = decisions.estimates
    return {
        "item": item,
        "number": number,
        "point": np.maximum(N_OTHERS - left, 0),
        "chosen": number == decisions.chosen[item],
        "order_up_to": up_to,
        "reorder_point": points,
        "expected_cost": found.cost,
        "expected_cost_standard_error": found.cost_error,
        "in_sample_cost": decisions.in_sample.cost,
        "fill_rate": found.fill_rate,
        "fill_rate_standard_error": found.fill_rate_error,
        "cycle_service": found.cycle_service,
        "cycle_service_standard_error": found.cycle_service_error,
        "cost_over_chosen": decisions.over_chosen[0],
        "cost_over_chosen_standard_error": decisions.over_chosen[1],
    }


def curve_frame(
    columns: Mapping[str, NDArray[np.generic]], ids: Mapping[str, pd.Categorical], currency: str
) -> pd.DataFrame:
    """Return the frame of `CURVE_COLUMNS`.

    Parameters
    ----------
    columns : of `curve_columns`
    ids : warehouse_id and item_id, a row each
    currency : ISO code
    """
    point = pd.Categorical(np.array(_POINTS, dtype=object)[columns["point"]])
    frame = pd.DataFrame({**columns, **ids, "point": point}, columns=CURVE_COLUMNS[:-1])
    return frame.assign(currency=pd.Categorical([currency] * len(frame)))
