"""Laws of exponential smoothing over a batch: means, quantiles, paths, and what has no model."""

import numpy as np
import pytest

from forecasting import fit_ets_laws
from forecasting.errors import PlanError
from forecasting.models import Seasons, find_model
from forecasting.panel import Batch

LEVELS = np.array([0.1, 0.5, 0.9])


def batch_of(series):
    offsets = np.concatenate([[0], np.cumsum([len(y) for y in series])]).astype(np.int64)
    return Batch(np.concatenate(series), offsets)


@pytest.fixture(scope="module")
def batch():
    draws = np.random.default_rng(3)
    week = np.tile([5.0, 6.0, 8.0, 4.0], 20)
    return batch_of([week + draws.normal(0.0, 1.0, 80), draws.gamma(9.0, 2.0, 50), np.ones(3)])


@pytest.fixture(scope="module")
def laws(batch):
    return fit_ets_laws(batch, 4)


def test_means_are_those_of_the_registered_model(laws, batch):
    expected = find_model("AutoETS").forecast(batch, Seasons(4, 4.0), 6).means
    assert np.array_equal(laws.means(6), expected, equal_nan=True)


def test_quantiles_are_those_of_the_paths(laws):
    entities = np.arange(3, dtype=np.uint64)
    paths = laws.paths(entities, 300, 6, seed=2)
    assert paths.shape == (3, 300, 6)
    found = laws.quantiles(entities, LEVELS, 300, 6, seed=2)
    expected = np.quantile(paths, LEVELS, axis=1).transpose(1, 2, 0)
    np.testing.assert_allclose(found[laws.answered], expected[laws.answered], rtol=1e-12)


def test_paths_have_the_forecast_s_mean(laws):
    paths = laws.paths(np.arange(3), 20_000, 4, seed=1)[:2]
    error = paths.std(axis=1) / np.sqrt(20_000)
    assert (np.abs(paths.mean(axis=1) - laws.means(4)[:2]) < 4.5 * error).all()


def test_a_path_depends_on_its_entity_alone(laws, batch):
    alone = fit_ets_laws(batch.cut(np.array([1]), np.array([0]), None), 4)
    together = laws.paths(np.array([7, 8, 9]), 5, 6, seed=1)
    assert np.array_equal(alone.paths(np.array([8]), 3, 6, seed=1)[0], together[1, :3])
    assert not np.array_equal(laws.paths(np.array([7, 8, 9]), 5, 6, seed=2)[1], together[1])


def test_models_that_are_named_are_the_only_ones_chosen_from(batch):
    assert set(fit_ets_laws(batch, 4, ("ANN",)).fits.model[:2]) == {0}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ((np.arange(3), np.array([95.0]), 10, 2, 1), r"levels must be in \[0, 1\]; got \[95.0\]"),
        ((np.arange(3), LEVELS, 1, 2, 1), "n_paths must be at least 2 for quantiles; got 1"),
        ((np.arange(3), LEVELS, 0, 2, 1), "n_paths must be at least 1; got 0"),
        ((np.arange(2), LEVELS, 10, 2, 1), "entities must be one for each of 3 series; got 2"),
        ((np.arange(3), LEVELS, 10, 2, 2**32), r"seed must be in \[0, 4294967295\]; got 42949672"),
    ],
)
def test_a_draw_out_of_range_is_refused(laws, asked, message):
    with pytest.raises(PlanError, match=message):
        laws.quantiles(*asked)
