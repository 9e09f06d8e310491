"""Methods are compared on the portfolios that all of them judged, and on no others."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from flows.steps.verdicts import TABLES, _verdicts

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


def test_a_portfolio_that_failed_on_some_days_is_not_compared(tmp_path):
    days = judged()
    late = (days["portfolio_id"] == "beta") & (days["method"] == "student_t")
    torn = days[~(late & (days["ds"] < DAYS[25]))]
    without = days[days["portfolio_id"] != "beta"]
    _, *found = verdicts(torn, tmp_path)
    _, *wanted = verdicts(without, tmp_path)
    for own, other in zip(found, wanted, strict=True):
        assert_frame_equal(own, other)
    scores, ranking = found
    assert len(scores) == 2 * 2 * 2
    assert (ranking["n_portfolios"] == 2).all()


def test_without_a_portfolio_judged_throughout_there_is_no_ranking(tmp_path):
    days = judged().iloc[:-1]
    _, scores, ranking = verdicts(days[days["portfolio_id"] == "gamma"], tmp_path)
    assert scores.empty
    assert ranking.empty


def verdicts(days, folder):
    """Return the rows that are published of a night whose judged days are these."""
    days.to_parquet(folder / "days.parquet")
    night = {"run_id": "night", "as_of": pd.Timestamp("2025-06-01")}
    run = SimpleNamespace(stamp=lambda frame: frame.assign(**night), job=SimpleNamespace(seed=1))
    record = SimpleNamespace(shards={"risk_backtest_days"}, shard=lambda _: folder / "days.parquet")
    found = _verdicts(run, [record]).tables
    return [table.validate(table.typed(found[table.name])) for table in TABLES]


def test_a_night_whose_books_all_failed_has_no_verdict(tmp_path):
    assert all(table.empty for table in verdicts(judged().iloc[:0], tmp_path))


@pytest.mark.parametrize(
    ("few", "methods"),
    [
        ("portfolio_id == 'beta'", 2),
        ("method == 'student_t'", 1),
        ("ds == ds.min()", 2),
        ("level == 0.99", 2),
    ],
)
def test_one_portfolio_method_day_or_level_has_a_best_method(few, methods, tmp_path):
    _, scores, ranking = verdicts(judged().query(few), tmp_path)
    for table, own in ((scores, ["portfolio_id", "level"]), (ranking, ["level"])):
        assert (table.groupby(own).size() == methods).all()
        assert (
            (table["standing"] == "best").groupby([table[name] for name in own]).sum() == 1
        ).all()


@pytest.mark.parametrize("shortfall", [0.0, -1.0])
def test_books_that_cannot_lose_have_no_standing(shortfall, tmp_path):
    days = judged().assign(loss=0.0, value_at_risk=0.0, expected_shortfall=shortfall)
    _, scores, ranking = verdicts(days, tmp_path)
    assert set(scores["standing"]) == set(ranking["standing"]) == {"undefined"}
    assert (ranking["n_portfolios"] == 0).all()


def test_every_level_has_one_best_method_over_all(tmp_path):
    _, _, ranking = verdicts(judged(), tmp_path)
    best = ranking[ranking["standing"] == "best"]
    assert best["level"].tolist() == [0.975, 0.99]
    assert (best["difference"] == 0.0).all()
