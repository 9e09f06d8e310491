"""Scenarios the obvious way: one number at a time."""

import numpy as np


def bootstrap_days(chances, places, n_days, restart):
    """Return the days of each scenario, from two uniforms for each scenario and step."""
    found = np.empty(chances.shape, int)
    for scenario in range(chances.shape[0]):
        day = None
        for step in range(chances.shape[1]):
            if day is None or chances[scenario, step] < restart:
                day = int(places[scenario, step] * n_days)
            else:
                day = 0 if day == n_days - 1 else day + 1
            found[scenario, step] = day
    return found


def sum_law(days, horizon):
    """Return the values and probabilities of a sum of independent draws, by enumeration."""
    values, probabilities = np.zeros(1), np.ones(1)
    for _ in range(horizon):
        values = np.add.outer(values, days).ravel()
        probabilities = np.repeat(probabilities, len(days)) / len(days)
    return values, probabilities
