"""The exact law of a delta-gamma loss under Gaussian moves, by inverting its transform.

References
----------
Rouvinez (1997), "Going Greek with VaR", Risk 10(2); Gil-Pelaez (1951), "Note on the inversion
theorem", Biometrika 38; Davies (1973), "Numerical inversion of a characteristic function",
Biometrika 60(2) (the sum at midpoints, and its error); Glasserman (2004), "Monte Carlo methods in
financial engineering", section 9.1.2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from kernels.arrays import Floats
from kernels.book_span import span_books
from kernels.market_normals import mixed_moves
from kernels.principal_directions import diagonalise
from risk.errors import PlanError, require_level

# Half the period that the sum at midpoints folds the law into, deviations: a quadratic form in
# normals is further out with a probability below 1e-24.
_HALF_PERIOD = 80.0
_STEP = np.pi / _HALF_PERIOD
_NEGLIGIBLE = 1e-13
# Points looked at first, twice as many each time after that, until the transform has died out.
_FEWEST_POINTS = 256
_MOST_POINTS = 2**19
_NO_CURVATURE = 1e-10


@dataclass(frozen=True)
class QuadraticLaw:
    """Loss ``constant + sum(linear * z + quadratic * z**2)`` in independent normals z.

    Parameters
    ----------
    constant : money, a loss is positive
    linear, quadratic : (n_rows,) float64, money
    """

    constant: float
    linear: Floats
    quadratic: Floats

    @property
    def mean(self) -> float:
        """Expected loss, money."""
        return self.constant + float(self.quadratic.sum())

    @property
    def deviation(self) -> float:
        """Standard deviation of the loss, money."""
        return float(np.sqrt((self.linear**2).sum() + 2.0 * (self.quadratic**2).sum()))


@dataclass(frozen=True)
class LawTail:
    """The tail of a law.

    Parameters
    ----------
    value_at_risk, expected_shortfall : money, a loss is positive
    """

    value_at_risk: float
    expected_shortfall: float


def quadratic_law(constant: float, delta: Floats, gamma: Floats, loadings: Floats) -> QuadraticLaw:
    """Return the law of ``constant - delta @ x - x @ gamma @ x / 2`` for moves ``loadings @ z``.

    Parameters
    ----------
    constant : loss where nothing moves (time passing), money
    delta : (n_factors,) float64, change of the book's value per unit of each factor, money
    gamma : (n_factors, n_factors) float64, symmetric, change of delta, money
    loadings : (n_factors, n_rows) float64, whose product with its transpose is the covariance;
        no NaN in any of them

    References
    ----------
    Glasserman (2004), section 9.1.2.
    """
    # Sums in one order: a library's could depend on the number of threads.
    weights = span_books(np.ascontiguousarray(loadings, dtype=np.float64)).weights
    rank = weights.shape[1]
    if rank == 0:
        return QuadraticLaw(constant, np.empty(0), np.empty(0))
    own = np.ascontiguousarray(weights.T)
    matrix = -0.5 * mixed_moves(own, mixed_moves(gamma, weights))
    matrix, vectors = 0.5 * (matrix + matrix.T), np.empty((rank, rank))
    diagonalise(matrix, vectors)
    slopes = mixed_moves(own, np.ascontiguousarray(delta[:, None]))
    linear = -mixed_moves(vectors, slopes)[:, 0]
    return QuadraticLaw(constant, np.asarray(linear), np.diag(matrix).copy())


def quadratic_losses(constant: float, delta: Floats, gamma: Floats, moves: Floats) -> Floats:
    """Return the delta-gamma loss of each scenario, (n_scenarios,), money, a loss is positive.

    Parameters
    ----------
    constant, delta, gamma : as of `quadratic_law`
    moves : (n_factors, n_scenarios) float64; NaN makes the scenario's loss NaN

    References
    ----------
    Glasserman (2004), section 9.1.2.
    """
    own = np.ascontiguousarray(moves)
    first = mixed_moves(np.ascontiguousarray(delta[None]), own)[0]
    return np.asarray(constant - first - 0.5 * (own * mixed_moves(gamma, own)).sum(axis=0))


def quadratic_tail(law: QuadraticLaw, level: float) -> LawTail:
    """Return value at risk and expected shortfall of the law.

    They are good to 1e-9 of its deviation; to 1e-5 of it where one direction alone carries both
    the curvature and the rest, for there the transform dies out slowly.

    Parameters
    ----------
    law : of the loss
    level : in (0, 1)

    Raises
    ------
    PlanError
        Where the level is out of range, or the law has no spread (or NaN for one).

    References
    ----------
    Gil-Pelaez (1951); Davies (1973); Rouvinez (1997).
    """
    return quadratic_tails(law, (level,))[0]


def quadratic_tails(law: QuadraticLaw, levels: Sequence[float]) -> list[LawTail]:
    """Return the tail of the law at each level, as `quadratic_tail` does at one.

    Parameters
    ----------
    law : of the loss, money, a loss is positive
    levels : in (0, 1)

    Raises
    ------
    PlanError
        Where a level is out of range, or the law has no spread (or NaN for one).

    References
    ----------
    As of `quadratic_tail`.
    """
    _require_tails(law, levels)
    points, transform = _transform(law)
    return [_tail_at(level, law, points, transform) for level in levels]


def _require_tails(law: QuadraticLaw, levels: Sequence[float]) -> None:
    """Refuse a law, or levels, without a tail.

    Parameters
    ----------
    law : of the loss
    levels : (n_levels,) floats

    Raises
    ------
    PlanError
        Where a level is not inside (0, 1), or the law has no deviation.
    """
    for level in levels:
        require_level(level)
    if not law.deviation > 0.0:
        raise PlanError(f"the law's deviation must be positive; got {law.deviation}")


def _tail_at(level: float, law: QuadraticLaw, points: Floats, transform: np.ndarray) -> LawTail:
    def short_of_level(x: float) -> float:
        return _probability(x, points, transform) - level

    place = float(optimize.brentq(short_of_level, -0.5 * _HALF_PERIOD, 0.5 * _HALF_PERIOD))
    excess = _mean_excess(place, points, transform) / (1.0 - level)
    return LawTail(
        law.mean + law.deviation * place, law.mean + law.deviation * (place + float(excess))
    )


def _transform(law: QuadraticLaw) -> tuple[Floats, np.ndarray]:
    """Return midpoints, and there the characteristic function of the standardised loss."""
    linear, quadratic = law.linear / law.deviation, law.quadratic / law.deviation
    curved = np.abs(quadratic) > _NO_CURVATURE
    straight = float((linear[~curved] ** 2).sum())
    b, q = linear[curved] ** 2, quadratic[curved]
    points: list[Floats] = []
    transform: list[np.ndarray] = []
    start, stop = 0, _FEWEST_POINTS
    while stop <= _MOST_POINTS:
        u = (np.arange(start, stop) + 0.5) * _STEP
        exponent = -0.5 * straight * u**2 + 0.0j
        for squared, curvature in zip(b, q, strict=True):
            turn = 1.0 - 2.0j * curvature * u
            exponent -= 0.5 * (np.log(turn) + squared * u**2 / turn) + 1.0j * curvature * u
        points.append(np.asarray(u))
        transform.append(np.exp(exponent))
        if abs(transform[-1][-1]) / u[-1] < _NEGLIGIBLE:
            break
        start, stop = stop, 2 * stop
    return np.concatenate(points), np.concatenate(transform)


def _probability(x: float, points: Floats, transform: np.ndarray) -> float:
    waves = (transform * np.exp(-1.0j * points * x)).imag
    return 0.5 - float((waves / points).sum()) * _STEP / np.pi


def _mean_excess(x: float, points: Floats, transform: np.ndarray) -> float:
    """Return E max(Y - x, 0) of the standardised loss Y, from E |Y - x|."""
    waves = (transform * np.exp(-1.0j * points * x)).real
    # The part without waves is closed: sum 1 / (k + 1/2)**2 = pi**2 / 2.
    distance = _HALF_PERIOD - 2.0 / np.pi * _STEP * float((waves / points**2).sum())
    return 0.5 * (distance - x)
