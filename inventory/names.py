"""Ids and names in frames of orders, each text held once."""

import pandas as pd

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


def with_names_coded(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose ids and names are categoricals, with their categories in order."""
    coded = [name for name in NAMES if name in frame]
    return frame.astype(dict.fromkeys(coded, "category")) if len(frame) else frame
