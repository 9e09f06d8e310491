"""GARCH the obvious way: one day after the other, and a general-purpose optimiser."""

import math

import numpy as np
from scipy import optimize, signal, stats


def variances(values, mean, constant, rise, fall, persisted, first=None):
    """Return the variance of each day and of the day after, by the textbook's loop."""
    presample = sum((x - mean) ** 2 for x in values) / len(values)
    found = [constant + (0.5 * (rise + fall) + persisted) * presample if first is None else first]
    for x in values:
        surprise = x - mean
        weight = fall if surprise < 0 else rise
        found.append(constant + weight * surprise**2 + persisted * found[-1])
    return np.array(found)


def log_likelihood(values, mean, constant, rise, fall, persisted, degrees=math.inf):
    """Return the sum of log densities, from the law that scipy knows."""
    scale = np.sqrt(variances(values, mean, constant, rise, fall, persisted)[:-1])
    if math.isinf(degrees):
        return float(stats.norm(mean, scale).logpdf(values).sum())
    unit = math.sqrt((degrees - 2) / degrees)
    return float(stats.t(degrees, mean, scale * unit).logpdf(values).sum())


def fast_log_likelihood(values, mean, constant, rise, fall, persisted, degrees=math.inf):
    """Return the same by a linear filter: quick enough to search with."""
    surprises = values - mean
    squares = surprises**2
    presample = squares.mean()
    drive = np.empty(len(values))
    drive[0] = constant + 0.5 * (rise + fall) * presample
    drive[1:] = constant + np.where(surprises < 0, fall, rise)[:-1] * squares[:-1]
    path, _ = signal.lfilter([1.0], [1.0, -persisted], drive, zi=[persisted * presample])
    if not (path > 0).all():
        return -np.inf
    if math.isinf(degrees):
        return float(-0.5 * (np.log(2 * np.pi * path) + squares / path).sum())
    constant_of = (
        math.lgamma((degrees + 1) / 2)
        - math.lgamma(degrees / 2)
        - 0.5 * math.log(math.pi * (degrees - 2))
    )
    tails = np.log1p(squares / path / (degrees - 2))
    return float((constant_of - 0.5 * np.log(path) - 0.5 * (degrees + 1) * tails).sum())


def best_log_likelihood(values, *, asymmetric=False, student=False):
    """Return the highest log-likelihood that SLSQP finds from several starts."""
    unit = values.std()
    scaled = values / unit

    def unpack(point):
        rise, fall = (point[2], point[3]) if asymmetric else (point[2], point[2])
        persisted = point[4] if asymmetric else point[3]
        degrees = 1 / point[-1] if student else math.inf
        return point[0], point[1], rise, fall, persisted, degrees

    def cost(point):
        found = fast_log_likelihood(scaled, *unpack(point))
        return -found if np.isfinite(found) else 1e10

    def room(point):
        _, _, rise, fall, persisted, _ = unpack(point)
        return 1 - 1e-6 - 0.5 * (rise + fall) - persisted

    weights = 2 if asymmetric else 1
    bounds = [(None, None), (1e-8, None), *[(0, 1)] * weights, (0, 1)]
    bounds += [(1 / 500, 1 / 2.05)] * student
    best = -np.inf
    for weight, total in ((0.05, 0.95), (0.1, 0.99), (0.1, 0.7), (0.01, 0.99)):
        start = [scaled.mean(), 1 - total, *[weight] * weights, total - weight] + [0.1] * student
        found = optimize.minimize(
            cost,
            start,
            method="SLSQP",
            bounds=bounds,
            constraints={"type": "ineq", "fun": room},
            options={"maxiter": 500, "ftol": 1e-12},
        )
        if room(found.x) >= -1e-9:
            best = max(best, -cost(found.x))
    return best - len(values) * math.log(unit)


def filtered_sums(residuals, days, parameters, variance, highest):
    """Return each scenario's sum of moves, one series and one day at a time."""
    mean, constant, rise, fall, persisted = parameters[:5]
    sums = []
    for drawn in days:
        current, total = variance, 0.0
        for day in drawn:
            surprise = math.sqrt(current) * residuals[day]
            total += mean + surprise
            weight = fall if surprise < 0 else rise
            current = min(constant + weight * surprise**2 + persisted * current, highest)
        sums.append(total)
    return np.array(sums)
