"""The service-cost curve of a warehouse-item: what each level costs and serves."""

from typing import Any

import numpy as np
import pandas as pd

from inventory.policy import Decision
from kernels.arrays import Floats

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


_FIGURES = CURVE_COLUMNS[5:-1]
_POINTS = ("candidate", "today", "no order")


class Curves:
    """Curves of many items: a row per level tried, one for the level held today, one for no order.

    "today" keeps the position where it is tonight, that is, orders up to what is on hand and on
    the way. Differences to the chosen level are paired: path by path, on the same demand and
    lead times, so that their errors are far below those of the costs.
    """

    def __init__(self) -> None:
        self._keys: list[tuple[Any, Any]] = []
        self._chosen: list[int] = []
        self._figures: list[Floats] = []

    def add(self, key: tuple[Any, Any], decision: Decision) -> None:
        """Add the curve of an item.

        Parameters
        ----------
        key : warehouse_id and item_id
        decision : what was tried
        """
        found, over = decision.estimates, decision.over_chosen
        figures = (
            [*decision.levels, 0.0],
            [*decision.reorder_points, 0.0],
            found.cost,
            found.cost_error,
            decision.in_sample.cost,
            found.fill_rate,
            found.fill_rate_error,
            found.cycle_service,
            found.cycle_service_error,
            [each.cost for each in over],
            [each.cost_error for each in over],
        )
        self._keys.append(key)
        self._chosen.append(decision.chosen)
        self._figures.append(np.array(figures))

    def frame(self, currency: str) -> pd.DataFrame:
        """Return the frame of `CURVE_COLUMNS`.

        Parameters
        ----------
        currency : ISO code
        """
        if not self._keys:
            return pd.DataFrame(columns=CURVE_COLUMNS)
        lengths = np.array([own.shape[1] for own in self._figures])
        of_item = np.repeat(np.arange(len(lengths)), lengths)
        number = np.arange(len(of_item)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        left = lengths[of_item] - 1 - number
        figures = dict(zip(_FIGURES, np.concatenate(self._figures, axis=1), strict=True))
        warehouse, item = (pd.Categorical(ids) for ids in zip(*self._keys, strict=True))
        return pd.DataFrame(
            {
                "warehouse_id": warehouse[of_item],
                "item_id": item[of_item],
                "number": number,
                "point": pd.Categorical(np.array(_POINTS, dtype=object)[np.maximum(2 - left, 0)]),
                "chosen": number == np.array(self._chosen)[of_item],
                **figures,
                "currency": pd.Categorical([currency] * len(of_item)),
            }
        )
