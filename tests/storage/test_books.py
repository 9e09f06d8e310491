"""Curves, limits, positions and scenarios: whole, or refused by name."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.storage.inputs import PLAN, check, clean, codes, instrument, price_rows
from tests.storage.test_checks import option

POSITIONS = ["portfolio_id", "instrument_id", "quantity"]
SCENARIOS = ["scenario_id", "target_kind", "target", "shift"]
LIMITS = ["portfolio_id", "measure", "level", "horizon", "limit"]
CURVES = ["curve_id", "ds", "tenor", "zero_rate"]


def market():
    bond = instrument(
        "BOND", "bond", coupon=0.02, coupon_frequency=2, expiry="2030-01-01", curve_id="usd"
    )
    return {
        "prices": price_rows("A"),
        "instruments": pd.concat([instrument("A"), option(), bond]),
        "curves": pd.DataFrame(
            [("usd", "2024-03-28", 10, 0.04), ("usd", "2024-03-28", 1, 0.03)], columns=CURVES
        ),
    }


def test_a_whole_market_passes(tmp_path):
    positions = pd.DataFrame([("p", "A", -1), ("p", "OPT", 2), ("p", "BOND", 3)], columns=POSITIONS)
    report = check(tmp_path, **market(), positions=positions)
    assert report.rejects.empty
    assert clean(report, "curves")["tenor"].tolist() == [1.0, 10.0]
    assert clean(report, "positions")["quantity"].tolist() == [-1.0, 3.0, 2.0]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([("usd", "2024-03-28", 1, 0.03)], "too_few_tenors"),
        ([("usd", "2024-03-28", 1, 0.03), ("usd", "2024-03-28", 2, "inf")], "too_few_tenors"),
        ([("usd", "2024-04-02", 1, 0.03), ("usd", "2024-04-02", 2, 0.03)], "no_valid_rows"),
        ([("eur", "2024-03-28", 1, 0.03), ("eur", "2024-03-28", 2, 0.03)], None),
    ],
)
def test_a_bond_falls_with_its_curve_and_takes_its_book_along(tmp_path, rows, code):
    positions = pd.DataFrame([("p", "A", 1), ("p", "BOND", 1), ("q", "A", 1)], columns=POSITIONS)
    tables = {**market(), "curves": pd.DataFrame(rows, columns=CURVES)}
    report = check(tmp_path, **tables, positions=positions)
    found = report.rejects.query("severity == 'entity'").set_index("input")["code"].to_dict()
    expected = {"instruments": "unknown_curve", "positions": "unknown_instrument"}
    assert found == (expected if code is None else {**expected, "curves": code})
    assert clean(report, "positions")["portfolio_id"].tolist() == ["q"]


def test_without_curves_no_bond_is_admitted(tmp_path):
    tables = {name: frame for name, frame in market().items() if name != "curves"}
    report = check(tmp_path, **tables)
    assert clean(report, "instruments")["instrument_id"].tolist() == ["A", "OPT"]


def test_a_row_that_holds_nothing_leaves_its_book_whole(tmp_path):
    rows = [("p", "A", 1), ("p", "OPT", 0), ("p", "A", 1)]
    report = check(tmp_path, **market(), positions=pd.DataFrame(rows, columns=POSITIONS))
    assert codes(report) == {"zero_quantity": 1, "duplicate": 1}
    assert report.inputs["positions"].entities_rejected == []
    assert clean(report, "positions")["instrument_id"].tolist() == ["A"]


def test_a_row_without_a_book_harms_none(tmp_path):
    rows = [("p", "A", 1), (None, "A", 1)]
    report = check(tmp_path, **market(), positions=pd.DataFrame(rows, columns=POSITIONS))
    assert clean(report, "positions")["portfolio_id"].tolist() == ["p"]
    assert report.inputs["positions"].entities_rejected == [""]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (("p", "value_at_risk", 1, 1, 10), "level_out_of_range"),
        (("p", "value_at_risk", 0, 1, 10), "level_out_of_range"),
        (("p", "value_at_risk", 99, 1, 10), "too_large"),
        (("p", "vega", 0.99, 1, 10), "unknown_choice"),
        (("p", "value_at_risk", 0.99, 0, 10), "too_small"),
        (("p", "value_at_risk", 0.99, 1, 0), "not_positive"),
        (("ghost", "value_at_risk", 0.99, 1, 10), "unknown_portfolio"),
    ],
)
def test_a_limit_that_cannot_be_measured_is_refused(tmp_path, row, code):
    good = ("p", "expected_shortfall", 0.975, 10, 5)
    report = check(
        tmp_path,
        **market(),
        positions=pd.DataFrame([("p", "A", 1)], columns=POSITIONS),
        limits=pd.DataFrame([good, row], columns=LIMITS),
    )
    assert code in codes(report)
    assert clean(report, "limits")["measure"].tolist() == ["expected_shortfall"]


def test_a_limit_on_a_figure_that_the_night_does_not_measure_is_refused_by_name(tmp_path):
    measured = ("p", "value_at_risk", 0.99, 10, 5)
    rows = [measured, ("p", "value_at_risk", 0.95, 10, 5), ("p", "value_at_risk", 0.99, 5, 5)]
    report = check(
        tmp_path,
        replace(PLAN, levels=(0.975, 0.1 * 9.9), horizons=(1, 10)),
        **market(),
        positions=pd.DataFrame([("p", "A", 1)], columns=POSITIONS),
        limits=pd.DataFrame(rows, columns=LIMITS),
    )
    assert codes(report) == {"unmeasured_level": 1, "unmeasured_horizon": 1}
    told = report.rejects.set_index("code")
    assert told.loc["unmeasured_level", "value"] == "0.95"
    assert told.loc["unmeasured_level", "advice"].endswith("the job's levels are 0.975, 0.99")
    assert told.loc["unmeasured_horizon", "advice"].endswith("the job's horizons are 1, 10")
    kept = clean(report, "limits")[["level", "horizon"]].to_numpy()
    np.testing.assert_array_equal(kept, [measured[2:4]])


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (("kind", "equity", -1.0), "incomplete_scenario"),
        (("volatility", "*", -1.5), "incomplete_scenario"),
        (("instrument", "A", "much"), "incomplete_scenario"),
        (("weather", "A", -0.1), "incomplete_scenario"),
        (("kind", "tulip", -0.1), "unknown_target"),
        (("instrument", "GHOST", -0.1), "unknown_target"),
        (("curve", "eur", 0.01), "unknown_target"),
        (("volatility", "BOND", 0.1), "unknown_target"),
    ],
)
def test_a_scenario_is_applied_whole_or_refused(tmp_path, row, code):
    scenarios = pd.DataFrame(
        [("mild", "kind", "equity", -0.1), ("crash", "instrument", "A", -0.4), ("crash", *row)],
        columns=SCENARIOS,
    )
    report = check(tmp_path, **market(), stress_scenarios=scenarios)
    assert report.inputs["stress_scenarios"].entities_rejected == ["crash"]
    assert codes(report, "entity") == {code: 1}
    assert clean(report, "stress_scenarios")["scenario_id"].tolist() == ["mild"]


@pytest.mark.parametrize(
    "row",
    [
        ("kind", "fx", -0.1),  # a kind that is not held today
        ("instrument", "BOND", -0.1),
        ("curve", "usd", -1.5),  # rates shift by an amount
        ("curve", "*", 0.01),
        ("volatility", "OPT", 0.3),
        ("volatility", "A", 0.3),  # an option is written on it
    ],
)
def test_a_scenario_may_shift_whatever_is_in_the_market(tmp_path, row):
    scenarios = pd.DataFrame([("s", *row)], columns=SCENARIOS)
    report = check(tmp_path, **market(), stress_scenarios=scenarios)
    assert report.rejects.empty


FX_FORWARD = {
    "underlying": "EURUSD",
    "strike": 1.1,
    "expiry": "2024-12-31",
    "curve_id": "usd",
    "foreign_curve_id": "usd",
}
BOND = {"coupon": 0.02, "coupon_frequency": 2, "expiry": "2030-01-01", "curve_id": "usd"}
OPTION = {
    "underlying": "A",
    "strike": 10,
    "option_type": "put",
    "expiry": "2024-12-31",
    "implied_volatility": 0.2,
}


def with_every_kind(*others):
    tables = market()
    tables["prices"] = pd.concat([price_rows(name) for name in ("A", "EURUSD", "F", "FUND")])
    tables["instruments"] = pd.concat(
        [
            tables["instruments"],
            instrument("FUND", "etf"),
            instrument("EURUSD", "fx", underlying="EUR"),
            instrument("F", "future", multiplier=50),
            instrument("FORWARD", "fx_forward", **FX_FORWARD),
            instrument("PUT", "american_option", **OPTION),
            instrument("ON_F", "european_option", **{**OPTION, "underlying": "F"}),
            *others,
        ]
    )
    return tables


@pytest.mark.parametrize("horizon", [10, 20, 40, 60, 120, ""])
def test_every_liquidity_horizon_of_the_standard_passes(tmp_path, horizon):
    own = instrument("WAITS", "bond", **BOND, liquidity_horizon=horizon)
    report = check(tmp_path, **with_every_kind(own))
    assert report.rejects.empty
    found = clean(report, "instruments").set_index("instrument_id")["liquidity_horizon"]
    assert found.drop("WAITS").isna().all()
    assert (found["WAITS"] == horizon) if horizon else np.isnan(found["WAITS"])


def test_every_kind_of_instrument_passes(tmp_path):
    report = check(tmp_path, **with_every_kind())
    assert report.rejects.empty
    assert len(clean(report, "instruments")) == 9


@pytest.mark.parametrize(
    ("kind", "terms", "code"),
    [
        ("fx_forward", {**FX_FORWARD, "strike": ""}, "missing_term"),
        ("fx_forward", {**FX_FORWARD, "foreign_curve_id": None}, "missing_term"),
        ("fx_forward", {**FX_FORWARD, "foreign_curve_id": "GHOST"}, "unknown_curve"),
        ("fx_forward", {**FX_FORWARD, "underlying": "A"}, "unknown_underlying"),
        ("fx_forward", {**FX_FORWARD, "expiry": "2024-03-31"}, "expired"),
        ("fx_forward", {**FX_FORWARD, "strike": -1.0}, "not_positive"),
        ("american_option", {**OPTION, "implied_volatility": ""}, "missing_term"),
        ("american_option", {**OPTION, "implied_volatility": 0}, "not_positive"),
        ("american_option", {**OPTION, "option_type": "binary"}, "unknown_choice"),
        ("american_option", {**OPTION, "underlying": "BOND"}, "unknown_underlying"),
        ("american_option", {**OPTION, "currency": "EUR"}, "other_currency"),
        ("european_option", {**OPTION, "underlying": "EURUSD"}, "missing_term"),
        ("future", {}, "no_prices"),
        ("future", {"expiry": "2024-03-28"}, "expired"),
        ("future", {"multiplier": 0}, "not_positive"),
        (
            "bond",
            {"coupon": 0.02, "coupon_frequency": 5, "expiry": "2030-01-01", "curve_id": "usd"},
            "unknown_frequency",
        ),
        ("swap", {}, "unknown_choice"),
        ("bond", {**BOND, "liquidity_horizon": 30}, "unknown_liquidity_horizon"),
        ("bond", {**BOND, "liquidity_horizon": -10}, "unknown_liquidity_horizon"),
        ("bond", {**BOND, "liquidity_horizon": "soon"}, "wrong_type"),
    ],
)
def test_a_bad_term_is_refused_by_name_and_the_rest_stay(tmp_path, kind, terms, code):
    bad = instrument("BAD", kind).assign(**terms)
    report = check(tmp_path, **with_every_kind(bad))
    assert codes(report).get(code) == 1
    assert report.inputs["instruments"].entities_rejected == ["BAD"]
    assert len(clean(report, "instruments")) == 9


def with_foreign(*priced):
    """Return a market with a share in euros, an option on it and a bond in francs."""
    call = {**OPTION, "underlying": "SIE", "currency": "EUR"}
    tables = with_every_kind(
        instrument("SIE").assign(currency="EUR"),
        instrument("CALL", "european_option").assign(**call),
        instrument("SWISS", "bond").assign(**BOND, currency="CHF"),
        instrument("CHFEUR", "fx", underlying="CHF").assign(currency="EUR"),
    )
    tables["prices"] = pd.concat([price_rows(name) for name in ("A", "F", "FUND", *priced)])
    books = {"home": "A", "euro": "SIE", "call": "CALL", "franc": "SWISS"}
    held = pd.DataFrame([(*each, 1) for each in books.items()], columns=POSITIONS)
    return {**tables, "positions": held}


@pytest.mark.parametrize(
    ("priced", "lost"),
    [
        (("SIE", "EURUSD", "CHFEUR"), {"SWISS"}),
        (("SIE", "CHFEUR"), {"SWISS", "SIE", "CALL", "CHFEUR"}),
    ],
)
def test_an_instrument_without_a_rate_of_its_currency_is_refused_and_takes_its_book_along(
    tmp_path, priced, lost
):
    report = check(tmp_path, replace(PLAN, currency="USD"), **with_foreign(*priced))
    told = report.rejects.query("code == 'no_rate'").set_index("entity")
    assert set(told.index) == lost
    assert told.loc["SWISS", ["column", "value"]].tolist() == ["currency", "CHF"]
    assert told.loc["SWISS", "advice"].endswith("there are rates of EUR")
    kept = set(clean(report, "positions")["portfolio_id"])
    assert kept == {"home"} | ({"euro", "call"} if "EURUSD" in priced else set())


def test_rates_are_those_of_the_currency_that_risk_is_reported_in(tmp_path):
    tables = with_foreign("SIE", "EURUSD", "CHFEUR")
    report = check(tmp_path / "euros", replace(PLAN, currency="EUR"), **tables)
    refused = set(report.rejects.query("code == 'no_rate'")["value"])
    assert refused == {"USD"}
    assert set(clean(report, "positions")["portfolio_id"]) == {"euro", "call", "franc"}
    without_risk = check(tmp_path / "none", PLAN, **tables)
    assert without_risk.rejects.empty


@pytest.mark.parametrize("shift", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("kind", ["curve", "kind"])
def test_a_shift_that_is_no_number_refuses_its_scenario(tmp_path, shift, kind):
    target = {"curve": "usd", "kind": "equity"}[kind]
    scenarios = pd.DataFrame(
        [("mild", "kind", "equity", "-0.1"), ("bad", kind, target, shift)], columns=SCENARIOS
    )
    report = check(tmp_path, **market(), stress_scenarios=scenarios)
    assert report.inputs["stress_scenarios"].entities_rejected == ["bad"]
    assert clean(report, "stress_scenarios")["scenario_id"].tolist() == ["mild"]


def test_without_options_a_shift_of_a_named_volatility_is_refused(tmp_path):
    tables = {"prices": price_rows("A"), "instruments": instrument("A")}
    scenarios = pd.DataFrame(
        [("mild", "volatility", "*", 0.1), ("vol", "volatility", "A", 0.5)], columns=SCENARIOS
    )
    report = check(tmp_path, **tables, stress_scenarios=scenarios)
    assert codes(report, "entity") == {"unknown_target": 1}
    assert clean(report, "stress_scenarios")["scenario_id"].tolist() == ["mild"]
