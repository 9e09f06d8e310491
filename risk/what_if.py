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
from risk.measures.influence import density_at, quantile_influence, shortfall_influence
from risk.measures.tail import Tail, measure_tails
from risk.scenarios.precision import tails_by_randomisation

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
        the spread over them, as in `risk.scenarios.precision.randomised_tail`

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
    growth = float(np.sqrt(overlap / len(before)))
    rows = []
    tails = zip(
        levels,
        measure_tails(before, levels, overlap),
        measure_tails(after, levels, overlap),
        strict=True,
    )
    for level, old, new in tails:
        errors = (
            _independent_errors(before, old, after, new, level, growth)
            if randomisations is None
            else _randomised_errors(before, after, level, randomisations)
        )
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


def _independent_errors(
    before: Floats, old: Tail, after: Floats, new: Tail, level: float, growth: float
) -> list[tuple[float, float]]:
    """Return both errors of each measure under independent scenarios."""
    found = []
    for measure, influence in zip(MEASURES, (_on_quantile, _on_tail), strict=True):
        change = influence(after, new, level) - influence(before, old, level)
        own = [getattr(tail, f"{measure}_error") for tail in (old, new)]
        found.append((growth * float(change.std()), float(np.hypot(*own))))
    return found


def _randomised_errors(
    before: Floats, after: Floats, level: float, randomisations: int
) -> list[tuple[float, float]]:
    """Return both errors of each measure under quasi-random scenarios."""
    old = tails_by_randomisation(before, level, randomisations)
    new = tails_by_randomisation(after, level, randomisations)
    shrink = 1.0 / np.sqrt(randomisations)
    errors = shrink * (new - old).std(axis=0, ddof=1)
    independent = shrink * np.hypot(old.std(axis=0, ddof=1), new.std(axis=0, ddof=1))
    return [(float(own), float(both)) for own, both in zip(errors, independent, strict=True)]


def _on_tail(losses: Floats, tail: Tail, level: float) -> Floats:
    return shortfall_influence(losses, tail.value_at_risk, level)


def _on_quantile(losses: Floats, tail: Tail, level: float) -> Floats:
    density = density_at(np.sort(losses), len(losses), level)
    return quantile_influence(losses, tail.value_at_risk, density)
