"""Small companies to add up."""

import numpy as np
import pandas as pd

from forecasting.hierarchy import Hierarchy, build_hierarchy


def make_company(n_warehouses: int, n_items: int, seed: int) -> Hierarchy:
    """Return a hierarchy in which each warehouse holds some of the items."""
    rng = np.random.default_rng(seed)
    pairs = [
        (f"w{w}", f"i{i}")
        for w in range(n_warehouses)
        for i in range(n_items)
        if rng.random() < 0.8 or i == w % n_items
    ]
    series = pd.DataFrame(pairs, columns=["warehouse_id", "item_id"])
    categories = pd.Series({f"i{i}": f"c{i % 3}" for i in range(n_items)})
    regions = pd.Series({f"w{w}": f"r{w % 2}" for w in range(n_warehouses)})
    return build_hierarchy(series, categories, regions)
