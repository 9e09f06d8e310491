"""Which inputs a job reads, and why those that cannot be read are refused."""

from collections.abc import Container
from contextlib import suppress
from datetime import date

from flows.errors import JobRefusedError
from flows.run.bigquery import estimate
from flows.spec import BigQuerySource, FileSource, JobSpec
from storage.errors import TransientStoreError
from storage.inputs import InputRefusedError, InputSource, inspect_input

DATED_BY_PERIOD = ("demand", "calendar", "drivers", "open_orders")
RISK_SIDE = ("prices", "instruments", "positions", "curves", "limits", "stress_scenarios")


def needed_tables(job: JobSpec) -> tuple[str, ...]:
    """Return the inputs that the job's sides read, of those it names."""
    demand = ("demand", "items", "calendar", "closures", "drivers") if job.demand else ()
    stock = ("stock", "open_orders", "transfer_lanes") if job.stock else ()
    risk = RISK_SIDE if job.risk else ()
    given = job.inputs.given()
    return tuple(table for table in (*demand, *stock, *risk) if table in given)


def file_source(job: JobSpec, table: str, source: FileSource) -> InputSource:
    """Return a job's file source with its paths resolved."""
    return InputSource(
        table=table,
        paths=tuple(job.path(file) for file in source.files),
        columns=dict(source.columns),
        constants=dict(source.constants),
        encoding=source.encoding,
        decimal=source.decimal,
        thousands=source.thousands,
        dates=source.dates,
        months=table in DATED_BY_PERIOD and job.demand is not None and job.demand.frequency == "MS",
    )


def inspect_inputs(
    job: JobSpec, as_of: date, *, refused: Container[str] = ()
) -> tuple[dict[str, int], list[str]]:
    """Return how many bytes reading would process in BigQuery, and why each bad input is refused.

    Parameters
    ----------
    job, as_of : what would run
    refused : inputs that are refused already, which are left out; where there are any, BigQuery
        need not answer for the others to be told of
    """
    given = job.inputs.given()
    estimates, reasons = {}, []
    for table in needed_tables(job):
        source = given[table]
        if table in refused:
            continue
        try:
            if isinstance(source, FileSource):
                inspect_input(file_source(job, table, source))
            elif isinstance(source, BigQuerySource):
                with suppress(*([TransientStoreError] if refused else [])):
                    estimates[table] = estimate(table, source, as_of)
        except (InputRefusedError, JobRefusedError) as error:
            reasons.append(str(error))
    return estimates, reasons
