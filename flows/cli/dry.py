"""A dry run: what would be done, and what would be refused."""

import tempfile
from pathlib import Path
from typing import cast

import pandas as pd
from rich.console import Console
from rich.table import Table

from flows.cli.terminal import as_text
from flows.run import Run, number_of_chunks, prepare_run
from flows.spec import JobSpec, Side
from flows.steps.check import check_sources
from flows.steps.collect import collect, inspect_sources
from flows.steps.page import other_job_at
from flows.steps.unfit import refuse_unfit
from storage.checks import CheckReport


def describe_dry_run(job: JobSpec, only: Side | None, console: Console) -> None:
    """Check the job's inputs in a temporary folder, and print what a run would do."""
    run = prepare_run(job, only)
    inspect_sources(run)
    with tempfile.TemporaryDirectory(prefix="almanac-dry-") as name:
        folder = Path(name)
        sources = collect(run, folder / "assumed")
        (folder / "clean").mkdir()
        report = check_sources(run, sources, folder / "clean")
    console.print(
        f"Run [bold]{run.run_id}[/] as of {run.as_of} on {as_text(run.device_words)}. "
        "Nothing written.",
        soft_wrap=True,
    )
    console.print(_inputs(report))
    console.print(_work(run, report))
    console.print(_refusals(report) if len(report.rejects) else "No row would be rejected.")
    if len(report.repairs):
        counts = report.repairs.value_counts(["input", "code"], sort=False).reset_index()
        listed = ", ".join(
            f"{row['input']} {row['code']} x{row['count']:,}" for row in counts.to_dict("records")
        )
        console.print(f"Repairs that would be recorded: {listed}.", highlight=False)
    refuse_unfit(run.job, report)


def _inputs(report: CheckReport) -> Table:
    table = Table("input", "rows", "rows rejected", "entities", "entities rejected", box=None)
    for name, checked in report.inputs.items():
        table.add_row(
            name,
            f"{checked.rows_in:,}",
            f"{checked.rows_rejected:,}",
            f"{len(checked.entities_in):,}",
            f"{len(checked.entities_rejected):,}",
        )
    return table


def _work(run: Run, report: CheckReport) -> str:
    job = run.job
    lines = ["Would run:"]
    if job.demand is not None:
        count = _admitted(report, "demand")
        chunks = number_of_chunks(count, job.execution.chunk_entities)
        lines.append(
            f"  predict  {count:,} series, {job.demand.horizon} periods ahead, in at most "
            f"{chunks} chunk{'s' if chunks > 1 else ''}"
        )
    if job.stock is not None:
        count = _admitted(report, "stock")
        lines.append(f"  decide   orders for {count:,} series on {job.stock.paths} demand paths")
    if job.risk is not None:
        count = _admitted(report, "positions")
        methods = ", ".join(job.risk.methods)
        lines.append(
            f"  risk     {count:,} portfolios; {methods}; {job.risk.scenarios:,} scenarios"
        )
    other = other_job_at(run.report, run)
    whose = "" if other is None else f", beside that of job {other!r}"
    lines.append(f"  publish  to {job.outputs.store}; report to {job.outputs.report}{whose}")
    return as_text("\n".join(lines))


def _admitted(report: CheckReport, table: str) -> int:
    checked = report.inputs[table]
    return len(set(checked.entities_in) - set(checked.entities_rejected))


def _refusals(report: CheckReport) -> Table:
    table = Table("input", "refused", "code", "count", "first", "what to do", box=None)
    grouped = report.rejects.groupby(["input", "severity", "code"], sort=True)
    for key, rows in grouped:
        name, severity, code = cast("tuple[str, str, str]", key)
        first = rows.iloc[0]
        where = f"{first['source']} row {first['row']}" if pd.notna(first["row"]) else ""
        # Values are whatever a file had in them: to the terminal too they are only text.
        example = f"{first['entity']} {where} {first['column'] or ''} {first['value'] or ''}"
        table.add_row(
            str(name),
            str(severity),
            str(code),
            f"{len(rows):,}",
            as_text(example.strip()),
            as_text(first["advice"]),
        )
    return table
