"""Confidence sets: arch's p-values of the same days, and entities that know nothing of others."""

import numpy as np
from numpy.testing import assert_array_equal

from kernels.confidence_sets import fill_confidence, fill_shifts
from kernels.stationary_bootstrap import fill_days

DAYS, REPLICATES = np.arange(120.0), 500
METHODS = np.arange(6)[:, None]
SCORES = 3.0 * np.sin(1.7 * DAYS) + np.sin((METHODS + 1.3) * DAYS**2) + 0.05 * METHODS
# arch 8.0.0's MCS(method="R"), its bootstrap made to draw the days below.
PUBLISHED = [0.716, 1.0, 0.398, 0.368, 0.14, 0.0]


def p_values(scores):
    drawn = np.empty((REPLICATES, scores.shape[2]), np.int64)
    fill_days(11, 0, scores.shape[2], 0.2, drawn)
    repeats = np.zeros((scores.shape[2], REPLICATES))
    np.add.at(repeats, (drawn, np.arange(REPLICATES)[:, None]), 1.0)
    means, found = np.empty((2, *scores.shape[:2]))
    moved = np.empty((*scores.shape[:2], REPLICATES))
    fill_shifts(scores, repeats, means, moved)
    fill_confidence(means, moved, np.abs(scores).mean(axis=(1, 2)), found)
    return found


def test_p_values_are_those_of_arch():
    assert_array_equal(p_values(SCORES[None])[0], PUBLISHED)


def test_an_entity_without_a_score_has_no_p_value_and_leaves_the_others_theirs():
    torn = SCORES.copy()
    torn[2, 40] = np.nan
    found = p_values(np.stack([torn, SCORES]))
    assert np.isnan(found[0]).all()
    assert_array_equal(found[1], PUBLISHED)


def test_what_is_worse_by_as_much_every_day_is_put_out_for_certain():
    scores = np.stack([SCORES[0], SCORES[0], SCORES[0] + 1e-6])
    assert_array_equal(p_values(scores[None])[0], [1.0, 1.0, 0.0])
