"""Exponential smoothing and Croston's kin the obvious way: lists, and a general optimiser."""

from scipy import optimize


def smoothed(values, alpha):
    """Return the level after the last observation and the squared one-step errors."""
    level, errors = values[0], 0.0
    for value in values[1:]:
        errors += (value - level) ** 2
        level = alpha * value + (1 - alpha) * level
    return level, errors


def best_errors(values, low, high):
    """Return the least squared one-step errors near the optimum that a local search finds."""
    found = optimize.minimize_scalar(
        lambda alpha: smoothed(values, alpha)[1],
        bounds=(low, high),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return found.fun


def croston(values, alpha):
    """Croston (1972), eqs. 1-3."""
    times = [t for t, value in enumerate(values, start=1) if value > 0]
    if not times:
        return 0.0
    sizes = [values[t - 1] for t in times]
    gaps = [after - before for before, after in zip([0, *times[:-1]], times, strict=True)]
    return smoothed(sizes, alpha)[0] / smoothed(gaps, alpha)[0]


def tsb(values, of_sizes, of_chances):
    """Teunter, Syntetos & Babai (2011), eq. 1."""
    sizes = [value for value in values if value > 0]
    if not sizes:
        return 0.0
    chance = smoothed([float(value > 0) for value in values], of_chances)[0]
    return chance * smoothed(sizes, of_sizes)[0]


def buckets(values, length):
    """Return the totals of periods put together, counted from the end."""
    whole = len(values) // length * length
    kept = values[len(values) - whole :]
    return [sum(kept[start : start + length]) for start in range(0, whole, length)]
