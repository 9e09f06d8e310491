"""The night: collect, check, predict, decide, measure risk, publish, report."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from prefect import Flow, Task, flow
from prefect.futures import PrefectFuture, as_completed

from flows.artifacts import ProgressArtifact, show_results
from flows.deployed import heard_by_server, name_of_night, name_of_part, tell_server
from flows.device_slot import open_slot
from flows.errors import AlmanacError, ExitCode, TornRunError
from flows.outcome import Outcome
from flows.progress import listener
from flows.run import (
    Run,
    StepRecord,
    holding,
    is_retrying,
    load_run,
    measured,
    prepare_run,
    read_chunk,
    read_state,
    update_state,
)
from flows.runners import task_runner
from flows.spec import JobSpec, Side
from flows.steps import (
    backtest,
    check,
    decide,
    decision_backtest,
    drivers,
    predict,
    registry,
    risk,
    transfer,
)
from flows.steps import publish as publishing
from flows.steps.calibrate import calibration_to_keep, refuse_torn_calibration
from flows.steps.collect import collect, inspect_sources
from flows.steps.failing import MACHINE, machine_faults_named
from flows.steps.model_records import record_version
from flows.steps.page import page_of
from flows.steps.report import write_report
from flows.steps.scenarios import scenario_sets
from flows.steps.settle import Settlement, hold_threshold, settle, words_of
from flows.tasks import (
    aggregate_task,
    backtest_task,
    calibrate_task,
    check_task,
    closures_task,
    compare_task,
    decide_task,
    drivers_task,
    market_task,
    measure_task,
    predict_task,
    profile_task,
    replay_task,
    scenario_task,
    seasons_task,
    share_task,
    transfer_task,
    verdict_task,
)
from storage.inputs import InputRefusedError
from storage.stores import StorageError


@dataclass
class _Night:
    """What a night has done so far."""

    run: Run
    steps: list[StepRecord] = field(default_factory=list)
    chunks: list[str] = field(default_factory=list)

    @contextmanager
    def step(self, name: str) -> Iterator[StepRecord]:
        listener().started(name)
        with measured(name) as record:
            yield record
        self.steps.append(record)
        update_state(self.run.staging, {"steps": [asdict(step) for step in self.steps]})
        listener().finished(record)

    def add(self, record: StepRecord, summaries: Sequence[dict[str, Any]]) -> None:
        self.chunks += [str(summary["uri"]) for summary in summaries]
        record.chunks += len(summaries)
        record.reused_chunks += sum(bool(summary["reused"]) for summary in summaries)
        update_state(self.run.staging, {"chunks": self.chunks})


@flow(name="demand-forecast", flow_run_name=name_of_part)
def demand_forecast(run_uri: str) -> list[dict[str, Any]]:
    """Forecast every series of the run, a chunk a task, and add them up to every level."""
    run = load_run(run_uri)
    assert run.job.demand is not None
    drivers.refuse_other_model(run)
    registry.refuse_other_models(run)
    refuse_torn_calibration(run)
    # Every chunk moves its quantiles alike, so what is learnt of all series comes first.
    learnt = [drivers_task(run_uri)] if run.job.demand.drivers else []
    learnt += [closures_task(run_uri), seasons_task(run_uri)]
    learnt += [calibrate_task(run_uri)] if run.job.demand.calibrate else []
    blocks = _follow("predict", predict_task, run_uri, predict.prepare(run))
    summed = aggregate_task.submit(run_uri, [str(block["uri"]) for block in blocks])
    return [*learnt, *blocks, summed.result()]


@flow(name="stock-plan", flow_run_name=name_of_part)
def stock_plan(run_uri: str) -> list[dict[str, Any]]:
    """Plan the orders of the run on its forecasts, a few chunks a task."""
    run = load_run(run_uri)
    assert run.job.stock is not None
    blocks = _follow("decide", decide_task, run_uri, decide.prepare(run))
    if run.job.stock.shares:
        shared = share_task.submit(run_uri, [str(block["uri"]) for block in blocks])
        blocks = [*blocks, shared.result()]
    ordered = [str(block["uri"]) for block in blocks]
    moves = [transfer_task.submit(run_uri, n, ordered) for n in transfer.prepare(run)]
    return [*blocks, *(move.result() for move in moves)]


@flow(name="stock-backtest", flow_run_name=name_of_part)
def stock_backtest(run_uri: str) -> list[dict[str, Any]]:
    """Replay past periods by the plan and by simpler planners."""
    chunks = decision_backtest.prepare(load_run(run_uri))
    blocks = _follow("replay", replay_task, run_uri, chunks)
    if not blocks:
        return blocks
    compared = compare_task.submit(run_uri, [str(block["uri"]) for block in blocks])
    return [*blocks, compared.result()]


@flow(name="portfolio-risk", flow_run_name=name_of_part)
def portfolio_risk(run_uri: str) -> list[dict[str, Any]]:
    """Measure every book of the run under common scenarios."""
    run = load_run(run_uri)
    whole = [market_task.submit(run_uri), profile_task.submit(run_uri)]
    sets = list(range(len(scenario_sets(run))))
    scenarios = _follow("risk", scenario_task, run_uri, sets)
    books = _follow("risk", measure_task, run_uri, risk.prepare(run))
    return [*(chunk.result() for chunk in whole), *scenarios, *books]


@flow(name="risk-backtest", flow_run_name=name_of_part)
def risk_backtest(run_uri: str) -> list[dict[str, Any]]:
    """Judge the night's risk figures on past days."""
    blocks = _follow("backtest", backtest_task, run_uri, backtest.prepare(load_run(run_uri)))
    if not blocks:
        return blocks
    verdicts = verdict_task.submit(run_uri, [str(block["uri"]) for block in blocks])
    return [*blocks, verdicts.result()]


