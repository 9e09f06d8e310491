"""GARCH likelihoods on a grid are the processor's, series by series."""

import numpy as np
import pytest

from kernels.garch_likelihood import scores_at

pytestmark = pytest.mark.usefixtures("grids")
# Hundreds of sums and divisions, each rounded once where the processor may round twice.
CLOSE = 1e-10


@pytest.mark.parametrize("student", [False, True])
@pytest.mark.parametrize("at_once", [None, 2])
def test_likelihood_score_and_information_are_the_processors(student, at_once):
    from kernels.cuda.garch import garch_scores

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
