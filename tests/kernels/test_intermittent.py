"""Croston's kin: the oracles are the papers' recursions and statsforecast."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.intermittent import (
    HIGHEST,
    LOWEST,
    IntermittentModel,
    bucket_rate,
    intermittent_rates,
    mean_interval,
)
from kernels.smoothing import LANES
from tests.oracles import smoothing as oracle

PEERS = [
    (IntermittentModel.CROSTON, "CrostonClassic", {}),
    (IntermittentModel.CROSTON_OPTIMISED, "CrostonOptimized", {}),
    (IntermittentModel.SBA, "CrostonSBA", {}),
    (IntermittentModel.TSB, "TSB", {"alpha_d": 0.1, "alpha_p": 0.1}),
    (IntermittentModel.ADIDA, "ADIDA", {}),
    (IntermittentModel.IMAPA, "IMAPA", {}),
]


def rates(series, model, **settings):
    offsets = np.concatenate([[0], np.cumsum([len(y) for y in series])]).astype(np.int64)
    return intermittent_rates(np.concatenate(series), offsets, model, **settings)


def pausing(seed, count):
    draws = np.random.default_rng(seed)
    chances = draws.uniform(0.02, 1.0, count)
    return [
        (draws.random(n) < chance) * draws.geometric(0.3, n).astype(float)
        for n, chance in zip(draws.integers(1, 200, count), chances, strict=True)
    ]


@pytest.fixture(scope="module")
def spare_parts(real_data):
    frame = pd.read_parquet(real_data / "carparts_monthly.parquet").dropna()
    groups = frame.groupby("unique_id", observed=True)
    return [group["y"].to_numpy(float) for _, group in groups][::4]


def assert_as_statsforecast(series, model, name, arguments):
    from statsforecast import models

    # Of two demands every parameter scores the same, and the library takes whichever its rounding
    # favours; we take the middle one.
    if model == IntermittentModel.CROSTON_OPTIMISED:
        series = [y for y in series if (y > 0).sum() != 2]
    peer = getattr(models, name)(**arguments)
    expected = [peer.forecast(y=y, h=1)["mean"][0] for y in series]
    # Searches stop within 1e-8 of the parameter; without one only the order of sums differs.
    searched = model not in {
        IntermittentModel.CROSTON,
        IntermittentModel.SBA,
        IntermittentModel.TSB,
    }
    assert np.allclose(rates(series, model), expected, rtol=1e-6 if searched else 1e-12, atol=0)


@pytest.mark.parametrize(("model", "name", "arguments"), PEERS)
def test_forecasts_of_spare_parts_are_those_of_statsforecast(spare_parts, model, name, arguments):
    assert_as_statsforecast(spare_parts, model, name, arguments)


@pytest.mark.parametrize(("model", "name", "arguments"), PEERS)
def test_forecasts_of_any_density_are_those_of_statsforecast(model, name, arguments):
    assert_as_statsforecast(pausing(seed=1, count=300), model, name, arguments)


@given(st.integers(0, 2**31), st.floats(0.02, 0.98))
@settings(max_examples=40)
def test_rates_follow_the_papers_recursions(seed, alpha):
    (y,) = pausing(seed, 1)
    croston = oracle.croston(y.tolist(), alpha)
    assert rates([y], IntermittentModel.CROSTON, of_sizes=alpha)[0] == pytest.approx(croston)
    found = rates([y], IntermittentModel.TSB, of_sizes=alpha, of_chances=0.2)[0]
    assert found == pytest.approx(oracle.tsb(y.tolist(), alpha, 0.2))


@given(st.integers(0, 2**31), st.integers(1, 30))
@settings(max_examples=40)
def test_buckets_count_back_from_the_end(seed, length):
    draws = np.random.default_rng(seed)
    y = draws.poisson(1.0, int(draws.integers(length, 90))).astype(float)
    scratch = np.empty(len(y)), np.empty((3, LANES))
    found = bucket_rate(y, length, *scratch) * length
    totals = oracle.buckets(y.tolist(), length)
    if len(totals) == 1:
        assert found == totals[0]
    else:
        assert min(totals) - 1e-9 <= found <= max(totals) + 1e-9
        low, high = (oracle.smoothed(totals, alpha)[0] for alpha in (LOWEST, HIGHEST))
        if len(totals) == 2:
            assert min(low, high) - 1e-9 <= found <= max(low, high) + 1e-9


@pytest.mark.parametrize("model", list(IntermittentModel))
def test_no_demand_is_no_rate(model):
    assert rates([np.zeros(9), np.zeros(1)], model).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("model", list(IntermittentModel))
def test_demand_in_every_period_of_one_size_is_that_size(model):
    expected = 4.0 * (0.95 if model == IntermittentModel.SBA else 1.0)
    assert rates([np.full(30, 4.0)], model)[0] == pytest.approx(expected)


def test_a_dying_series_fades_under_tsb_and_not_under_croston():
    alive = np.tile([0.0, 3.0], 20)
    dead = np.concatenate([alive, np.zeros(40)])
    for model, fades in ((IntermittentModel.TSB, True), (IntermittentModel.CROSTON, False)):
        before, after = rates([alive, dead], model)
        assert (after < 0.05 * before) == fades


@pytest.mark.parametrize("model", list(IntermittentModel))
def test_a_rate_scales_with_the_sizes_and_knows_no_neighbours(model):
    series = pausing(seed=3, count=40)
    together = rates(series, model)
    assert np.allclose(rates([8.0 * y for y in series], model), 8.0 * together, rtol=1e-9)
    assert np.array_equal([rates([y], model)[0] for y in series], together)


def test_the_interval_is_counted_from_the_start_to_the_last_demand():
    assert mean_interval(np.array([0.0, 0.0, 2.0, 0.0, 1.0, 0.0])) == 2.5
    assert mean_interval(np.zeros(3)) == 0.0
