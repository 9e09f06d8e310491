"""The night, end to end, on a small bundled sample."""

import shutil
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.sorting import FlowRunSort

from flows.cli import main
from flows.demo import write_demo
from flows.errors import ExitCode, FailureThresholdError, JobRefusedError
from flows.nightly import nightly
from flows.run import load_run, prepare_run, read_state
from flows.steps import predict, risk
from flows.steps.what_if import what_if
from risk.plan import METHODS
from storage.inputs import InputRefusedError
from storage.stores import open_store
from storage.tables import OUTPUT_TABLES, QUANTILES
from storage.tables.table import Column
from tests.flows.sample_nights import SMALL, night_in, tables_of, without_backtests
from tests.survival.plain import run_plain

TIMED = {"runs", "run_steps"}


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    write_demo(folder, SMALL)
    return folder


@pytest.fixture(scope="module")
def finished(prefect, sample, tmp_path_factory):
    job = night_in(tmp_path_factory.mktemp("night") / "job", sample)
    outcome = nightly(job)
    return job, outcome, tables_of(job)


def test_a_night_publishes_every_table_and_a_report(finished):
    job, outcome, tables = finished
    assert outcome.exit_code is ExitCode.DONE
    assert set(tables) == set(OUTPUT_TABLES)
    for name, table in OUTPUT_TABLES.items():
        table.validate(tables[name])
    page = job.path(job.outputs.report).read_text(encoding="utf-8")
    assert outcome.run_id in page


def test_every_input_is_published_rejected_or_failed(finished):
    _, _, tables = finished
    entities = tables["run_entities"]
    parts = entities["published"] + entities["rejected"] + entities["failed"]
    assert (entities["entities_in"] == parts).all()
    assert set(entities["input"]) >= {"demand", "stock", "positions", "prices"}


def test_every_level_adds_up_to_the_forecasts_of_its_series(finished):
    _, _, tables = finished
    above, below = tables["aggregate_forecasts"], tables["demand_forecasts"]
    expected = below.groupby("ds")["mean"].sum()
    for level, rows in above.groupby("level"):
        # Sums of some ten thousand units at most, in another order.
        found = rows.groupby("ds")["mean"].sum()
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9, err_msg=level)
    by_warehouse = below.groupby(["warehouse_id", "ds"])["mean"].sum().reset_index()
    both = above[above["level"] == "warehouse"].merge(by_warehouse, on=["warehouse_id", "ds"])
    assert len(both) == len(by_warehouse)
    np.testing.assert_allclose(both["mean_x"], both["mean_y"], rtol=0, atol=1e-9)
    assert (above[QUANTILES[0]] <= above[QUANTILES[-1]]).all()


def test_every_portfolio_has_a_standing_by_every_method(finished):
    _, _, tables = finished
    days, scores, ranking = (
        tables[name] for name in ("risk_backtest_days", "risk_scores", "risk_ranking")
    )
    key = ["portfolio_id", "method", "level"]
    assert set(scores[key].itertuples(index=False)) == set(days[key].itertuples(index=False))
    best = scores[scores["standing"] == "best"]
    assert not best.duplicated(["portfolio_id", "level"]).any()
    assert len(best) == days["portfolio_id"].nunique() * days["level"].nunique()
    assert (ranking["n_portfolios"] == days["portfolio_id"].nunique()).all()
    by_method = best.groupby(["method", "level"]).size()
    found = ranking.set_index(["method", "level"])["best_portfolios"]
    assert (found == by_method.reindex(found.index, fill_value=0)).all()


def test_the_ledger_shows_the_identity_and_every_step(finished):
    job, outcome, tables = finished
    folder = str(job.folder)
    listed = CliRunner().invoke(main, ["runs", "--folder", folder])
    assert outcome.run_id in listed.output
    shown = CliRunner().invoke(main, ["runs", outcome.run_id[:8], "--folder", folder])
    assert shown.exit_code == 0, shown.output
    for name in (*tables["run_entities"]["input"], *tables["run_steps"]["step"]):
        assert name in shown.output


