"""Demand classes.

References
----------
Syntetos, Boylan & Croston (2005), "On the categorization of demand patterns", Journal of the
Operational Research Society 56(5): cut-offs 1.32 for the mean interval, 0.49 for CV squared.
"""

import numpy as np

from forecasting.labels import Labels
from forecasting.panel import Batch
from kernels.demand_history import intervals_and_variations

CLASSES = ("smooth", "intermittent", "erratic", "lumpy")
INTERVAL_CUT = 1.32
VARIATION_CUT = 0.49


def classify_demand(batch: Batch) -> Labels:
    """Return the class of each series: smooth, intermittent, erratic or lumpy.

    Parameters
    ----------
    batch : demand, units per period; periods that were not observed are left out

    Returns
    -------
    Of (n_series,). By the mean interval between demands (periods over periods with demand)
    and the squared coefficient of variation of the sizes of demand (population variance). A
    series without demand is intermittent.
    """
    measured = np.empty((len(batch), 2))
    seen = batch.observed()
    intervals_and_variations(seen.values, seen.offsets, measured)
    rare = measured[:, 0] >= INTERVAL_CUT
    varied = measured[:, 1] >= VARIATION_CUT
    return Labels.coded(2 * rare + varied, ("smooth", "erratic", "intermittent", "lumpy"))
