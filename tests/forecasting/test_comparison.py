"""Models that were silent at some origins stand beside those that answered everywhere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.backtest import ModelRun
from forecasting.combinations import combine_runs
from forecasting.comparison import comparable_means


def tables(losses):
    """Return sums and counts of losses (n_models, n_series, windows, horizon)."""
    seen = ~np.isnan(losses)
    return np.where(seen, losses, 0.0).sum(axis=3), seen.sum(axis=3)


seeds = st.integers(0, 2**31)


@given(seeds)
@settings(max_examples=50)
def test_models_that_answered_everywhere_have_their_own_means(seed):
    losses = np.random.default_rng(seed).gamma(2.0, 1.0, (4, 3, 5, 2))
    found = comparable_means(*tables(losses))
    assert np.allclose(found, losses.mean(axis=(2, 3)), rtol=1e-14)


@given(seeds, st.floats(0.2, 5.0), st.integers(0, 3))
@settings(max_examples=50)
def test_a_model_as_much_better_at_each_origin_is_so_over_all(seed, ratio, silent):
    """However hard the origins were at which it was silent."""
    hard = np.random.default_rng(seed).gamma(0.5, 10.0, (1, 6, 3)) + 0.01
    losses = np.array([hard, ratio * hard])
    losses[1, :, :silent] = np.nan
    whole, part = comparable_means(*tables(losses))[:, 0]
    assert part / whole == pytest.approx(ratio, rel=1e-12)


def test_without_a_model_that_answered_everywhere_each_has_its_own_mean():
    losses = np.array([[[[1.0], [np.nan]]], [[[np.nan], [3.0]]]])
    assert comparable_means(*tables(losses))[:, 0].tolist() == [1.0, 3.0]


def test_a_model_that_never_answered_has_no_score():
    losses = np.array([[[[1.0], [2.0]]], [[[np.nan], [np.nan]]]])
    assert comparable_means(*tables(losses))[:, 0].tolist() == [1.5, np.inf]


def test_where_the_others_lose_nothing_a_model_keeps_its_own_mean():
    losses = np.array([[[[0.0], [4.0]]], [[[2.0], [np.nan]]]])
    assert comparable_means(*tables(losses))[:, 0].tolist() == [2.0, 2.0]


@given(seeds)
@settings(max_examples=30)
def test_a_series_is_judged_the_same_in_any_company(seed):
    draws = np.random.default_rng(seed)
    losses = draws.gamma(1.0, 1.0, (9, 12, 6, 4))
    losses[draws.random((9, 12, 6)) < 0.2] = np.nan
    sums, counts = tables(losses)
    together = comparable_means(sums, counts)
    for number in range(12):
        alone = comparable_means(sums[:, number : number + 1], counts[:, number : number + 1])
        assert np.array_equal(alone[:, 0], together[:, number])


def test_a_member_that_was_silent_leaves_its_weight_to_the_others():
    actuals = np.full((1, 3, 1), 10.0)
    past = {"A": [[11.0], [12.0], [11.0]], "B": [[9.0], [9.0], [np.nan]], "C": [[13.0]] * 3}
    runs = [
        ModelRun(name, np.array(values)[None], np.array([[10.0]]), ())
        for name, values in past.items()
    ]
    losses = np.array([np.abs(run.past - actuals) for run in runs])
    combined, weights = combine_runs(runs, losses, np.zeros((3, 1)))
    assert (weights[:, 0] > 0.0).all()
    assert 11.0 < combined.past[0, 2, 0] < 13.0
    assert np.isfinite(combined.past).all()
