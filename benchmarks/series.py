"""Where real series are, and many of them end to end as kernels take them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from kernels.arrays import Floats, Integers

DATA = Path(__file__).parents[2] / "shared" / "data"


def read_series(name: str) -> list[Floats]:
    """Return the series of a set, (n_periods,) each, in the order of its file."""
    frame = pd.read_parquet(DATA / f"{name}.parquet").dropna(subset=["y"])
    keys = [key for key in ("unique_id", "warehouse_id", "item_id") if key in frame]
    return [own.to_numpy(float) for _, own in frame.groupby(keys, observed=True, sort=False)["y"]]


def end_to_end(series: Sequence[Floats]) -> tuple[Floats, Integers]:
    """Return the observations of all series, and where each starts, (n_series + 1,)."""
    offsets = np.concatenate([[0], np.cumsum([len(y) for y in series])]).astype(np.int64)
    return np.concatenate(series), offsets
