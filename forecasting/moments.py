"""What the recent history says of each series before any model does."""

from dataclasses import dataclass

import numpy as np

from forecasting.panel import Batch
from kernels.arrays import Flags, Floats, Integers
from kernels.demand_history import recent_moments

# The fewest that seasonal means are taken of: over more years the variance would be the trend's.
SEASONS_OF_VARIANCE = 3
# Of a season that is longer than a month only the last, and the variance is about a level.
LONGEST_SEASON_OF_VARIANCE = 28
FEWEST_PERIODS_OF_VARIANCE = 28


@dataclass(frozen=True)
class Moments:
    """Moments of each series' recent history.

    Parameters
    ----------
    mean, variance : (n_series,) float64, units and units squared per period; the variance is
        about seasonal means where the history allows
    about_line : (n_series,) float64, the variance where these means move along a line, not more
    zero_share : (n_series,) float64, fraction of periods without demand, of those observed
    whole : (n_series,) bool, whether demand was observed in whole units
    """

    mean: Floats
    variance: Floats
    about_line: Floats
    zero_share: Floats
    whole: Flags

    def of(self, chosen: Integers) -> "Moments":
        """Return the moments of some series."""
        return Moments(
            self.mean[chosen],
            self.variance[chosen],
            self.about_line[chosen],
            self.zero_share[chosen],
            self.whole[chosen],
        )


def measure_moments(batch: Batch, season_length: int) -> Moments:
    """Return the moments of each series' recent history.

    Parameters
    ----------
    batch : demand, units per period; each series has one period at least
    season_length : periods
    """
    out, seen = np.empty((len(batch), 5)), np.empty((len(batch), 5))
    seasons = SEASONS_OF_VARIANCE if season_length <= LONGEST_SEASON_OF_VARIANCE else 1
    recent = max(seasons * season_length, FEWEST_PERIODS_OF_VARIANCE)
    recent_moments(batch.values, batch.offsets, season_length, recent, out)
    # What a law expects where stock ran out is rarely zero and never whole.
    observed = batch.observed()
    recent_moments(observed.values, observed.offsets, season_length, recent, seen)
    return Moments(out[:, 0], out[:, 1], out[:, 2], seen[:, 3], seen[:, 4] == 1.0)
