"""Risk: common scenarios once, then books chunk by chunk."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import NamedTuple, Self

import numpy as np
import pandas as pd
import psutil

from flows.errors import JobRefusedError
from flows.run import (
    ChunkRecord,
    ChunkWork,
    Failed,
    Independent,
    Only,
    Run,
    among,
    assign_chunks,
    entity_words,
    number_of_chunks,
    run_chunk,
    run_entities,
)
from flows.steps.failing import guarded
from flows.steps.trends import price_trends
from kernels.arrays import Floats
from risk import (
    CovarianceError,
    Failure,
    Market,
    Method,
    PlanError,
    Replay,
    RiskPlan,
    VolatilityModel,
    build_market,
    crises_within,
    draw_scenario_set,
    limit_utilisation,
    market_outlook,
    measure_portfolios,
    profile_portfolios,
    replay_losses,
    sensitivities,
    stress_losses,
    volatility_outlook,
)
from risk.greeks.sensitivities import STAGE as SENSITIVITY_STAGE
from risk.profiles import STAGE as PROFILE_STAGE
from storage.tables import LIMIT_UTILISATION, STRESS_LOSSES

MARKET = "market"
PROFILES = "profiles"
SCENARIOS = "scenarios"
STAGE = "risk"
BOOK = ["portfolio_id"]
# More days than any history has.
WHOLE_HISTORY = 100_000
_BUILDING = Lock()
# Of a number in a set of scenarios.
_BYTES = 8
TABLES = (
    "portfolio_risk",
    "risk_contributions",
    "loss_quantiles",
    "stress_losses",
    "limit_utilisation",
    "limit_breaches",
)


def risk_plan(run: Run) -> RiskPlan:
    """Return the run's risk settings."""
    spec = run.job.risk
    assert spec is not None
    return RiskPlan(
        currency=spec.currency,
        levels=spec.levels,
        horizons=spec.horizons,
        methods=spec.methods,
        scenarios=spec.scenarios,
        target_error=spec.target_error,
        most_scenarios=spec.most_scenarios,
        variance_reduction=spec.variance_reduction,
        history=spec.history,
        degrees_of_freedom=spec.degrees_of_freedom,
        ewma_decay=spec.ewma_decay,
        covariance=spec.covariance,
        margins=spec.margins,
        volatility_model=spec.volatility_model,
        block_length=spec.block_length,
        revaluation=spec.revaluation,
        randomisations=spec.randomisations,
        seed=run.job.seed,
        device=run.device,
    )


def read_market(run: Run, plan: RiskPlan | None = None) -> Market:
    """Return the market that every task of the run shares; a plan may ask for more history."""
    files = [run.staging.clean(table) for table in ("prices", "instruments", "curves")]
    told = (_Told.of(path) for path in files if path.exists())
    # Tasks that ask for it at once wait for the one that builds it.
    with _BUILDING:
        return _built(tuple(told), run.as_of, plan or risk_plan(run))


class _Told(NamedTuple):
    """A file as it is: one that is replaced, or written anew, is another."""

    path: Path
    number: int
    written: int
    size: int

    @classmethod
    def of(cls, path: Path) -> Self:
        found = path.stat()
        return cls(path, found.st_ino, found.st_mtime_ns, found.st_size)


# With the days of a night, of its backtest, and of all the history.
@lru_cache(maxsize=3)
def _built(files: tuple[_Told, ...], as_of: date, plan: RiskPlan) -> Market:
    prices, instruments, *curves = (pd.read_parquet(told.path) for told in files)
    return build_market(prices, instruments, curves[0] if curves else None, as_of, plan)


def outlook_chunk(run: Run) -> ChunkRecord:
    """Measure the market itself: trend and volatility of each instrument."""
    return run_chunk(
        run.staging.chunk(MARKET, 0), run.chunk_key(MARKET, 0, 1), lambda: _outlook(run)
    )


def _outlook(run: Run) -> ChunkWork:
    market = read_market(run)
    failures = [
        Failed("instruments", failure.entity, failure.stage, failure.error_type, failure.message)
        for failure in market.failures
    ]
    instruments = pd.read_parquet(run.staging.clean("instruments"))
    plan = risk_plan(run)
    outlook = market_outlook(market, instruments, decay=plan.ewma_decay)
    prices = _own_prices(market, outlook)
    trends = price_trends(prices)
    ahead = volatility_outlook(prices, _volatility_model(plan), trends=trends, device=plan.device)
    tables = {
        "market_outlook": run.stamp(outlook),
        "volatility_outlook": run.stamp(ahead),
        "repairs": market.repairs,
    }
    return ChunkWork(tables, failures)


