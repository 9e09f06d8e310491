"""Errors of quasi-random scenarios' tails: the spread over their independent randomisations.

References
----------
L'Ecuyer & Lemieux (2002), "Recent advances in randomized quasi-Monte Carlo methods", section 1;
Glasserman (2004), "Monte Carlo methods in financial engineering", section 5.4.
"""

from collections.abc import Sequence

import numpy as np

from kernels.arrays import Floats
from risk.errors import PlanError
from risk.measures.tail import measure_tails


def randomised_errors(losses: Floats, levels: Sequence[float], randomisations: int) -> Floats:
    """Return the standard errors of the tails that all scenarios have together.

    They are the spread of the measures of each randomisation by itself over the root of their
    number: the error of their mean, which bounds that of the whole but for sampling.

    Parameters
    ----------
    losses : (n_scenarios,) float64, money, a loss is positive; no NaN; scenario s is of
        randomisation ``s % randomisations``
    levels : in (0, 1)
    randomisations : at least 2

    Returns
    -------
    (n_levels, 2) float64, money: of value at risk and expected shortfall.

    Raises
    ------
    PlanError
        Where a randomisation would have fewer than two scenarios.

    References
    ----------
    L'Ecuyer & Lemieux (2002), section 1; Glasserman (2004), section 5.4.
    """
    if not 2 <= randomisations <= len(losses) // 2:
        raise PlanError(
            f"randomisations must be 2 to {len(losses) // 2} of {len(losses)} scenarios; "
            f"got {randomisations}"
        )
    parts = [
        [
            (tail.value_at_risk, tail.expected_shortfall)
            for tail in measure_tails(np.ascontiguousarray(losses[number::randomisations]), levels)
        ]
        for number in range(randomisations)
    ]
    return np.asarray(np.std(parts, axis=0, ddof=1) / np.sqrt(randomisations))
