"""How far the errors of series go together, by the levels of the company that they share.

A series' error is taken for the sum of independent parts: one that all series have in common, one
that those of its warehouse have in common, and so on, and its own. The share of a level is what its
part takes of the variance, the same for every series; two series' errors are correlated by the
shares of all levels at which they are in one node. Sums of demand err by far more than series that
err each by itself would let them, and most of what a total errs by is what all series have in
common.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import nnls

from forecasting.autocorrelation import HIGHEST, error_autocorrelation
from forecasting.hierarchy.structure import Hierarchy
from forecasting.paths import SharedScores
from kernels.arrays import Floats, Integers, Words
from kernels.demand_paths import fill_shared_scores

# level, share of variance, and the lag-1 correlation over time of what is shared.
DEPENDENCE = ["level", "share", "autocorrelation"]


def learn_dependence(hierarchy: Hierarchy, errors: Floats, weights: Floats) -> pd.DataFrame:
    """Return the share of each level in the variance of errors, `DEPENDENCE`.

    The shares are those, none below zero, with which products of errors of two series, added up
    over the pairs in one node, are nearest to what they were; levels without a pair are left out.

    Parameters
    ----------
    hierarchy : of the series
    errors : (n_series, windows, horizon) demand less forecast of a period that is the same for all
        series, units; NaN where it is not known
    weights : (n_series,) series that each stands for, 1 or more

    References
    ----------
    Lawson & Hanson (1974), "Solving Least Squares Problems", ch. 23 (least squares, none negative);
    Searle, Casella & McCulloch (1992), "Variance Components", ch. 5 (by moments).
    """
    seen = np.isfinite(errors)
    known = np.where(seen, errors, 0.0)
    counts = np.maximum(seen.sum(axis=(1, 2)), 1)
    deviation = np.sqrt((known**2).sum(axis=(1, 2)) / counts)
    products = (weights[:, None, None] * known).reshape(len(errors), -1)
    largest = ((weights * deviation)[:, None, None] * seen).reshape(len(errors), -1)
    nodes = {level: hierarchy.nodes_at(level) for level in hierarchy.levels}
    own = {level: _over_pairs(largest, places) for level, places in nodes.items()}
    levels = [level for level, squares in own.items() if squares > 0.0]
    if not levels:
        return pd.DataFrame(columns=DEPENDENCE)
    found = [_over_pairs(products, nodes[level]) / own[level] for level in levels]
    system = [
        [_over_pairs(largest, _both(nodes[row], nodes[column])) / own[row] for column in levels]
        for row in levels
    ]
    shares, _ = nnls(np.array(system), np.array(found))
    shares *= min(1.0, HIGHEST / max(shares.sum(), HIGHEST))
    total = products.sum(axis=0).reshape(1, *errors.shape[1:])
    (lasting,) = error_autocorrelation(np.zeros_like(total), total)
    return pd.DataFrame(dict(zip(DEPENDENCE, (levels, shares, max(lasting, 0.0)), strict=True)))


@dataclass(frozen=True)
class SharedErrors:
    """What the errors of all series have in common on each path.

    Parameters
    ----------
    scores : (n_aggregates, n_paths, n_periods) float64, standard normal; of levels that have a
        share alone
    nodes : (n_series, n_levels) int64, the series' aggregate at each such level; -1 for none
    shares : (n_levels,) float64 of the variance of a series' scores
    """

    scores: Floats
    nodes: Integers
    shares: Floats

    @classmethod
    def draw(
        cls,
        hierarchy: Hierarchy,
        dependence: pd.DataFrame,
        entities: Words,
        n_paths: int,
        n_periods: int,
        seed: int,
    ) -> Self:
        """Draw the scores of every aggregate.

        Parameters
        ----------
        hierarchy : of the series
        dependence : `DEPENDENCE`, as `learn_dependence` returns it
        entities : (n_aggregates,) uint64, stable identities
        n_paths, n_periods : of the scores
        seed : in [0, 2**32)
        """
        sharing = dependence[dependence["level"].isin(hierarchy.levels)]
        sharing = sharing[sharing["share"] > 0.0]
        nodes = np.full((len(hierarchy.leaves), len(sharing)), -1)
        scores = np.zeros((len(hierarchy.aggregates), n_paths, n_periods))
        for column, level in enumerate(sharing["level"]):
            nodes[:, column] = hierarchy.nodes_at(level)
            rows = np.flatnonzero(hierarchy.aggregates["level"] == level)
            lasting = float(sharing["autocorrelation"].iloc[column])
            fill_shared_scores(seed, entities[rows], lasting, scores[rows[0] : rows[-1] + 1])
        return cls(scores, nodes, sharing["share"].to_numpy(np.float64))

    def of(self, series: Integers, starts: Integers) -> SharedScores | None:
        """Return the scores of some series, whose paths begin in the periods ``starts``.

        None where no level has a share.
        """
        if not len(self.shares):
            return None
        return SharedScores(self.scores, self.nodes[series], self.shares, starts)


def _over_pairs(values: Floats, nodes: Integers) -> float:
    """Return the sum over nodes, cells and ordered pairs of two of a node's rows of products."""
    rows = np.flatnonzero(nodes >= 0)
    shape = (int(nodes.max(initial=-1)) + 1, len(values))
    members = sparse.csr_array((np.ones(len(rows)), (nodes[rows], rows)), shape=shape)
    return float(((members @ values) ** 2).sum() - (values[rows] ** 2).sum())


def _both(one: Integers, other: Integers) -> Integers:
    """Return the number of each pair of nodes; -1 where either is none."""
    known = (one >= 0) & (other >= 0)
    out = np.full(len(one), -1)
    pairs = np.column_stack([one[known], other[known]])
    out[known] = np.unique(pairs, axis=0, return_inverse=True)[1].reshape(-1)
    return out
