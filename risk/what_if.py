"""What if: two versions of a book under common scenarios, and the error of their difference.

References
----------
Glasserman & Yao (1992), "Some guidelines and guarantees for common random numbers", Management
Science 38(6); Manistre & Hancock (2005) and Bofinger (1975), as of `risk.measures.influence`.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kernels.arrays import Floats
from risk.errors import PlanError
from risk.measures.influence import density_at, quantile_influence, shortfall_influence
from risk.measures.tail import Tail, measure_tails

COLUMNS = [
    "measure",
    "level",
    "before",
    "after",
    "difference",
    "standard_error",
    "independent_error",
]


def compare_losses(
    before: Floats, after: Floats, levels: Sequence[float], overlap: int = 1
) -> pd.DataFrame:
    """Compare the tail of a book before and after a change, under the same scenarios.

    Because both are valued in the same scenarios, most of the sampling error cancels: the error
    of the difference is far below that of either figure.

    Parameters
    ----------
    before, after : (n_scenarios,) float64, money, losses in the same scenarios; a loss is
        positive, no NaN
    levels : in (0, 1)
    overlap : days that neighbouring scenarios share, as in `risk.measures.tail.measure_tails`

    Returns
    -------
    Frame of measure, level, before, after, difference (after - before, so that a negative one is
    less risk), standard_error of the difference, and independent_error: what that error would be
    with scenarios drawn anew for each.

    Raises
    ------
    PlanError
        Where the scenarios are not the same number, or a level is out of range.

    References
    ----------
    Glasserman & Yao (1992); Manistre & Hancock (2005), eq. 8; Bofinger (1975).
    """
    if len(before) != len(after):
        raise PlanError(
            f"both books need the same scenarios; got {len(before)} and {len(after)} of them"
        )
    growth = float(np.sqrt(overlap / len(before)))
    rows = []
    tails = zip(
        levels,
        measure_tails(before, levels, overlap),
        measure_tails(after, levels, overlap),
        strict=True,
    )
    for level, old, new in tails:
        for measure, influence in (
            ("value_at_risk", _on_quantile),
            ("expected_shortfall", _on_tail),
        ):
            change = influence(after, new, level) - influence(before, old, level)
            first, second = getattr(old, measure), getattr(new, measure)
            errors = getattr(old, f"{measure}_error"), getattr(new, f"{measure}_error")
            rows.append(
                {
                    "measure": measure,
                    "level": level,
                    "before": first,
                    "after": second,
                    "difference": second - first,
                    "standard_error": growth * float(change.std()),
                    "independent_error": float(np.hypot(*errors)),
                }
            )
    return pd.DataFrame(rows, columns=COLUMNS)


def _on_tail(losses: Floats, tail: Tail, level: float) -> Floats:
    return shortfall_influence(losses, tail.value_at_risk, level)


def _on_quantile(losses: Floats, tail: Tail, level: float) -> Floats:
    density = density_at(np.sort(losses), len(losses), level)
    return quantile_influence(losses, tail.value_at_risk, density)
