"""Volatility models of many series at once, and what they say of each day.

References
----------
Bollerslev (1986), Journal of Econometrics 31; Bollerslev (1987), Review of Economics and
Statistics 69(3); Glosten, Jagannathan & Runkle (1993), Journal of Finance 48(5); Bollerslev &
Wooldridge (1992), Econometric Reviews 11(2): normal likelihood serves where innovations are not.
"""

from dataclasses import dataclass, replace

import numpy as np

from kernels.arrays import Flags, Floats, Integers
from kernels.device import Device
from kernels.garch import (
    CONSTANT,
    DEGREES,
    FALL,
    MEAN,
    PERSISTED,
    RISE,
    continue_histories,
    filter_days,
)
from kernels.garch_free import FreeParameters, fixed_ewma, free_ewma, free_garch
from kernels.garch_search import Outcome
from kernels.on_device import fit_garch_on
from kernels.transposes import transpose
from risk.errors import Failure
from risk.volatility.errors import VolatilityError
from risk.volatility.model import VolatilityModel

STAGE = "fit volatility"
ADVICE = {
    Outcome.TOO_SHORT: "its history is shorter than the model's fewest days",
    Outcome.NOT_FINITE: "its history has a gap or an infinite value",
    Outcome.CONSTANT: "its moves are all the same",
    Outcome.OUT_OF_RANGE: "the squares of its moves overflow or vanish",
    Outcome.NOT_CONVERGED: "its likelihood has no top that the search could find",
}


# Arrays of a fit, and the axis that series are along.
_BY_SERIES = {
    "parameters": 0,
    "log_likelihood": 0,
    "outcomes": 0,
    "volatility": 1,
    "residuals": 1,
    "next_volatility": 0,
}


@dataclass(frozen=True)
class VolatilityFit:
    """A volatility model of every series, run through its history.

    Parameters
    ----------
    model : what was fitted
    parameters : (n_series, 6) float64: mean, constant, weights of a squared rise, of a squared
        fall and of yesterday's variance, degrees of freedom (infinite: normal); NaN where
        nothing was fitted, as in all that follows
    log_likelihood : (n_series,) float64, of the history that was fitted
    outcomes : (n_series,) int64, values of `Outcome`
    volatility : (n_returns, n_series) float64, of each day as its eve knew it, in units of the
        moves per root day; NaN before a series' start
    residuals : (n_returns, n_series) float64, moves less their mean in units of ``volatility``
    next_volatility : (n_series,) float64, of the day after the last
    """

    model: VolatilityModel
    parameters: Floats
    log_likelihood: Floats
    outcomes: Integers
    volatility: Floats
    residuals: Floats
    next_volatility: Floats

    @property
    def mean(self) -> Floats:
        """(n_series,) mean move a day."""
        return self._of(MEAN)

    @property
    def constant(self) -> Floats:
        """(n_series,) omega, squared units of the moves."""
        return self._of(CONSTANT)

    @property
    def alpha(self) -> Floats:
        """(n_series,) weight of the square of a rise; of any surprise where model is symmetric."""
        return self._of(RISE)

    @property
    def gamma(self) -> Floats:
        """(n_series,) what the square of a fall weighs more; zero where the model is symmetric."""
        return self._of(FALL) - self._of(RISE)

    @property
    def beta(self) -> Floats:
        """(n_series,) weight of yesterday's variance."""
        return self._of(PERSISTED)

    @property
    def degrees(self) -> Floats:
        """(n_series,) degrees of freedom; infinite where innovations are normal."""
        return self._of(DEGREES)

    @property
    def persistence(self) -> Floats:
        """(n_series,) what is left of a shock to variance after a day, alpha + gamma / 2 + beta.

        Rises and falls are taken to be equally likely.
        """
        return self.alpha + 0.5 * self.gamma + self.beta

    @property
    def fitted(self) -> Flags:
        """(n_series,) whether the fit is good."""
        return np.asarray(self.outcomes == Outcome.FITTED)

    def failures(self, names: list[str]) -> list[Failure]:
        """Return the series without a good fit as failures.

        Parameters
        ----------
        names : of the series
        """
        return [
            Failure(names[i], STAGE, Outcome(int(self.outcomes[i])).name.lower(), self._why(int(i)))
            for i in np.flatnonzero(~self.fitted)
        ]

    def of_series(self, chosen: Flags) -> "VolatilityFit":
        """Return the fit of some series alone.

        Parameters
        ----------
        chosen : (n_series,) bool
        """
        return replace(
            self,
            **{name: getattr(self, name)[_of(axis, chosen)] for name, axis in _BY_SERIES.items()},
        )

    def with_series(self, chosen: Flags, other: "VolatilityFit") -> "VolatilityFit":
        """Return the fit with another of some series in the place of their own.

        Parameters
        ----------
        chosen : (n_series,) bool
        other : of the chosen series alone, over the same days
        """
        whole = {name: getattr(self, name).copy() for name in _BY_SERIES}
        for name, axis in _BY_SERIES.items():
            whole[name][_of(axis, chosen)] = getattr(other, name)
        return replace(self, **whole)

    def without_first(self, n_days: int) -> "VolatilityFit":
        """Return the fit without its oldest days.

        Parameters
        ----------
        n_days : how many to leave out, from the first
        """
        return replace(self, volatility=self.volatility[n_days:], residuals=self.residuals[n_days:])

    def _of(self, place: int) -> Floats:
        return np.asarray(self.parameters[:, place])

    def _why(self, i: int) -> str:
        return f"no {self.model.recursion} model: {ADVICE[Outcome(int(self.outcomes[i]))]}"


