"""How far each forecast is trusted when a hierarchy is reconciled."""

from typing import Literal

import numpy as np

from forecasting.errors import PanelError, PlanError
from forecasting.hierarchy.structure import Hierarchy
from kernels.arrays import Floats

Method = Literal["bottom_up", "structural", "variance"]
METHODS: tuple[Method, ...] = ("bottom_up", "structural", "variance")


def make_weights(
    hierarchy: Hierarchy, method: Method, errors: Floats | None = None
) -> tuple[Floats, Floats]:
    """Return the error variance taken for each aggregate and for each leaf.

    Parameters
    ----------
    hierarchy : of the series
    method : "bottom_up" trusts the leaves alone: no aggregate has a finite variance.
        "structural" gives each leaf the same, and an aggregate the sum of its leaves'.
        "variance" takes what was measured
    errors : (n_aggregates + n_leaves,) mean squared error of each base forecast, units squared,
        not negative; an aggregate with 0 or NaN has no forecast of its own that counts, a leaf
        with 0 stays as it is; "variance" alone takes it

    Returns
    -------
    aggregates : (n_aggregates,) variance, inf where the aggregate's own forecast does not count
    leaves : (n_leaves,) variance, finite

    References
    ----------
    Wickramasuriya, Athanasopoulos & Hyndman (2019), "Optimal forecast reconciliation for
    hierarchical and grouped time series through trace minimization", section 2.3.
    """
    n_aggregates, n_leaves = hierarchy.membership.shape
    if method == "bottom_up":
        return np.full(n_aggregates, np.inf), np.ones(n_leaves)
    if method == "structural":
        return np.asarray(hierarchy.membership.sum(axis=1), np.float64), np.ones(n_leaves)
    if method != "variance":
        raise PlanError(f"method must be one of {', '.join(METHODS)}; got {method!r}")
    if errors is None or errors.shape != (n_aggregates + n_leaves,):
        found = "none" if errors is None else str(errors.shape)
        raise PanelError(f"errors must be {n_aggregates + n_leaves} numbers; got {found}")
    above, below = errors[:n_aggregates], errors[n_aggregates:]
    if not np.isfinite(below).all() or (below < 0.0).any():
        raise PanelError("errors of leaves must be finite and not negative")
    if (above < 0.0).any():
        raise PanelError("errors of aggregates must not be negative")
    return np.where(above > 0.0, above, np.inf), below.copy()
