"""The forecast of the periods an order must last, at each review, as demand is revealed.

References
----------
Longstaff & Schwartz (2001), "Valuing American options by simulation: a simple least-squares
approach", Review of Financial Studies 14(1) (conditional means of sample paths by regression).
"""

from dataclasses import dataclass

import numpy as np

from kernels.arrays import Floats

# A slope within as many standard errors of none is none.
_ERRORS_OF_NONE = 2.0


@dataclass(frozen=True)
class MovingForecast:
    """Forecasts of an interval's demand from each period on, given the demand of the one before.

    The paths' dependence over time is of order one, so that what is known of the future is in the
    last demand. An interval beyond the paths' end is forecast by its part within, scaled up.

    Parameters
    ----------
    means : (horizon,) float64, units in the interval
    slopes : (horizon,) float64, units more for a unit more in the period before
    centres : (horizon,) float64, mean units of the period before
    """

    means: Floats
    slopes: Floats
    centres: Floats

    @staticmethod
    def of(paths: Floats, interval: int) -> "MovingForecast":
        """Return the forecasts that sample paths make by least squares.

        Parameters
        ----------
        paths : (n_paths, horizon) float64, units per period; three paths at least
        interval : periods, 1 at least
        """
        n_paths, horizon = paths.shape
        sums = np.concatenate([np.zeros((n_paths, 1)), paths.cumsum(axis=1)], axis=1)
        ends = np.minimum(np.arange(horizon) + interval, horizon)
        within = sums[:, ends] - sums[:, :-1]
        needed = within * (interval / (ends - np.arange(horizon)))
        before = np.concatenate([np.zeros((n_paths, 1)), paths[:, :-1]], axis=1)
        means, centres = needed.mean(axis=0), before.mean(axis=0)
        off, known = needed - means, before - centres
        spread = np.square(known).sum(axis=0)
        some = spread > 0.0
        slopes = np.divide((known * off).sum(axis=0), spread, out=np.zeros(horizon), where=some)
        rest = np.square(off - slopes * known).sum(axis=0) / (n_paths - 2)
        errors = np.sqrt(np.divide(rest, spread, out=np.zeros(horizon), where=some))
        slopes[np.abs(slopes) <= _ERRORS_OF_NONE * errors] = 0.0
        return MovingForecast(means, slopes, centres)

    def lifts(self, paths: Floats) -> Floats:
        """Return how much more each path's forecast is, at each period, than the first one.

        Parameters
        ----------
        paths : (n_paths, horizon) float64, units per period; of a period those before are read
        """
        lifts = np.tile(self.means - self.means[0], (len(paths), 1))
        lifts[:, 1:] += self.slopes[1:] * (paths[:, :-1] - self.centres[1:])
        return lifts
