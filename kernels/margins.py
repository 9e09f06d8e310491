"""From the scores of a copula to moves: each factor's own law, laid over one law of scores."""

from numba import njit

from kernels.arrays import Floats


@njit(cache=True, nogil=True)
def place_among(score: float, thresholds: Floats) -> int:
    """Return how many of the ascending ``thresholds`` are below ``score``."""
    low, high = 0, thresholds.shape[0]
    while low < high:
        middle = (low + high) // 2
        if thresholds[middle] < score:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def pick_steps(scores: Floats, thresholds: Floats, values: Floats) -> None:
    """Replace each score by the value of the step it falls on.

    Parameters
    ----------
    scores : (n_factors, n_scenarios) float64, overwritten
    thresholds : (n_values - 1,) float64, ascending: scores at which one step ends
    values : (n_factors, n_values) float64, ascending along each row
    """
    for f in range(scores.shape[0]):
        for s in range(scores.shape[1]):
            scores[f, s] = values[f, place_among(scores[f, s], thresholds)]


@njit(cache=True, nogil=True)
def interpolate_knots(scores: Floats, knots: Floats, values: Floats) -> None:
    """Replace each score by the value linearly between its two knots.

    Parameters
    ----------
    scores : (n_factors, n_scenarios) float64, overwritten; beyond the outer knots the outer
        values are taken
    knots : (n_knots,) float64, ascending
    values : (n_factors, n_knots) float64, ascending along each row
    """
    last = knots.shape[0] - 1
    for f in range(scores.shape[0]):
        for s in range(scores.shape[1]):
            score = min(max(scores[f, s], knots[0]), knots[last])
            right = min(max(place_among(score, knots), 1), last)
            share = (score - knots[right - 1]) / (knots[right] - knots[right - 1])
            below = values[f, right - 1]
            scores[f, s] = below + share * (values[f, right] - below)