def _own_prices(market: Market, outlook: pd.DataFrame) -> pd.DataFrame:
    """Return the prices of the instruments that have an outlook."""
    return market.prices.loc[market.prices["instrument_id"].isin(outlook["instrument_id"])]


def _volatility_model(plan: RiskPlan) -> VolatilityModel:
    """Return the plan's law of volatility, with heavy tails: a jump is no new volatility."""
    decay = plan.ewma_decay if plan.volatility_model == "ewma" else None
    return VolatilityModel(plan.volatility_model, "student_t", decay=decay)


def profile_chunk(run: Run) -> ChunkRecord:
    """Describe every book; they are told apart from one another, so all are one chunk."""
    members = sorted(set(_books_in_chunks(run)["portfolio_id"]))
    return run_chunk(
        run.staging.chunk(PROFILES, 0),
        run.chunk_key(PROFILES, 0, 1),
        lambda: guarded("positions", PROFILES, lambda: members, lambda: _profiles(run)),
    )


def _profiles(run: Run) -> ChunkWork:
    assert run.job.risk is not None
    market, positions = read_market(run), pd.read_parquet(run.staging.clean("positions"))
    try:
        found = profile_portfolios(market, positions, risk_plan(run), run.job.risk.benchmark)
    except PlanError as error:
        raise JobRefusedError(f"risk.benchmark: {error}") from error
    # A book that holds what cannot be valued fails where it is measured.
    moved, unmoved = sensitivities(market, positions)
    stages = (PROFILE_STAGE, SENSITIVITY_STAGE)
    failures = _as_failed([each for each in (*found.failures, *unmoved) if each.stage in stages])
    tables = {"portfolio_profiles": [found.profiles], "sensitivities": [moved]}
    return ChunkWork(_complete_books(run, tables, failures), failures)


def scenario_sets(run: Run) -> list[tuple[Method, int]]:
    """Return the (method, horizon) of every set of common scenarios, in order."""
    plan = risk_plan(run)
    return [(method, horizon) for method in plan.methods for horizon in plan.horizons]


def refuse_too_many_scenarios(run: Run, market: Market) -> None:
    """Refuse a run whose scenarios, a set for each worker at once, do not fit this machine.

    A set holds the loss of every instrument, the move of every factor, and what moves are made of.

    Parameters
    ----------
    run : what is asked for
    market : that every set is of

    Raises
    ------
    JobRefusedError
        Where ``scenarios``, or ``most_scenarios`` where there is a target, are too many.
    """
    plan = risk_plan(run)
    instruments, factors = len(market.terms), len(market.factors.levels)
    at_once = min(run.job.execution.workers, len(scenario_sets(run)))
    memory = psutil.virtual_memory().total
    fit = memory // (at_once * (instruments + 2 * factors) * _BYTES)
    asked = {"scenarios": plan.scenarios}
    if plan.target_error is not None:
        asked["most_scenarios"] = plan.most_scenarios
    for name, value in asked.items():
        if value > fit:
            raise JobRefusedError(
                f"risk.{name} must be at most {fit:,} for {instruments:,} instruments and "
                f"{factors:,} factors, {at_once} sets at once in {memory / 2**30:.0f} GiB; "
                f"got {value:,}"
            )


def scenario_chunk(run: Run, number: int) -> ChunkRecord:
    """Revalue every instrument under one set of common scenarios."""
    sets = scenario_sets(run)
    method, horizon = sets[number]
    return run_chunk(
        run.staging.chunk(SCENARIOS, number),
        run.chunk_key(SCENARIOS, number, len(sets)),
        lambda: _scenarios(run, method, horizon),
    )


def _scenarios(run: Run, method: Method, horizon: int) -> ChunkWork:
    market, positions = read_market(run), pd.read_parquet(run.staging.clean("positions"))
    refuse_too_many_scenarios(run, market)
    try:
        drawn = draw_scenario_set(market, positions, method, horizon, risk_plan(run))
    except CovarianceError as error:
        raise JobRefusedError(f"risk.covariance: {error}") from error
    return ChunkWork({"scenario_sets": run.stamp(drawn.counts)}, arrays={"losses": drawn.losses})


def prepare(run: Run) -> list[int]:
    """Return the numbers of the chunks of books to measure."""
    return sorted(int(chunk) for chunk in _books_in_chunks(run)["chunk"].unique())


