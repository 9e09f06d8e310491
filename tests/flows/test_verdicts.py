"""Methods are compared on the portfolios that all of them judged, and on no others."""

import numpy as np
import pandas as pd
from pandas.testing import assert_frame_equal

from flows.steps.verdicts import _compare, _judged_throughout

DAYS = pd.bdate_range("2025-01-01", periods=80)


def judged():
    draws = np.random.default_rng(2)
    losses = {book: draws.normal(0, 10.0, len(DAYS)) for book in ("alpha", "beta", "gamma")}
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "portfolio_id": book,
                    "method": method,
                    "level": level,
                    "ds": DAYS,
                    "loss": own,
                    "value_at_risk": scale * 19.6,
                    "expected_shortfall": scale * 23.4,
                    "currency": "EUR",
                }
            )
            for book, own in losses.items()
            for method, scale in (("historical", 1.0), ("student_t", 1.2))
            for level in (0.975, 0.99)
        ],
        ignore_index=True,
    )


def test_a_portfolio_that_failed_on_some_days_is_not_compared():
    days = judged()
    late = (days["portfolio_id"] == "beta") & (days["method"] == "student_t")
    torn = days[~(late & (days["ds"] < DAYS[25]))]
    without = days[days["portfolio_id"] != "beta"]
    for found, wanted in zip(
        _compare(_judged_throughout(torn), 1), _compare(without, 1), strict=True
    ):
        assert_frame_equal(found, wanted)
    scores, ranking = _compare(_judged_throughout(torn), 1)
    assert len(scores) == 2 * 2 * 2
    assert (ranking["n_portfolios"] == 2).all()


def test_without_a_portfolio_judged_throughout_there_is_no_ranking():
    days = judged().iloc[:-1]
    scores, ranking = _compare(_judged_throughout(days[days["portfolio_id"] == "gamma"]), 1)
    assert scores.empty
    assert ranking.empty


def test_every_level_has_one_best_method_over_all():
    _, ranking = _compare(judged(), 1)
    best = ranking[ranking["standing"] == "best"]
    assert best["level"].tolist() == [0.975, 0.99]
    assert (best["difference"] == 0.0).all()