def fit_volatility(
    moves: Floats, model: VolatilityModel | None = None, device: Device = "cpu"
) -> VolatilityFit:
    """Fit a volatility model to every series by maximum likelihood, each by itself.

    The variance and the squared surprise of the day before the first are the mean squared
    surprise of the series' whole history.

    Parameters
    ----------
    moves : (n_returns, n_series) float64, oldest first; a series may start with NaN
    model : what to fit; GARCH(1,1) with normal innovations unless given
    device : where likelihoods are maximised

    Returns
    -------
    Fit. A series that cannot be fitted says so in its outcome, and leaves the others as they
    are, to the bit; one that did not converge has the best parameters that were found.

    Raises
    ------
    VolatilityError
        Where the moves are not a table.
    """
    chosen = model or VolatilityModel()
    rows = _rows(moves)
    fits = fit_garch_on(device)(
        rows,
        free_parameters(chosen),
        student=chosen.innovations == "student_t",
        centred=chosen.recursion != "ewma",
        fewest=chosen.fewest_days,
    )
    days = np.ascontiguousarray(moves, dtype=np.float64)
    volatility, residuals = np.empty(days.shape), np.empty(days.shape)
    variance = filter_days(days, fits.starts, fits.parameters, volatility, residuals)
    return VolatilityFit(
        chosen,
        fits.parameters,
        fits.log_likelihood,
        fits.outcomes,
        volatility,
        residuals,
        np.sqrt(variance),
    )


def extend_fit(fit: VolatilityFit, moves: Floats) -> VolatilityFit:
    """Run a fit through days that came after it, with its parameters as they are.

    Parameters
    ----------
    fit : of the days before
    moves : (n_new, n_series) float64, oldest first; NaN or infinite moves make all of their
        series NaN from their day on

    Returns
    -------
    Fit of as many days as before and the new ones; its outcomes are those of the fit.

    Raises
    ------
    VolatilityError
        Where the number of series is another.
    """
    rows = _rows(moves)
    if len(rows) != len(fit.parameters):
        raise VolatilityError(
            f"moves must be of the {len(fit.parameters)} series of the fit; got {len(rows)}"
        )
    volatility, residuals = np.empty(rows.shape), np.empty(rows.shape)
    variance = continue_histories(
        rows, fit.next_volatility**2, fit.parameters, volatility, residuals
    )
    return replace(
        fit,
        volatility=np.vstack([fit.volatility, np.sqrt(volatility.T)]),
        residuals=np.vstack([fit.residuals, residuals.T]),
        next_volatility=np.sqrt(variance),
    )


def _of(axis: int, chosen: Flags) -> tuple[slice | Flags, ...]:
    """Return the place of some series in an array that has them along an axis."""
    return (slice(None),) * axis + (chosen,)


def _rows(moves: Floats) -> Floats:
    if moves.ndim != 2:
        raise VolatilityError(f"moves must be (n_returns, n_series); got shape {moves.shape}")
    return transpose(moves)


def free_parameters(model: VolatilityModel) -> FreeParameters:
    """Return what of a model is fitted."""
    student = model.innovations == "student_t"
    if model.recursion != "ewma":
        return free_garch(asymmetric=model.recursion == "gjr", student=student)
    return (
        free_ewma(student=student)
        if model.decay is None
        else fixed_ewma(model.decay, student=student)
    )
