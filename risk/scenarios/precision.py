"""How many scenarios, and of which kind, a requested error takes.

References
----------
Glasserman (2004), "Monte Carlo methods in financial engineering", sections 1.1.3 (efficiency),
5.4 (randomised quasi-Monte Carlo) and 9.2 (value at risk); L'Ecuyer & Lemieux (2002), "Recent
advances in randomized quasi-Monte Carlo methods", section 1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from kernels.arrays import Floats
from risk.errors import PlanError
from risk.measures.tail import measure_tail, measure_tails

Measure = Literal["value_at_risk", "expected_shortfall"]
MOST_SCENARIOS = 10**9


@dataclass(frozen=True)
class TailEstimate:
    """Value at risk and expected shortfall by a technique, with what it gained.

    Parameters
    ----------
    value_at_risk, expected_shortfall : money, a loss is positive
    value_at_risk_error, expected_shortfall_error : their standard errors, money
    value_at_risk_gain, expected_shortfall_gain : how many times as many plain scenarios would
        have the same error: variance of plain Monte Carlo over that of the technique
    scenarios : how many were used
    """

    value_at_risk: float
    expected_shortfall: float
    value_at_risk_error: float
    expected_shortfall_error: float
    value_at_risk_gain: float
    expected_shortfall_gain: float
    scenarios: int

    def relative_error(self, measure: Measure) -> float:
        """Return a measure's standard error as a fraction of it.

        Raises
        ------
        PlanError
            Where the measure is not positive, so that a relative error says nothing.
        """
        value = float(getattr(self, measure))
        if not value > 0.0:
            raise PlanError(f"{measure} must be positive for a relative error; got {value}")
        return float(getattr(self, f"{measure}_error")) / value

    def scenarios_for(self, relative_error: float, measure: Measure) -> int:
        """Return how many scenarios this technique takes to reach a relative standard error.

        The variance is taken to fall as one over their number; that of quasi-random scenarios
        falls faster, and fewer may do.

        Parameters
        ----------
        relative_error : requested, fraction, positive
        measure : of which

        Raises
        ------
        PlanError
            Where the error is not positive, the measure is not, or a billion would not do.
        """
        if not relative_error > 0.0:
            raise PlanError(f"relative_error must be positive; got {relative_error}")
        needed = self.scenarios * (self.relative_error(measure) / relative_error) ** 2
        if needed > MOST_SCENARIOS:
            raise PlanError(
                f"relative_error must be one that {MOST_SCENARIOS} scenarios reach; "
                f"{relative_error} takes {needed:.3g}"
            )
        return max(1, int(np.ceil(needed)))


@dataclass(frozen=True)
class Choice:
    """The technique that reaches a requested error with the fewest scenarios.

    Parameters
    ----------
    technique : its name
    scenarios : how many it takes
    needed : how many every technique would take
    """

    technique: str
    scenarios: int
    needed: Mapping[str, int]


def choose_technique(
    pilots: Mapping[str, Sequence[TailEstimate]], relative_error: float, measure: Measure
) -> Choice:
    """Return the technique that brings every book to a relative standard error with least work.

    Scenarios are common to the books, so a technique takes as many as the book that needs most.

    Parameters
    ----------
    pilots : by technique, the estimate of each book from a pilot; of equal needs the first wins
    relative_error : requested, fraction, positive
    measure : of which

    Raises
    ------
    PlanError
        Where there is no pilot, or an estimate's `scenarios_for` refuses.

    References
    ----------
    Glasserman (2004), section 1.1.3.
    """
    if not pilots or not all(pilots.values()):
        raise PlanError(f"every technique needs a book's pilot; got {dict(pilots)}")
    needed = {
        technique: max(book.scenarios_for(relative_error, measure) for book in books)
        for technique, books in pilots.items()
    }
    technique = min(needed, key=lambda name: needed[name])
    return Choice(technique, needed[technique], needed)


def plain_tail(losses: Floats, level: float) -> TailEstimate:
    """Return the tail of independent scenarios, as `measure_tail` does: gains of one.

    Parameters
    ----------
    losses : (n_scenarios,) float64, money, a loss is positive; no NaN
    level : in (0, 1)
    """
    tail = measure_tail(losses, level)
    return TailEstimate(
        tail.value_at_risk,
        tail.expected_shortfall,
        tail.value_at_risk_error,
        tail.expected_shortfall_error,
        1.0,
        1.0,
        len(losses),
    )


def randomised_errors(losses: Floats, levels: Sequence[float], randomisations: int) -> Floats:
    """Return the standard errors of quasi-random scenarios' tails, as of `randomised_tail`.

    Parameters
    ----------
    losses, randomisations : as of `randomised_tail`; a loss is positive
    levels : in (0, 1)

    Returns
    -------
    (n_levels, 2) float64, money: of value at risk and expected shortfall.

    Raises
    ------
    PlanError
        Where a randomisation would have fewer than two scenarios.

    References
    ----------
    L'Ecuyer & Lemieux (2002), section 1.
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


def randomised_tail(losses: Floats, level: float, randomisations: int) -> TailEstimate:
    """Return the tail of quasi-random scenarios, its error from their independent randomisations.

    The measures are those of all scenarios together; the errors are the spread of the measures
    of each randomisation by itself over the root of their number, which is the error of their
    mean and bounds that of the whole but for sampling.

    Parameters
    ----------
    losses : (n_scenarios,) float64, money, a loss is positive; no NaN; scenario s is of
        randomisation ``s % randomisations``
    level : in (0, 1)
    randomisations : at least 2

    Returns
    -------
    TailEstimate, money; the spread is over randomisations - 1.

    Raises
    ------
    PlanError
        Where a randomisation would have fewer than two scenarios.

    References
    ----------
    L'Ecuyer & Lemieux (2002), section 1; Glasserman (2004), section 5.4.
    """
    whole = measure_tail(losses, level)
    var_error, es_error = randomised_errors(losses, (level,), randomisations)[0]
    return TailEstimate(
        whole.value_at_risk,
        whole.expected_shortfall,
        float(var_error),
        float(es_error),
        variance_gain(whole.value_at_risk_error, var_error),
        variance_gain(whole.expected_shortfall_error, es_error),
        len(losses),
    )


def variance_gain(plain_error: float, error: float) -> float:
    """Return the variance of plain Monte Carlo over a technique's; infinite where it has none.

    Parameters
    ----------
    plain_error, error : standard errors of one figure from as many scenarios, money
    """
    return float((plain_error / error) ** 2) if error > 0.0 else float("inf")
