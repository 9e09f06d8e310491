"""Theta models the published way: one state space recursion, on lists."""


def theta_path(values, horizon, *, alpha, weight, start, line=None):
    """Return forecasts and one-step errors of a theta model at given parameters.

    Fiorucci, Pellegrini, Louzada & Petropoulos (2016), eqs. 8-12; ``line`` is the intercept and
    slope of a static model (eqs. 5-7), None for the running line of a dynamic one.
    """
    level, intercept, slope, mean = start, *(line or (0.0, 0.0)), 0.0
    errors, means = [], []
    for t in range(1, len(values) + horizon + 1):
        drift = (1 - alpha) ** (t - 1) * intercept + (1 - (1 - alpha) ** t) / alpha * slope
        expected = level + weight * drift
        if t <= len(values):
            value = values[t - 1]
            errors.append(value - expected)
        else:
            value = expected
            means.append(expected)
        level = alpha * value + (1 - alpha) * level
        if line is None:
            slope = ((t - 2) * slope + 6.0 / t * (value - mean)) / (t + 1) if t > 1 else 0.0
            mean = ((t - 1) * mean + value) / t
            intercept = mean - (t + 1) / 2 * slope
    return means, errors