def measure_chunk(run: Run, number: int) -> ChunkRecord:
    """Measure the books of one chunk under every set of scenarios."""
    books = _books_in_chunks(run)

    def measure(only: Only) -> ChunkWork:
        members = list(among(books[books["chunk"] == number], BOOK, only)["portfolio_id"])
        return guarded("positions", STAGE, lambda: members, lambda: _measure(run, members))

    return run_entities(
        run.staging.chunk(STAGE, number),
        run.chunk_key(STAGE, number, int(books["chunk"].nunique())),
        Independent(BOOK),
        measure,
    )


def _books_in_chunks(run: Run) -> pd.DataFrame:
    positions = pd.read_parquet(run.staging.clean("positions"), columns=["portfolio_id"])
    books = positions.drop_duplicates().sort_values("portfolio_id", ignore_index=True)
    n_chunks = number_of_chunks(len(books), run.job.execution.chunk_entities)
    return books.assign(chunk=assign_chunks(entity_words(books, BOOK), n_chunks))


def _measure(run: Run, members: list[str]) -> ChunkWork:
    plan, market = risk_plan(run), read_market(run)
    positions = pd.read_parquet(run.staging.clean("positions"))
    positions = positions.loc[positions["portfolio_id"].isin(members)]
    tables: dict[str, list[pd.DataFrame]] = {table: [] for table in TABLES}
    failures: list[Failed] = []
    for number, (method, horizon) in enumerate(scenario_sets(run)):
        losses = _read_losses(run, number)
        measured = measure_portfolios(market, positions, losses, method, horizon, plan)
        tables["portfolio_risk"].append(measured.risk)
        tables["risk_contributions"].append(measured.contributions)
        tables["loss_quantiles"].append(measured.loss_quantiles)
        failures += _as_failed(measured.failures)
    stressed, stress_failures = _stress(run, market, positions)
    tables["stress_losses"].append(stressed)
    failures += _as_failed(stress_failures)
    utilisation = _utilisation(run, pd.concat(tables["portfolio_risk"], ignore_index=True))
    tables["limit_utilisation"].append(utilisation)
    tables["limit_breaches"].append(utilisation.loc[utilisation["utilisation"] > 1])
    return ChunkWork(_complete_books(run, tables, failures), failures)


def _read_losses(run: Run, number: int) -> Floats:
    path = run.staging.chunk(SCENARIOS, number) / "losses.npy"
    # A plain array over the mapped file: slices of numpy's own kind of it take longer to make.
    return np.asarray(np.load(path, mmap_mode="r"))


def _stress(
    run: Run, market: Market, positions: pd.DataFrame
) -> tuple[pd.DataFrame, Sequence[Failure]]:
    """Return losses under named shifts of the market, and under replayed crises."""
    spec, clean = run.job.risk, run.staging.clean("stress_scenarios")
    assert spec is not None
    parts = [pd.DataFrame(columns=list(STRESS_LOSSES.column_names[2:]))]
    failures: list[Failure] = []
    if clean.exists():
        shifted, failures = stress_losses(market, positions, pd.read_parquet(clean))
        parts.append(shifted)
    if spec.crises or spec.replays:
        # Crises may lie before the window of the scenarios.
        whole = read_market(run, replace(risk_plan(run), history=WHOLE_HISTORY))
        known = crises_within(whole.factors) if spec.crises else ()
        replays = [*known, *(Replay(own.name, own.first, own.last) for own in spec.replays)]
        replayed, failed = replay_losses(whole, positions, replays)
        parts.append(replayed)
        failures = [*failures, *failed]
    filled = [part for part in parts if len(part)] or parts[:1]
    return pd.concat(filled, ignore_index=True), failures


def _utilisation(run: Run, risk: pd.DataFrame) -> pd.DataFrame:
    clean = run.staging.clean("limits")
    if not clean.exists():
        return pd.DataFrame(columns=list(LIMIT_UTILISATION.column_names[2:]))
    return limit_utilisation(risk, pd.read_parquet(clean))


def _complete_books(
    run: Run, tables: Mapping[str, list[pd.DataFrame]], failures: Sequence[Failed]
) -> dict[str, pd.DataFrame]:
    """Return the tables without the books that failed in any part: a book is whole or absent."""
    failed = {failure.entity for failure in failures}
    whole = {}
    for table, parts in tables.items():
        frame = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
        whole[table] = run.stamp(frame.loc[~frame["portfolio_id"].isin(failed)])
    return whole


def _as_failed(failures: Sequence[Failure]) -> list[Failed]:
    return [
        Failed("positions", failure.entity, failure.stage, failure.error_type, failure.message)
        for failure in failures
    ]
