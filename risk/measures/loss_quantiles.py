"""The distribution of a book's loss: its quantiles, and the error of each.

References
----------
Hyndman & Fan (1996), "Sample quantiles in statistical packages", The American Statistician 50(4),
definition 7; Maritz & Jarrett (1978), "A note on estimating the variance of the sample median",
JASA 73; L'Ecuyer & Lemieux (2002), "Recent advances in randomized quasi-Monte Carlo methods",
section 1.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from kernels.arrays import Floats
from kernels.device import Device
from kernels.on_device import largest_losses_on
from kernels.order_spreads import OrderWeights, order_spreads
from risk.measures.tail import order_weights, quantile_growth

PROBABILITIES = np.concatenate([[0.001, 0.005], np.arange(1, 100) / 100, [0.995, 0.999]])


@dataclass(frozen=True)
class LossQuantiles:
    """Quantiles of a book's loss at `PROBABILITIES`.

    Parameters
    ----------
    losses : (n_probabilities,) float64, money, a loss is positive
    errors : (n_probabilities,) float64, their standard errors, money
    """

    losses: Floats
    errors: Floats


def measure_quantiles(
    total: Floats, overlap: int = 1, randomisations: int | None = None, device: Device = "cpu"
) -> LossQuantiles:
    """Return the quantiles of a sample of losses, interpolated between order statistics.

    Parameters
    ----------
    total : (n_scenarios,) float64, money, a loss is positive; no NaN
    overlap : days of each scenario, as of `risk.measures.tail.measure_tails`
    randomisations : of quasi-random scenarios, which are no independent draws: scenario s is of
        randomisation ``s % randomisations``. None says that scenarios are independent
    device : where losses are put in order

    Returns
    -------
    LossQuantiles, money. Errors of independent scenarios are deviations of order statistics under
    the sample's law, as of value at risk; those of quasi-random ones are smaller by as much as the
    share of scenarios up to a quantile varies less over the randomisations, and 1 / n_scenarios
    besides, for a quantile is a scenario.

    References
    ----------
    Hyndman & Fan (1996), definition 7; Maritz & Jarrett (1978); L'Ecuyer & Lemieux (2002).
    """
    ordered, n = largest_losses_on(device)(total, 0), len(total)
    errors = order_spreads(ordered, _weights(n))
    quantiles = np.quantile(ordered, PROBABILITIES)
    if randomisations is not None:
        missed = _missed_shares(total, quantiles, randomisations)
        errors *= missed / np.sqrt(PROBABILITIES * (1.0 - PROBABILITIES) / n)
    return LossQuantiles(quantiles, _growths(n, overlap) * errors)


@lru_cache(maxsize=16)
def _growths(n_scenarios: int, overlap: int) -> Floats:
    """Return how much larger all errors are because scenarios overlap."""
    return np.array([quantile_growth(n_scenarios, float(p), overlap) for p in PROBABILITIES])


@lru_cache(maxsize=16)
def _weights(n_scenarios: int) -> OrderWeights:
    """Return the weights of Maritz and Jarrett's errors at all probabilities."""
    first, weights = zip(
        *(order_weights(n_scenarios, float(p)) for p in PROBABILITIES), strict=True
    )
    offsets = np.cumsum([0, *(len(own) for own in weights)])
    return OrderWeights(np.array(first), np.concatenate(weights), offsets)


def _missed_shares(total: Floats, quantiles: Floats, randomisations: int) -> Floats:
    """Return errors of the shares of scenarios up to each quantile, and of its being a scenario."""
    parts = (np.sort(total[first::randomisations]) for first in range(randomisations))
    shares = [np.searchsorted(part, quantiles, side="right") / len(part) for part in parts]
    spread = np.std(shares, axis=0, ddof=1) / np.sqrt(randomisations)
    return np.asarray(np.hypot(spread, 1.0 / len(total)))
