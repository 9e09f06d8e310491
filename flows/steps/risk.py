"""Risk of books: profiles of all together, figures chunk by chunk."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from flows.errors import JobRefusedError
from flows.run import (
    ChunkRecord,
    ChunkWork,
    Failed,
    Independent,
    Only,
    Run,
    among,
    as_failed,
    assign_chunks,
    entity_words,
    number_of_chunks,
    run_chunk,
    run_entities,
    stack_filled,
)
from flows.steps.failing import guarded
from flows.steps.scenarios import read_losses, scenario_sets
from flows.steps.shared_market import read_market, risk_plan
from risk import (
    Failure,
    Market,
    PlanError,
    Replay,
    crises_within,
    limit_utilisation,
    measure_portfolios,
    profile_portfolios,
    replay_losses,
    sensitivities,
    stress_losses,
)
from risk.greeks.sensitivities import STAGE as SENSITIVITY_STAGE
from risk.profiles import STAGE as PROFILE_STAGE
from storage.tables import LIMIT_UTILISATION, STRESS_LOSSES

PROFILES = "profiles"
STAGE = "risk"
BOOK = ["portfolio_id"]
# More days than any history has.
WHOLE_HISTORY = 100_000
TABLES = (
    "portfolio_risk",
    "risk_contributions",
    "loss_quantiles",
    "stress_losses",
    "limit_utilisation",
    "limit_breaches",
)


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
    failures = as_failed(
        "positions", [each for each in (*found.failures, *unmoved) if each.stage in stages]
    )
    tables = {"portfolio_profiles": [found.profiles], "sensitivities": [moved]}
    return ChunkWork(_complete_books(run, tables, failures), failures)


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
        losses = read_losses(run, number)
        measured = measure_portfolios(market, positions, losses, method, horizon, plan)
        tables["portfolio_risk"].append(measured.risk)
        tables["risk_contributions"].append(measured.contributions)
        tables["loss_quantiles"].append(measured.loss_quantiles)
        failures += as_failed("positions", measured.failures)
    stressed, stress_failures = _stress(run, market, positions)
    tables["stress_losses"].append(stressed)
    failures += as_failed("positions", stress_failures)
    utilisation = _utilisation(run, pd.concat(tables["portfolio_risk"], ignore_index=True))
    tables["limit_utilisation"].append(utilisation)
    tables["limit_breaches"].append(utilisation.loc[utilisation["utilisation"] > 1])
    return ChunkWork(_complete_books(run, tables, failures), failures)


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
    return stack_filled(parts), failures


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
        frame = stack_filled(parts)
        whole[table] = run.stamp(frame.loc[~frame["portfolio_id"].isin(failed)])
    return whole
