"""What series are added up by, beside their warehouses."""

import pandas as pd

from flows.run import Run


def categories_of(run: Run) -> pd.Series:
    """Return item_id -> category; none where the run has no items."""
    clean = run.staging.clean("items")
    if not clean.exists():
        return pd.Series(dtype=object, name="category")
    items = pd.read_parquet(clean, columns=["item_id", "category"])
    return items.set_index("item_id")["category"]


def regions_of(run: Run) -> pd.Series:
    """Return warehouse_id -> region, as the job names them."""
    assert run.job.demand is not None
    return pd.Series(run.job.demand.regions, dtype=object, name="region")
