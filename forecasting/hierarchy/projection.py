"""Reconciliation by weighted least squares, through one factorised system of the aggregates."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import SuperLU, splu

from forecasting.errors import PanelError
from forecasting.hierarchy.structure import Hierarchy
from kernels.arrays import Flags, Floats, Integers


@dataclass(frozen=True)
class Projection:
    """The projection of base forecasts onto what is coherent.

    Of all leaves b that could be, it takes those that minimise the squared distance of
    (A b, b) to the base forecasts, each divided by its variance. With V_a and V_b the variances of
    aggregates and leaves, b + V_b A' (A V_b A' + V_a)^-1 (a - A b): the system has a row per
    aggregate, never one per leaf.

    Parameters
    ----------
    hierarchy : of the series
    counted : (n_aggregates,) whether the aggregate's own forecast counts
    leaf_variances : (n_leaves,)
    factors : of A V_b A' + V_a over the aggregates that count; None where none does

    References
    ----------
    Wickramasuriya, Athanasopoulos & Hyndman (2019), equation 9, by the Woodbury identity.
    """

    hierarchy: Hierarchy
    counted: Flags
    leaf_variances: Floats
    factors: SuperLU | None

    def multipliers(self, own: Floats, summed: Floats) -> Floats:
        """Return what each aggregate pulls at its leaves, (n_aggregates, ...).

        Parameters
        ----------
        own : (n_aggregates, ...) base forecasts; those that do not count may be NaN
        summed : the same shape, the sums of the leaves' base forecasts

        Raises
        ------
        PanelError
            Where a base forecast that counts is not finite, or shapes differ.
        """
        if own.shape != summed.shape or len(own) != len(self.counted):
            raise PanelError(
                f"own and summed must have {len(self.counted)} rows and one shape; "
                f"got {own.shape} and {summed.shape}"
            )
        pull = np.zeros(own.shape)
        if self.factors is None:
            return pull
        gap = (own - summed)[self.counted].reshape(int(self.counted.sum()), -1)
        if not np.isfinite(gap).all():
            raise PanelError("base forecasts of aggregates that count must be finite")
        pull[self.counted] = self.factors.solve(gap).reshape(-1, *own.shape[1:])
        return pull

    def adjust(self, values: Floats, pull: Floats, leaves: Integers | None = None) -> Floats:
        """Return the leaves' reconciled forecasts; they may be negative.

        Parameters
        ----------
        values : (n_chosen, ...) base forecasts of the leaves
        pull : of `multipliers`, over the same periods and paths
        leaves : (n_chosen,) numbers of the leaves; None is all, in order. A leaf's result does not
            depend on which others are chosen
        """
        chosen = np.arange(len(self.leaf_variances)) if leaves is None else leaves
        up = sparse.csr_array(self.hierarchy.membership.T.tocsr()[chosen])
        moved = up @ pull.reshape(len(pull), -1)
        scaled = self.leaf_variances[chosen][:, None] * moved
        adjusted: Floats = values + scaled.reshape(values.shape)
        return adjusted

    def reconcile(self, own: Floats, leaves: Floats, *, nonnegative: bool) -> tuple[Floats, Floats]:
        """Return coherent forecasts of the aggregates and of the leaves.

        Parameters
        ----------
        own : (n_aggregates, ...) base forecasts of the aggregates
        leaves : (n_leaves, ...) base forecasts of the leaves, finite
        nonnegative : whether a leaf that the projection takes below zero is set to zero; the
            aggregates are summed after that, so the result is coherent, and no longer the
            nearest of all (Di Fonzo & Girolimetto 2023, "sntz")
        """
        if not np.isfinite(leaves).all():
            raise PanelError("base forecasts of leaves must be finite")
        pull = self.multipliers(own, self.hierarchy.sum_up(leaves))
        found = self.adjust(leaves, pull)
        if nonnegative:
            found = np.maximum(found, 0.0)
        return self.hierarchy.sum_up(found), found


def make_projection(
    hierarchy: Hierarchy, aggregate_variances: Floats, leaf_variances: Floats
) -> Projection:
    """Factorise the projection of a hierarchy.

    Parameters
    ----------
    hierarchy : of the series
    aggregate_variances : (n_aggregates,) positive; inf where the own forecast does not count
    leaf_variances : (n_leaves,) finite, not negative; a leaf with 0 is left as it is

    Raises
    ------
    PanelError
        Where a variance is out of its range.
    """
    members = hierarchy.membership
    if aggregate_variances.shape != members.shape[:1] or not (aggregate_variances > 0.0).all():
        raise PanelError(f"aggregate_variances must be {members.shape[0]} positive numbers")
    fine = np.isfinite(leaf_variances).all() and (leaf_variances >= 0.0).all()
    if leaf_variances.shape != members.shape[1:] or not fine:
        raise PanelError(f"leaf_variances must be {members.shape[1]} finite numbers, 0 or more")
    counted = np.isfinite(aggregate_variances)
    if not counted.any():
        return Projection(hierarchy, counted, leaf_variances, None)
    above = members[np.flatnonzero(counted)]
    spread = above @ sparse.diags_array(leaf_variances) @ above.T
    system = spread + sparse.diags_array(aggregate_variances[counted])
    return Projection(hierarchy, counted, leaf_variances, splu(sparse.csc_array(system)))
