"""GARCH likelihoods and fits on a grid are the processor's, series by series."""

import numpy as np
import pytest

from kernels.garch_fit import fit_garch
from kernels.garch_free import fixed_ewma, free_ewma, free_garch
from kernels.garch_likelihood import scores_at

pytestmark = pytest.mark.usefixtures("grids")
# Hundreds of sums and divisions, each rounded once where the processor may round twice.
CLOSE = 1e-10


@pytest.mark.parametrize("student", [False, True])
@pytest.mark.parametrize("at_once", [None, 2])
def test_likelihood_score_and_information_are_the_processors(student, at_once):
    from kernels.cuda.garch_scores import garch_scores

    draws = np.random.default_rng(6)
    lengths = np.array([9, 30, 4, 17, 1])
    values = draws.standard_t(5, (5, 30))
    parameters = np.column_stack([
        draws.normal(0.0, 0.1, 5),
        draws.uniform(0.01, 0.2, 5),
        draws.uniform(0.0, 0.2, 5),
        draws.uniform(0.0, 0.3, 5),
        draws.uniform(0.5, 0.8, 5),
        draws.uniform(3.0, 12.0, 5),
    ])  # fmt: skip
    found, scores, fishers = garch_scores(
        values, lengths, parameters, student=student, at_once=at_once
    )
    for n, length in enumerate(lengths):
        score, fisher = np.empty((1, 6)), np.empty((1, 6, 6))
        expected = scores_at(values[n, :length], parameters[n : n + 1], student, score, fisher)
        assert found[n] == pytest.approx(expected[0], rel=CLOSE, abs=CLOSE)
        np.testing.assert_allclose(scores[n], score[0], rtol=CLOSE, atol=CLOSE)
        np.testing.assert_allclose(fishers[n], fisher[0], rtol=CLOSE, atol=CLOSE)


def _histories():
    draws = np.random.default_rng(8)
    values = 0.01 * draws.standard_t(5, (7, 130)) * np.exp(0.4 * np.sin(np.arange(130) / 9.0))
    values[1, :25] = np.nan
    values[2, 40] = np.inf
    values[3] = 2.0
    values[4, :100] = np.nan
    return values


@pytest.mark.parametrize(
    ("free", "student", "centred", "at_once"),
    [
        (free_garch(asymmetric=True, student=False), False, True, None),
        (free_garch(asymmetric=False, student=True), True, True, 4),
        (free_ewma(student=True), True, False, 2),
        (fixed_ewma(0.94, student=True), True, False, None),
    ],
    ids=["GJR", "GARCH-t", "EWMA-t", "fixed EWMA-t"],
)
def test_fits_and_outcomes_are_the_processors(free, student, centred, at_once):
    from kernels.cuda import garch

    told = {"student": student, "centred": centred, "fewest": 50}
    expected = fit_garch(_histories(), free, **told)
    found = garch.fit_garch(_histories(), free, **told, at_once=at_once)
    np.testing.assert_array_equal(found.outcomes, expected.outcomes)
    np.testing.assert_array_equal(found.starts, expected.starts)
    np.testing.assert_allclose(found.log_likelihood, expected.log_likelihood, rtol=CLOSE)
    # A search ends with a step that promises 1e-8 of the log-likelihood, flat at its top: the
    # root of that is how far two ends may lie apart, in parameters of order one.
    close = {"rtol": 1e-4, "atol": 1e-6}
    np.testing.assert_allclose(found.parameters, expected.parameters, **close)