@flow(name="publish", flow_run_name=name_of_part)
def publish(run_uri: str, again: bool = False) -> Settlement:  # noqa: FBT001, FBT002 - as the night's
    """Settle the run's identity, then publish every table or none.

    Parameters
    ----------
    run_uri : the run
    again : publish even where the store has the run already
    """
    run = load_run(run_uri)
    state = read_state(run.staging)
    checked = read_chunk(state["checked"])
    records = [read_chunk(uri) for uri in state["chunks"]]
    publishing.refuse_torn(run, [checked, *records])
    settlement = settle(check.checked_entities(checked), records)
    hold_threshold(settlement, run.job.execution.failure_threshold)
    steps = [StepRecord(**step) for step in state["steps"]]
    publishing.publish(run, checked, records, settlement, steps, again=again)
    return settlement


@flow(name="nightly", flow_run_name=name_of_night)
def nightly(job: JobSpec, only: Side | None = None, again: bool = False) -> Outcome:  # noqa: FBT001, FBT002 - a tick box in the UI's form
    """Run a night of a job: the same night twice is the same run, and is done once.

    Parameters
    ----------
    job : what to read, predict, decide and publish
    only : one side of the job alone
    again : publish even where the same run was published before
    """
    with heard_by_server():
        run = prepare_run(job, only)
        outcome = _do_once(run, again=again)
        tell_server(run, outcome)
    return outcome


def _do_once(run: Run, *, again: bool) -> Outcome:
    if not again and publishing.is_finished(run):
        return _already_published(run)
    inspect_sources(run)
    with machine_faults_named(run), holding(run):
        # Whoever held the run until now may have finished it.
        if not again and publishing.is_finished(run):
            return _already_published(run)
        run.save()
        open_slot(run.device)
        with _end_recorded(run):
            return _run_night(_Night(run), again=again or is_retrying(run))


def _already_published(run: Run) -> Outcome:
    return Outcome(run.run_id, ExitCode.DONE, str(page_of(run)), already_published=True)


