"""Histories that exponential smoothing meets: seasonal, constant, around zero, short, trending."""

import numpy as np


def ragged_histories(draws, trending):
    """Return six histories; that with a season and a trend has ``trending`` periods, 28 at most."""
    season = np.tile([10.0, 14.0, 7.0, 9.0], 7)
    return [
        season * (1.0 + 0.1 * draws.random(28)),
        np.full(9, 3.0),
        draws.normal(0.0, 5.0, 17),
        np.array([4.0, 5.0]),
        season[:trending] + np.arange(float(trending)) + draws.random(trending),
        50.0 + np.cumsum(draws.normal(0.5, 1.0, 31)),
    ]


def flat(parts):
    """Return series one behind the other, and their offsets."""
    return np.concatenate(parts), np.concatenate([[0], np.cumsum([len(part) for part in parts])])
