"""The outlook ahead: volatility by the term structure, trend, and the chance of a fall."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from risk import volatility_outlook
from risk.volatility import (
    VolatilityError,
    VolatilityModel,
    filtered_moves,
    fit_volatility,
    period_volatility,
)
from risk.volatility.outlook import HORIZONS, period_outlook
from storage.tables import VOLATILITY_OUTLOOK
from tests.risk.test_volatility import clustered

GARCH = VolatilityModel()


def quoted(moves, names="ABCD", last="2024-06-28"):
    days = pd.bdate_range(end=last, periods=len(moves) + 1)
    frames = [
        pd.DataFrame(
            {
                "instrument_id": name,
                "ds": days,
                "close": 50.0 * np.exp(np.concatenate([[0.0], np.cumsum(moves[:, i])])),
            }
        )
        for i, name in enumerate(names[: moves.shape[1]])
    ]
    return pd.concat(frames, ignore_index=True)


@pytest.fixture(scope="module")
def moves():
    return clustered(n=400)


def test_rows_are_those_of_the_table_one_for_each_instrument_and_horizon(moves):
    found = volatility_outlook(quoted(moves), GARCH)
    assert list(found.columns) == list(VOLATILITY_OUTLOOK.column_names[2:])
    assert list(found["horizon"]) == list(HORIZONS) * 4
    assert (found["outcome"] == "fitted").all()
    assert found.notna().all(axis=None)


def test_figures_are_the_fits_own(moves):
    found = volatility_outlook(quoted(moves), GARCH, (1, 21)).set_index(
        ["instrument_id", "horizon"]
    )
    fit = fit_volatility(moves)
    for i, name in enumerate("ABCD"):
        row = found.loc[(name, 21)]
        period = period_volatility(fit, [21])[0, i]
        mean, error = moves[:, i].mean(), moves[:, i].std(ddof=1) / 20.0
        # Logarithms of prices give the moves back to rounding, and the fit to its tolerance.
        assert row["volatility"] == pytest.approx(period * np.sqrt(252 / 21), rel=1e-4)
        assert row["expected_return"] == pytest.approx(21 * mean, rel=1e-9)
        assert row["expected_return_standard_error"] == pytest.approx(21 * error, rel=1e-9)
        spread = np.hypot(period, 21 * error)
        expected = stats.norm(21 * mean, spread).cdf(0.0)
        assert row["probability_of_fall"] == pytest.approx(expected, rel=1e-4)


def test_a_price_that_seldom_changes_has_the_volatility_of_its_returns(moves):
    """Of its returns all but a fifth are zero, about which the likelihood of a t gathers."""
    still = moves.copy()
    still[np.arange(len(moves)) % 5 > 0, 1] = 0.0
    law = VolatilityModel("gjr", "student_t")
    found, alone = (
        volatility_outlook(quoted(own), law, (250,)).set_index("instrument_id")["volatility"]
        for own in (still, moves)
    )
    # About as much as over its history: it comes back to that in a year.
    assert found["B"] == pytest.approx(still[:, 1].std() * np.sqrt(252), rel=0.5)
    others = ["A", "C", "D"]
    pd.testing.assert_series_equal(found[others], alone[others], check_exact=True)


def test_the_chance_of_a_fall_is_that_of_simulated_paths():
    """Within Monte Carlo error and half a hundredth for tails that are not quite normal."""
    fit = fit_volatility(clustered(n=1500, n_series=1))
    chance = period_outlook(fit, [21], fit.mean, np.zeros(1)).probability_of_fall[0, 0]
    paths = filtered_moves(fit, 21, 40_000, 3)[0]
    drift = 21 * (fit.volatility * fit.residuals).mean()
    simulated = (paths - drift < 0).mean()
    assert abs(simulated - chance) < 5 * np.sqrt(0.25 / 40_000) + 0.005


def test_no_trend_is_an_even_chance_and_doubt_pulls_towards_it(moves):
    fit, none = fit_volatility(moves), np.zeros(4)
    np.testing.assert_allclose(period_outlook(fit, HORIZONS, none, none).probability_of_fall, 0.5)
    up = np.full(4, 0.001)
    sure = period_outlook(fit, HORIZONS, up, none).probability_of_fall
    unsure = period_outlook(fit, HORIZONS, up, up).probability_of_fall
    assert (sure < unsure).all()
    assert (unsure < 0.5).all()
    assert (np.diff(sure, axis=0) < 0).all()  # a trend outgrows volatility as days add up


def test_trends_of_another_model_take_the_place_of_means(moves):
    given = pd.DataFrame(
        {
            "instrument_id": ["B", "C"],
            "trend": "theta",
            "mean": [0.002, np.nan],
            "standard_error": [0.0005, 0.1],
        }
    )
    plain = volatility_outlook(quoted(moves), GARCH, (10,)).set_index("instrument_id")
    found = volatility_outlook(quoted(moves), GARCH, (10,), given).set_index("instrument_id")
    assert dict(found["trend"]) == {"A": "mean", "B": "theta", "C": "mean", "D": "mean"}
    assert found.loc["B", "expected_return"] == pytest.approx(0.02)
    assert found.loc["B", "expected_return_standard_error"] == pytest.approx(0.005)
    pd.testing.assert_frame_equal(found.drop("B"), plain.drop("B"))


def test_an_instrument_that_cannot_be_fitted_says_why_and_leaves_the_others(moves):
    good = quoted(moves)
    flat = quoted(np.full((200, 1), 0.0), ["FLAT"])
    young = quoted(moves[:30, :1], ["YOUNG"])
    bad = quoted(moves[:, :1], ["BAD"]).assign(close=-1.0)
    found = volatility_outlook(pd.concat([bad, flat, young, good]), GARCH)
    outcomes = found.groupby("instrument_id")["outcome"].first()
    assert dict(outcomes) == {
        **dict.fromkeys("ABCD", "fitted"),
        "FLAT": "constant",
        "YOUNG": "too_short",
    }
    assert found.loc[found["outcome"] != "fitted", "volatility":].isna().all(axis=None)
    own = found.loc[found["outcome"] == "fitted"].reset_index(drop=True)
    pd.testing.assert_frame_equal(own, volatility_outlook(good, GARCH), check_exact=True)


def test_a_short_history_is_its_own(moves):
    late = quoted(moves[300:, 1:2], ["B"])
    both = pd.concat([quoted(moves[:, :1]), late])
    found = volatility_outlook(both, GARCH)
    alone = volatility_outlook(late, GARCH)
    own = found.loc[found["instrument_id"] == "B"].reset_index(drop=True)
    pd.testing.assert_frame_equal(own, alone, check_exact=True)


def test_no_prices_are_no_rows_and_a_horizon_out_of_range_is_refused(moves):
    assert volatility_outlook(quoted(moves).iloc[:0], GARCH).empty
    with pytest.raises(VolatilityError, match="horizon must be 1 to 250"):
        volatility_outlook(quoted(moves), GARCH, (300,))
