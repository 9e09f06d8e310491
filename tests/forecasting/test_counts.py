"""Laws of counts over a panel: means, quantiles, paths, and what is no count."""

import numpy as np
import pandas as pd
import pytest

from forecasting.counts import CountKind, fit_count_laws
from forecasting.distributions import LEVELS
from forecasting.errors import PlanError
from forecasting.models import Seasons, find_model
from forecasting.panel import Batch

KINDS = list(CountKind)


def batch_of(series, raised=None):
    offsets = np.concatenate([[0], np.cumsum([len(y) for y in series])]).astype(np.int64)
    return Batch(np.concatenate(series), offsets, raised)


@pytest.fixture
def series():
    draws = np.random.default_rng(0)
    return [
        draws.poisson(0.3, 60).astype(float),
        (draws.random(90) < 0.2) * draws.geometric(0.2, 90).astype(float),
        np.zeros(30),
        draws.gamma(2.0, 3.0, 50),
        np.ones(40),
        draws.poisson(30.0, 60).astype(float),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_whole_has_no_answer_and_the_others_have_one(series, kind):
    laws = fit_count_laws(batch_of(series), kind)
    whole = [0, 1, 2, 4, 5]
    assert laws.answered.tolist() == [True, True, True, False, True, True]
    for found in (laws.mean, laws.quantiles(3), laws.paths(np.arange(6), 5, 3, 0)):
        assert np.isfinite(found[whole]).all()
        assert np.isnan(found[3]).all()
    assert laws.mean[2] == 0.0
    assert (laws.quantiles(3)[2] == 0.0).all()


def test_only_the_compound_knows_that_one_unit_always_comes(series):
    compound = fit_count_laws(batch_of(series), CountKind.COMPOUND)
    assert (compound.quantiles(2)[4] == 1.0).all()
    single = fit_count_laws(batch_of(series), CountKind.NEGATIVE_BINOMIAL)
    assert compound.evidence[4] > single.evidence[4] + 20.0


@pytest.mark.parametrize("kind", KINDS)
def test_quantiles_are_those_of_the_paths(series, kind):
    laws = fit_count_laws(batch_of([series[0], series[1], series[5]]), kind)
    paths = laws.paths(np.arange(3), 20_000, 6, seed=2)
    quantiles = laws.quantiles(6)
    for s in range(3):
        for step in (0, 5):
            drawn = np.sort(paths[s, :, step])
            for level in (0.5, 0.8, 0.95):
                q = quantiles[s, step, round(100 * level) - 1]
                # The law of a later step is a negative binomial of the mixture's moments: its
                # probabilities are off by a few thousandths, besides four standard errors.
                off = 4 * np.sqrt(level * (1 - level) / 20_000) + 0.01
                assert np.searchsorted(drawn, q, "right") / 20_000 >= level - off
                assert np.searchsorted(drawn, q, "left") / 20_000 <= level + off


@pytest.mark.parametrize("kind", KINDS)
def test_a_path_depends_on_its_entity_alone(series, kind):
    names = np.array([11, 5, 7, 8, 9, 3], np.uint64)
    laws = fit_count_laws(batch_of(series), kind)
    together = laws.paths(names, 20, 4, seed=1)
    alone = fit_count_laws(batch_of(series[1:2]), kind).paths(names[1:2], 20, 4, seed=1)
    assert np.array_equal(together[1], alone[0])
    assert not np.array_equal(together[1], laws.paths(names, 20, 4, seed=2)[1])


@pytest.mark.parametrize(
    ("n_entities", "n_paths", "seed", "message"),
    [
        (6, 5, 2**32, r"seed must be in \[0, 4294967295\]; got 4294967296"),
        (6, 0, 1, "n_paths must be at least 1; got 0"),
        (5, 5, 1, "entities must be one for each of 6 series; got 5"),
    ],
)
def test_a_draw_out_of_range_is_refused(series, n_entities, n_paths, seed, message):
    laws = fit_count_laws(batch_of(series), CountKind.COMPOUND)
    with pytest.raises(PlanError, match=message):
        laws.paths(np.arange(n_entities), n_paths, 3, seed)


def test_periods_without_stock_are_left_out():
    y = np.random.default_rng(1).poisson(2.0, 60).astype(float)
    raised = np.zeros(60, dtype=bool)
    raised[20:30] = True
    with_gap = y.copy()
    with_gap[20:30] = 2.37
    expected = fit_count_laws(batch_of([y[~raised]]), CountKind.NEGATIVE_BINOMIAL).mean
    found = fit_count_laws(batch_of([with_gap], raised), CountKind.NEGATIVE_BINOMIAL).mean
    assert np.array_equal(found, expected)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("NegativeBinomial", KINDS[0]), ("CompoundCount", KINDS[1])],
)
def test_the_registered_models_say_the_laws_mean(series, name, kind):
    batch = batch_of(series)
    found = find_model(name).forecast(batch, Seasons(12, 12.0), 4).means
    expected = np.repeat(fit_count_laws(batch, kind).mean[:, None], 4, axis=1)
    assert np.array_equal(found, expected, equal_nan=True)


def pinball(quantiles, actuals):
    error = actuals[..., None] - quantiles
    return np.maximum(LEVELS * error, (LEVELS - 1.0) * error).mean()


@pytest.mark.parametrize("kind", KINDS)
def test_spare_parts_lose_less_than_by_crostons_mean_and_the_historys_spread(real_data, kind):
    frame = pd.read_parquet(real_data / "carparts_monthly.parquet").dropna()
    groups = frame.groupby("unique_id", observed=True)
    series = [g["y"].to_numpy(float) for _, g in groups]
    series = [y for y in series if len(y) == 51 and (y >= 0).all() and y[:39].any()][::3]
    train, held = [y[:39] for y in series], np.array([y[39:] for y in series])
    batch = batch_of(train)
    ours = pinball(fit_count_laws(batch, kind).quantiles(12), held)
    croston = find_model("CrostonSBA").forecast(batch, Seasons(12, 12.0), 1).means[:, 0]
    ratios = np.array([np.quantile(y / y.mean(), LEVELS) for y in train])
    empirical = croston[:, None] * ratios
    assert ours < 0.95 * pinball(empirical[:, None], held)
