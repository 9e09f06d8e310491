"""`almanac serve`: server, deployments and a worker on this machine."""

from pathlib import Path

import click

from flows.cli.environment import prepare_prefect


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address of the UI.")
@click.option("--port", default=4200, show_default=True, help="Port of the UI.")
@click.option(
    "--job",
    "jobs",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Job spec to deploy; several may be given. Without any, the bundled sample.",
)
def serve(host: str, port: int, jobs: tuple[Path, ...]) -> None:
    """Start a Prefect server with its UI, register the jobs, and work on their runs."""
    prepare_prefect("INFO")
    from flows.serving import serve_jobs  # noqa: PLC0415 - the environment comes first

    serve_jobs(host, port, jobs)
