"""Books: additive components, independence to the bit, and failures that name what is wrong."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk import (
    BookError,
    RiskPlan,
    build_market,
    instrument_losses,
    limit_utilisation,
    measure_portfolios,
)
from risk.market.revalue import current_values
from risk.measures.loss_quantiles import PROBABILITIES
from risk.measures.tail import measure_tail
from storage.tables import LOSS_QUANTILES, PORTFOLIO_RISK, RISK_CONTRIBUTIONS
from tests.risk.markets import (
    AS_OF,
    BOOKS,
    PLAN,
    bond,
    curve,
    mixed_market,
    option,
    positions,
    prices,
    stocks,
    terms,
)

MARKET = mixed_market()
HELD = positions(**BOOKS)
SETS = [(method, horizon) for method in PLAN.methods for horizon in (1, 10)]


@pytest.fixture(scope="module")
def losses():
    return {
        (method, horizon): instrument_losses(MARKET, method, horizon, PLAN)
        for method, horizon in SETS
    }


def measure(held, made, method="gaussian", horizon=1):
    return measure_portfolios(MARKET, held, made[method, horizon], method, horizon, PLAN)


def of_book(frame, name):
    return frame[frame["portfolio_id"] == name].reset_index(drop=True)


def assert_same(ours, theirs, name):
    for table in ("risk", "contributions", "loss_quantiles"):
        pd.testing.assert_frame_equal(
            of_book(getattr(ours, table), name),
            of_book(getattr(theirs, table), name),
            check_exact=True,
        )


@pytest.mark.parametrize(("method", "horizon"), SETS)
def test_tables_have_their_columns_and_a_row_for_everything(losses, method, horizon):
    measured = measure(HELD, losses, method, horizon)
    tables = {
        "risk": PORTFOLIO_RISK,
        "contributions": RISK_CONTRIBUTIONS,
        "loss_quantiles": LOSS_QUANTILES,
    }
    for name, table in tables.items():
        frame = getattr(measured, name)
        # The run adds its own two columns in front.
        assert set(frame.columns) == set(table.column_names[2:])
        keys = [column for column in table.key if column in frame.columns]
        assert not frame.duplicated(keys).any()
    assert len(measured.risk) == len(BOOKS) * 2 * len(PLAN.levels)
    assert len(measured.contributions) == len(HELD) * len(PLAN.levels) * 2
    assert len(measured.loss_quantiles) == len(BOOKS) * len(PROBABILITIES)
    assert measured.failures == []


@pytest.mark.parametrize(("method", "horizon"), SETS)
def test_components_add_up_to_the_measure(losses, method, horizon):
    measured = measure(HELD, losses, method, horizon)
    keys = ["portfolio_id", "measure", "level"]
    parts = measured.contributions.assign(gross=measured.contributions["value"].abs())
    sums = parts.groupby(keys)[["value", "gross"]].sum()
    values = measured.risk.set_index(keys)["value"]
    # Rounding of the positions' own losses, some hundred scenarios each.
    assert ((sums["value"] - values).abs() < 1e-12 * sums["gross"]).all()
    priced = parts[parts["market_value"] != 0.0]
    np.testing.assert_allclose(
        priced["marginal"] * priced["market_value"], priced["value"], rtol=1e-12
    )


@pytest.mark.parametrize(("method", "horizon"), SETS)
def test_what_a_position_adds_is_gone_without_it(losses, method, horizon):
    measured = measure(HELD, losses, method, horizon)
    keys = ["measure", "level"]
    whole = of_book(measured.risk, "mixed").set_index(keys)["value"]
    added = of_book(measured.contributions, "mixed")
    for name in BOOKS["mixed"]:
        rest = {held: q for held, q in BOOKS["mixed"].items() if held != name}
        without = measure(positions(mixed=rest), losses, method, horizon).risk
        found = added[added["instrument_id"] == name].set_index(keys)["incremental"]
        expected = whole - without.set_index(keys)["value"]
        pd.testing.assert_series_equal(
            found.sort_index(), expected.sort_index(), check_names=False, atol=1e-8
        )


@pytest.mark.parametrize(("method", "horizon"), SETS)
def test_components_are_what_a_little_more_of_the_position_adds(losses, method, horizon):
    # Euler: the derivative of ES by the position, times the position. ES is piecewise linear in
    # the quantities, so a small step is exact unless it reorders the tail's edge.
    step = 1e-7
    measured = of_book(measure(HELD, losses, method, horizon).contributions, "mixed")
    measured = measured[measured["measure"] == "expected_shortfall"]
    base = of_book(measure(HELD, losses, method, horizon).risk, "mixed")
    base = base[base["measure"] == "expected_shortfall"].set_index("level")["value"]
    for name in BOOKS["mixed"]:
        held = positions(mixed={**BOOKS["mixed"], name: BOOKS["mixed"][name] * (1 + step)})
        moved = measure(held, losses, method, horizon).risk
        moved = moved[moved["measure"] == "expected_shortfall"].set_index("level")["value"]
        rows = measured[measured["instrument_id"] == name].set_index("level")["value"]
        for level in PLAN.levels:
            slope = (moved[level] - base[level]) / step
            # Cancellation: rounding of a figure of a thousand, over the step.
            assert slope == pytest.approx(rows[level], abs=1e-2)


def test_errors_of_overlapping_historical_windows_are_those_of_fewer_scenarios(losses):
    numbers = MARKET.numbers()
    for (method, horizon), overlap in {("historical", 10): 10, ("gaussian", 10): 1}.items():
        made = losses[method, horizon]
        total = sum(q * made[numbers[name]] for name, q in BOOKS["equity"].items())
        rows = of_book(measure(HELD, losses, method, horizon).risk, "equity")
        found = rows.set_index(["measure", "level"])["standard_error"]
        tail = measure_tail(total, 0.975, overlap)
        assert found["value_at_risk", 0.975] == pytest.approx(tail.value_at_risk_error)
        assert found["expected_shortfall", 0.975] == pytest.approx(tail.expected_shortfall_error)


def test_market_values_are_quantities_times_values(losses):
    measured = measure(HELD, losses)
    values = dict(zip(MARKET.terms["instrument_id"], current_values(MARKET), strict=True))
    for name, held in BOOKS.items():
        worth = sum(quantity * values[instrument] for instrument, quantity in held.items())
        assert of_book(measured.risk, name)["market_value"].to_numpy() == pytest.approx(worth)
    assert set(measured.risk["currency"]) == {"USD"}


@pytest.mark.parametrize(("method", "horizon"), SETS)
def test_a_book_alone_is_the_book_among_others_to_the_bit(losses, method, horizon):
    together = measure(HELD, losses, method, horizon)
    for name, held in BOOKS.items():
        assert_same(measure(positions(**{name: held}), losses, method, horizon), together, name)


def test_the_order_of_rows_changes_no_bit(losses):
    shuffled = HELD.sample(frac=1.0, random_state=3)
    for name in BOOKS:
        assert_same(measure(shuffled, losses), measure(HELD, losses), name)


def test_threads_change_no_bit(losses):
    sets = [key for key in SETS for _ in range(2)]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda key: instrument_losses(MARKET, *key, PLAN), sets))
        measured = list(pool.map(lambda key: measure(HELD, losses, *key), sets))
    for key, ours, theirs in zip(sets, made, measured, strict=True):
        assert np.array_equal(ours, losses[key])
        assert_same(theirs, measure(HELD, losses, *key), "mixed")


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"AAA": 1, "GHOST": 2}, "instrument 'GHOST' cannot be valued: it is not among the instr"),
        ({"AAA": float("nan")}, "quantity of 'AAA' must be finite; got nan"),
        ({"AAA": float("inf")}, "quantity of 'AAA' must be finite; got inf"),
        ({"AAA": 1e308, "BBB": 1e308}, "its value or loss overflows"),
        ({"AAA": 1e200, "BBB": -1e200}, "its value or loss overflows"),
    ],
)
def test_a_bad_book_is_a_failure_and_changes_no_bit_of_the_others(losses, bad, message):
    measured = measure(positions(**BOOKS, bad=bad), losses)
    (failure,) = measured.failures
    assert (failure.entity, failure.error_type) == ("bad", "BookError")
    assert message in failure.message
    assert of_book(measured.risk, "bad").empty
    for name in BOOKS:
        assert_same(measured, measure(HELD, losses), name)


def test_a_book_with_a_refused_instrument_repeats_why():

    plan = RiskPlan(history=250, scenarios=200)
    instruments = terms(("AAA", "equity", {}), option("OLD", ahead=-5))
    market = build_market(prices(["AAA"]), instruments, curve(), AS_OF, plan)
    held = positions(bad={"AAA": 1, "OLD": 1}, good={"AAA": 1})
    made = instrument_losses(market, "gaussian", 1, plan)
    measured = measure_portfolios(market, held, made, "gaussian", 1, plan)
    assert [f.entity for f in measured.failures] == ["bad"]
    assert "'OLD' cannot be valued: it expired on 2024-06-23" in measured.failures[0].message
    assert set(measured.risk["portfolio_id"]) == {"good"}


def test_a_position_held_twice_is_a_failure(losses):
    twice = pd.concat([HELD, positions(equity={"AAA": 1})], ignore_index=True)
    measured = measure(twice, losses)
    assert [(f.entity, f.message) for f in measured.failures] == [
        ("equity", "instrument 'AAA' is held in two positions")
    ]


@pytest.mark.parametrize("column", ["portfolio_id", "instrument_id", "quantity"])
def test_positions_with_a_column_twice_or_not_at_all_are_refused_by_its_name(losses, column):
    twice = pd.concat([HELD, HELD[[column]]], axis=1)
    for wrong, times in ((HELD.drop(columns=column), 0), (twice, 2)):
        expected = f"positions must have one column '{column}'; they have {times}"
        with pytest.raises(BookError, match=expected):
            measure(wrong, losses)


def test_only_bad_books_leave_empty_tables_with_their_columns(losses):
    measured = measure(positions(bad={"GHOST": 1}), losses)
    assert len(measured.failures) == 1
    assert list(measured.risk.columns) == list(measure(HELD, losses).risk.columns)
    assert measured.contributions.empty
    assert measured.loss_quantiles.empty


@pytest.mark.parametrize("method", PLAN.methods)
def test_a_hedged_book_loses_nothing(method):

    table = prices(["AAA", "BBB"])
    twin = table[table["instrument_id"] == "AAA"].assign(instrument_id="TWIN")
    instruments = stocks("AAA", "BBB", "TWIN")
    market = build_market(pd.concat([table, twin]), instruments, None, AS_OF, PLAN)
    held = positions(hedged={"AAA": 100, "TWIN": -100})
    made = instrument_losses(market, method, 1, PLAN)
    risk = measure_portfolios(market, held, made, method, 1, PLAN).risk
    assert (risk["value"] == 0.0).all()
    assert (risk["standard_error"] == 0.0).all()
    assert (risk["market_value"] == 0.0).all()


def test_a_conversion_loses_nothing():

    instruments = terms(
        ("AAA", "equity", {}),
        option("CALL", strike=100.0, ahead=365),
        option("PUT", strike=100.0, ahead=365, option_type="put"),
        bond("STRIKE", ahead=365, coupon=0.0, multiplier=100.0),
    )
    market = build_market(prices(["AAA"]), instruments, curve(), AS_OF, PLAN)
    held = positions(conversion={"AAA": 10, "PUT": 10, "CALL": -10, "STRIKE": -10})
    for method in PLAN.methods:
        made = instrument_losses(market, method, 1, PLAN)
        risk = measure_portfolios(market, held, made, method, 1, PLAN).risk
        # Rounding of four positions worth a thousand each.
        np.testing.assert_allclose(risk["value"], 0.0, rtol=0, atol=1e-10)


@settings(max_examples=25)
@given(
    st.lists(st.floats(-100.0, 100.0), min_size=4, max_size=4),
    st.lists(st.floats(-100.0, 100.0), min_size=4, max_size=4),
    st.floats(0.1, 50.0),
)
def test_shortfall_is_subadditive_and_scales_with_the_book(losses, first, second, size):
    names = ("AAA", "BBB", "CALL", "BOND")

    def shortfalls(quantities):
        held = positions(book=dict(zip(names, quantities, strict=True)))
        risk = measure(held, losses, "student_t").risk
        return risk.loc[risk["measure"] == "expected_shortfall", "value"].to_numpy()

    one, two = shortfalls(first), shortfalls(second)
    both = shortfalls([a + b for a, b in zip(first, second, strict=True)])
    assert (both <= one + two + 1e-8).all()
    scaled = shortfalls([size * quantity for quantity in first])
    np.testing.assert_allclose(scaled, size * one, rtol=1e-9, atol=1e-8)


@pytest.mark.parametrize(("method", "horizon"), SETS)
def test_shortfall_is_at_least_value_at_risk_and_both_grow_with_the_level(losses, method, horizon):
    risk = measure(HELD, losses, method, horizon).risk
    wide = risk.pivot_table(index="portfolio_id", columns=["measure", "level"], values="value")
    low, high = PLAN.levels
    assert (wide["expected_shortfall", low] >= wide["value_at_risk", low]).all()
    assert (wide["expected_shortfall", high] >= wide["value_at_risk", high]).all()
    assert (wide["expected_shortfall", high] >= wide["expected_shortfall", low]).all()


def test_quantiles_ascend_and_meet_value_at_risk(losses):
    measured = measure(HELD, losses)
    for name in BOOKS:
        quantiles = of_book(measured.loss_quantiles, name)
        assert (np.diff(quantiles["loss"]) >= 0.0).all()
        assert quantiles["probability"].tolist() == PROBABILITIES.tolist()
        risk = of_book(measured.risk, name).set_index(["measure", "level"])
        at = quantiles.set_index("probability")["loss"][0.99]
        # The picture interpolates between order statistics; the measure takes one of them.
        error = risk.loc[("value_at_risk", 0.99), "standard_error"]
        assert abs(at - risk.loc[("value_at_risk", 0.99), "value"]) < error


def test_standard_errors_are_the_spread_of_a_real_book_over_seeds():
    values, errors = [], []
    for seed in range(60):
        plan = RiskPlan(history=250, scenarios=1000, levels=(0.975,), seed=seed)
        made = instrument_losses(MARKET, "gaussian", 1, plan)
        risk = measure_portfolios(
            MARKET, positions(mixed=BOOKS["mixed"]), made, "gaussian", 1, plan
        ).risk
        values.append(risk["value"].to_numpy())
        errors.append(risk["standard_error"].to_numpy())
    spread = np.std(values, axis=0, ddof=1)
    stated = np.sqrt(np.square(errors).mean(axis=0))
    # A deviation from 60 values is known to 1 / sqrt(120), 9%; four of those.
    np.testing.assert_allclose(stated, spread, rtol=4.0 / math.sqrt(120.0))


def test_limits_are_used_by_every_method_that_measures_what_they_limit(losses):
    risk = pd.concat([measure(HELD, losses, *key).risk for key in SETS], ignore_index=True)
    limits = pd.DataFrame(
        [
            ("equity", "expected_shortfall", 0.975, 1, 100.0),
            ("mixed", "value_at_risk", 0.99, 10, 1e9),
            ("equity", "value_at_risk", 0.95, 1, 100.0),
            ("nobody", "value_at_risk", 0.99, 1, 100.0),
        ],
        columns=["portfolio_id", "measure", "level", "horizon", "limit"],
    )
    used = limit_utilisation(risk, limits)
    assert len(used) == 2 * len(PLAN.methods)
    assert (used["utilisation"] == used["value"] / used["limit"]).all()
    breached = used[used["utilisation"] > 1]
    assert set(breached["portfolio_id"]) == {"equity"}
    assert set(breached["method"]) == set(PLAN.methods)
    assert not used.isna().any().any()


def test_a_limit_at_a_level_computed_is_the_same_level(losses):
    limits = pd.DataFrame(
        [
            ("equity", "expected_shortfall", 1.0 - 0.025, 1, 100.0),
            ("equity", "value_at_risk", 0.9 + 0.09, 1, 1.0),
        ],
        columns=["portfolio_id", "measure", "level", "horizon", "limit"],
    )
    assert len(limit_utilisation(measure(HELD, losses).risk, limits)) == 2
