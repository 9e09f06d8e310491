"""Items decided on together: as many at a time as memory holds, on paths that can be walked."""

from collections.abc import Iterator

import numpy as np

from inventory.lots import most_sizes
from inventory.plan import StockPlan
from inventory.proposal import N_OTHERS
from inventory.refinement import most_refined
from kernels.arrays import Flags, Floats, Integers
from kernels.stock_terms import N_TOTALS

# Of totals and paths that are worked on together: by a processor, and by a launch on a GPU.
_BYTES_TOGETHER = 2**26
_BYTES_OF_A_LAUNCH = 2**28
BAD_PATHS = "demand paths must be finite and not negative"


def blocks_of(items: Integers, n_paths: int, horizon: int, plan: StockPlan) -> Iterator[Integers]:
    """Yield items to simulate together: as many as fit what is worked on at once.

    Parameters
    ----------
    items : numbers of the items
    n_paths, horizon : of the demand of each
    plan : settings
    """
    # The levels tried with each size and then, the one held today, and ordering nothing.
    n_rules = most_sizes(plan.policy) * plan.candidates + N_OTHERS
    n_rules += most_refined(plan.refinements, plan.candidates)
    of_item = 8 * (N_TOTALS * n_rules + horizon) * n_paths
    together = _BYTES_TOGETHER if plan.device == "cpu" else _BYTES_OF_A_LAUNCH
    at_once = max(together // max(of_item, 1), 1)
    for start in range(0, len(items), at_once):
        yield items[start : start + at_once]


def are_bad(paths: Floats) -> Flags:
    """Return which items have paths that are not finite, or negative.

    Parameters
    ----------
    paths : (n_items, ...) float64, units per period
    """
    flat = paths.reshape(len(paths), -1)
    return np.asarray(~(np.isfinite(flat.sum(axis=1)) & (flat.min(axis=1, initial=0.0) >= 0.0)))
