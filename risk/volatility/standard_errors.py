"""Standard errors of volatility models, from the curvature of the likelihood.

References
----------
Fiorentini, Calzolari & Panattoni (1996), Journal of Applied Econometrics 11(4), on which
estimate of the curvature is which; here it is the Hessian.
"""

import numpy as np
from scipy.linalg import null_space

from kernels.arrays import Floats
from kernels.garch import DEGREES, FALL, N_PARAMETERS, RISE
from kernels.garch_free import FreeParameters
from kernels.garch_likelihood import scores_at
from risk.volatility.errors import VolatilityError
from risk.volatility.fit import VolatilityFit, free_parameters

# Of a standard error: small enough for a parabola, large enough for the digits of a score.
_STEP = 1e-4
# A bound so near, in units of the series' own deviation, binds.
_BINDING = 1e-7


def standard_errors(fit: VolatilityFit, moves: Floats) -> Floats:
    """Return the standard errors of every series' parameters.

    The curvature is the Hessian of the log-likelihood, by central differences of its analytic
    score. What is at a bound, or was not fitted, has no error.

    Parameters
    ----------
    fit : of ``moves``
    moves : (n_returns, n_series) float64, as they were fitted

    Returns
    -------
    (n_series, 6) float64, of mean, constant, alpha, gamma, beta and degrees of freedom; NaN
    where there is none.

    Raises
    ------
    VolatilityError
        Where the moves are not as many series as the fit's.
    """
    if moves.ndim != 2 or moves.shape[1] != len(fit.parameters):
        raise VolatilityError(
            f"moves must be of the {len(fit.parameters)} series of the fit; got {moves.shape}"
        )
    free, student = free_parameters(fit.model), fit.model.innovations == "student_t"
    errors = np.full((len(fit.parameters), N_PARAMETERS), np.nan)
    for i in np.flatnonzero(fit.fitted):
        own = moves[:, i]
        values = np.ascontiguousarray(own[~np.isnan(own)], dtype=np.float64)
        errors[i] = _errors_of(values, fit.parameters[i], free, student=student)
    return errors


def _errors_of(
    values: Floats, parameters: Floats, free: FreeParameters, *, student: bool
) -> Floats:
    """Return one series' errors, by way of units of its own deviation."""
    unit = values.std()
    scale = np.array([1.0 / unit, 1.0 / unit**2, 1.0, 1.0, 1.0, 1.0])
    inner = parameters * scale
    if student:
        inner[DEGREES] = 1.0 / inner[DEGREES]
    else:
        inner[DEGREES] = 0.0
    point = np.linalg.lstsq(free.design, inner - free.shift, rcond=None)[0]
    if not len(point):
        return np.full(N_PARAMETERS, np.nan)
    covariance = _covariance(values / unit, point, free, student=student)
    # From mean, constant, rise, fall, persisted, 1 / degrees to what is reported.
    outer = np.diag(1.0 / scale)
    outer[FALL, RISE] = -1.0
    outer[DEGREES, DEGREES] = -(parameters[DEGREES] ** 2) if student else 0.0
    full = outer @ free.design
    variances = np.einsum("ia,ab,ib->i", full, covariance, full)
    tiny = 1e-12 * np.einsum("ia,ia->i", full, full)
    return np.sqrt(np.where(variances > tiny, variances, np.nan))


def _covariance(values: Floats, point: Floats, free: FreeParameters, *, student: bool) -> Floats:
    """Return the inverse of the negative Hessian along the bounds that bind."""
    _, fishers = _free_scores(values, point[None], free, student=student)
    step = _STEP / np.sqrt(np.diag(fishers[0]))
    moved = np.concatenate([point + np.diag(step), point - np.diag(step)])
    scores, _ = _free_scores(values, moved, free, student=student)
    n = len(point)
    hessian = (scores[:n] - scores[n:]) / (2.0 * step[:, None])
    hessian = 0.5 * (hessian + hessian.T)
    binding = free.rows[free.limits - free.rows @ point < _BINDING]
    along = null_space(binding) if len(binding) else np.eye(n)
    reduced = -along.T @ hessian @ along
    if not len(reduced) or np.linalg.eigvalsh(reduced)[0] <= 0.0:
        return np.full((n, n), np.nan)
    return np.asarray(along @ np.linalg.solve(reduced, along.T))


def _free_scores(
    values: Floats, points: Floats, free: FreeParameters, *, student: bool
) -> tuple[Floats, Floats]:
    """Return scores and expected information by the free parameters at every point."""
    inner = free.shift + points @ free.design.T
    chain = np.ones((len(points), N_PARAMETERS))
    full = inner.copy()
    if student:
        full[:, DEGREES] = 1.0 / inner[:, DEGREES]
        chain[:, DEGREES] = -(full[:, DEGREES] ** 2)
    else:
        full[:, DEGREES] = np.inf
    scores = np.empty((len(points), N_PARAMETERS))
    fishers = np.empty((len(points), N_PARAMETERS, N_PARAMETERS))
    scores_at(values, full, student, scores, fishers)
    fishers *= chain[:, :, None] * chain[:, None, :]
    return (scores * chain) @ free.design, free.design.T @ fishers @ free.design
