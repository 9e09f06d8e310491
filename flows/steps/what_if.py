"""What if: changed positions under a run's own scenarios."""

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from flows.errors import JobRefusedError
from flows.run import Run, file_source
from flows.spec import FileSource
from flows.steps.scenarios import read_losses, scenario_chunk, scenario_sets
from flows.steps.shared_market import read_market, risk_plan
from kernels.arrays import Floats
from kernels.book_losses import book_losses
from risk import (
    QUASI_METHODS,
    Book,
    BookError,
    Failure,
    Method,
    RiskPlan,
    books_of,
    compare_losses,
    overlap_of,
)
from risk.books import overflows
from risk.what_if import COLUMNS as COMPARED
from storage.inputs import InputRefusedError, InputSource, inspect_input, read_input

STAGE = "what if"
COLUMNS = [
    "portfolio_id",
    "method",
    "horizon",
    *COMPARED,
    "currency",
]


@dataclass(frozen=True)
class WhatIf:
    """Changed portfolios compared with those of a run.

    Parameters
    ----------
    compared : one row per portfolio, method, horizon, measure and level, as
        `risk.compare_losses` gives it; no row of a portfolio that failed
    failures : portfolios that could not be valued
    """

    compared: pd.DataFrame
    failures: list[Failure]


def what_if(run: Run, path: Path) -> WhatIf:
    """Compare portfolios as the run measured them with the positions in a file.

    Both are valued in the run's own scenarios, so the difference has a far smaller error than
    either figure. A portfolio that the run does not have starts empty.

    Parameters
    ----------
    run : a run that measured risk
    path : CSV or Parquet of portfolio_id, instrument_id, quantity, or of these as the job's own
        positions call them: the whole of each changed book

    Returns
    -------
    WhatIf; a book that cannot be valued, as it is or as it was, is a failure and no other's.

    Raises
    ------
    JobRefusedError
        Where the run measured no risk, or a row of the file is of no portfolio.
    InputRefusedError
        Where the file cannot be read as positions.
    """
    if run.job.risk is None:
        raise JobRefusedError(
            f"run {run.run_id} has no [risk] part, so there is nothing to compare"
        )
    market, plan = read_market(run), risk_plan(run)
    before = {
        book.portfolio_id: book
        for book in books_of(market, pd.read_parquet(run.staging.clean("positions")))[0]
    }
    after, failures = books_of(market, _positions(_source(run, path)))
    failures = [replace(failure, stage=STAGE) for failure in failures]
    parts = []
    for number, (method, horizon) in enumerate(scenario_sets(run)):
        scenario_chunk(run, number)
        losses = read_losses(run, number)
        for book in list(after):
            pair = _losses(losses, before.get(book.portfolio_id)), _losses(losses, book)
            if any(map(overflows, pair)):
                after.remove(book)
                reason = "its loss overflows, before or after"
                failures.append(Failure(book.portfolio_id, STAGE, BookError.__name__, reason))
            else:
                compared = _compare(pair, method, horizon, plan)
                parts.append(compared.assign(portfolio_id=book.portfolio_id))
    whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)
    failed = {failure.entity for failure in failures}
    kept = whole.loc[~whole["portfolio_id"].isin(failed), COLUMNS]
    return WhatIf(kept.reset_index(drop=True), failures)


def _compare(
    pair: tuple[Floats, Floats], method: Method, horizon: int, plan: RiskPlan
) -> pd.DataFrame:
    """Return how a portfolio's figures change from the first of two losses to the second."""
    randomisations = plan.randomisations if method in QUASI_METHODS else None
    compared = compare_losses(*pair, plan.levels, overlap_of(method, horizon), randomisations)
    return compared.assign(method=method, horizon=horizon, currency=plan.currency)


def _losses(losses: Floats, book: Book | None) -> Floats:
    if book is None:
        return np.zeros(losses.shape[1])
    return book_losses(losses, book.instruments, book.quantities)


def _source(run: Run, path: Path) -> InputSource:
    """Return positions in a file: with the columns of the job's own, or else with ours."""
    ours = InputSource("positions", (path,))
    given = run.job.inputs.given()["positions"]
    if not isinstance(given, FileSource):
        return ours
    own = replace(file_source(run.job, "positions", given), paths=(path,))
    try:
        inspect_input(own)
    except InputRefusedError as error:
        with suppress(InputRefusedError):
            inspect_input(ours)
            return ours
        raise error from None
    return own


def _positions(source: InputSource) -> pd.DataFrame:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        read_input(connection, source, "positions")
        found = connection.execute(
            "SELECT portfolio_id, instrument_id, quantity FROM positions"
        ).df()
    bad = found[found["portfolio_id"].isna()]
    if len(bad):
        raise JobRefusedError(
            f"{source.paths[0].name}: row {int(bad.index[0]) + 1} needs a portfolio_id"
        )
    return found.fillna({"instrument_id": ""})
