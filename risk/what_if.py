"""What if: two versions of a book under common scenarios, and the error of their difference.

References
----------
Glasserman & Yao (1992), "Some guidelines and guarantees for common random numbers", Management
Science 38(6); Manistre & Hancock (2005), "Variance of the CTE estimator", North American Actuarial
Journal 9(2), eq. 8 (the influence of a loss on expected shortfall);
Siddiqui (1960) and Bofinger (1975), "Estimation of a density function using order statistics",
Australian Journal of Statistics 17(1) (the density at a quantile).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from kernels.arrays import Floats
from risk.errors import PlanError
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
    """Return what each scenario contributes to the error of expected shortfall."""
    return np.maximum(losses - tail.value_at_risk, 0.0) / (1.0 - level)


def _on_quantile(losses: Floats, tail: Tail, level: float) -> Floats:
    """Return what each scenario contributes to the error of value at risk."""
    density = _density_at(losses, level)
    return (losses > tail.value_at_risk) / density if density > 0.0 else np.zeros(len(losses))


def _density_at(losses: Floats, level: float) -> float:
    """Return the density of the losses at a quantile, from the spacing of their order statistics.

    Zero where the losses around it are all the same: such a quantile has no error.
    """
    n = len(losses)
    score = float(stats.norm.ppf(level))
    width = float(n**-0.2 * (4.5 * stats.norm.pdf(score) ** 4 / (2.0 * score**2 + 1.0) ** 2) ** 0.2)
    reach = min(width, level, 1.0 - level)
    low, high = np.quantile(losses, [level - reach, level + reach])
    return 2.0 * reach / float(high - low) if high > low else 0.0