def test_a_changed_book_is_measured_in_the_scenarios_of_the_run(finished, tmp_path):
    job, outcome, tables = finished
    run = prepare_run(job)
    positions = pd.read_parquet(run.staging.clean("positions"))
    book = positions["portfolio_id"].iloc[0]
    mine = positions[positions["portfolio_id"] == book]
    path = tmp_path / "after.csv"
    mine.assign(quantity=2.0 * mine["quantity"]).to_csv(path, index=False)
    written = tmp_path / "compared.csv"
    arguments = [outcome.run_id, path, "--folder", job.folder, "--output", written]
    result = CliRunner().invoke(main, ["what-if", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    keys = ["portfolio_id", "method", "horizon", "measure", "level"]
    compared = pd.read_csv(written).set_index(keys)
    published = tables["portfolio_risk"].set_index(keys).loc[compared.index]
    # Twice the positions lose twice as much in every scenario.
    np.testing.assert_allclose(compared["before"], published["value"], rtol=1e-12)
    np.testing.assert_allclose(compared["difference"], published["value"], rtol=1e-12)
    nowhere = [*arguments[:-1], path / "inside.csv"]
    refused = CliRunner().invoke(main, ["what-if", *map(str, nowhere)])
    assert refused.exit_code == ExitCode.REFUSED
    assert "inside.csv: cannot be written" in refused.output


def test_changed_books_have_the_columns_of_the_job_s_own_or_ours(finished, tmp_path):
    job, *_ = finished
    theirs = {"portfolio_id": "book", "instrument_id": "Symbol", "quantity": "shares"}
    named = job.inputs.positions.model_copy(update={"columns": theirs, "decimal": ","})
    inputs = job.inputs.model_copy(update={"positions": named})
    run = replace(prepare_run(job), job=job.model_copy(update={"inputs": inputs}))
    positions = pd.read_parquet(run.staging.clean("positions")).iloc[:3][[*theirs]]
    positions = positions.assign(quantity=[1.5, 2.5, -3.5])
    ours, own, none = (tmp_path / f"{name}.csv" for name in ("ours", "own", "none"))
    positions.to_csv(ours, index=False)
    positions.rename(columns=theirs).to_csv(own, index=False, sep=";", decimal=",")
    positions.rename(columns={"quantity": "units"}).to_csv(none, index=False)
    pd.testing.assert_frame_equal(what_if(run, ours).compared, what_if(run, own).compared)
    with pytest.raises(InputRefusedError, match=r"'book' \(mapped from 'portfolio_id'\)"):
        what_if(run, none)


def test_a_changed_book_that_cannot_be_valued_is_named_and_the_others_are_answered(
    finished, tmp_path
):
    job, outcome, _ = finished
    run, path, written = prepare_run(job), tmp_path / "after.csv", tmp_path / "compared.csv"
    positions = pd.read_parquet(run.staging.clean("positions"))
    good = positions[positions["portfolio_id"] == positions["portfolio_id"].iloc[0]]
    columns = ["portfolio_id", "instrument_id", "quantity"]
    held = good["instrument_id"].iloc[0]
    bad = [("ghostly", "GHOST", 1.0), ("empty", held, np.nan), ("vast", held, 1e308)]
    # Losses of this one are numbers, and their squares are not.
    bad.append(("wide", held, 1e160))
    pd.concat([pd.DataFrame(bad, columns=columns), good[columns]]).to_csv(path, index=False)
    arguments = ["what-if", outcome.run_id, path, "--folder", job.folder]
    result = CliRunner().invoke(main, [*map(str, arguments), "--output", str(written)])
    assert result.exit_code == 1, result.output
    assert "portfolio 'ghostly' cannot be valued: instrument 'GHOST'" in result.output
    assert "portfolio 'empty' cannot be valued: quantity" in result.output
    for book in ("vast", "wide"):
        assert f"portfolio '{book}' cannot be valued: its loss overflows" in result.output
    compared = pd.read_csv(written)
    good[columns].to_csv(path, index=False)
    alone = CliRunner().invoke(main, [*map(str, arguments), "--output", str(written)])
    assert alone.exit_code == 0
    assert "the same figures as before." in alone.output
    assert "Before and after" not in alone.output
    pd.testing.assert_frame_equal(compared, pd.read_csv(written), check_exact=True)
    assert (compared["difference"] == 0.0).all()


def test_a_book_that_overflows_is_named_by_every_part_of_the_night(
    finished, sample, tmp_path, monkeypatch
):
    # The checks refuse what could; the parts behind them do not lean on that.
    monkeypatch.setattr(Column, "most", property(lambda _: sys.float_info.max))
    _, _, plain = finished
    again = night_in(tmp_path / "vast", sample, demand=None, stock=None)
    path = again.folder / "inputs" / "positions.csv"
    held = pd.read_csv(path)
    vast = held.iloc[:1].assign(portfolio_id="VAST", quantity=1e308)
    pd.concat([held, vast]).to_csv(path, index=False)
    tolerant = again.model_copy(
        update={"execution": again.execution.model_copy(update={"failure_threshold": 0.9})}
    )
    assert run_plain(tolerant).exit_code is ExitCode.DONE_WITH_FAILURES
    found = tables_of(tolerant)
    failures = found["failures"]
    assert set(failures["entity"]) == {"VAST"}
    assert set(failures["stage"]) >= {"measure portfolios", "profile portfolios", "backtest"}
    for name in ("portfolio_risk", "risk_backtest_days", "sensitivities", "portfolio_profiles"):
        own = found[name].drop(columns=["run_id"])
        if name == "portfolio_profiles":
            own = own.drop(columns=["tail_dependence"])
        pd.testing.assert_frame_equal(
            own, plain[name].drop(columns="run_id")[own.columns], check_exact=True
        )


def test_the_dirt_of_the_sample_is_named(finished):
    _, _, tables = finished
    assert len(tables["rejects"]) > 0
    assert len(tables["repairs"]) > 0
    assert tables["rejects"]["advice"].str.len().min() > 0


def test_the_same_night_twice_is_one_run_and_the_second_does_nothing(finished):
    job, outcome, _ = finished
    state = prepare_run(job).staging.state
    before = state.stat().st_mtime_ns
    again = nightly(job)
    assert again.already_published
    assert again.run_id == outcome.run_id
    assert state.stat().st_mtime_ns == before


def test_the_same_job_elsewhere_gives_the_same_run_and_the_same_tables(finished, sample, tmp_path):
    _job, outcome, tables = finished
    other = night_in(tmp_path / "job", sample)
    chunked = other.model_copy(
        update={"execution": other.execution.model_copy(update={"chunk_entities": 3, "workers": 1})}
    )
    again = nightly(chunked)
    assert again.run_id == outcome.run_id
    for name, frame in tables_of(chunked).items():
        if name not in TIMED:
            pd.testing.assert_frame_equal(frame, tables[name], check_exact=True)


def test_every_method_of_scenarios_measures_every_book(finished, sample, tmp_path):
    job, _, tables = finished
    of_job = job.risk
    wanted = {"methods": METHODS, "horizons": (1,), "scenarios": 1_000, "backtest": None}
    changed = night_in(
        tmp_path / "job", sample, risk=of_job.model_copy(update=wanted), demand=None, stock=None
    )
    run_plain(changed, report=False)
    measured = tables_of(changed)["portfolio_risk"]
    counts = measured.groupby("method")["portfolio_id"].nunique()
    assert set(counts.index) == set(METHODS)
    assert (counts == tables["portfolio_risk"]["portfolio_id"].nunique()).all()
    assert np.isfinite(measured["value"]).all()
    assert (measured["standard_error"] > 0).all()
    run, path = prepare_run(changed), tmp_path / "after.csv"
    positions = pd.read_parquet(run.staging.clean("positions"))
    mine = positions[positions["portfolio_id"] == positions["portfolio_id"].iloc[0]]
    mine.assign(quantity=2.0 * mine["quantity"]).to_csv(path, index=False)
    keys = ["portfolio_id", "method", "horizon", "measure", "level"]
    compared = what_if(run, path).compared.set_index(keys)
    quasi = compared[compared.index.get_level_values("method").str.startswith("quasi_")]
    published = measured.set_index(keys).loc[quasi.index]
    # As much again is the book itself: two estimates of one error, from 16 randomisations each.
    ratio = quasi["standard_error"] / published["standard_error"]
    assert 0.7 < ratio.median() < 1.4


def add_twin(job, days):
    """Give the market a second fund with the first one's last prices."""
    folder = job.folder / "inputs"
    instruments = pd.read_csv(folder / "instruments.csv", dtype="string")
    fund = instruments[instruments["kind"] == "etf"].iloc[:1]
    twin = fund.assign(instrument_id="TWIN")
    pd.concat([instruments, twin]).to_csv(folder / "instruments.csv", index=False)
    prices = pd.read_csv(folder / "prices.csv", dtype="string")
    own = prices[prices["instrument_id"] == fund["instrument_id"].iloc[0]]
    last = own.sort_values("ds").tail(days).assign(instrument_id="TWIN")
    pd.concat([prices, last]).to_csv(folder / "prices.csv", index=False)


def test_a_covariance_of_late_histories_records_how_far_its_correlations_were_moved(
    finished, sample, tmp_path
):
    job, _, tables = finished
    assert set(tables["scenario_sets"]["repair_distance"].dropna()) == {0.0}
    wanted = {
        "methods": ("historical", "gaussian", "student_t", "gaussian_copula"),
        "covariance": "pairwise",
        "history": 600,
        "horizons": (1,),
        "backtest": None,
    }
    changed = night_in(
        tmp_path / "job", sample, risk=job.risk.model_copy(update=wanted), demand=None, stock=None
    )
    # On its own days it is the first fund; with all others it moved as these days had it.
    add_twin(changed, 300)
    assert run_plain(changed, report=False).exit_code is ExitCode.DONE
    published = tables_of(changed)
    distances = published["scenario_sets"].set_index("method")["repair_distance"]
    assert np.isnan(distances["historical"])
    assert distances["gaussian"] == distances["student_t"] > 0.0
    assert distances["gaussian_copula"] > 0.0
    late = published["repairs"]
    assert "history_backfilled" in set(late["code"])


def test_a_covariance_that_the_window_does_not_allow_refuses_the_job(finished, sample, tmp_path):
    job, _, _ = finished
    wanted = {"methods": ("gaussian",), "covariance": "likelihood", "history": 600}
    changed = night_in(
        tmp_path / "job",
        sample,
        risk=job.risk.model_copy(update={**wanted, "horizons": (1,), "backtest": None}),
        demand=None,
        stock=None,
    )
    add_twin(changed, 10_000)
    with pytest.raises(JobRefusedError, match=r"risk\.covariance: the covariance is singular"):
        nightly(changed)


def test_a_requested_error_is_reached_by_counts_by_controls_and_by_even_points(
    finished, sample, tmp_path
):
    job, _, _ = finished
    wanted = {
        "methods": ("gaussian", "student_t", "quasi_gaussian"),
        "horizons": (1,),
        "scenarios": 1_000,
        "target_error": 0.03,
        "variance_reduction": "control_variate",
        "backtest": None,
    }
    changed = night_in(
        tmp_path / "job", sample, risk=job.risk.model_copy(update=wanted), demand=None, stock=None
    )
    run_plain(changed, report=False)
    tables = tables_of(changed)
    sets = tables["scenario_sets"].set_index("method")
    assert (sets["target_error"] == 0.03).all()
    assert (sets["largest_error"] <= 0.03).all()
    assert sets["scenarios"].drop("student_t").max() < sets.loc["student_t", "scenarios"]
    risk = tables["portfolio_risk"]
    relative = risk["standard_error"] / risk["value"]
    assert relative[risk["value"] > 0.0].max() == sets["largest_error"].max()


def test_a_parquet_store_holds_the_same_tables(finished, tmp_path):
    """The night's chunks are done; what is left is to publish them there."""
    done, _, tables = finished
    shutil.copytree(done.folder, tmp_path / "job")
    outputs = done.outputs.model_copy(update={"store": "parquet:store"})
    parquet = done.model_copy(update={"folder": tmp_path / "job", "outputs": outputs})
    state = prepare_run(parquet).staging.state
    state.write_text(state.read_text().replace('"status": "published"', '"status": "open"'))
    assert not run_plain(parquet, report=False).already_published
    published = tables_of(parquet)
    assert set(published) == set(tables)
    for name, frame in published.items():
        if name not in TIMED:
            pd.testing.assert_frame_equal(frame, tables[name], check_exact=True)


def test_an_interrupted_night_goes_on_where_it_stopped(finished, sample, tmp_path, monkeypatch):
    _, _, tables = finished
    job = without_backtests(night_in(tmp_path / "job", sample, stock=None))

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(risk, "prepare", killed)
        with pytest.raises(KeyboardInterrupt):
            nightly(job)
    assert nightly(job).exit_code is ExitCode.DONE
    found = tables_of(job)
    steps = found["run_steps"].set_index("step")
    assert steps.loc["predict", "reused_chunks"] == steps.loc["predict", "chunks"] > 0
    pd.testing.assert_frame_equal(
        found["demand_forecasts"].drop(columns="run_id"),
        tables["demand_forecasts"].drop(columns="run_id"),
        check_exact=True,
    )


def test_a_broken_chunk_fails_its_series_only_and_a_retry_heals_it(
    finished, sample, tmp_path, monkeypatch
):
    _, _, tables = finished
    job = night_in(tmp_path / "job", sample, risk=None, stock=None)
    tolerant = job.model_copy(
        update={"execution": job.execution.model_copy(update={"failure_threshold": 0.9})}
    )
    whole = predict._forecast_slice

    def broken(run, number, only):
        if number == 0:
            message = "no such luck"
            raise ValueError(message)
        return whole(run, number, only)

    with monkeypatch.context() as patch:
        patch.setattr(predict, "_forecast_slice", broken)
        outcome = nightly(tolerant)
    assert outcome.exit_code is ExitCode.DONE_WITH_FAILURES
    published = tables_of(tolerant)
    failures = published["failures"]
    assert set(failures["message"]) >= {"no such luck"}
    kept = published["demand_forecasts"]
    expected = tables["demand_forecasts"].merge(
        kept[["warehouse_id", "item_id"]].drop_duplicates(), on=["warehouse_id", "item_id"]
    )
    pd.testing.assert_frame_equal(
        kept.drop(columns="run_id"), expected.drop(columns="run_id"), check_exact=True
    )

    from flows.run import forget_failed

    run = load_run(prepare_run(tolerant).uri)
    assert forget_failed(run).chunks > 0
    assert nightly(tolerant, None, again=True).exit_code is ExitCode.DONE
    healed = tables_of(tolerant)["demand_forecasts"]
    pd.testing.assert_frame_equal(
        healed.drop(columns="run_id"),
        tables["demand_forecasts"].drop(columns="run_id"),
        check_exact=True,
    )


def test_too_many_failures_publish_nothing(sample, prefect, tmp_path, monkeypatch):
    """Nor of the books, where nothing failed."""
    job = without_backtests(night_in(tmp_path / "job", sample, stock=None))

    def broken(*_):
        message = "no luck at all"
        raise ValueError(message)

    monkeypatch.setattr(predict, "_forecast_slice", broken)
    with pytest.raises(FailureThresholdError, match="no luck at all") as stop:
        nightly(job)
    assert stop.value.exit_code is ExitCode.FAILED
    run = prepare_run(job)
    with open_store(run.store_url) as store:
        assert not store.published(run.run_id)
        assert len(store.runs()) == 0
    assert read_state(run.staging)["status"] == "failed"
    assert not run.report.exists()


def test_a_night_its_parts_and_its_tasks_are_told_apart_by_their_names(sample, prefect, tmp_path):
    job = without_backtests(night_in(tmp_path / "job", sample))
    outcome = nightly(job, "risk")
    with get_client(sync_client=True) as client:
        newest = client.read_flow_runs(sort=FlowRunSort.START_TIME_DESC, limit=3)
        night = next(run for run in newest if run.parent_task_run_id is None)
        tasks = client.read_task_runs(
            flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run.id for run in newest]))
        )
    assert night.name == f"{job.name} {job.as_of} risk"
    assert {run.name for run in newest if run is not night} == {outcome.run_id}
    assert {"check", "market", "profile", "risk-0"} <= {task.name for task in tasks}


def test_one_side_alone_publishes_that_side(sample, prefect, tmp_path):
    job = without_backtests(night_in(tmp_path / "job", sample))
    outcome = nightly(job, "risk")
    assert outcome.exit_code is ExitCode.DONE
    run = prepare_run(job, "risk")
    with open_store(run.store_url) as store:
        assert len(store.read("portfolio_risk", run_id=run.run_id)) > 0
        assert "demand_forecasts" not in store.tables() or store.read("demand_forecasts").empty
