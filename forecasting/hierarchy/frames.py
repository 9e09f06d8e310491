"""Forecasts of aggregates, as the frame of their table."""

import numpy as np
import pandas as pd

from forecasting.distributions import LEVELS, QUANTILES
from forecasting.errors import PanelError
from forecasting.hierarchy.structure import KEYS, Hierarchy
from forecasting.hierarchy.structure import LEVELS as AGGREGATES
from kernels.arrays import Dates, Floats, Integers

NODE = "node"


def name_nodes(hierarchy: Hierarchy) -> pd.Series:
    """Return a name for each aggregate, one of its own within its level: its ids, "/" between."""
    keys = hierarchy.aggregates
    named = [
        "/".join(str(getattr(row, key)) for key in AGGREGATES[str(row.level)]) or str(row.level)
        for row in keys.itertuples()
    ]
    return pd.Series(named, dtype=object, name=NODE)


def aggregate_frame(
    hierarchy: Hierarchy,
    periods: Dates,
    means: Floats,
    paths: Floats,
    counts: Integers | None = None,
) -> pd.DataFrame:
    """Return level, node, region, warehouse_id, category, n_series, ds, mean, q01 ... q99.

    Parameters
    ----------
    hierarchy : of the series
    periods : (horizon,) starts of the periods
    means : (n_aggregates, horizon) units per period
    paths : (n_aggregates, n_paths, horizon) units per period; the quantiles are theirs, by linear
        interpolation between order statistics
    counts : (n_aggregates, horizon) int64, series added up in each period; None is all of them

    Raises
    ------
    PanelError
        Where shapes do not agree.
    """
    n_aggregates, horizon = len(hierarchy.aggregates), len(periods)
    if means.shape != (n_aggregates, horizon) or paths.shape[::2] != means.shape:
        raise PanelError(
            f"means and paths must be of {n_aggregates} aggregates over {horizon} periods; "
            f"got {means.shape} and {paths.shape}"
        )
    if counts is None:
        members = np.asarray(hierarchy.membership.sum(axis=1)).astype(np.int64)
        counts = np.broadcast_to(members[:, None], means.shape)
    head = hierarchy.aggregates[["level", *KEYS[:-1]]].assign(node=name_nodes(hierarchy))
    rows = head.loc[head.index.repeat(horizon)].reset_index(drop=True)
    quantiles = np.moveaxis(np.quantile(paths, LEVELS, axis=1), 0, -1)
    body = pd.DataFrame(quantiles.reshape(-1, len(LEVELS)), columns=QUANTILES)
    body.insert(0, "mean", means.reshape(-1))
    body.insert(0, "ds", np.tile(periods, n_aggregates))
    body.insert(0, "n_series", counts.reshape(-1))
    return pd.concat([rows, body], axis=1)
