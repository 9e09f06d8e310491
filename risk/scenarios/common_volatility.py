"""Volatility that all factors have in common, told by their common move instead of one by one.

A market's volatility is seen in its own move the day it changes; each share's hides it among what
is the share's own, and all of them follow late. So a window is taken apart into moves along its
leading direction and what these leave, and each part goes by a volatility of its own.

References
----------
Engle, Ng & Rothschild (1990), "Asset pricing with a factor-ARCH covariance structure", Journal of
Econometrics 45(1-2); Alexander (2001), "Orthogonal GARCH", in Mastering Risk 2.
"""

from dataclasses import dataclass, replace

import numpy as np

from kernels.arrays import Flags, Floats
from kernels.device import Device
from kernels.principal_directions import principal_directions
from risk.volatility import (
    VolatilityFit,
    VolatilityModel,
    extend_fit,
    filtered_moves,
    fit_volatility,
    rescaled_moves,
)

# RiskMetrics' of a month: what is a factor's own changes slowly.
OWN_DECAY = 0.97
# Long before the lengths of all directions settle, the leading one of a market has.
_SETTLED = 1e-4


@dataclass(frozen=True)
class CommonVolatility:
    """A window taken apart into its common move and what that leaves, each with its volatility.

    Parameters
    ----------
    told : (n_factors,) bool, factors that have a move of their own beside the common one; the
        arrays below are of these, in their order
    mean : (n_factors,) float64, of all factors' moves over the window
    weights : (n_factors,) float64, of all factors' moves less their mean in the common move
    loadings : (n_told,) float64, of a factor's move on the common move
    common : of the common move, a single series
    own : of what each factor's move is beside it, (n_told,) series
    """

    told: Flags
    mean: Floats
    weights: Floats
    loadings: Floats
    common: VolatilityFit
    own: VolatilityFit

    def follow(self, moves: Floats) -> "CommonVolatility":
        """Move the window on by new days, (n_new, n_factors), by the laws of the eve."""
        common, own = _apart(moves - self.mean, self.weights, self.loadings, self.told)
        return replace(
            self,
            common=extend_fit(self.common, common).without_first(len(moves)),
            own=extend_fit(self.own, own).without_first(len(moves)),
        )

    def one_day_moves(self) -> Floats:
        """Return the next day's moves by each day of the window once, (n_told, n_days)."""
        return self._joined(1, rescaled_moves(self.common), rescaled_moves(self.own))

    def moves(self, horizon: int, n_scenarios: int, seed: int) -> Floats:
        """Return moves over ``horizon`` days drawn from the window, (n_told, n_scenarios).

        The days are those that `risk.volatility.filtered_moves` draws of as long a window.
        """
        common, own = (
            filtered_moves(fit, horizon, n_scenarios, seed) for fit in (self.common, self.own)
        )
        return self._joined(horizon, common, own)

    def _joined(self, horizon: int, common: Floats, own: Floats) -> Floats:
        return own + self.loadings[:, None] * common + horizon * self.mean[self.told, None]


def find_common_volatility(
    moves: Floats, model: VolatilityModel, device: Device
) -> CommonVolatility | None:
    """Return the volatility of the common move and of what it leaves.

    The common move is along the leading principal component of standardised moves.

    Parameters
    ----------
    moves : (n_returns, n_factors) float64, no NaN; every factor moves
    model : law of the common move's volatility; that of the rest is exponentially weighted
    device : where likelihoods are maximised

    Returns
    -------
    None where a factor is alone, nothing is left beside the common move, or its law has no good
    fit: factors then go by their own volatility alone.

    References
    ----------
    Alexander (2001).
    """
    if moves.shape[1] < 2:
        return None
    # Sums along days depend on how these lie in memory.
    days = np.ascontiguousarray(moves)
    mean, deviation = days.mean(axis=0), days.std(axis=0)
    centred = days - mean
    direction = principal_directions(centred / deviation, 1, _SETTLED)[0]
    weights, loadings = direction / deviation, direction * deviation
    common, own = _apart(centred, weights, loadings, np.ones(len(mean), bool))
    fits = (
        fit_volatility(common, model, device),
        fit_volatility(own, VolatilityModel("ewma", decay=OWN_DECAY), device),
    )
    told = fits[1].fitted
    if not (told.any() and fits[0].fitted.all()):
        return None
    return CommonVolatility(told, mean, weights, loadings[told], fits[0], fits[1].of_series(told))


def _apart(
    centred: Floats, weights: Floats, loadings: Floats, told: Flags
) -> tuple[Floats, Floats]:
    """Return the common move, (n_days, 1), and what it leaves of the factors told of."""
    # A BLAS would add in an order that depends on its threads.
    common = np.einsum("df,f->d", np.ascontiguousarray(centred), weights)[:, None]
    return common, centred[:, told] - common * loadings
