"""Ids and names in frames of orders, each text held once."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from kernels.arrays import Integers

SERIES = ["warehouse_id", "item_id"]
# What many rows share; a reason is of its own row.
NAMES = (
    "warehouse_id",
    "from_warehouse_id",
    "to_warehouse_id",
    "item_id",
    "category",
    "planner",
    "policy",
    "target_measure",
    "kind",
    "currency",
)


def periods(number: float) -> str:
    """Return a whole number of periods as it is spoken of: 1 period, 2,036 periods."""
    told = f"{number:,.0f}"
    return f"{told} period" if told == "1" else f"{told} periods"


def with_names_coded(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose ids and names are categoricals, with their categories in order."""
    coded = [name for name in NAMES if name in frame]
    return frame.astype(dict.fromkeys(coded, "category")) if len(frame) else frame


def coded_ids(keys: Sequence[tuple[Any, Any]], items: Integers) -> dict[str, pd.Categorical]:
    """Return the ids of items, a row each as often as it is named, by column.

    Parameters
    ----------
    keys : warehouse_id and item_id of each item
    items : (n_rows,) int64, numbers of items
    """
    ids = zip(SERIES, zip(*keys, strict=True), strict=True)
    return {name: pd.Categorical(own)[items].remove_unused_categories() for name, own in ids}
