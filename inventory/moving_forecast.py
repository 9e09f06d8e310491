"""The forecast of the periods an order must last, at each review, by which levels move.

As demand is revealed, or as it is known tonight.

References
----------
Longstaff & Schwartz (2001), "Valuing American options by simulation: a simple least-squares
approach", Review of Financial Studies 14(1) (conditional means of sample paths by regression).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inventory.plan import StockPlan
from inventory.policies import PolicyKind
from inventory.positions import Positions
from kernels.arrays import Floats, Integers
from kernels.stock_levels import fill_moves

# A slope, or a move, within as many standard errors of none is none.
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


@dataclass(frozen=True)
class Moves:
    """How the levels of items move from review to review.

    Parameters
    ----------
    forecasts : by which they move on each path, one an item; none where they move alike on all
    alike : (n_items, 1, horizon) float64, units that they are higher by on all paths, where these
        are alike
    """

    forecasts: Sequence[MovingForecast]
    alike: Floats

    @staticmethod
    def of(plan: StockPlan, positions: Positions, paths: Floats) -> "Moves":
        """Return how a plan's levels move.

        Parameters
        ----------
        plan : its policy, and whether levels move
        positions : the items
        paths : (n_items, n_paths, horizon) float64, units per period, to forecast on
        """
        intervals, stays = positions.protection_interval, np.zeros((len(paths), 1, paths.shape[2]))
        if plan.policy == PolicyKind.FORECAST_ORDER_UP_TO:
            told = zip(paths, intervals.tolist(), strict=True)
            return Moves([MovingForecast.of(*own) for own in told], stays)
        if not plan.moving:
            return Moves([], stays)
        return Moves([], level_moves(paths, intervals, positions.least_step)[:, None])

    def lifts(self, demand: Floats) -> Floats:
        """Return units that levels are higher by, (n_items, n_paths or 1, horizon) float64.

        Parameters
        ----------
        demand : (n_items, n_paths, horizon) float64, units per period
        """
        if not self.forecasts:
            return self.alike
        own = zip(self.forecasts, demand, strict=True)
        return np.array([forecast.lifts(paths) for forecast, paths in own])

    def one(self, item: int) -> "Moves":
        """Return how the levels of one item move."""
        return Moves(self.forecasts[item : item + 1], self.alike[item : item + 1])


def level_moves(paths: Floats, intervals: Integers, steps: Floats) -> Floats:
    """Return how much more demand an order of each period must last than one of tonight, rounded.

    It is none where it is within two standard errors of none. An interval that ends beyond the
    paths is taken for the last one within them.

    Parameters
    ----------
    paths : (n_items, n_paths, horizon) float64, units per period
    intervals : (n_items,) int64, periods, 1 at least
    steps : (n_items,) float64, units that levels are told to

    Returns
    -------
    (n_items, horizon) float64, units, whole steps; 0 in the first period.
    """
    n_items, _, horizon = paths.shape
    moves, errors = np.empty((2, n_items, horizon))
    fill_moves(paths, np.minimum(intervals, horizon), moves, errors)
    moves[np.abs(moves) <= _ERRORS_OF_NONE * errors] = 0.0
    return np.asarray(np.rint(moves / steps[:, None]) * steps[:, None])
