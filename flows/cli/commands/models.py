"""`almanac models`: what a line-up may name."""

import click


@click.command()
def models() -> None:
    """List the forecasting models that a line-up may name."""
    from forecasting import MODELS  # noqa: PLC0415 - slow to import

    for name in sorted(MODELS):
        click.echo(name)
