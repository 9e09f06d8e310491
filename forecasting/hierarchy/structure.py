"""Which series make up which aggregate, as a sparse summing matrix."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from forecasting.errors import PanelError
from kernels.arrays import Floats, Integers

# By level, the columns that name its nodes, from the top down.
LEVELS: Mapping[str, tuple[str, ...]] = {
    "total": (),
    "region": ("region",),
    "warehouse": ("warehouse_id",),
    "category": ("category",),
    "warehouse_category": ("warehouse_id", "category"),
}
KEYS = ("region", "warehouse_id", "category", "item_id")


@dataclass(frozen=True)
class Hierarchy:
    """The aggregates of some series, and what each is the sum of.

    Parameters
    ----------
    leaves : warehouse_id, item_id, category, region; a row per series, in the series' order
    aggregates : level, region, warehouse_id, category; a row per aggregate, level by level from
        the top, sorted within each; a key that the level does not have is None
    membership : (n_aggregates, n_leaves) sparse, 1 where the series belongs to the aggregate
    """

    leaves: pd.DataFrame
    aggregates: pd.DataFrame
    membership: sparse.csr_array

    @property
    def summing(self) -> sparse.csr_array:
        """The summing matrix S, (n_aggregates + n_leaves, n_leaves): aggregates, then leaves."""
        below = sparse.eye_array(len(self.leaves), format="csr")
        return sparse.csr_array(sparse.vstack([self.membership, below], format="csr"))

    @property
    def levels(self) -> list[str]:
        """The levels that have an aggregate, from the top."""
        return list(self.aggregates["level"].unique())

    def nodes_at(self, level: str) -> Integers:
        """Return the aggregate of a level that each leaf belongs to, (n_leaves,); -1 for none."""
        rows = np.flatnonzero(self.aggregates["level"] == level)
        found = self.membership[rows].tocoo()
        out = np.full(len(self.leaves), -1)
        out[found.col] = rows[found.row]
        return out

    def sum_up(self, values: Floats) -> Floats:
        """Return the sum of the leaves of each aggregate; leaves along the first axis.

        Parameters
        ----------
        values : (n_leaves, ...) units, finite
        """
        flat = values.reshape(len(self.leaves), -1)
        summed: Floats = self.membership @ flat
        return summed.reshape(-1, *values.shape[1:])


def build_hierarchy(
    series: pd.DataFrame, categories: pd.Series, regions: pd.Series | None = None
) -> Hierarchy:
    """Group series by all levels of `LEVELS`.

    Parameters
    ----------
    series : warehouse_id, item_id; one row per series, none twice
    categories : item_id -> category; a level without any category known is left out, and so is
        a series whose own is not known from the levels that need it
    regions : warehouse_id -> region; treated likewise

    Raises
    ------
    PanelError
        Where a series is listed twice, or an item or warehouse has two groups.
    """
    for name, groups in (("category", categories), ("region", regions)):
        if groups is not None and not groups.index.is_unique:
            twice = groups.index[groups.index.duplicated()][0]
            raise PanelError(f"{name} must be one for each id; got two for {twice!r}")
    leaves = series[["warehouse_id", "item_id"]].reset_index(drop=True)
    if leaves.duplicated().any():
        twice = "/".join(leaves[leaves.duplicated()].iloc[0])
        raise PanelError(f"each series must be listed once; got {twice} twice")
    leaves["category"] = leaves["item_id"].map(categories).astype(object)
    leaves["region"] = (
        None if regions is None else leaves["warehouse_id"].map(regions).astype(object)
    )
    levels = [_level(leaves, name, columns) for name, columns in LEVELS.items()]
    kept = [(nodes, rows) for nodes, rows in levels if len(nodes)]
    if not kept:
        raise PanelError("a hierarchy must have a series at least; got none")
    return Hierarchy(
        leaves,
        pd.concat([nodes for nodes, _ in kept], ignore_index=True),
        sparse.csr_array(sparse.vstack([rows for _, rows in kept], format="csr")),
    )


def _level(
    leaves: pd.DataFrame, level: str, columns: tuple[str, ...]
) -> tuple[pd.DataFrame, sparse.csr_array]:
    """Return the nodes of a level and the series that belong to each."""
    known = leaves[list(columns)].notna().all(axis=1).to_numpy()
    members = np.flatnonzero(known)
    if columns:
        grouped = leaves.loc[known].groupby(list(columns), sort=True, observed=True)
        numbers = grouped.ngroup().to_numpy()
        nodes = leaves.loc[known, list(columns)].drop_duplicates().sort_values(list(columns))
    else:
        numbers = np.zeros(len(members), np.int64)
        nodes = pd.DataFrame(index=range(min(len(members), 1)))
    shape = (len(nodes), len(leaves))
    rows = sparse.csr_array((np.ones(len(members)), (numbers, members)), shape=shape)
    named = {key: nodes[key].to_numpy() if key in columns else None for key in KEYS[:-1]}
    return pd.DataFrame({"level": level, **named}, index=range(len(nodes))), rows
