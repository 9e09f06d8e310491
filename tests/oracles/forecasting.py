"""Obvious versions of what the forecast measures, one number at a time."""

import math


def mean_absolute_scaled_error(history, actuals, means, season_length):
    """Hyndman & Koehler (2006)."""
    differences = [
        abs(history[t] - history[t - season_length]) for t in range(season_length, len(history))
    ]
    scale = sum(differences) / len(differences)
    errors = [abs(a - m) for a, m in zip(actuals, means, strict=True)]
    return sum(errors) / len(errors) / scale


def root_mean_squared_scaled_error(history, actuals, means):
    """Makridakis et al. (2022)."""
    squares = [(history[t] - history[t - 1]) ** 2 for t in range(1, len(history))]
    scale = sum(squares) / len(squares)
    errors = [(a - m) ** 2 for a, m in zip(actuals, means, strict=True)]
    return math.sqrt(sum(errors) / len(errors) / scale)


def symmetric_error(actuals, means):
    """Makridakis (1993) as in M4: percent, from 0 to 200."""
    parts = [2 * abs(a - m) / (abs(a) + abs(m)) for a, m in zip(actuals, means, strict=True)]
    return 100 * sum(parts) / len(parts)


def pinball_loss(actual, quantiles, levels):
    """Mean over levels of what each quantile costs."""
    losses = []
    for quantile, level in zip(quantiles, levels, strict=True):
        if actual >= quantile:
            losses.append(level * (actual - quantile))
        else:
            losses.append((1 - level) * (quantile - actual))
    return sum(losses) / len(losses)


def demand_class(values):
    """Syntetos, Boylan & Croston (2005)."""
    sizes = [value for value in values if value > 0]
    if not sizes:
        return "intermittent"
    interval = len(values) / len(sizes)
    mean = sum(sizes) / len(sizes)
    variation = sum((size - mean) ** 2 for size in sizes) / len(sizes) / mean**2
    if interval < 1.32:
        return "smooth" if variation < 0.49 else "erratic"
    return "intermittent" if variation < 0.49 else "lumpy"


def origins(length, minimum_history, horizon, windows, step):
    """Ends of history of each origin, the last one first."""
    ends = [length - horizon - window * step for window in range(windows)]
    return [end for end in ends if end >= minimum_history]