@contextmanager
def _end_recorded(run: Run) -> Iterator[None]:
    """Note why a night ended early; a refused one leaves nothing."""
    try:
        yield
    except (InputRefusedError, TornRunError):
        run.staging.remove()
        raise
    except (AlmanacError, StorageError, *MACHINE) as error:
        # Where the disk is full, the error itself has to do.
        with suppress(OSError):
            update_state(run.staging, {"status": "failed", "reason": str(error)})
        raise


def _run_night(night: _Night, *, again: bool) -> Outcome:
    run = night.run
    with night.step("collect") as record:
        record.entities = len(collect(run, run.staging.folder / "assumed"))
    with night.step("check") as record:
        checked = check_task(run.uri)
        update_state(run.staging, {"checked": checked["uri"], "chunks": []})
        record.chunks, record.reused_chunks = 1, int(bool(checked["reused"]))
        entities = check.checked_entities(read_chunk(str(checked["uri"])))
        record.entities = len(entities.entities)
    if run.job.demand is not None:
        _side(night, "predict", demand_forecast, len(entities.of("demand", rejected=False)))
    if run.job.stock is not None:
        _side(night, "decide", stock_plan, len(entities.of("stock", rejected=False)))
        if run.job.stock.backtest is not None:
            series = len(entities.of("stock", rejected=False))
            _side(night, "replay", stock_backtest, series)
    if run.job.risk is not None:
        books = len(entities.of("positions", rejected=False))
        _side(night, "risk", portfolio_risk, books)
        if run.job.risk.backtest is not None:
            _side(night, "backtest", risk_backtest, books)
    with night.step("publish") as record:
        settlement = publish(run.uri, again)
        record.entities = int(settlement.entities["published"].sum())
    if run.job.demand is not None and run.job.demand.registry is not None:
        _keep_models(night)
    with night.step("report"):
        page = write_report(run)
    publishing.publish_steps(run, night.steps)
    show_results(run, settlement, night.steps, page)
    status = publishing.status_of(settlement)
    update_state(run.staging, {"status": status, "retrying": False})
    code = ExitCode.DONE_WITH_FAILURES if settlement.failed else ExitCode.DONE
    return Outcome(
        run.run_id,
        code,
        str(page),
        failed=settlement.failed,
        rejected=int(settlement.entities["rejected"].sum()),
        rejected_rows=int(settlement.entities["rows_rejected"].sum()),
        notices=(*check.notices_of(read_chunk(str(checked["uri"]))), *words_of(settlement)),
    )


def _keep_models(night: _Night) -> None:
    """Leave the night's models to the next, now that its tables are out."""
    with night.step("keep") as record:
        chunks = [read_chunk(uri) for uri in night.chunks]
        kept = registry.keep_models(night.run, chunks, *calibration_to_keep(night.run))
        if kept is not None:
            record.entities = kept.series
            missed = record_version(night.run, kept)
            told = "" if missed is None else f"; not recorded in MLflow ({missed})"
            listener().said("keep", f"{kept.words}{told}")


def _side(night: _Night, step: str, side: Flow[..., Any], entities: int) -> None:
    runner = task_runner(night.run.job.execution)
    with night.step(step) as record:
        record.entities = entities
        work: Callable[[str], list[dict[str, Any]]] = side.with_options(task_runner=runner)
        night.add(record, work(night.run.uri))


def _follow(
    step: str, work: Task[..., Any], run_uri: str, numbers: Sequence[int]
) -> list[dict[str, Any]]:
    """Submit a task for each number, and report each that ends."""
    listener().planned(step, len(numbers))
    futures: list[PrefectFuture[Any]] = [work.submit(run_uri, number) for number in numbers]
    bar = ProgressArtifact(step, len(numbers)) if numbers else None
    for _ in as_completed(futures):
        listener().advanced(step)
        if bar is not None:
            bar.advance()
    return [future.result() for future in futures]
