"""Every bad input of the risk side in one night: each is named, and other books keep every bit."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from flows.errors import JobRefusedError
from flows.outcome import ExitCode
from flows.run import prepare_run
from flows.spec import load_job
from flows.steps import scenarios
from storage.stores import open_store
from tests.risk.markets import closes, curve, option, positions, prices, stocks, terms
from tests.survival.plain import run_plain

JOB = """
name = "books"
as_of = 2024-06-28
[inputs]
prices = { path = "prices.csv" }
instruments = { path = "instruments.csv" }
positions = { path = "positions.csv" }
curves = { path = "curves.csv" }
stress_scenarios = { path = "stress_scenarios.csv" }
[checks]
maximum_price_gap = 0
[risk]
scenarios = 1_000
history = 250
degrees_of_freedom = 5.0
# What all factors have in common is of all of them, twins and what stands still, too.
common_volatility = false
[execution]
failure_threshold = 1.0
"""
SOUND = ("AAA", "BBB", "CCC")
GOOD = {"one": {"AAA": 100, "CALL": 5}, "two": {"BBB": -40, "CCC": 10, "CALL": -2}}
# One price of a day in the middle of the window, of each another.
PRICES = {
    "NAN": "nan",
    "INFINITE": "inf",
    "NEGATIVE": "-3.0",
    "FREE": "0.0",
    "VAST": "1e200",
    "TINY": "1e-200",
}
BAD_TERMS = {
    "EXPIRED": option("EXPIRED", ahead=-5),
    "SHAKY": option("SHAKY", implied_volatility=-0.2),
    "FOREIGN": ("FOREIGN", "equity", {"currency": "XXX"}),
}
MEASURED = (
    *("portfolio_risk", "risk_contributions", "loss_quantiles"),
    *("sensitivities", "stress_losses"),
)
CRASH = pd.DataFrame(
    [("crash", "kind", "equity", -0.4)],
    columns=["scenario_id", "target_kind", "target", "shift"],
)
# By input and entity, what rejects and failures say of it.
REFUSED = {
    ("prices", "NAN"): "not_finite",
    ("prices", "INFINITE"): "not_finite",
    ("prices", "NEGATIVE"): "not_positive",
    ("prices", "FREE"): "not_positive",
    ("prices", "VAST"): "too_large",
    ("prices", "TINY"): "too_small",
    ("prices", "SHORT"): "short_history",
    ("instruments", "EXPIRED"): "expired",
    ("instruments", "SHAKY"): "not_positive",
    ("instruments", "FOREIGN"): "no_rate",
    **{
        ("positions", f"holds {name}"): "unknown_instrument"
        for name in (*PRICES, *BAD_TERMS, "SHORT", "GHOST")
    },
    ("positions", "twice"): "conflicting_duplicate",
    ("positions", "empty"): "empty_book",
    ("positions", "unsound"): "missing",
    ("positions", "overflowing"): "too_large",
}
# Nothing is wrong with an instrument that never moves, or moves as another: what holds them is
# measured, though their covariance is singular.
SINGULAR = {"flat": {"FLAT": 100}, "hedged": {"AAA": 100, "TWIN": -100}}


def _write(folder, closing, instruments, held):
    folder.mkdir()
    for name, frame in {
        "prices": closing,
        "instruments": instruments,
        "positions": held,
        "curves": curve(),
        "stress_scenarios": CRASH,
    }.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    (folder / "job.toml").write_text(JOB)
    return load_job(folder / "job.toml")


def _night(job):
    outcome, run = run_plain(job), prepare_run(job)
    with open_store(run.store_url) as store:
        names = (*MEASURED, "rejects", "failures")
        return outcome, {name: store.read(name, run_id=run.run_id) for name in names}


def _good(folder):
    instruments = pd.concat([stocks(*SOUND), terms(option("CALL"))], ignore_index=True)
    return _write(folder, prices(SOUND).astype({"close": str}), instruments, positions(**GOOD))


def _bad(folder):
    frames = [prices(SOUND), closes("FLAT", np.full(251, 10.0))]
    frames += [prices(["AAA"]).assign(instrument_id="TWIN"), prices(["FOREIGN"], seed=5)]
    frames.append(prices(["SHORT"], seed=6).iloc[-1:])
    closing = pd.concat(frames, ignore_index=True).astype({"close": str})
    for seed, (name, wrong) in enumerate(PRICES.items(), start=10):
        own = prices([name], seed=seed).astype({"close": str})
        own.loc[seed, "close"] = wrong
        closing = pd.concat([closing, own], ignore_index=True)
    listed = stocks(*SOUND, "FLAT", "TWIN", "SHORT", *PRICES)
    derived = terms(option("CALL"), *BAD_TERMS.values())
    wrong = {f"holds {name}": {"AAA": 1, name: 2} for name in (*PRICES, *BAD_TERMS, "SHORT")}
    wrong |= {"holds GHOST": {"AAA": 1, "GHOST": 2}, "overflowing": {"AAA": 1e308, "BBB": 1e308}}
    wrong |= {"empty": {"AAA": 0}, "unsound": {"AAA": float("nan"), "BBB": 1}}
    twice = [positions(twice={"AAA": 1}), positions(twice={"AAA": 2})]
    held = pd.concat([positions(**GOOD, **SINGULAR, **wrong), *twice], ignore_index=True)
    instruments = pd.concat([listed, derived], ignore_index=True)
    return _write(folder, closing, instruments, held)


@pytest.fixture(scope="module")
def nights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("books")
    return _night(_good(folder / "good")), _night(_bad(folder / "bad"))


def test_everything_bad_is_named_with_its_reason(nights):
    (sound, clean), (outcome, tables) = nights
    assert sound.exit_code is ExitCode.DONE
    assert clean["rejects"].empty
    assert clean["failures"].empty
    assert outcome.exit_code is ExitCode.DONE
    assert tables["failures"].empty
    codes = tables["rejects"].groupby(["input", "entity"])["code"].agg(set)
    assert {key for key, code in REFUSED.items() if code not in codes.get(key, ())} == set()
    # Nobody sound is among them.
    bad = {entity for table, entity in codes.index if table == "positions"}
    assert bad == {entity for table, entity in REFUSED if table == "positions"}


def test_other_books_come_out_to_the_bit_as_without_all_that(nights):
    (_, clean), (_, tables) = nights
    for name in MEASURED:
        found, expected = tables[name], clean[name]
        own = ["run_id", "as_of"]
        others = found[found["portfolio_id"].isin(list(GOOD))].drop(columns=own)
        assert len(expected) > 0
        pd.testing.assert_frame_equal(
            others.reset_index(drop=True),
            expected.drop(columns=own).reset_index(drop=True),
            check_exact=True,
        )


def test_books_of_a_singular_market_are_measured(nights):
    _, (_, tables) = nights
    measured = tables["portfolio_risk"]
    assert set(measured["portfolio_id"]) == {*GOOD, *SINGULAR}
    singular = measured[measured["portfolio_id"].isin(list(SINGULAR))]
    # Of ten thousand held: the covariance's loadings of twins differ by rounding.
    assert (singular["value"].abs() < 1e-6).all()


def test_scenarios_that_no_machine_holds_are_refused_with_how_many_it_does(tmp_path, monkeypatch):
    job = _good(tmp_path / "job")
    terms_of_risk = job.risk.model_copy(update={"target_error": 0.01, "most_scenarios": 10_000_000})
    memory = SimpleNamespace(total=2**30)
    monkeypatch.setattr(scenarios.psutil, "virtual_memory", lambda: memory)
    # Two sets at once of four instruments, and three prices and five rates twice.
    with pytest.raises(JobRefusedError, match=r"risk.most_scenarios must be at most 3,355,443 "):
        run_plain(job.model_copy(update={"risk": terms_of_risk}))


def test_a_rate_without_volatility_refuses_the_night_by_its_name(tmp_path):
    job = _good(tmp_path / "job")
    still = curve().assign(zero_rate=lambda rates: 1e-170 * rates["zero_rate"])
    still.to_csv(tmp_path / "job" / "curves.csv", index=False)
    told = "risk.methods, filtered_historical: the rate of 'USD' at 0.5 years has no volatility"
    with pytest.raises(JobRefusedError, match=told):
        run_plain(job)
