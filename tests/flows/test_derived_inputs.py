"""Inputs that a job derives from its prices: what they are, and that a seed decides them."""

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from flows.sample.assumed_curve import TENORS, assume_curve
from flows.sample.books import generate_books
from flows.sample.listed import list_instruments
from flows.spec import AssumedCurve, ListedInstruments
from risk.market.terms import term_problem

LAST = pd.Timestamp("2024-03-28")
QUOTED = pd.DataFrame(
    {
        "instrument_id": [f"S{n:02d}" for n in range(12)],
        "last_price": np.linspace(10.0, 500.0, 12),
        "last": LAST,
        "volatility": [0.0, *np.linspace(0.15, 0.6, 11)],
        "current": [True] * 11 + [False],
    }
)
SOURCE = ListedInstruments(kind="listed", options=5, bonds=4, curve_id="assumed")
LISTED = list_instruments(QUOTED, SOURCE)
DERIVED = LISTED[LISTED["kind"].isin(["european_option", "bond"])]


def test_every_listed_id_is_an_instrument_and_every_term_is_sound():
    assert set(QUOTED["instrument_id"]) <= set(LISTED["instrument_id"])
    assert not LISTED["instrument_id"].duplicated().any()
    assert LISTED["kind"].value_counts().to_dict() == {
        "equity": 12,
        "european_option": 5,
        "bond": 4,
    }
    for row in LISTED.to_dict("records"):
        assert term_problem(row, LAST.date()) is None


def test_options_are_out_of_the_money_on_what_is_traded_and_moves():
    options = LISTED[LISTED["kind"] == "european_option"].merge(
        QUOTED, left_on="underlying", right_on="instrument_id"
    )
    assert options["current"].all()
    assert (options["volatility"] > 0).all()
    above = options["strike"] > options["last_price"]
    assert (above == (options["option_type"] == "call")).all()
    assert {"call", "put"} == set(options["option_type"])


def test_bonds_without_a_curve_are_refused():
    with pytest.raises(ValidationError, match="bonds need a curve_id"):
        ListedInstruments(kind="listed", bonds=1)


def test_a_seed_decides_the_books():
    ids = QUOTED["instrument_id"].to_numpy(dtype=object)
    prices = QUOTED["last_price"].to_numpy()
    one, again = (generate_books(ids, prices, DERIVED, 40, 3) for _ in range(2))
    pd.testing.assert_frame_equal(one, again)
    assert not one.duplicated(["portfolio_id", "instrument_id"]).any()
    held = set(one["instrument_id"])
    assert held & set(LISTED.loc[LISTED["kind"] == "bond", "instrument_id"])
    assert held & set(LISTED.loc[LISTED["kind"] == "european_option", "instrument_id"])
    assert not one.equals(generate_books(ids, prices, DERIVED, 40, 4))


def test_without_options_and_bonds_books_hold_shares_alone():
    ids = QUOTED["instrument_id"].to_numpy(dtype=object)
    books = generate_books(ids, QUOTED["last_price"].to_numpy(), DERIVED.iloc[:0], 20, 3)
    assert set(books["instrument_id"]) <= set(ids)
    assert books["portfolio_id"].nunique() == 20


def test_an_assumed_curve_ends_at_its_level_and_wanders_as_stated():
    days = pd.bdate_range(end=LAST, periods=2_000)
    curve = assume_curve(days, AssumedCurve(kind="assumed_curve", short_rate=0.01, long_rate=0.04))
    table = curve.pivot(index="ds", columns="tenor", values="zero_rate")
    assert list(table.columns) == list(TENORS)
    last = table.iloc[-1].to_numpy()
    assert (np.diff(last) > 0).all()
    assert 0.01 < last[0] < last[-1] < 0.04
    changes = table.diff().dropna().to_numpy()
    np.testing.assert_allclose(changes, changes[:, :1] * np.ones(len(TENORS)), atol=1e-12)
    # A deviation of 1,999 changes has an error of 1.6%.
    assert changes[:, 0].std() == pytest.approx(0.0005, rel=0.08)
