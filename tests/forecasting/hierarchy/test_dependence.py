"""What errors of series have in common is found, drawn, and leaves each series' law as it was."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from forecasting import sample_paths
from forecasting.autocorrelation import HIGHEST
from forecasting.hierarchy import SharedErrors, build_hierarchy, learn_dependence
from tests.forecasting.hierarchy.companies import make_company
from tests.forecasting.test_paths import COUNT, GAMMA, LEVELS, frames

COMPANY = make_company(12, 30, seed=4)
N = len(COMPANY.leaves)
SHARES = {"total": 0.3, "warehouse": 0.2, "category": 0.1}
NODES = {level: COMPANY.nodes_at(level) for level in SHARES}
ENTITIES = np.arange(len(COMPANY.aggregates), dtype=np.uint64)


def errors_of(rng, shape, shares=SHARES):
    """Return errors whose variance has these shares, each series on a scale of its own."""
    left = 1.0 - sum(shares.values())
    parts = [np.sqrt(left) * rng.standard_normal((N, *shape))]
    for level, share in shares.items():
        common = rng.standard_normal((len(COMPANY.aggregates), *shape))
        parts.append(np.sqrt(share) * common[COMPANY.nodes_at(level)])
    return sum(parts) * rng.uniform(1.0, 9.0, N)[:, None, None]


def learnt(errors, hierarchy=COMPANY):
    return learn_dependence(hierarchy, errors, np.ones(len(errors))).set_index("level")


@pytest.mark.parametrize("unseen", [0.0, 0.4])
def test_the_shares_of_all_levels_are_found(unseen):
    rng = np.random.default_rng(1)
    errors = errors_of(rng, (60, 30))
    errors[rng.random(errors.shape) < unseen] = np.nan
    found = learnt(errors)
    for level in COMPANY.levels:
        # A share is measured from 1,800 draws of what all series have in common.
        assert found.loc[level, "share"] == pytest.approx(SHARES.get(level, 0.0), abs=0.03)
    assert found["autocorrelation"].iloc[0] == pytest.approx(0.0, abs=0.1)


def test_series_that_stand_for_others_count_as_many_times():
    rng = np.random.default_rng(2)
    errors = errors_of(rng, (3, 5))[:20]
    series = COMPANY.leaves[["warehouse_id", "item_id"]].iloc[:20]
    few = build_hierarchy(series, pd.Series(dtype=object))
    weights = rng.uniform(1.0, 5.0, 20)
    once = learn_dependence(few, errors * weights[:, None, None], np.ones(20))
    pd.testing.assert_frame_equal(learn_dependence(few, errors, weights), once)


def test_the_share_of_one_level_is_by_hand_that_of_its_pairs():
    errors = np.random.default_rng(3).standard_normal((4, 2, 3)) + 1.0
    series = pd.DataFrame({"warehouse_id": [*"wxyz"], "item_id": "i"})
    (found,) = learnt(errors, build_hierarchy(series, pd.Series(dtype=object)))["share"]
    deviation = np.sqrt((errors**2).mean(axis=(1, 2)))
    pairs = [(i, j) for i in range(4) for j in range(4) if i != j]
    products = np.mean([(errors[i] * errors[j]).mean() for i, j in pairs])
    largest = np.mean([deviation[i] * deviation[j] for i, j in pairs])
    assert found == pytest.approx(products / largest)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20)
def test_shares_are_never_negative_and_leave_each_series_something(seed):
    rng = np.random.default_rng(seed)
    errors = rng.choice([-1.0, 1.0]) * errors_of(rng, (2, 3)) + rng.uniform(-9.0, 9.0)
    found = learnt(errors)
    assert (found["share"] >= 0.0).all()
    assert found["share"].sum() <= HIGHEST + 1e-12
    assert ((found["autocorrelation"] >= 0.0) & (found["autocorrelation"] <= HIGHEST)).all()


def test_series_alone_have_nothing_in_common():
    series = pd.DataFrame({"warehouse_id": ["w"], "item_id": ["i"]})
    alone = build_hierarchy(series, pd.Series(dtype=object))
    assert learnt(np.ones((1, 2, 3)), alone).empty


def shared_by(shares, n_paths, n_periods, autocorrelation=0.0):
    parts = {"level": [*shares], "share": [*shares.values()], "autocorrelation": autocorrelation}
    return SharedErrors.draw(COMPANY, pd.DataFrame(parts), ENTITIES, n_paths, n_periods, 5)


def test_scores_of_two_series_are_correlated_by_what_they_share():
    n_paths = 20_000
    laws = [("gamma", stats.gamma(9.0))] * N
    shared = shared_by(SHARES, n_paths, 2, 0.6)
    chosen = np.array([0, 1, N - 1])
    forecasts, champions = frames(laws[:3], 0.6, horizon=2)
    own = np.arange(3, dtype=np.uint64)
    starts = np.zeros(3, np.int64)
    paths = sample_paths(forecasts, champions, own, n_paths, 5, shared.of(chosen, starts))
    scores = stats.norm.ppf((stats.rankdata(paths, axis=1) - 0.5) / n_paths)
    for one, other in ((0, 1), (0, 2), (1, 2)):
        in_one = {k: nodes[chosen[one]] == nodes[chosen[other]] for k, nodes in NODES.items()}
        expected = sum(share for level, share in SHARES.items() if in_one[level])
        found = np.corrcoef(scores[one, :, 0], scores[other, :, 0])[0, 1]
        # Four standard errors of a correlation.
        assert found == pytest.approx(expected, abs=4 / np.sqrt(n_paths))
    # All parts last alike over time, and so does their sum.
    found = np.corrcoef(scores[0, :, 0], scores[0, :, 1])[0, 1]
    assert found == pytest.approx(0.6, abs=4 / np.sqrt(n_paths))


@pytest.mark.parametrize("law", [GAMMA, COUNT])
def test_what_is_shared_leaves_each_series_its_law(law):
    n_paths = 20_000
    forecasts, champions = frames([law], 0.5, horizon=2)
    shared = shared_by(SHARES, n_paths, 2).of(np.array([3]), np.array([0]))
    paths = sample_paths(forecasts, champions, np.array([7], np.uint64), n_paths, 3, shared)[0]
    for level in (0.1, 0.5, 0.9):
        quantile = law[1].ppf(level)
        expected = np.mean(law[1].ppf(LEVELS) <= quantile) if law is COUNT else level
        share = (paths <= quantile).mean(axis=0)
        # Four standard errors of a share, and half a percent on either side of a percentile.
        assert np.abs(share - expected).max() <= 4 * np.sqrt(0.25 / n_paths) + 0.01


def test_a_series_that_begins_later_takes_the_scores_of_its_periods():
    shared = shared_by({"total": 0.9}, 500, 4, 0.3)
    law = [("gamma", stats.gamma(9.0))]
    late = sample_paths(
        *frames(law, 0.0, horizon=2),
        np.array([1], np.uint64),
        500,
        5,
        shared.of(np.array([0]), np.array([2])),
    )[0]
    scores = shared.scores[COMPANY.nodes_at("total")[0]]
    for step, period in ((0, 2), (1, 3)):
        assert np.corrcoef(late[:, step], scores[:, period])[0, 1] > 0.8
        assert abs(np.corrcoef(late[:, step], scores[:, step])[0, 1]) < 0.5


def test_nothing_shared_is_nothing_to_draw():
    assert shared_by({}, 5, 2).of(np.array([0]), np.array([0])) is None
    assert shared_by({"total": 0.0}, 5, 2).of(np.array([0]), np.array([0])) is None
    # A level that no series is in.
    assert shared_by({"elsewhere": 0.5}, 5, 2).of(np.array([0]), np.array([0])) is None
