"""What if: two versions of a book under common scenarios, and the error of their difference.

References
----------
Glasserman & Yao (1992), "Some guidelines and guarantees for common random numbers", Management
Science 38(6); Manistre & Hancock (2005) and Bofinger (1975), as of `risk.measures.influence`;
L'Ecuyer & Lemieux (2002), as of `risk.scenarios.precision`.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kernels.arrays import Floats
from risk.errors import PlanError
from risk.measures.influence import (
    density_at,
    influence_error,
    quantile_influence,
    shortfall_influence,
)
from risk.measures.tail import Tail, measure_tails
from risk.scenarios.precision import randomised_errors

COLUMNS = [
    "measure",
    "level",
    "before",
    "after",
    "difference",
    "standard_error",
    "independent_error",
]
MEASURES = ("value_at_risk", "expected_shortfall")


def compare_losses(
    before: Floats,
    after: Floats,
    levels: Sequence[float],
    overlap: int = 1,
    randomisations: int | None = None,
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
    randomisations : of quasi-random scenarios, which are no independent draws: errors come from
        the spread over them, as in `risk.measures.influence.influence_error`

    Returns
    -------
    Frame of measure, level, before, after, difference (after - before, so that a negative one is
    less risk), standard_error of the difference, and independent_error: what that error would be
    with scenarios drawn anew for each.

    Raises
    ------
    PlanError
        Where the scenarios are not the same number, a level is out of range, or there are too few
        scenarios for the randomisations.

    References
    ----------
    Glasserman & Yao (1992); Manistre & Hancock (2005), eq. 8; Bofinger (1975); L'Ecuyer & Lemieux
    (2002), section 1.
    """
    if len(before) != len(after):
        raise PlanError(
            f"both books need the same scenarios; got {len(before)} and {len(after)} of them"
        )
    rows = []
    tails = zip(
        levels,
        measure_tails(before, levels, overlap),
        measure_tails(after, levels, overlap),
        strict=True,
    )
    for level, old, new in tails:
        errors = _errors(before, old, after, new, level, overlap, randomisations)
        for measure, (error, independent) in zip(MEASURES, errors, strict=True):
            first, second = getattr(old, measure), getattr(new, measure)
            rows.append(
                {
                    "measure": measure,
                    "level": level,
                    "before": first,
                    "after": second,
                    "difference": second - first,
                    "standard_error": error,
                    "independent_error": independent,
                }
            )
    return pd.DataFrame(rows, columns=COLUMNS)


def _errors(
    before: Floats,
    old: Tail,
    after: Floats,
    new: Tail,
    level: float,
    overlap: int,
    randomisations: int | None,
) -> list[tuple[float, float]]:
    """Return the error of each measure's difference, and what it would be of scenarios anew."""
    alone = np.array([[getattr(tail, f"{name}_error") for tail in (old, new)] for name in MEASURES])
    if randomisations is not None:
        alone = np.array(
            [randomised_errors(each, (level,), randomisations)[0] for each in (before, after)]
        ).T
    changes = (
        influence(after, new, level) - influence(before, old, level)
        for influence in (_on_quantile, _on_tail)
    )
    errors = [influence_error(change, overlap, randomisations) for change in changes]
    return [(error, float(np.hypot(*own))) for error, own in zip(errors, alone, strict=True)]


def _on_tail(losses: Floats, tail: Tail, level: float) -> Floats:
    return shortfall_influence(losses, tail.value_at_risk, level)


def _on_quantile(losses: Floats, tail: Tail, level: float) -> Floats:
    density = density_at(np.sort(losses), len(losses), level)
    return quantile_influence(losses, tail.value_at_risk, density)
